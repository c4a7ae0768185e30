//! The store on both engines: every test here runs once on SQLite and once on PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on is a failed test")]

mod attempts;
mod batches;
mod contention;
mod events;
mod jobs;
mod lists;
mod lookups;
mod mailbox_lease;
mod migrations;
mod notifications;
mod recording;
mod scoping;
mod search;
mod support;
mod upgrade;
mod values;
