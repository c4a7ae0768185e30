//! Telling teammates that one has a conversation on screen or is typing. Nothing of it is kept.

use axum::extract::State;
use axum::response::Response;
use rapport_domain::model::ViewerState;
use rapport_domain::{ConversationId, DraftMode};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::no_content;
use crate::extract::{Allowed, Command, Id, needs};
use crate::problem::Problem;
use crate::state::AppState;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"state": "viewing"}))]
pub struct PresenceBody {
    /// Renew `viewing` every 20 seconds and `typing` every 4.
    state: ViewerState,
    /// What is being typed.
    mode: Option<DraftMode>,
}

/// Tell what one is doing in a conversation
#[utoipa::path(post, path = "/api/v1/conversations/{id}/presence", operation_id = "note_presence",
    tag = "conversations", params(("id" = ConversationId, Path)), request_body = PresenceBody,
    responses((status = 204)))]
pub async fn note(
    State(state): State<AppState>,
    caller: Allowed<needs::ConversationRead>,
    Id(id): Id<ConversationId>,
    Command { body, .. }: Command<PresenceBody>,
) -> Result<Response, Problem> {
    let engine = state.engine();
    engine.find_conversation(&caller, &id).await?;
    engine.presence().note(&caller.workspace, &id, &caller.user, body.state, body.mode, engine.now());
    no_content(Ok(()))
}
