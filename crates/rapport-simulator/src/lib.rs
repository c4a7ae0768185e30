//! Stand-ins for the outside world, for the demo and for tests: the customers' mail provider and a shop's website.
//! Nothing here knows the engine or the store; it meets Rapport only over the wire.

pub mod mail;
pub mod site;
