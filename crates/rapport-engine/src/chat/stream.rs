//! Turns what happens in a workspace into what one visitor's stream carries. Nothing is passed on as it is: each
//! event only says that something may have changed, and what the visitor may see of it is read anew.

use std::collections::HashSet;

use rapport_domain::{ContactId, ConversationId, MessageId, UserId};
use rapport_store::Tx;
use rapport_store::event::StoredEvent;
use rapport_store::visitor::history as stored;
use serde::Deserialize;
use serde_json::{Value, json};

use super::widget::anybody_online;
use super::{AssigneeView, ChatError, ConversationState, ConversationView, Visit, history};
use crate::realtime::Frame;
use crate::{Engine, Error};

/// A browser that was away for more events than this loads everything anew instead.
const MAX_CATCH_UP: i64 = 2_000;
const READ_BATCH: i64 = 500;

/// One frame for the visitor.
#[derive(Clone, Debug)]
pub struct VisitorFrame {
    /// Where to resume after it; absent on what does not last.
    pub id: Option<i64>,
    pub event: &'static str,
    pub data: Value,
}

impl VisitorFrame {
    pub fn lasting(seq: i64, event: &'static str, data: Value) -> Self {
        Self { id: Some(seq), event, data }
    }

    pub fn passing(event: &'static str, data: Value) -> Self {
        Self { id: None, event, data }
    }

    /// Whether the stream is over after it.
    pub fn is_last(&self) -> bool {
        matches!(self.event, "session_ended" | "resync_required")
    }
}

/// What a stream remembers of its visitor between two events.
pub struct VisitorStream {
    engine: Engine,
    visit: Visit,
    /// The last event that was looked at.
    seq: i64,
    contact: Option<ContactId>,
    conversations: HashSet<ConversationId>,
    shown: Option<ConversationView>,
    seen: Option<MessageId>,
    unread: i64,
    typing: HashSet<UserId>,
    agents_online: bool,
}

/// As much of a conversation in an event as the visitor sees.
#[derive(Deserialize)]
struct Snapshot {
    id: ConversationId,
    status: String,
    assignee: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

impl Engine {
    /// Begins a stream after an event, or now. Listen to the hub before this call, so that nothing falls in between.
    pub async fn chat_stream(
        &self,
        visit: &Visit,
        after: Option<i64>,
    ) -> Result<(VisitorStream, Vec<VisitorFrame>), ChatError> {
        let (engine, visit_) = (self.clone(), visit.clone());
        let (mut stream, last) = self
            .read(&visit.workspace, move |tx| {
                let last = rapport_store::event::last_seq(tx)?;
                Ok((VisitorStream::begin(tx, &engine, visit_, after.unwrap_or(last))?, last))
            })
            .await?;
        let hello = json!({ "cursor": stream.seq.to_string(), "agents_online": stream.agents_online });
        let mut frames = vec![VisitorFrame::passing("hello", hello)];
        if stream.seq > last || stream.seq < last - MAX_CATCH_UP {
            frames.push(VisitorFrame::passing("resync_required", json!({})));
        } else {
            frames.extend(stream.catch_up().await?);
        }
        Ok((stream, frames))
    }
}

impl VisitorStream {
    fn begin(tx: &mut Tx<'_>, engine: &Engine, visit: Visit, seq: i64) -> Result<Self, Error> {
        let visitor = rapport_store::visitor::find(tx, &visit.visitor.id)?.ok_or(Error::NotFound)?;
        let current = history::current_conversation(tx, &visitor.id)?;
        Ok(Self {
            engine: engine.clone(),
            seq,
            contact: visitor.contact_id.clone(),
            conversations: stored::list_conversations(tx, &visitor.id)?.into_iter().collect(),
            shown: current.as_ref().map(history::show_conversation),
            seen: history::seen_message(tx, &visitor.id)?,
            unread: history::unread_count(tx, &visitor)?,
            typing: HashSet::new(),
            agents_online: anybody_online(tx, engine)?,
            visit,
        })
    }

    pub fn visit(&self) -> &Visit {
        &self.visit
    }

    /// Reads what the log has after the last event, for a stream that begins or that fell behind.
    pub async fn catch_up(&mut self) -> Result<Vec<VisitorFrame>, ChatError> {
        let mut frames = Vec::new();
        loop {
            let after = self.seq;
            let events = self
                .engine
                .read(&self.visit.workspace, move |tx| {
                    Ok(rapport_store::event::list_after(tx, after, READ_BATCH)?)
                })
                .await?;
            let is_last = (events.len() as i64) < READ_BATCH;
            for event in events {
                frames.extend(self.durable(&event).await?);
            }
            if is_last {
                return Ok(frames);
            }
        }
    }

    /// What a frame of the workspace means for the visitor; mostly nothing.
    pub async fn translate(&mut self, frame: &Frame) -> Result<Vec<VisitorFrame>, ChatError> {
        match frame {
            Frame::Durable { event, .. } => self.durable(event).await,
            Frame::Ephemeral { name: "presence.changed", json, .. } => {
                Ok(self.presence(json).into_iter().collect())
            }
            Frame::Ephemeral { name: "user.online", .. } => self.online().await,
            Frame::Ephemeral { .. } => Ok(Vec::new()),
        }
    }

    async fn durable(&mut self, event: &StoredEvent) -> Result<Vec<VisitorFrame>, ChatError> {
        let envelope = &event.envelope;
        if envelope.seq <= self.seq {
            return Ok(Vec::new());
        }
        let frame = match envelope.name.as_str() {
            "message.received" | "message.queued" => self.message(event).await?,
            "message.delivery_changed" if self.is_about_us(event) => self.delivery(event).await?,
            "conversation.read" if self.is_about_us(event) => self.teammate_read(event).await?,
            "conversation.assigned"
            | "conversation.unassigned"
            | "conversation.status_changed"
            | "conversation.closed"
            | "conversation.reopened"
                if self.is_about_us(event) =>
            {
                self.conversation(event)
            }
            "channel_account.updated" | "channel_account.deleted" if self.is_about_our_widget(event) => {
                self.recheck().await?
            }
            _ => None,
        };
        // Only now: an event that could not be looked at is looked at again.
        self.seq = envelope.seq;
        Ok(frame.into_iter().collect())
    }

    fn is_about_us(&self, event: &StoredEvent) -> bool {
        event.envelope.conversation_id.as_ref().is_some_and(|id| self.conversations.contains(id))
    }

    async fn message(&mut self, event: &StoredEvent) -> Result<Option<VisitorFrame>, ChatError> {
        let envelope = &event.envelope;
        let message = &envelope.data["message"];
        let ours = message["channel"] == "chat"
            && message["channel_account_id"] == self.visit.account.account.id.as_str()
            // Until the first message it is not known whose contact the visitor will be.
            && (self.contact.is_none() || self.contact == envelope.contact_id);
        let id = message["id"].as_str().and_then(MessageId::parse);
        let (Some(id), Some(conversation), true) = (id, envelope.conversation_id.clone(), ours) else {
            return Ok(None);
        };
        let (engine, visitor) = (self.engine.clone(), self.visit.visitor.id.clone());
        let found = self
            .engine
            .read(&self.visit.workspace, move |tx| {
                let Some(visitor) = rapport_store::visitor::find(tx, &visitor)? else { return Ok(None) };
                let Some(message) = history::find_shown(tx, &engine, &visitor, &id)? else { return Ok(None) };
                let Some(conversation) = rapport_store::conversation::find(tx, &conversation)? else {
                    return Ok(None);
                };
                let unread = history::unread_count(tx, &visitor)?;
                Ok(Some((message, history::show_conversation(&conversation), visitor.contact_id, unread)))
            })
            .await?;
        let Some((message, conversation, contact, unread)) = found else { return Ok(None) };
        self.contact = contact;
        self.unread = unread;
        self.conversations.insert(conversation.id.clone());
        self.shown = Some(conversation.clone());
        let data = json!({ "message": message, "conversation": conversation });
        Ok(Some(VisitorFrame::lasting(envelope.seq, "message", data)))
    }

    /// The visitor has read something in this or another tab.
    async fn delivery(&mut self, event: &StoredEvent) -> Result<Option<VisitorFrame>, ChatError> {
        if event.envelope.data["delivery"]["status"] != "read" {
            return Ok(None);
        }
        let visitor = self.visit.visitor.id.clone();
        let unread = self
            .engine
            .read(&self.visit.workspace, move |tx| match rapport_store::visitor::find(tx, &visitor)? {
                Some(visitor) => history::unread_count(tx, &visitor),
                None => Ok(0),
            })
            .await?;
        if unread == self.unread {
            return Ok(None);
        }
        self.unread = unread;
        Ok(Some(VisitorFrame::lasting(event.envelope.seq, "read", json!({ "unread_count": unread }))))
    }

    /// A teammate's own record of reading says which of the visitor's messages somebody has seen, and not who.
    async fn teammate_read(&mut self, event: &StoredEvent) -> Result<Option<VisitorFrame>, ChatError> {
        let visitor = self.visit.visitor.id.clone();
        let seen =
            self.engine.read(&self.visit.workspace, move |tx| history::seen_message(tx, &visitor)).await?;
        if seen.is_none() || seen <= self.seen {
            return Ok(None);
        }
        self.seen = seen;
        Ok(Some(VisitorFrame::lasting(event.envelope.seq, "seen", json!({ "message_id": self.seen }))))
    }

    fn conversation(&mut self, event: &StoredEvent) -> Option<VisitorFrame> {
        let snapshot = Snapshot::deserialize(&event.envelope.data["conversation"]).ok()?;
        let view = ConversationView {
            id: snapshot.id,
            status: if snapshot.status == "closed" {
                ConversationState::Closed
            } else {
                ConversationState::Open
            },
            assignee: snapshot.assignee.map(|assignee| AssigneeView { name: assignee.name }),
        };
        let shown = self.shown.as_ref()?;
        if shown.id != view.id || *shown == view {
            return None;
        }
        self.shown = Some(view.clone());
        Some(VisitorFrame::lasting(event.envelope.seq, "conversation", json!({ "conversation": view })))
    }

    fn is_about_our_widget(&self, event: &StoredEvent) -> bool {
        let data = &event.envelope.data;
        let ours = self.visit.account.account.id.as_str();
        data["channel_account"]["id"] == ours || data["channel_account_id"] == ours
    }

    /// Whether the visitor may go on listening. The frame says why not; the widget may want an identity by now, be
    /// switched off, or the token may have been revoked by another process.
    pub async fn recheck(&mut self) -> Result<Option<VisitorFrame>, ChatError> {
        let code = match self.engine.chat_recheck(&self.visit).await {
            Ok(()) => return Ok(None),
            Err(ChatError::IdentityRequired) => "identity_required",
            Err(ChatError::WidgetNotFound) => "widget_not_found",
            Err(ChatError::TokenInvalid) => "token_invalid",
            Err(error) => return Err(error),
        };
        Ok(Some(VisitorFrame::passing("session_ended", json!({ "code": code }))))
    }

    /// A teammate who writes an answer. Writing a note is nobody's business.
    fn presence(&mut self, json: &str) -> Option<VisitorFrame> {
        let value: Value = serde_json::from_str(json).ok()?;
        let shown = self.shown.as_ref()?;
        if value["conversation_id"] != shown.id.as_str() {
            return None;
        }
        let viewer = &value["viewer"];
        let user = UserId::parse(viewer["user"]["id"].as_str()?)?;
        let active = viewer["state"] == "typing" && viewer["mode"] == "reply";
        if active {
            self.typing.insert(user);
        } else if !self.typing.remove(&user) {
            return None;
        }
        let author = json!({ "kind": "teammate", "name": viewer["user"]["name"] });
        Some(VisitorFrame::passing("typing", json!({ "author": author, "active": active })))
    }

    async fn online(&mut self) -> Result<Vec<VisitorFrame>, ChatError> {
        let engine = self.engine.clone();
        let online = self.engine.read(&self.visit.workspace, move |tx| anybody_online(tx, &engine)).await?;
        if online == self.agents_online {
            return Ok(Vec::new());
        }
        self.agents_online = online;
        Ok(vec![VisitorFrame::passing("presence", json!({ "agents_online": online }))])
    }
}
