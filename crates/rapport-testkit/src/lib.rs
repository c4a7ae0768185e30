//! What the tests of all crates share; never part of the product.

pub mod database;
pub mod mail;
pub mod postgres;
pub mod process;
mod supervised;

pub use supervised::free_ports;
