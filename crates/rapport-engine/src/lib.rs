//! The use cases, one file per verb, and the workers that carry out what they decide.
//! Every write of the product goes through here; nothing here knows HTTP.

pub mod access;
pub mod account;
mod announce;
pub mod attachment;
pub mod blob;
pub mod caller;
pub mod channel_account;
pub mod chat;
mod config;
pub mod contact;
pub mod conversation;
pub mod delivery;
mod engine;
mod error;
mod field_error;
pub mod ingest;
pub mod job;
mod keys;
pub(crate) mod mailbox;
pub mod message;
pub mod presence;
pub mod realtime;
pub mod search;
mod send;
pub mod signed_url;
pub mod worker;

pub use caller::{Caller, IdempotencyKey};
pub use config::EngineConfig;
pub use engine::{Engine, EngineParts};
pub use error::Error;
pub use field_error::FieldError;
