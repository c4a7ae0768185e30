//! The only crate that knows SQL: two engines, one text per query, group commit, event log, jobs and search.
//! What may be written, and when, is decided by the engine crate.

pub mod attempt;
mod backoff;
pub mod blob_use;
pub mod channel_account;
mod columns;
pub mod contact;
pub mod conversation;
pub mod conversation_list;
pub mod credential;
pub mod db;
mod dialect;
mod error;
pub mod event;
mod filter;
pub mod idempotency;
pub mod jobs;
pub mod link;
pub mod mailbox_lease;
pub mod message;
pub mod migrate;
pub mod read_state;
pub mod search;
pub mod user;
pub mod value;
pub mod visitor;
pub mod workspace;

pub use db::{DatabaseUrl, Engine, NewEvent, NewJob, ServerTx, Store, StoreConfig, Tx};
pub use error::Error;
pub use value::{FromColumn, Param, Row};
