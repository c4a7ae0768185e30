//! Keeps a flood or a fault of one request from taking the server down.

use std::any::Any;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;
use crate::state::AppState;

/// Turns requests away when too many are in work, and ends those that take too long.
pub async fn bounded(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let Ok(_slot) = state.slots().try_acquire() else {
        return Problem::unavailable("The server is busy. Try again in a moment.").into_response();
    };
    match tokio::time::timeout(state.options().request_timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::unavailable("This took too long.").into_response(),
    }
}

/// One request's panic is one answer, and its message goes to the log only.
pub fn panicked(cause: Box<dyn Any + Send + 'static>) -> Response {
    let message = cause
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| cause.downcast_ref::<&'static str>().copied())
        .unwrap_or("without a message");
    Problem::internal(format!("a handler panicked: {message}")).into_response()
}
