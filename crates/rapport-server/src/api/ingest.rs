//! `/api/v1/ingest`: mail that another program received for us.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use rapport_domain::{ChannelAccountId, ConversationId, MessageId};
use rapport_engine::ingest::AcceptedStatus;
use serde::Serialize;
use utoipa::ToSchema;

use super::Created;
use crate::extract::{Allowed, Id, needs, read_bytes};
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
/// The whole mail as it came (RFC 5322). The same mail twice is one message.
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
    let raw = read_bytes(&parts.headers, body, state.engine().config().max_email_bytes).await?;
    let accepted = state.engine().ingest_email_as(&caller, &account, raw).await?;
    let answer = IngestedEmail {
        status: accepted.status,
        message_id: accepted.message_id,
        conversation_id: accepted.conversation_id,
    };
    Ok((StatusCode::CREATED, Json(answer)))
}
