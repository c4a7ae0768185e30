//! Changes status, priority, topic and subject of a conversation that is not closed.

use rapport_domain::event::StatusReason;
use rapport_domain::model::Conversation;
use rapport_domain::{ConversationId, Event, Permission, Priority, Status, Timestamp, text, transition};
use rapport_store::Tx;

use super::open::{index, save};
use crate::{Caller, Engine, Error, access, announce};

/// What to change; absent fields stay.
#[derive(Clone, Debug, Default)]
pub struct ConversationChange {
    pub status: Option<Status>,
    pub priority: Option<Priority>,
    pub topic: Option<String>,
    pub subject: Option<Option<String>>,
    pub clear_requires_action: bool,
    pub expected_version: Option<i64>,
}

impl ConversationChange {
    /// A message may come back after the closing; that it was seen to is no change of the conversation.
    fn only_clears_requires_action(&self) -> bool {
        self.clear_requires_action
            && self.status.is_none()
            && self.priority.is_none()
            && self.topic.is_none()
            && self.subject.is_none()
    }
}

impl Engine {
    pub async fn edit_conversation(
        &self,
        caller: &Caller,
        id: &ConversationId,
        change: ConversationChange,
    ) -> Result<Conversation, Error> {
        caller.require(Permission::ConversationEdit)?;
        if change.status == Some(Status::Closed) {
            caller.require(Permission::ConversationClose)?;
        }
        let (engine, caller_, id_) = (self.clone(), caller.clone(), id.clone());
        self.commit(caller, id.as_str(), move |tx| {
            let mut conversation = access::conversation_for_update(tx, &caller_, &id_)?;
            edit(tx, &caller_, &mut conversation, &change, engine.now())?;
            access::conversation(tx, &caller_, &id_)
        })
        .await
    }
}

fn edit(
    tx: &mut Tx<'_>,
    caller: &Caller,
    conversation: &mut Conversation,
    change: &ConversationChange,
    now: Timestamp,
) -> Result<(), Error> {
    if change.expected_version.is_some_and(|expected| expected != conversation.version) {
        return Err(Error::conflict_with(
            "version_conflict",
            "The conversation was changed meanwhile.",
            &conversation,
        ));
    }
    if conversation.status == Status::Closed && !change.only_clears_requires_action() {
        return Err(Error::conflict_with(
            "conversation_closed",
            "A closed conversation cannot be changed. Create a follow-up.",
            &conversation,
        ));
    }
    if let Some(priority) = change.priority.filter(|priority| *priority != conversation.priority) {
        let from = std::mem::replace(&mut conversation.priority, priority);
        save(tx, conversation, now)?;
        let snapshot = Box::new(conversation.clone());
        let event = Event::ConversationPriorityChanged { conversation: snapshot, from, to: priority };
        announce::conversation(tx, &caller.actor(), now, conversation, &event)?;
    }
    if let Some(topic) = &change.topic {
        change_topic(tx, caller, conversation, topic, now)?;
    }
    if let Some(subject) = &change.subject {
        change_subject(tx, caller, conversation, subject.as_deref(), now)?;
    }
    if change.clear_requires_action && conversation.requires_action.take().is_some() {
        save(tx, conversation, now)?;
        let snapshot = Box::new(conversation.clone());
        let event = Event::ConversationRequiresActionChanged { conversation: snapshot, reason: None };
        announce::conversation(tx, &caller.actor(), now, conversation, &event)?;
    }
    match change.status {
        Some(Status::Closed) => super::close::close(tx, caller, conversation, now),
        Some(status) => set_status(tx, caller, conversation, status, StatusReason::Manual, now),
        None => Ok(()),
    }
}

/// Moves an open conversation to another status, short of closing it.
pub(crate) fn set_status(
    tx: &mut Tx<'_>,
    caller: &Caller,
    conversation: &mut Conversation,
    to: Status,
    reason: StatusReason,
    now: Timestamp,
) -> Result<(), Error> {
    if conversation.status == to {
        return Ok(());
    }
    let from = std::mem::replace(&mut conversation.status, to);
    conversation.lifecycle = transition::lifecycle(to, false, true);
    save(tx, conversation, now)?;
    let snapshot = Box::new(conversation.clone());
    let event = Event::ConversationStatusChanged { conversation: snapshot, from, to, reason };
    announce::conversation(tx, &caller.actor(), now, conversation, &event)
}

fn change_topic(
    tx: &mut Tx<'_>,
    caller: &Caller,
    conversation: &mut Conversation,
    topic: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let topic = text::single_line(topic, 200);
    if topic.is_empty() {
        return Err(Error::required("topic"));
    }
    if topic == conversation.topic {
        return Ok(());
    }
    let from = std::mem::replace(&mut conversation.topic, topic.clone());
    save(tx, conversation, now)?;
    index(tx, conversation)?;
    let event =
        Event::ConversationTopicChanged { conversation: Box::new(conversation.clone()), from, to: topic };
    announce::conversation(tx, &caller.actor(), now, conversation, &event)
}

fn change_subject(
    tx: &mut Tx<'_>,
    caller: &Caller,
    conversation: &mut Conversation,
    subject: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    let subject =
        subject.map(|subject| text::single_line(subject, 500)).filter(|subject| !subject.is_empty());
    if subject == conversation.subject {
        return Ok(());
    }
    let from = std::mem::replace(&mut conversation.subject, subject.clone());
    save(tx, conversation, now)?;
    index(tx, conversation)?;
    let event =
        Event::ConversationSubjectChanged { conversation: Box::new(conversation.clone()), from, to: subject };
    announce::conversation(tx, &caller.actor(), now, conversation, &event)
}
