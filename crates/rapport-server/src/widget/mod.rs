//! What web pages of others load, and the visitors' API behind it: public, without cookies, by visitor tokens only.
//!
//! Only the loader and the launcher's look answer other origins. Everything else is called by the panel, which is a
//! page of our own, so a request that names another origin is refused.

mod answers;
mod conversation;
mod events;
mod files;
mod guard;
mod limits;
mod page;
mod problem;
mod session;
mod streams;
mod upload;

use axum::routing::{delete, get, post};
use axum::{Extension, Router};

use crate::state::AppState;
use limits::Limits;
use streams::Streams;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/widget.js", get(files::loader))
        .route("/widget/assets/{*path}", get(files::asset))
        .route("/widget/panel", get(page::panel))
        .route("/widget/v1/launcher", get(session::launcher))
        .route("/widget/v1/config", get(session::config))
        .route("/widget/v1/session", post(session::open).delete(session::end))
        .route("/widget/v1/prechat", post(answers::pre_chat))
        .route("/widget/v1/messages", get(conversation::history).post(conversation::send))
        .route("/widget/v1/offline", post(conversation::leave))
        .route("/widget/v1/attachments", post(upload::upload))
        .route("/widget/v1/attachments/{id}", delete(upload::discard))
        .route("/widget/v1/typing", post(answers::typing))
        .route("/widget/v1/read", post(answers::read))
        .route("/widget/v1/events", get(events::stream))
        .layer(Extension(Limits::new()))
        .layer(Extension(Streams::new()))
}
