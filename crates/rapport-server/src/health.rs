//! For those who watch the process: does it run, and should it get requests? Nothing more is told.

use axum::extract::State;
use axum::http::StatusCode;

use crate::state::AppState;

pub async fn alive() -> &'static str {
    "ok\n"
}

pub async fn ready(State(state): State<AppState>) -> (StatusCode, &'static str) {
    if state.is_stopping() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    if state.engine().set_up_required().await.is_err() {
        return (StatusCode::SERVICE_UNAVAILABLE, "no database\n");
    }
    if !state.can_write().await {
        return (StatusCode::SERVICE_UNAVAILABLE, "no room for files\n");
    }
    (StatusCode::OK, "ready\n")
}
