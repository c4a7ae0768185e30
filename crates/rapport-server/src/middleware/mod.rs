//! What happens to every request before and after its handler.

mod limits;
mod request;
mod security_headers;

pub use limits::{bounded, panicked};
pub use request::{RequestId, identify};
pub use security_headers::protect;
