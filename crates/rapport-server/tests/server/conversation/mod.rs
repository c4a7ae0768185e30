//! Conversations through the API: the paths that people and programs take every day.

mod assign;
mod messages;
mod start;
