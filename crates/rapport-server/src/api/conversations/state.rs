//! Who has a conversation, whether it is closed, and whether one has read it.

use axum::Json;
use axum::extract::State;
use rapport_domain::model::Conversation;
use rapport_domain::{ConversationId, UserId};
use rapport_engine::conversation::Assignment;
use rapport_engine::{Caller, Error};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::fields::{nullable, present};
use crate::api::{Answer, Created, created, ok};
use crate::extract::{Allowed, Command, Id, Nothing, Repeatable, needs};
use crate::state::AppState;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"user_id": "me"}))]
pub struct AssignmentBody {
    /// `me`, the id of a person, or null for nobody.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>, required)]
    user_id: Option<String>,
    /// Who is believed to have it, null for nobody. When somebody else has it: 409 `already_assigned`. To take a
    /// conversation from a colleague, name the colleague here.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    expected_assignee_id: Option<Option<UserId>>,
}

#[derive(Serialize, ToSchema)]
pub struct UnreadCount {
    unread_count: i64,
}

/// Give a conversation to a person, or take it back
///
/// Of several who take it at once, one gets it; the others get 409 `already_assigned` with who has it, whatever
/// their role. What a colleague has can be taken by whoever names the colleague as `expected_assignee_id` and has
/// `conversation.reassign`.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/assign", operation_id = "assign_conversation",
    tag = "conversations", params(("id" = ConversationId, Path), Repeatable), request_body = AssignmentBody,
    responses((status = 200, body = Conversation)))]
pub async fn assign(
    State(state): State<AppState>,
    caller: Allowed<needs::ConversationAssign>,
    Id(id): Id<ConversationId>,
    command: Command<AssignmentBody>,
) -> Answer<Conversation> {
    let caller = command.caller(&caller);
    let assignment = assignment(&caller, command.body)?;
    ok(state.engine().assign(&caller, &id, assignment).await)
}

fn assignment(caller: &Caller, body: AssignmentBody) -> Result<Assignment, Error> {
    let user = match body.user_id.as_deref() {
        None => None,
        Some("me") => Some(caller.user_id().clone()),
        Some(id) => Some(
            UserId::parse(id).ok_or_else(|| Error::invalid("user_id", "me, the id of a person, or null."))?,
        ),
    };
    Ok(Assignment { user, expected: body.expected_assignee_id })
}

/// Close a conversation
///
/// Closing a closed one changes nothing.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/close", operation_id = "close_conversation",
    tag = "conversations", params(("id" = ConversationId, Path), Repeatable), request_body = Nothing,
    responses((status = 200, body = Conversation)))]
pub async fn close(
    State(state): State<AppState>,
    caller: Allowed<needs::ConversationClose>,
    Id(id): Id<ConversationId>,
    command: Command<Nothing>,
) -> Answer<Conversation> {
    ok(state.engine().close(&command.caller(&caller), &id).await)
}

/// Take back a closing
///
/// Within seconds, by whoever closed it, while nothing else has happened.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/undo-close", operation_id = "undo_close_conversation",
    tag = "conversations", params(("id" = ConversationId, Path), Repeatable), request_body = Nothing,
    responses((status = 200, body = Conversation)))]
pub async fn undo_close(
    State(state): State<AppState>,
    caller: Allowed<needs::ConversationClose>,
    Id(id): Id<ConversationId>,
    command: Command<Nothing>,
) -> Answer<Conversation> {
    ok(state.engine().undo_close(&command.caller(&caller), &id).await)
}

/// Follow up a closed conversation
///
/// Starts a new one that is linked to it.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/follow-up", operation_id = "follow_up_conversation",
    tag = "conversations", params(("id" = ConversationId, Path), Repeatable), request_body = Nothing,
    responses((status = 201, body = Conversation)))]
pub async fn follow_up(
    State(state): State<AppState>,
    caller: Allowed<needs::ConversationReply>,
    Id(id): Id<ConversationId>,
    command: Command<Nothing>,
) -> Created<Conversation> {
    created(state.engine().create_follow_up(&command.caller(&caller), &id).await)
}

/// Mark a conversation as read by oneself
#[utoipa::path(post, path = "/api/v1/conversations/{id}/read", operation_id = "mark_conversation_read",
    tag = "conversations", params(("id" = ConversationId, Path), Repeatable), request_body = Nothing,
    responses((status = 200, body = UnreadCount)))]
pub async fn read(
    State(state): State<AppState>,
    caller: Allowed<needs::ConversationRead>,
    Id(id): Id<ConversationId>,
    command: Command<Nothing>,
) -> Answer<UnreadCount> {
    let unread_count = state.engine().mark_read(&command.caller(&caller), &id).await?;
    Ok(Json(UnreadCount { unread_count }))
}

/// Mark a conversation as unread by oneself
#[utoipa::path(post, path = "/api/v1/conversations/{id}/unread", operation_id = "mark_conversation_unread",
    tag = "conversations", params(("id" = ConversationId, Path), Repeatable), request_body = Nothing,
    responses((status = 200, body = UnreadCount)))]
pub async fn unread(
    State(state): State<AppState>,
    caller: Allowed<needs::ConversationRead>,
    Id(id): Id<ConversationId>,
    command: Command<Nothing>,
) -> Answer<UnreadCount> {
    let unread_count = state.engine().mark_unread(&command.caller(&caller), &id).await?;
    Ok(Json(UnreadCount { unread_count }))
}
