//! Small things that a visitor tells: answers before the chat, typing, how far they have read.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use rapport_domain::MessageId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::guard::{Small, Visiting};
use super::limits::Act;
use crate::problem::Problem;
use crate::state::AppState;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreChat {
    fields: BTreeMap<String, String>,
}

pub async fn pre_chat(
    State(state): State<AppState>,
    visiting: Visiting,
    Small(body): Small<PreChat>,
) -> Result<Json<Value>, Problem> {
    visiting.count(&state, Act::Write)?;
    let visitor = state.engine().chat_pre_chat(&visiting.visit, body.fields).await?;
    Ok(Json(json!({ "visitor": visitor })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Typing {
    active: bool,
}

pub async fn typing(
    State(state): State<AppState>,
    visiting: Visiting,
    Small(body): Small<Typing>,
) -> Result<StatusCode, Problem> {
    visiting.count(&state, Act::Type)?;
    state.engine().chat_typing(&visiting.visit, body.active).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Read {
    message_id: String,
}

pub async fn read(
    State(state): State<AppState>,
    visiting: Visiting,
    Small(body): Small<Read>,
) -> Result<Json<Value>, Problem> {
    visiting.count(&state, Act::Read)?;
    let message = MessageId::parse(&body.message_id).ok_or_else(Problem::not_found)?;
    let unread_count = state.engine().chat_read(&visiting.visit, message).await?;
    Ok(Json(json!({ "unread_count": unread_count })))
}
