//! Internal notes, which no contact ever sees.

use axum::extract::State;
use rapport_domain::model::Message;
use rapport_domain::{AttachmentId, ConversationId};
use rapport_engine::message::NewNote;
use serde::Deserialize;
use utoipa::ToSchema;

use super::signed;
use crate::api::{Created, created};
use crate::extract::{Allowed, Command, Id, Repeatable, needs};
use crate::state::AppState;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"body_text": "She called as well."}))]
pub struct NoteBody {
    body_text: String,
    body_html: Option<String>,
    #[serde(default)]
    attachment_ids: Vec<AttachmentId>,
    /// Your own id for the note: added twice under it, it is one note. Something else under it is refused with
    /// 409 `client_id_in_use`.
    client_id: Option<String>,
}

/// Add a note
#[utoipa::path(post, path = "/api/v1/conversations/{id}/notes", operation_id = "add_note", tag = "conversations",
    params(("id" = ConversationId, Path), Repeatable), request_body = NoteBody, responses((status = 201, body = Message)))]
pub async fn add(
    State(state): State<AppState>,
    caller: Allowed<needs::ConversationNote>,
    Id(id): Id<ConversationId>,
    command: Command<NoteBody>,
) -> Created<Message> {
    let caller = command.caller(&caller);
    let NoteBody { body_text, body_html, attachment_ids, client_id } = command.body;
    let note = NewNote { body_text, body_html, attachment_ids, client_id };
    let added = state.engine().add_note(&caller, &id, note).await;
    created(added.map(|message| signed(state.engine(), &caller, message)))
}
