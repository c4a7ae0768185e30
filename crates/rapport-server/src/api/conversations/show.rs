//! `/api/v1/conversations/{id}`: one conversation, and its plain fields.

use axum::extract::State;
use rapport_domain::model::{Conversation, ConversationDetail};
use rapport_domain::{ConversationId, Priority, Status};
use rapport_engine::Error;
use rapport_engine::conversation::ConversationChange;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::fields::nullable;
use crate::api::{Answer, ok};
use crate::extract::{Allowed, Command, Id, Repeatable, needs};
use crate::state::AppState;

/// What to change; absent fields stay.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"priority": "high"}))]
pub struct ConversationBody {
    status: Option<Status>,
    priority: Option<Priority>,
    topic: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    subject: Option<Option<String>>,
    /// Only null, which says that the reason has been dealt with.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    requires_action: Option<Option<String>>,
    /// Refuse with 409 when the conversation has another version.
    expected_version: Option<i64>,
}

/// Show a conversation
///
/// With all that its screen needs beside the timeline.
#[utoipa::path(get, path = "/api/v1/conversations/{id}", operation_id = "show_conversation", tag = "conversations",
    params(("id" = ConversationId, Path)), responses((status = 200, body = ConversationDetail)))]
pub async fn show(
    State(state): State<AppState>,
    caller: Allowed<needs::ConversationRead>,
    Id(id): Id<ConversationId>,
) -> Answer<ConversationDetail> {
    ok(state.engine().find_conversation_detail(&caller, &id).await)
}

/// Change status, priority, topic or subject
///
/// 409 `conversation_closed`, 409 `version_conflict`.
#[utoipa::path(patch, path = "/api/v1/conversations/{id}", operation_id = "change_conversation", tag = "conversations",
    params(("id" = ConversationId, Path), Repeatable), request_body = ConversationBody,
    responses((status = 200, body = Conversation)))]
pub async fn change(
    State(state): State<AppState>,
    caller: Allowed<needs::ConversationEdit>,
    Id(id): Id<ConversationId>,
    command: Command<ConversationBody>,
) -> Answer<Conversation> {
    let caller = command.caller(&caller);
    let body = command.body;
    if matches!(body.requires_action, Some(Some(_))) {
        return Err(Error::invalid("requires_action", "Only null can be set.").into());
    }
    let change = ConversationChange {
        status: body.status,
        priority: body.priority,
        topic: body.topic,
        subject: body.subject,
        clear_requires_action: body.requires_action.is_some(),
        expected_version: body.expected_version,
    };
    ok(state.engine().edit_conversation(&caller, &id, change).await)
}
