//! Internal notes, which no contact ever sees.

use axum::extract::State;
use rapport_domain::model::Message;
use rapport_domain::{AttachmentId, ConversationId, UserId};
use rapport_engine::message::NewNote;
use rapport_engine::{Caller, Engine, Error};
use serde::Deserialize;
use utoipa::ToSchema;

use super::signed;
use crate::api::{Created, created};
use crate::extract::{Allowed, Command, Id, needs};
use crate::problem::Refusals;
use crate::state::AppState;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"body_text": "She called as well."}))]
pub struct NoteBody {
    body_text: String,
    body_html: Option<String>,
    /// Teammates whom the text names; they have to be people of this workspace.
    #[serde(default)]
    mentions: Vec<UserId>,
    #[serde(default)]
    attachment_ids: Vec<AttachmentId>,
    /// Your own id for the note; the same one twice is one note.
    client_id: Option<String>,
}

/// Add a note
#[utoipa::path(post, path = "/api/v1/conversations/{id}/notes", operation_id = "add_note", tag = "conversations",
    params(("id" = ConversationId, Path)), request_body = NoteBody, responses((status = 201, body = Message), Refusals))]
pub async fn add(
    State(state): State<AppState>,
    caller: Allowed<needs::ConversationNote>,
    Id(id): Id<ConversationId>,
    command: Command<NoteBody>,
) -> Created<Message> {
    let caller = command.caller(&caller);
    let NoteBody { body_text, body_html, mentions, attachment_ids, client_id } = command.body;
    // The conversation is looked for first, so that what is wrong with the rest tells nothing about it.
    state.engine().find_conversation(&caller, &id).await?;
    check_mentions(state.engine(), &caller, &mentions).await?;
    let note = NewNote { body_text, body_html, attachment_ids, client_id };
    let added = state.engine().add_note(&caller, &id, note).await;
    created(added.map(|message| signed(state.engine(), &caller, message)))
}

async fn check_mentions(engine: &Engine, caller: &Caller, mentions: &[UserId]) -> Result<(), Error> {
    if mentions.is_empty() {
        return Ok(());
    }
    let users = engine.list_users(caller).await?;
    match mentions.iter().position(|mention| !users.iter().any(|user| user.id == *mention)) {
        Some(position) => Err(Error::invalid(format!("mentions.{position}"), "There is no such person in this workspace.")),
        None => Ok(()),
    }
}
