//! The use cases on real databases of both engines.

mod assignment;
mod deliveries;
mod files;
mod fixture;
mod listener;
mod lists;
mod mailboxes;
mod oauth;
mod replay;
mod reports;
mod routing;
mod sending;
mod statements;
