//! The one vocabulary of facts: realtime, webhooks, automation, audit and the timeline all read these.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::{
    ChannelAccount, Contact, Conversation, ConversationReference, Delivery, Draft, LinkDirection, Message,
    User, UserReference, Workspace,
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

/// Defines the events from one table, so that a name on the wire stands beside what it carries.
macro_rules! events {
    ($($name:tt $variant:ident { $($field:ident: $kind:ty),* })*) => {
        /// Everything that can have happened. Names are past tense; a name is never reused for another fact.
        #[derive(Clone, Debug, Serialize, ToSchema)]
        #[serde(untagged)]
        pub enum Event {
            $(#[schema(title = $name)] $variant { $($field: $kind),* },)*
        }

        impl Event {
            /// The version of the payload's shape.
            pub const VERSION: i32 = 1;

            /// The name on the wire.
            pub const fn name(&self) -> &'static str {
                match self { $(Event::$variant { .. } => $name,)* }
            }
        }
    };
}

events! {
    "conversation.created" ConversationCreated { conversation: Box<Conversation>, origin: Origin }
    "conversation.assigned" ConversationAssigned {
        conversation: Box<Conversation>, assignee: UserReference, previous: Option<UserReference>
    }
    "conversation.unassigned" ConversationUnassigned {
        conversation: Box<Conversation>, previous: UserReference
    }
    "conversation.status_changed" ConversationStatusChanged {
        conversation: Box<Conversation>, from: Status, to: Status, reason: StatusReason
    }
    "conversation.closed" ConversationClosed { conversation: Box<Conversation>, from: Status }
    "conversation.reopened" ConversationReopened {
        conversation: Box<Conversation>, from: Status, by_message_id: Option<MessageId>
    }
    "conversation.priority_changed" ConversationPriorityChanged {
        conversation: Box<Conversation>, from: Priority, to: Priority
    }
    "conversation.topic_changed" ConversationTopicChanged {
        conversation: Box<Conversation>, from: String, to: String
    }
    "conversation.subject_changed" ConversationSubjectChanged {
        conversation: Box<Conversation>, from: Option<String>, to: Option<String>
    }
    "conversation.requires_action_changed" ConversationRequiresActionChanged {
        conversation: Box<Conversation>, reason: Option<String>
    }
    "conversation.linked" ConversationLinked {
        conversation: Box<Conversation>, link_kind: LinkKind, direction: LinkDirection,
        other: ConversationReference
    }
    "conversation.read" ConversationRead { unread_count: i64 }
    "message.received" MessageReceived { conversation: Box<Conversation>, message: Box<Message> }
    "message.queued" MessageQueued { conversation: Box<Conversation>, message: Box<Message> }
    "message.delivery_changed" MessageDeliveryChanged {
        conversation: Box<Conversation>, message_id: MessageId, delivery: Delivery
    }
    "message.cancelled" MessageCancelled {
        conversation: Box<Conversation>, message_id: MessageId, delivery: Delivery
    }
    "note.added" NoteAdded { conversation: Box<Conversation>, message: Box<Message> }
    "contact.created" ContactCreated { contact: Box<Contact> }
    "contact.updated" ContactUpdated { contact: Box<Contact> }
    "draft.saved" DraftSaved { draft: Box<Draft> }
    "draft.deleted" DraftDeleted { mode: DraftMode }
    "channel_account.created" ChannelAccountCreated { channel_account: Box<ChannelAccount> }
    "channel_account.updated" ChannelAccountUpdated { channel_account: Box<ChannelAccount> }
    "channel_account.deleted" ChannelAccountDeleted { channel_account_id: String, name: String }
    "channel_account.failed" ChannelAccountFailed { channel_account: Box<ChannelAccount> }
    "channel_account.recovered" ChannelAccountRecovered { channel_account: Box<ChannelAccount> }
    "user.created" UserCreated { user: User }
    "user.updated" UserUpdated { user: User }
    "workspace.updated" WorkspaceUpdated { workspace: Workspace }
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
