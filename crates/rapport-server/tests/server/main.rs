//! The server through its real router; every test runs once on SQLite and once on PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on is a failed test")]

mod support;

mod account;
mod answers;
mod channel_accounts;
mod contacts;
mod conversation;
mod events;
mod files;
mod listener;
mod openapi;
mod security;
mod static_files;
