//! `/api/v1/ingest`: mail that another program received for us.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use rapport_domain::{ChannelAccountId, ConversationId, MessageId};
use rapport_engine::ingest::AcceptedStatus;
use serde::Serialize;
use utoipa::ToSchema;

use super::Created;
use crate::extract::{Allowed, Id, needs, read_bytes};
use crate::problem::Problem;
use crate::state::AppState;

/// What became of the mail. It is on disk.
#[derive(Serialize, ToSchema)]
pub struct IngestedEmail {
    status: AcceptedStatus,
    message_id: MessageId,
    conversation_id: ConversationId,
}

/// Hand over a mail
///
/// The whole mail as it came (RFC 5322), as the body itself: a form or JSON around it is refused with 415. The same
/// mail twice is one message, with or without a key.
#[utoipa::path(post, path = "/api/v1/ingest/email/{channel_account_id}", operation_id = "ingest_email", tag = "channels",
    params(("channel_account_id" = ChannelAccountId, Path)),
    request_body(content = String, content_type = "message/rfc822"),
    responses((status = 201, body = IngestedEmail)))]
pub async fn email(
    State(state): State<AppState>,
    caller: Allowed<needs::ConversationReply>,
    Id(account): Id<ChannelAccountId>,
    request: Request,
) -> Created<IngestedEmail> {
    // An account that is not there is not worth reading a mail for.
    state.engine().find_channel_account(&caller, &account).await?;
    let (parts, body) = request.into_parts();
    refuse_wrapped(&parts.headers)?;
    let raw = read_bytes(&parts.headers, body, state.engine().config().max_email_bytes).await?;
    let accepted = state.engine().ingest_email_as(&caller, &account, raw).await?;
    let answer = IngestedEmail {
        status: accepted.status,
        message_id: accepted.message_id,
        conversation_id: accepted.conversation_id,
    };
    Ok((StatusCode::CREATED, Json(answer)))
}

/// What a form or JSON wraps around a mail would be read as the mail. Other types say nothing against one.
fn refuse_wrapped(headers: &HeaderMap) -> Result<(), Problem> {
    let content_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let wrapped = ["application/x-www-form-urlencoded", "multipart/form-data", "application/json"];
    if wrapped.contains(&essence.as_str()) {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "The body has to be the mail itself, as message/rfc822.",
        ));
    }
    Ok(())
}
