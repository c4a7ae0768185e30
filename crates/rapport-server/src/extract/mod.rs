//! What handlers take from a request: who calls and what they may, ids, parameters and bodies.

mod allowed;
mod body;
mod caller;
mod command;
mod path;
mod peer;
mod query;

pub use allowed::{Allowed, needs};
pub use body::{parse_json, read_bytes};
pub use caller::{Authenticated, SameOrigin, SessionCaller, session_cookie, with_session, without_session};
pub use command::{Command, Nothing, Repeatable};
pub use path::{Id, Ids};
pub use peer::{Knock, PeerAddress, peer_address};
pub use query::{Params, page_limit};
