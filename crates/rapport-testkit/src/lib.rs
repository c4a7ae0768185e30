//! What the tests of all crates share; never part of the product.

#[cfg(feature = "app")]
pub mod app;
pub mod database;
pub mod mail;
pub mod postgres;
pub mod process;
mod supervised;

pub use supervised::free_ports;
