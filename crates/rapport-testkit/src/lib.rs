//! What the tests of all crates share; never part of the product.

pub mod mail;
pub mod process;
mod supervised;

pub use supervised::free_ports;
