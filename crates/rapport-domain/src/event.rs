//! The one vocabulary of facts: realtime, webhooks, automation, audit and the timeline all read these.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::{
    ChannelAccount, Contact, Conversation, ConversationReference, Delivery, Draft, Message, User,
    UserReference, Workspace,
};
use crate::{
    AuthorKind, ContactId, ConversationId, DraftMode, LinkKind, MessageId, Origin, Priority, Status,
    Timestamp,
};

/// Who caused something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Actor {
    pub kind: AuthorKind,
    pub id: Option<String>,
    pub name: String,
}

impl Actor {
    pub fn system() -> Self {
        Self { kind: AuthorKind::System, id: None, name: "Rapport".to_owned() }
    }
}

/// An event as clients receive it. `data` has the shape that belongs to `name`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EventEnvelope {
    /// Gap-free within the workspace, in the order of commits.
    pub seq: i64,
    pub name: String,
    pub version: i32,
    pub occurred_at: Timestamp,
    pub actor: Actor,
    pub conversation_id: Option<ConversationId>,
    pub contact_id: Option<ContactId>,
    #[schema(value_type = Object)]
    pub data: serde_json::Value,
}

crate::text_enum! {
    /// Why a status changed.
    pub enum StatusReason {
        Manual = "manual",
        Inbound = "inbound",
        Send = "send",
    }
}

/// Everything that can have happened. Names are past tense; a name is never reused for another fact.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Event {
    ConversationCreated {
        conversation: Box<Conversation>,
        origin: Origin,
    },
    ConversationAssigned {
        conversation: Box<Conversation>,
        assignee: UserReference,
        previous: Option<UserReference>,
    },
    ConversationUnassigned {
        conversation: Box<Conversation>,
        previous: UserReference,
    },
    ConversationStatusChanged {
        conversation: Box<Conversation>,
        from: Status,
        to: Status,
        reason: StatusReason,
    },
    ConversationClosed {
        conversation: Box<Conversation>,
        from: Status,
    },
    ConversationReopened {
        conversation: Box<Conversation>,
        from: Status,
        by_message_id: Option<MessageId>,
    },
    ConversationPriorityChanged {
        conversation: Box<Conversation>,
        from: Priority,
        to: Priority,
    },
    ConversationTopicChanged {
        conversation: Box<Conversation>,
        from: String,
        to: String,
    },
    ConversationSubjectChanged {
        conversation: Box<Conversation>,
        from: Option<String>,
        to: Option<String>,
    },
    ConversationRequiresActionChanged {
        conversation: Box<Conversation>,
        reason: Option<String>,
    },
    ConversationLinked {
        conversation: Box<Conversation>,
        link_kind: LinkKind,
        other: ConversationReference,
    },
    ConversationRead {
        unread_count: i64,
    },
    MessageReceived {
        conversation: Box<Conversation>,
        message: Box<Message>,
    },
    MessageQueued {
        conversation: Box<Conversation>,
        message: Box<Message>,
    },
    MessageDeliveryChanged {
        conversation: Box<Conversation>,
        message_id: MessageId,
        delivery: Delivery,
    },
    MessageCancelled {
        conversation: Box<Conversation>,
        message_id: MessageId,
        delivery: Delivery,
    },
    NoteAdded {
        conversation: Box<Conversation>,
        message: Box<Message>,
    },
    ContactCreated {
        contact: Box<Contact>,
    },
    ContactUpdated {
        contact: Box<Contact>,
    },
    DraftSaved {
        draft: Box<Draft>,
    },
    DraftDeleted {
        mode: DraftMode,
    },
    ChannelAccountCreated {
        channel_account: Box<ChannelAccount>,
    },
    ChannelAccountUpdated {
        channel_account: Box<ChannelAccount>,
    },
    ChannelAccountDeleted {
        channel_account_id: String,
        name: String,
    },
    ChannelAccountFailed {
        channel_account: Box<ChannelAccount>,
    },
    ChannelAccountRecovered {
        channel_account: Box<ChannelAccount>,
    },
    UserCreated {
        user: User,
    },
    UserUpdated {
        user: User,
    },
    WorkspaceUpdated {
        workspace: Workspace,
    },
}

impl Event {
    /// The version of the payload's shape.
    pub const VERSION: i32 = 1;

    /// The name on the wire.
    pub const fn name(&self) -> &'static str {
        match self {
            Event::ConversationCreated { .. } => "conversation.created",
            Event::ConversationAssigned { .. } => "conversation.assigned",
            Event::ConversationUnassigned { .. } => "conversation.unassigned",
            Event::ConversationStatusChanged { .. } => "conversation.status_changed",
            Event::ConversationClosed { .. } => "conversation.closed",
            Event::ConversationReopened { .. } => "conversation.reopened",
            Event::ConversationPriorityChanged { .. } => "conversation.priority_changed",
            Event::ConversationTopicChanged { .. } => "conversation.topic_changed",
            Event::ConversationSubjectChanged { .. } => "conversation.subject_changed",
            Event::ConversationRequiresActionChanged { .. } => "conversation.requires_action_changed",
            Event::ConversationLinked { .. } => "conversation.linked",
            Event::ConversationRead { .. } => "conversation.read",
            Event::MessageReceived { .. } => "message.received",
            Event::MessageQueued { .. } => "message.queued",
            Event::MessageDeliveryChanged { .. } => "message.delivery_changed",
            Event::MessageCancelled { .. } => "message.cancelled",
            Event::NoteAdded { .. } => "note.added",
            Event::ContactCreated { .. } => "contact.created",
            Event::ContactUpdated { .. } => "contact.updated",
            Event::DraftSaved { .. } => "draft.saved",
            Event::DraftDeleted { .. } => "draft.deleted",
            Event::ChannelAccountCreated { .. } => "channel_account.created",
            Event::ChannelAccountUpdated { .. } => "channel_account.updated",
            Event::ChannelAccountDeleted { .. } => "channel_account.deleted",
            Event::ChannelAccountFailed { .. } => "channel_account.failed",
            Event::ChannelAccountRecovered { .. } => "channel_account.recovered",
            Event::UserCreated { .. } => "user.created",
            Event::UserUpdated { .. } => "user.updated",
            Event::WorkspaceUpdated { .. } => "workspace.updated",
        }
    }
}

/// The events that a conversation's timeline shows as a line of their own.
pub const TIMELINE_EVENTS: &[&str] = &[
    "conversation.created",
    "conversation.assigned",
    "conversation.unassigned",
    "conversation.status_changed",
    "conversation.closed",
    "conversation.reopened",
    "conversation.priority_changed",
    "conversation.topic_changed",
    "conversation.linked",
];

/// An event shown as a line in the timeline.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Activity {
    pub seq: i64,
    pub name: String,
    pub actor: Actor,
    pub occurred_at: Timestamp,
    #[schema(value_type = Object)]
    pub data: serde_json::Value,
}
