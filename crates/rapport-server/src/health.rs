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
    match state.engine().set_up_required().await {
        Ok(_) => (StatusCode::OK, "ready\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "no database\n"),
    }
}
