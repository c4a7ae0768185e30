//! The use cases on real databases of both engines.

mod assignment;
mod fixture;
mod lists;
mod replay;
mod routing;
mod sending;
