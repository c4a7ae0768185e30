//! The real server under faults: killed, stopped, cut off from its database, its disk or its mail server.
//!
//! What it has acknowledged is compared with a ledger that is kept outside of it, through the public API only.
//! `RAPPORT_FAULT_ROUNDS` sets how often it is killed, `RAPPORT_FAULT_SEED` repeats the moments of an earlier run.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on is a failed test")]

mod audit;
mod between_data_and_note;
mod clients;
mod copied_files;
mod disk_full;
mod http;
mod kill;
mod kill_while_fetching;
mod ledger;
mod mail_server_refuses;
mod office;
mod postgres_restart;
mod random;
mod sink;
mod stop;
