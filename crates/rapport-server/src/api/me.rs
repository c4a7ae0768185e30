//! `/api/v1/me`: who one is and what one may do.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use rapport_engine::account::Me;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Answer, ok};
use crate::extract::{Authenticated, Command, SessionCaller, session_cookie, with_session};
use crate::problem::Problem;
use crate::state::AppState;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Ana"}))]
pub struct ProfileBody {
    name: String,
}

/// Show oneself
#[utoipa::path(get, path = "/api/v1/me", operation_id = "show_me", tag = "account",
    responses((status = 200, body = Me)))]
pub async fn show(
    State(state): State<AppState>,
    headers: HeaderMap,
    Authenticated { caller, presented }: Authenticated,
) -> Result<Response, Problem> {
    let me = state.engine().me(&caller).await?;
    let response = Json(me).into_response();
    // The session lives on while it is used, and so should its cookie.
    match session_cookie(&headers, &state).filter(|_| presented.is_session()) {
        Some(secret) => Ok(with_session(&state, secret, response)),
        None => Ok(response),
    }
}

/// Change one's name
#[utoipa::path(patch, path = "/api/v1/me", operation_id = "change_me", tag = "account", security(("session" = [])),
    request_body = ProfileBody, responses((status = 200, body = Me)))]
pub async fn change(
    State(state): State<AppState>,
    SessionCaller(caller): SessionCaller,
    Command { body, .. }: Command<ProfileBody>,
) -> Answer<Me> {
    ok(state.engine().update_profile(&caller, &body.name).await)
}
