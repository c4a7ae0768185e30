//! The HTTP face of the engine: API, event stream, files, the embedded web interface and its documentation.
//! Handlers extract, authorise, call the engine once and shape the answer; no rule of the product lives here.

mod api;
mod cursor;
mod disk;
mod docs;
mod extract;
mod files;
mod health;
mod listener;
mod middleware;
mod openapi;
mod options;
mod problem;
mod router;
mod sse;
mod state;
mod static_files;
mod widget;

/// The type of [`router`] and of additional routes.
pub use axum::Router;
pub use listener::serve;
pub use openapi::document;
pub use options::ServerOptions;
pub use router::router;
