//! Unsent texts of one's own: one answer and one note for each conversation.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use rapport_domain::model::{Attachment, Draft, DraftContent, Recipient};
use rapport_domain::{AttachmentId, ChannelAccountId, ConversationId, DraftMode};
use rapport_engine::{Caller, Engine, Error};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::{Answer, no_content};
use crate::extract::{Allowed, Command, Ids, needs};
use crate::problem::Problem;
use crate::state::AppState;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"body_text": "Hel"}))]
pub struct DraftBody {
    body_html: Option<String>,
    #[serde(default)]
    body_text: String,
    subject: Option<String>,
    #[serde(default)]
    to: Vec<Recipient>,
    #[serde(default)]
    cc: Vec<Recipient>,
    #[serde(default)]
    bcc: Vec<Recipient>,
    #[serde(default)]
    attachment_ids: Vec<AttachmentId>,
    channel_account_id: Option<ChannelAccountId>,
}

/// A draft with its files.
#[derive(Serialize, ToSchema)]
pub struct DraftAnswer {
    #[serde(flatten)]
    draft: Draft,
    attachments: Vec<Attachment>,
}

/// Show one's draft
#[utoipa::path(get, path = "/api/v1/conversations/{id}/drafts/{mode}", operation_id = "show_draft",
    tag = "conversations", params(("id" = ConversationId, Path), ("mode" = DraftMode, Path)),
    responses((status = 200, body = DraftAnswer)))]
pub async fn show(
    State(state): State<AppState>,
    caller: Allowed<needs::ConversationRead>,
    Ids(id, mode): Ids<ConversationId, DraftMode>,
) -> Answer<DraftAnswer> {
    let draft = state.engine().find_draft(&caller, &id, mode).await?.ok_or(Error::NotFound)?;
    answer(state.engine(), &caller, draft).await
}

/// Save one's draft
#[utoipa::path(put, path = "/api/v1/conversations/{id}/drafts/{mode}", operation_id = "save_draft",
    tag = "conversations", params(("id" = ConversationId, Path), ("mode" = DraftMode, Path)), request_body = DraftBody,
    responses((status = 200, body = DraftAnswer)))]
pub async fn save(
    State(state): State<AppState>,
    caller: Allowed<needs::ConversationNote>,
    Ids(id, mode): Ids<ConversationId, DraftMode>,
    Command { body, .. }: Command<DraftBody>,
) -> Answer<DraftAnswer> {
    let content = DraftContent {
        body_html: body.body_html,
        body_text: body.body_text,
        subject: body.subject,
        to: body.to,
        cc: body.cc,
        bcc: body.bcc,
        attachment_ids: body.attachment_ids,
        channel_account_id: body.channel_account_id,
    };
    let draft = state.engine().save_draft(&caller, &id, mode, content).await?;
    answer(state.engine(), &caller, draft).await
}

async fn answer(engine: &Engine, caller: &Caller, draft: Draft) -> Answer<DraftAnswer> {
    let attachments = engine.list_uploads(caller, &draft.content.attachment_ids).await?;
    Ok(Json(DraftAnswer { draft, attachments }))
}

/// Discard one's draft
#[utoipa::path(delete, path = "/api/v1/conversations/{id}/drafts/{mode}", operation_id = "delete_draft",
    tag = "conversations", params(("id" = ConversationId, Path), ("mode" = DraftMode, Path)),
    responses((status = 204)))]
pub async fn delete(
    State(state): State<AppState>,
    caller: Allowed<needs::ConversationNote>,
    Ids(id, mode): Ids<ConversationId, DraftMode>,
) -> Result<Response, Problem> {
    no_content(state.engine().delete_draft(&caller, &id, mode).await.map(drop))
}
