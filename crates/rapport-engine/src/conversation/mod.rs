//! What can be done with a conversation as a whole.

pub(crate) mod assign;
pub(crate) mod close;
mod create;
pub(crate) mod draft;
pub(crate) mod edit;
mod follow_up;
pub(crate) mod open;
mod query;
mod read;
mod timeline;

pub use assign::Assignment;
pub use create::{FirstMessage, NewConversation, Recipient};
pub use edit::ConversationChange;
pub use query::{Counts, ListRequest, Page, ViewCounts};
pub use timeline::{Place, Position, Stretch, TimelineItem};
