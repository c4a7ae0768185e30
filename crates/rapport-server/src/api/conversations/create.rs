//! `POST /api/v1/conversations`: starts one, unless the contact has one going on.

use axum::extract::State;
use rapport_domain::model::{Conversation, Recipient};
use rapport_domain::{
    AddressKind, AttachmentId, Channel, ChannelAccountId, ContactId, Direction, Priority, Status, UserId,
};
use rapport_engine::conversation::{FirstMessage, NewConversation, Recipient as NewRecipient};
use rapport_engine::message::NewMessage;
use serde::Deserialize;
use utoipa::ToSchema;

use super::messages::Speaker;
use crate::api::{Created, created};
use crate::extract::{Allowed, Command, Repeatable, needs};
use crate::state::AppState;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ToBody {
    kind: AddressKind,
    value: String,
    name: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FirstMessageBody {
    /// `outbound` unless given.
    direction: Option<Speaker>,
    body_text: Option<String>,
    body_html: Option<String>,
    #[serde(default)]
    attachment_ids: Vec<AttachmentId>,
    /// Of an email only, as is `bcc`.
    #[serde(default)]
    cc: Vec<Recipient>,
    #[serde(default)]
    bcc: Vec<Recipient>,
    client_id: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"contact_id": "ctc_01jaaaaaaaaaaaaaaaaaaaaaaa", "channel": "api", "message": {"body_text": "Hello"}}))]
pub struct NewConversationBody {
    /// An existing contact; otherwise `to`.
    contact_id: Option<ContactId>,
    /// Somebody by address: a contact is found or made.
    to: Option<ToBody>,
    channel: Channel,
    /// The first active account of the channel, unless given.
    channel_account_id: Option<ChannelAccountId>,
    subject: Option<String>,
    topic: Option<String>,
    priority: Option<Priority>,
    status: Option<Status>,
    assignee_user_id: Option<UserId>,
    /// Kept out of the inbox's views and of all figures.
    #[serde(default)]
    test: bool,
    /// Facts for programs, at most 16 KiB as JSON.
    #[schema(value_type = Option<Object>)]
    variables: Option<serde_json::Map<String, serde_json::Value>>,
    message: Option<FirstMessageBody>,
}

/// Start a conversation
///
/// 409 `conversation_exists` with the one that the contact has going on.
#[utoipa::path(post, path = "/api/v1/conversations", operation_id = "create_conversation", tag = "conversations",
    params(Repeatable), request_body = NewConversationBody, responses((status = 201, body = Conversation)))]
pub async fn create(
    State(state): State<AppState>,
    caller: Allowed<needs::ConversationReply>,
    command: Command<NewConversationBody>,
) -> Created<Conversation> {
    let caller = command.caller(&caller);
    created(state.engine().create_conversation(&caller, new_conversation(command.body)).await)
}

fn new_conversation(body: NewConversationBody) -> NewConversation {
    let direction: Direction =
        body.message.as_ref().and_then(|first| first.direction).unwrap_or_default().into();
    NewConversation {
        contact_id: body.contact_id,
        to: body.to.map(|to| NewRecipient { kind: to.kind, value: to.value, name: to.name }),
        channel: body.channel,
        channel_account_id: body.channel_account_id.clone(),
        subject: body.subject.clone(),
        topic: body.topic,
        priority: body.priority.unwrap_or(Priority::Normal),
        status: body.status.unwrap_or(Status::Open),
        assignee: body.assignee_user_id,
        test: body.test,
        variables: serde_json::Value::Object(body.variables.unwrap_or_default()),
        message: body.message.map(|message| FirstMessage {
            direction,
            content: NewMessage {
                body_text: message.body_text,
                body_html: message.body_html,
                channel_account_id: body.channel_account_id,
                // A first email takes the conversation's.
                subject: body.subject.filter(|_| direction == Direction::Inbound),
                cc: (!message.cc.is_empty()).then_some(message.cc),
                bcc: message.bcc,
                attachment_ids: message.attachment_ids,
                client_id: message.client_id,
                ..NewMessage::default()
            },
        }),
    }
}
