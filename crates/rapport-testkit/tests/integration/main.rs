//! The test tools themselves, proven against real servers.

mod mail;
mod process;
