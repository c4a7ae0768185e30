//! `/api/v1/auth`: sessions and passwords.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rapport_engine::account::{LogIn, Me};
use serde::Deserialize;
use utoipa::ToSchema;

use super::no_content;
use crate::extract::{Command, Knock, Nothing, SameOrigin, SessionCaller, with_session, without_session};
use crate::problem::Problem;
use crate::state::AppState;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "ana@acme.example", "password": "correct horse battery"}))]
pub struct LogInBody {
    email: String,
    password: String,
    /// Id of the workspace, when one email and password open several.
    workspace: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"current_password": "correct horse battery", "new_password": "incorrect horse battery"}))]
pub struct PasswordBody {
    current_password: String,
    /// At least ten characters.
    new_password: String,
}

/// Log in
///
/// 401 `invalid_credentials`; 409 `workspace_required` with the workspaces to choose from.
#[utoipa::path(post, path = "/api/v1/auth/login", tag = "account", security(()), request_body = LogInBody,
    responses((status = 200, body = Me)))]
pub async fn log_in(
    State(state): State<AppState>,
    Knock(peer): Knock,
    _: SameOrigin,
    Command { body, .. }: Command<LogInBody>,
) -> Result<Response, Problem> {
    let request = LogIn { email: body.email, password: body.password, workspace: body.workspace };
    let logged_in = state.engine().log_in(state.doorkeeper(), request, &peer).await?;
    let me = state.engine().me(&logged_in.caller).await?;
    Ok(with_session(&state, &logged_in.secret, Json(me).into_response()))
}

/// Log out
#[utoipa::path(post, path = "/api/v1/auth/logout", tag = "account", security(("session" = [])), request_body = Nothing,
    responses((status = 204)))]
pub async fn log_out(
    State(state): State<AppState>,
    SessionCaller(caller): SessionCaller,
    _: Command<Nothing>,
) -> Result<Response, Problem> {
    state.engine().log_out(&caller).await?;
    Ok(without_session(&state, StatusCode::NO_CONTENT.into_response()))
}

/// Change one's password
///
/// Ends all other sessions.
#[utoipa::path(post, path = "/api/v1/auth/password", tag = "account", security(("session" = [])), request_body = PasswordBody,
    responses((status = 204)))]
pub async fn change_password(
    State(state): State<AppState>,
    Knock(peer): Knock,
    SessionCaller(caller): SessionCaller,
    Command { body, .. }: Command<PasswordBody>,
) -> Result<Response, Problem> {
    let PasswordBody { current_password, new_password } = body;
    let doorkeeper = state.doorkeeper();
    no_content(
        state.engine().change_password(doorkeeper, &caller, &current_password, &new_password, &peer).await,
    )
}
