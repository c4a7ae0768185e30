//! Messages and notes: sending, taking back, trying again and reading.

mod cancel;
mod note;
mod query;
mod repeated;
mod retry;
mod send;

pub use note::NewNote;
pub use send::{NewMessage, Then};
pub(crate) use send::{bodies, send_in};
