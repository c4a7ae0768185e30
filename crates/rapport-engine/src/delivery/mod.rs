//! What becomes of messages that were sent: results of attempts, reports of providers, bounces.

mod apply;

pub(crate) use apply::{Change, apply, hasten};
