//! The program: reads its configuration, puts the parts together, serves, and ends in an orderly way.

mod admin;
pub mod bench;
pub mod cli;
pub mod config;
mod console;
mod demo;
mod folder_lock;
mod logging;
mod mail_listener;
mod open_files;
mod secret;
mod serve;
mod wiring;
