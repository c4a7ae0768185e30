//! `/api/v1/setup`: the first workspace and its administrator.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use rapport_engine::account::{Me, SetUp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Answer, ok};
use crate::extract::{Command, Knock, SameOrigin, with_session};
use crate::problem::Problem;
use crate::state::AppState;

#[derive(Serialize, ToSchema)]
pub struct SetupState {
    /// Nobody has an account on this server yet.
    required: bool,
    /// The code that the server's console shows has to be given.
    setup_code_required: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"workspace_name": "Acme", "name": "Ana", "email": "ana@acme.example", "password": "correct horse battery", "setup_code": "aaaaaaaaaaaaaaaaaaaa"}))]
pub struct SetUpBody {
    workspace_name: String,
    name: String,
    email: String,
    password: String,
    #[serde(default)]
    setup_code: String,
}

/// Tell whether the server has to be set up
#[utoipa::path(get, path = "/api/v1/setup", operation_id = "setup_state", tag = "setup", security(()),
    responses((status = 200, body = SetupState)))]
pub async fn state(State(state): State<AppState>) -> Answer<SetupState> {
    let required = state.engine().set_up_required().await;
    ok(required.map(|required| SetupState { required, setup_code_required: required }))
}

/// Set the server up
///
/// Creates the first workspace and its administrator, and logs them in. Possible once.
#[utoipa::path(post, path = "/api/v1/setup", operation_id = "set_up", tag = "setup", security(()), request_body = SetUpBody,
    responses((status = 200, body = Me)))]
pub async fn set_up(
    State(state): State<AppState>,
    Knock(peer): Knock,
    _: SameOrigin,
    Command { body, .. }: Command<SetUpBody>,
) -> Result<Response, Problem> {
    let request = SetUp {
        workspace_name: body.workspace_name,
        name: body.name,
        email: body.email,
        password: body.password,
        setup_code: body.setup_code,
    };
    let logged_in = state.engine().set_up(state.doorkeeper(), request, &peer).await?;
    let me = state.engine().me(&logged_in.caller).await?;
    Ok(with_session(&state, &logged_in.secret, Json(me).into_response()))
}
