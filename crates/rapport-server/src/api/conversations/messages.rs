//! Answering the contact, and what can be done with one message.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use rapport_domain::model::{Message, Recipient};
use rapport_domain::{AddressId, AttachmentId, ChannelAccountId, ConversationId, Direction, MessageId};
use rapport_engine::Error;
use rapport_engine::message::{NewMessage, Then};
use rapport_engine::signed_url::Reader;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::signed;
use crate::api::{Answer, Created, created, ok};
use crate::extract::{Allowed, Command, Id, Ids, Nothing, Params, Repeatable, needs};
use crate::problem::Problem;
use crate::state::AppState;

const MAX_HOLD_SECONDS: u32 = 30;

/// What becomes of the conversation once the message is accepted.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ThenBody {
    Close,
    Solve,
    /// Its status becomes pending.
    Wait,
}

/// Who speaks.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The contact said it, and the caller reports it. On API channels only.
    Inbound,
    /// The team says it to the contact.
    #[default]
    Outbound,
}

impl From<Speaker> for Direction {
    fn from(speaker: Speaker) -> Self {
        match speaker {
            Speaker::Inbound => Self::Inbound,
            Speaker::Outbound => Self::Outbound,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"body_text": "Hello"}))]
pub struct MessageBody {
    /// Either text or HTML, or both.
    body_text: Option<String>,
    body_html: Option<String>,
    channel_account_id: Option<ChannelAccountId>,
    address_id: Option<AddressId>,
    /// Of an email, or of what a contact is reported to have said. Without subject or recipients an email answers
    /// the last one.
    subject: Option<String>,
    /// The recipients are of an email only; elsewhere they are refused.
    to: Option<Vec<Recipient>>,
    cc: Option<Vec<Recipient>>,
    #[serde(default)]
    bcc: Vec<Recipient>,
    #[serde(default)]
    attachment_ids: Vec<AttachmentId>,
    /// Your own id for the message: sent twice under it, it is one message. Something else under it is refused with
    /// 409 `client_id_in_use`.
    client_id: Option<String>,
    /// How long an email waits before it leaves, so that it can be taken back. Other channels send at once and
    /// refuse anything but 0.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 30)]
    hold_seconds: u32,
    /// The newest message that the writer had seen. When a teammate answered after it: 409 `conversation_advanced`.
    seen_message_id: Option<MessageId>,
    /// `outbound` unless given.
    direction: Option<Speaker>,
    then: Option<ThenBody>,
    #[serde(default)]
    assign_to_me: bool,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MessageQuery {
    /// Let images of other servers load, through this one.
    remote_images: Option<bool>,
}

/// Answer the contact
///
/// 409 `conversation_advanced`, 409 `conversation_closed`, 422 `send_refused` with the reason.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/messages", operation_id = "send_message", tag = "conversations",
    params(("id" = ConversationId, Path), Repeatable), request_body = MessageBody, responses((status = 201, body = Message)))]
pub async fn send(
    State(state): State<AppState>,
    caller: Allowed<needs::ConversationReply>,
    Id(id): Id<ConversationId>,
    command: Command<MessageBody>,
) -> Created<Message> {
    let caller = command.caller(&caller);
    if command.body.hold_seconds > MAX_HOLD_SECONDS {
        return Err(Error::invalid("hold_seconds", format!("Between 0 and {MAX_HOLD_SECONDS}.")).into());
    }
    let direction = command.body.direction.unwrap_or_default().into();
    let sent = state.engine().send_message(&caller, &id, direction, new_message(command.body)).await;
    created(sent.map(|message| signed(state.engine(), &caller, message)))
}

fn new_message(body: MessageBody) -> NewMessage {
    NewMessage {
        body_text: body.body_text,
        body_html: body.body_html,
        channel_account_id: body.channel_account_id,
        address_id: body.address_id,
        subject: body.subject,
        to: body.to,
        cc: body.cc,
        bcc: body.bcc,
        attachment_ids: body.attachment_ids,
        client_id: body.client_id,
        hold_seconds: body.hold_seconds,
        seen_message_id: body.seen_message_id,
        then: body.then.map(|then| match then {
            ThenBody::Close => Then::Close,
            ThenBody::Solve => Then::Solve,
            ThenBody::Wait => Then::Wait,
        }),
        assign_to_me: body.assign_to_me,
    }
}

/// Show a message
#[utoipa::path(get, path = "/api/v1/conversations/{id}/messages/{message_id}", operation_id = "show_message",
    tag = "conversations", params(("id" = ConversationId, Path), ("message_id" = MessageId, Path), MessageQuery),
    responses((status = 200, body = Message)))]
pub async fn show(
    State(state): State<AppState>,
    caller: Allowed<needs::ConversationRead>,
    Ids(id, message_id): Ids<ConversationId, MessageId>,
    Params(query): Params<MessageQuery>,
) -> Answer<Message> {
    let message = state.engine().find_message(&caller, &id, &message_id).await?;
    let mut message = signed(state.engine(), &caller, message);
    if query.remote_images.unwrap_or_default() {
        let reader = Reader::User(caller.user_id().clone());
        state.engine().show_remote_images(&caller.workspace, &reader, &mut message);
    }
    Ok(Json(message))
}

/// Take back a message
///
/// While it is held. 409 `already_sent` afterwards.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/messages/{message_id}/cancel", operation_id = "cancel_message",
    tag = "conversations", params(("id" = ConversationId, Path), ("message_id" = MessageId, Path), Repeatable),
    request_body = Nothing, responses((status = 200, body = Message)))]
pub async fn cancel(
    State(state): State<AppState>,
    caller: Allowed<needs::ConversationReply>,
    Ids(id, message_id): Ids<ConversationId, MessageId>,
    command: Command<Nothing>,
) -> Answer<Message> {
    let caller = command.caller(&caller);
    let cancelled = state.engine().cancel_message(&caller, &id, &message_id).await;
    ok(cancelled.map(|message| signed(state.engine(), &caller, message)))
}

/// Send a message again that failed
#[utoipa::path(post, path = "/api/v1/conversations/{id}/messages/{message_id}/retry", operation_id = "retry_message",
    tag = "conversations", params(("id" = ConversationId, Path), ("message_id" = MessageId, Path), Repeatable),
    request_body = Nothing, responses((status = 200, body = Message)))]
pub async fn retry(
    State(state): State<AppState>,
    caller: Allowed<needs::ConversationReply>,
    Ids(id, message_id): Ids<ConversationId, MessageId>,
    command: Command<Nothing>,
) -> Answer<Message> {
    let caller = command.caller(&caller);
    let retried = state.engine().retry_message(&caller, &id, &message_id).await;
    ok(retried.map(|message| signed(state.engine(), &caller, message)))
}

/// Download a mail as it came
#[utoipa::path(get, path = "/api/v1/conversations/{id}/messages/{message_id}/raw", operation_id = "download_raw_message",
    tag = "conversations", params(("id" = ConversationId, Path), ("message_id" = MessageId, Path)),
    responses((status = 200, body = String, content_type = "message/rfc822")))]
pub async fn raw(
    State(state): State<AppState>,
    caller: Allowed<needs::ConversationRead>,
    Ids(id, message_id): Ids<ConversationId, MessageId>,
) -> Result<Response, Problem> {
    let bytes = state.engine().raw_message(&caller, &id, &message_id).await?;
    let headers = [
        (header::CONTENT_TYPE, "message/rfc822".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{message_id}.eml\"")),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
    ];
    Ok((headers, bytes).into_response())
}
