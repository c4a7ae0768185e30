//! Messages and notes: sending, taking back, trying again and reading.

mod cancel;
mod note;
mod query;
mod retry;
mod send;

pub use note::NewNote;
pub(crate) use send::send_in;
pub use send::{NewMessage, Then};
