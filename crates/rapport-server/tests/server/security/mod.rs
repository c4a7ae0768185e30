//! What must hold for every operation, generated from the API's own description, so that new ones are covered.

mod bodies;
mod browsers;
mod headers;
mod isolation;
pub mod operations;
mod roles;
