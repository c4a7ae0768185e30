//! The operations of the API, one file for each resource, named like their paths.

pub mod attachments;
pub mod auth;
pub mod channel_accounts;
pub mod contacts;
pub mod conversations;
pub mod events;
mod fields;
pub mod ingest;
pub mod invitations;
pub mod jobs;
pub mod me;
mod page;
pub mod search;
pub mod setup;
pub mod tokens;
pub mod users;
pub mod workspace;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rapport_engine::Error;

use crate::problem::Problem;

/// What most operations answer.
type Answer<T> = Result<Json<T>, Problem>;

/// An answer of 201.
type Created<T> = Result<(StatusCode, Json<T>), Problem>;

fn ok<T>(outcome: Result<T, Error>) -> Answer<T> {
    Ok(Json(outcome?))
}

fn created<T>(outcome: Result<T, Error>) -> Created<T> {
    Ok((StatusCode::CREATED, Json(outcome?)))
}

fn no_content(outcome: Result<(), Error>) -> Result<Response, Problem> {
    outcome?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
