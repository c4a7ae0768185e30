//! The store on both engines: every test here runs once on SQLite and once on PostgreSQL.

mod batches;
mod contention;
mod events;
mod jobs;
mod migrations;
mod notifications;
mod scoping;
mod support;
mod values;
