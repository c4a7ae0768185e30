//! The shapes that the API, the events and the screens share. Plain data, no behaviour beyond small conversions.

mod channel_account;
mod contact;
mod conversation;
mod message;
mod user;

pub use channel_account::*;
pub use contact::*;
pub use conversation::*;
pub use message::*;
pub use user::*;
