//! Conversations as lists, details and events show them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Contact, ContactReference, Recipient, UserReference};
use crate::{
    AddressId, AuthorKind, Channel, ChannelAccountId, ConversationId, DeliveryStatus, Direction, DraftMode,
    Lifecycle, LinkId, LinkKind, MessageId, MessageKind, Origin, Priority, Status, Timestamp,
};

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Conversation {
    pub id: ConversationId,
    /// Counts up within the workspace; the number people say to each other.
    pub number: i64,
    pub status: Status,
    pub lifecycle: Lifecycle,
    /// The channel of the last message.
    pub channel: Channel,
    /// Every channel that any message used.
    pub channels: Vec<Channel>,
    pub origin: Origin,
    /// A test conversation is kept out of the inbox views and of all figures.
    pub test: bool,
    pub topic: String,
    pub subject: Option<String>,
    pub priority: Priority,
    pub contact: Option<ContactReference>,
    pub assignee: Option<UserReference>,
    /// Why a person is needed, in words.
    pub requires_action: Option<String>,
    pub channel_account_id: Option<ChannelAccountId>,
    pub inbound_count: i64,
    /// Inbound messages that the caller has not seen.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub unread_count: Option<i64>,
    pub last_message: Option<LastMessage>,
    /// The caller's own unsent text; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub draft: Option<DraftPreview>,
    pub last_activity_at: Timestamp,
    /// Since when the customer has been waiting for an answer.
    pub waiting_since: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub closed_at: Option<Timestamp>,
    pub closed_by: Option<UserReference>,
    pub follow_up_of: Option<ConversationReference>,
    pub version: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ConversationReference {
    pub id: ConversationId,
    pub number: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LastMessage {
    pub id: MessageId,
    pub kind: MessageKind,
    pub direction: Direction,
    pub author_kind: AuthorKind,
    pub author_name: String,
    /// At most 140 characters on one line.
    pub preview: String,
    pub channel: Channel,
    pub sent_at: Timestamp,
    pub delivery_status: Option<DeliveryStatus>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DraftPreview {
    pub mode: DraftMode,
    pub preview: String,
    pub updated_at: Timestamp,
}

/// A conversation with what its screen needs beside the timeline.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ConversationDetail {
    #[serde(flatten)]
    pub conversation: Conversation,
    pub contact_detail: Option<Contact>,
    pub links: Vec<ConversationLink>,
    pub reply_options: Vec<ReplyOption>,
    pub email_reply: Option<EmailReplyDefaults>,
    pub viewers: Vec<Viewer>,
    /// Events after this number are not in the snapshot.
    pub seq: i64,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ConversationLink {
    pub id: LinkId,
    pub kind: LinkKind,
    /// What the other conversation is to this one.
    pub direction: LinkDirection,
    pub conversation: LinkedConversation,
}

crate::text_enum! {
    pub enum LinkDirection {
        Parent = "parent",
        Child = "child",
    }

    pub enum ReplyState {
        Ok = "ok",
        Blocked = "blocked",
        NoAddress = "no_address",
        Inactive = "inactive",
    }

    pub enum ViewerState {
        Viewing = "viewing",
        Idle = "idle",
        Typing = "typing",
        Left = "left",
    }
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LinkedConversation {
    pub id: ConversationId,
    pub number: i64,
    pub status: Status,
    pub topic: String,
    pub channel: Channel,
    pub created_at: Timestamp,
}

/// One way to answer the contact, and whether it can be used now.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReplyOption {
    pub channel: Channel,
    pub channel_account_id: ChannelAccountId,
    pub channel_account_name: String,
    pub from: String,
    pub address_id: AddressId,
    pub to: String,
    pub state: ReplyState,
    pub reason: Option<String>,
    pub rich_text: bool,
    pub max_length: Option<i64>,
    pub attachments: AttachmentLimits,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct AttachmentLimits {
    pub max_bytes: i64,
    pub max_count: i64,
}

/// What a reply to everybody on the last email starts from.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EmailReplyDefaults {
    pub to: Vec<Recipient>,
    pub cc: Vec<Recipient>,
    pub subject: String,
    pub signature_html: Option<String>,
}

/// A teammate who has the conversation on screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Viewer {
    pub user: UserReference,
    pub state: ViewerState,
    pub mode: Option<DraftMode>,
    pub expires_at: Timestamp,
}

/// Unsent text of one person in one conversation.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Draft {
    pub conversation_id: ConversationId,
    pub mode: DraftMode,
    #[serde(flatten)]
    pub content: DraftContent,
    pub updated_at: Timestamp,
    pub version: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DraftContent {
    pub body_html: Option<String>,
    #[schema(required = true)]
    pub body_text: String,
    pub subject: Option<String>,
    #[schema(required = true)]
    pub to: Vec<Recipient>,
    #[schema(required = true)]
    pub cc: Vec<Recipient>,
    #[schema(required = true)]
    pub bcc: Vec<Recipient>,
    #[schema(required = true)]
    pub attachment_ids: Vec<crate::AttachmentId>,
    pub channel_account_id: Option<ChannelAccountId>,
}
