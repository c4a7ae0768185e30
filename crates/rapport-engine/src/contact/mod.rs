//! The people outside: finding them by address, making them known, keeping their data.

mod change;
mod find_or_create;
mod query;

pub use change::{ContactChange, NewAddress, NewContact};
pub(crate) use find_or_create::{Seen, find_or_create, index};
pub(crate) use query::spelling_that_finds;
