//! The real binary: its commands, how it starts, and how it stops.

mod admin;
mod configuration;
mod demo;
mod serve;
mod support;
