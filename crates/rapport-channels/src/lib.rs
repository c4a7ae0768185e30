//! Channel adapters: wire formats of the outside world to and from plain data.
//! Adapters parse, compose and talk to servers; they decide nothing about conversations and never see the store.

pub mod capability;
pub mod email;
pub mod file;
pub mod guard;
pub mod html;
pub mod http;
pub mod oauth;
mod roots;
