//! Messages, notes, attachments and how far a message has come.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    AttachmentId, AuthorKind, Channel, ChannelAccountId, ConversationId, DeliveryStatus, Direction,
    MessageId, MessageKind, Timestamp,
};

/// A name and an address, as in a mail header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Recipient {
    #[serde(default)]
    pub name: Option<String>,
    pub address: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Author {
    pub kind: AuthorKind,
    pub id: Option<String>,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Attachment {
    pub id: AttachmentId,
    pub file_name: String,
    pub media_type: String,
    pub size_bytes: i64,
    /// Shown inside the HTML body rather than as a file.
    pub inline: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub content_id: Option<String>,
    /// Path of the file, signed for its reader and expiring. Empty where it is stored.
    #[serde(default)]
    #[schema(required = true)]
    pub url: String,
    /// Path that shows a raster image, sound or film in place; absent for everything else.
    #[serde(default)]
    pub preview_url: Option<String>,
}

/// How far an outbound message has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Delivery {
    pub status: DeliveryStatus,
    /// Why it failed, in words.
    pub reason: Option<String>,
    /// The provider's own code.
    pub code: Option<String>,
    pub attempts: i64,
    pub next_attempt_at: Option<Timestamp>,
    pub updated_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Message {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    pub kind: MessageKind,
    pub direction: Direction,
    pub channel: Channel,
    pub channel_account_id: Option<ChannelAccountId>,
    pub author: Author,
    pub subject: Option<String>,
    /// The whole plain text.
    pub body_text: String,
    /// The plain text without quotation and signature.
    pub visible_text: String,
    pub has_quote: bool,
    /// Sanitised HTML. Remote images carry `data-remote-src` instead of `src`. Show it in a sandboxed frame only.
    pub body_html: Option<String>,
    pub has_remote_images: bool,
    /// In events: the body was too large to carry; fetch the message.
    pub truncated: bool,
    pub from: Option<Recipient>,
    pub to: Vec<Recipient>,
    pub cc: Vec<Recipient>,
    /// Only on what we sent.
    pub bcc: Vec<Recipient>,
    pub attachments: Vec<Attachment>,
    /// Present on outbound messages.
    pub delivery: Option<Delivery>,
    /// An automatic answer, a bounce or list mail: never answered automatically.
    pub automatic: bool,
    pub warnings: Vec<String>,
    pub ai_generated: bool,
    pub ai_drafted: bool,
    pub client_id: Option<String>,
    pub email_message_id: Option<String>,
    /// Until then the message can be taken back.
    pub held_until: Option<Timestamp>,
    pub sent_at: Timestamp,
    pub created_at: Timestamp,
    pub version: i64,
}
