//! The widget as its visitors and the sites that embed it meet it: through the real router, on both databases.

mod email;
mod fixture;
mod identity;
mod messages;
mod pages;
mod pre_chat;
mod reading;
mod stream;
mod uploads;
