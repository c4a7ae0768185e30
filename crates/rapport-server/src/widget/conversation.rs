//! What a visitor writes and what was said before.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rapport_domain::{AttachmentId, MessageId};
use rapport_engine::chat::{NewChatMessage, OfflineForm, PageSeen, SentChat};
use serde::Deserialize;
use serde_json::json;

use super::guard::{Small, Visiting};
use super::limits::Act;
use super::session::no_store;
use crate::extract::Params;
use crate::problem::Problem;
use crate::state::AppState;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryParams {
    #[serde(default)]
    before: Option<String>,
}

pub async fn history(
    State(state): State<AppState>,
    visiting: Visiting,
    Params(params): Params<HistoryParams>,
) -> Result<Response, Problem> {
    visiting.count(&state, Act::Read)?;
    let before = match params.before {
        Some(id) => Some(MessageId::parse(&id).ok_or_else(Problem::not_found)?),
        None => None,
    };
    let page = state.engine().chat_history(&visiting.visit, before).await?;
    Ok((no_store(), Json(page)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Send {
    client_id: String,
    body_text: String,
    #[serde(default)]
    attachment_ids: Vec<String>,
    #[serde(default)]
    page: Option<PageSeen>,
}

pub async fn send(
    State(state): State<AppState>,
    visiting: Visiting,
    Small(body): Small<Send>,
) -> Result<Response, Problem> {
    visiting.count(&state, Act::Write)?;
    let new = NewChatMessage {
        client_id: body.client_id,
        body_text: body.body_text,
        attachment_ids: attachment_ids(&body.attachment_ids)?,
        page: body.page,
        offline: None,
    };
    let sent = state.engine().chat_send(&visiting.visit, new).await?;
    let answer = json!({ "message": sent.message, "conversation": sent.conversation });
    Ok((status(&sent), no_store(), Json(answer)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leave {
    client_id: String,
    email: String,
    #[serde(default)]
    name: Option<String>,
    body_text: String,
    #[serde(default)]
    attachment_ids: Vec<String>,
    #[serde(default)]
    page: Option<PageSeen>,
}

/// A message with an address for the answer, from somebody who does not wait.
pub async fn leave(
    State(state): State<AppState>,
    visiting: Visiting,
    Small(body): Small<Leave>,
) -> Result<Response, Problem> {
    visiting.count(&state, Act::Write)?;
    let new = NewChatMessage {
        client_id: body.client_id,
        body_text: body.body_text,
        attachment_ids: attachment_ids(&body.attachment_ids)?,
        page: body.page,
        offline: Some(OfflineForm { email: body.email, name: body.name }),
    };
    let sent = state.engine().chat_send(&visiting.visit, new).await?;
    Ok((status(&sent), no_store(), Json(sent)).into_response())
}

/// 200 tells a repetition, whose message was stored before.
fn status(sent: &SentChat) -> StatusCode {
    if sent.created { StatusCode::CREATED } else { StatusCode::OK }
}

/// What cannot be an id is answered like one that nobody has.
fn attachment_ids(texts: &[String]) -> Result<Vec<AttachmentId>, Problem> {
    texts.iter().map(|text| AttachmentId::parse(text).ok_or_else(Problem::not_found)).collect()
}
