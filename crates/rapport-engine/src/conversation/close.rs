//! Closes a conversation for good, and takes that back within moments.

use rapport_domain::model::Conversation;
use rapport_domain::{ConversationId, Event, Lifecycle, Permission, Status, Timestamp};
use rapport_store::Tx;

use super::open::save;
use crate::{Caller, Engine, Error, access, announce};

/// For so many seconds whoever closed a conversation can take it back.
const UNDO_SECONDS: i64 = 15;

impl Engine {
    /// Closes the conversation. Closing a closed one changes nothing.
    pub async fn close(&self, caller: &Caller, id: &ConversationId) -> Result<Conversation, Error> {
        caller.require(Permission::ConversationClose)?;
        let (engine, caller_, id_) = (self.clone(), caller.clone(), id.clone());
        self.commit(caller, id.as_str(), move |tx| {
            let mut conversation = access::conversation_for_update(tx, &caller_, &id_)?;
            close(tx, &caller_, &mut conversation, engine.now())?;
            access::conversation(tx, &caller_, &id_)
        })
        .await
    }

    /// Takes back a closing of one's own, as long as nothing has happened since.
    pub async fn undo_close(&self, caller: &Caller, id: &ConversationId) -> Result<Conversation, Error> {
        caller.require(Permission::ConversationClose)?;
        let (engine, caller_, id_) = (self.clone(), caller.clone(), id.clone());
        self.commit(caller, id.as_str(), move |tx| {
            let mut conversation = access::conversation_for_update(tx, &caller_, &id_)?;
            undo_close(tx, &caller_, &mut conversation, engine.now())?;
            access::conversation(tx, &caller_, &id_)
        })
        .await
    }
}

pub(crate) fn close(
    tx: &mut Tx<'_>,
    caller: &Caller,
    conversation: &mut Conversation,
    now: Timestamp,
) -> Result<(), Error> {
    if conversation.status == Status::Closed {
        return Ok(());
    }
    let from = conversation.status;
    conversation.status = Status::Closed;
    conversation.lifecycle = Lifecycle::Closed;
    conversation.closed_at = Some(now);
    conversation.closed_by = Some(caller.user.clone());
    conversation.waiting_since = None;
    conversation.requires_action = None;
    save(tx, conversation, now)?;
    rapport_store::conversation::set_closed_from(tx, &conversation.id, Some(from.as_str()))?;
    let event = Event::ConversationClosed { conversation: Box::new(conversation.clone()), from };
    announce::conversation(tx, &caller.actor(), now, conversation, &event)
}

fn undo_close(
    tx: &mut Tx<'_>,
    caller: &Caller,
    conversation: &mut Conversation,
    now: Timestamp,
) -> Result<(), Error> {
    let fresh = conversation.closed_at.is_some_and(|at| at.plus_seconds(UNDO_SECONDS) >= now);
    let own = conversation.closed_by.as_ref().is_some_and(|user| user.id == *caller.user_id());
    if conversation.status != Status::Closed || !fresh || !own {
        return Err(Error::conflict_with(
            "too_late_to_undo",
            "Closing can be undone for a few seconds by the person who closed. Create a follow-up.",
            &conversation,
        ));
    }
    if rapport_store::link::find_active_follow_up(tx, &conversation.id)?.is_some() {
        return Err(Error::conflict(
            "follow_up_exists",
            "The customer has written again: a follow-up is open.",
        ));
    }
    if let Some(contact) = &conversation.contact {
        let scope = rapport_store::conversation::scope_key(tx, &conversation.id)?.unwrap_or_default();
        if let Some(other) = rapport_store::conversation::find_active_in_scope(tx, &contact.id, &scope)? {
            let current = access::conversation(tx, caller, &other)?;
            let detail =
                format!("{} has another open conversation, #{}.", contact.display_name, current.number);
            return Err(Error::conflict_with("conversation_exists", detail, &current));
        }
    }
    let from = rapport_store::conversation::closed_from(tx, &conversation.id)?;
    conversation.status = from.as_deref().and_then(Status::parse).unwrap_or(Status::Open);
    conversation.lifecycle = Lifecycle::Open;
    conversation.closed_at = None;
    conversation.closed_by = None;
    conversation.waiting_since = rapport_store::message::find_waiting_since(tx, &conversation.id)?;
    save(tx, conversation, now)?;
    let event = Event::ConversationReopened {
        conversation: Box::new(conversation.clone()),
        from: Status::Closed,
        by_message_id: None,
    };
    announce::conversation(tx, &caller.actor(), now, conversation, &event)
}
