//! The one gate to each kind of object. Lists, gets, events, exports and search all pass here; it fails closed.

use std::collections::HashMap;

use rapport_domain::model::{Contact, Conversation};
use rapport_domain::{ContactId, ConversationId, MessageId, Permission};
use rapport_store::Tx;
use rapport_store::event::StoredEvent;
use rapport_store::message::StoredMessage;

use crate::{Caller, Error};

/// The conversation, if the caller may see it. Unknown and hidden look the same.
pub fn conversation(tx: &mut Tx<'_>, caller: &Caller, id: &ConversationId) -> Result<Conversation, Error> {
    caller.require(Permission::ConversationRead)?;
    rapport_store::conversation::find_for(tx, id, caller.user_id())?.ok_or(Error::NotFound)
}

/// Those of the conversations that the caller may see, by their ids.
pub fn conversations(
    tx: &mut Tx<'_>,
    caller: &Caller,
    ids: &[ConversationId],
) -> Result<HashMap<ConversationId, Conversation>, Error> {
    caller.require(Permission::ConversationRead)?;
    let found = rapport_store::conversation::list_for(tx, ids, caller.user_id())?;
    Ok(found.into_iter().map(|conversation| (conversation.id.clone(), conversation)).collect())
}

/// The conversation, locked for a change by the caller.
pub fn conversation_for_update(
    tx: &mut Tx<'_>,
    caller: &Caller,
    id: &ConversationId,
) -> Result<Conversation, Error> {
    caller.require(Permission::ConversationRead)?;
    rapport_store::conversation::find_for_update(tx, id)?.ok_or(Error::NotFound)
}

/// A message of this conversation, if the caller may see both.
pub fn message(
    tx: &mut Tx<'_>,
    caller: &Caller,
    conversation_id: &ConversationId,
    id: &MessageId,
) -> Result<StoredMessage, Error> {
    conversation(tx, caller, conversation_id)?;
    rapport_store::message::find(tx, id)?
        .filter(|stored| stored.message.conversation_id == *conversation_id)
        .ok_or(Error::NotFound)
}

pub fn contact(tx: &mut Tx<'_>, caller: &Caller, id: &ContactId) -> Result<Contact, Error> {
    caller.require(Permission::ContactRead)?;
    rapport_store::contact::find(tx, id)?.ok_or(Error::NotFound)
}

/// Those of the contacts that the caller may see, by their ids; none without the permission.
pub fn contacts(
    tx: &mut Tx<'_>,
    caller: &Caller,
    ids: &[ContactId],
) -> Result<HashMap<ContactId, Contact>, Error> {
    if !caller.may(Permission::ContactRead) {
        return Ok(HashMap::new());
    }
    let found = rapport_store::contact::list_by_ids(tx, ids)?;
    Ok(found.into_iter().map(|contact| (contact.id.clone(), contact)).collect())
}

/// Whether the caller may be told this event.
pub fn may_see_event(caller: &Caller, event: &StoredEvent) -> bool {
    if event.visible_to_user.as_ref().is_some_and(|user| user != caller.user_id()) {
        return false;
    }
    let needed = match event.envelope.name.split('.').next() {
        Some("conversation" | "message" | "note" | "draft") => Permission::ConversationRead,
        Some("contact") => Permission::ContactRead,
        Some("channel_account") => Permission::ChannelAccountRead,
        Some("user" | "workspace") => Permission::UserRead,
        _ => return false,
    };
    caller.may(needed)
}
