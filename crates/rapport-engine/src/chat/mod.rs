//! The visitors' side of web chat: sessions, sending, reading and what a visitor's stream carries.
//!
//! Everything here answers to one visitor only. Nothing passes that the conditions of `visitor::history` do not let
//! through: no notes, no other channel, nobody else's messages, not even those of the same contact.

mod fields;
mod history;
mod identity;
mod prechat;
mod read;
mod remark;
mod send;
mod session;
mod stream;
mod text;
mod typing;
mod upload;
mod visit;
mod widget;

use rapport_domain::{AttachmentId, ConversationId, MessageId, Timestamp, VisitorId};
use serde::{Deserialize, Serialize};

pub(crate) use fields::email_of;
pub use history::HistoryPage;
pub use send::{NewChatMessage, OfflineForm, SentChat};
pub use session::{OpenedSession, Session, SessionRequest};
pub use stream::{VisitorFrame, VisitorStream};
pub use upload::{MAX_UPLOAD_BYTES_PER_DAY, UploadRefusal};
pub use visit::Visit;
pub use widget::{WidgetConfig, WidgetLauncher};

use crate::Error;

/// Why the widget was refused, where that is more than what any use case can refuse with.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    #[error("there is no such widget")]
    WidgetNotFound,
    #[error("the widget may not be shown on this site")]
    OriginRefused,
    #[error("the visitor's identity is required")]
    IdentityRequired,
    #[error("the visitor's identity is not proved")]
    IdentityInvalid,
    #[error("the visitor's token is not valid")]
    TokenInvalid,
    #[error(transparent)]
    Engine(#[from] Error),
}

impl From<rapport_store::Error> for ChatError {
    fn from(error: rapport_store::Error) -> Self {
        Self::Engine(error.into())
    }
}

/// A page of the site, as its visitor's browser reports it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageSeen {
    pub url: String,
    #[serde(default)]
    pub title: Option<String>,
    /// Where the visitor came from. Taken and not kept.
    #[serde(default)]
    pub referrer: Option<String>,
}

/// Who a site says its visitor is, signed with the site's secret.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityClaim {
    pub user_id: String,
    #[serde(default)]
    pub hash: Option<String>,
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub name: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct VisitorView {
    pub id: VisitorId,
    pub name: Option<String>,
    pub email: Option<String>,
    /// The site proved who this is.
    pub verified: bool,
    pub pre_chat_done: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConversationState {
    Open,
    Closed,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AssigneeView {
    pub name: String,
}

/// A conversation as its visitor sees it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConversationView {
    pub id: ConversationId,
    pub status: ConversationState,
    pub assignee: Option<AssigneeView>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WriterKind {
    Visitor,
    Teammate,
    Assistant,
    System,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WriterView {
    pub kind: WriterKind,
    pub name: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct AttachmentView {
    pub id: AttachmentId,
    pub file_name: String,
    pub media_type: String,
    pub size_bytes: i64,
    /// Signed for this visitor and expiring.
    pub url: String,
    /// Of raster images only.
    pub preview_url: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct MessageView {
    pub id: MessageId,
    /// Only on the visitor's own.
    pub client_id: Option<String>,
    pub author: WriterView,
    pub body_text: String,
    pub attachments: Vec<AttachmentView>,
    pub sent_at: Timestamp,
}
