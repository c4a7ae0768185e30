//! Writes events: the one way from a use case to the log.

use rapport_domain::model::{Conversation, Message};
use rapport_domain::{Actor, Event, Timestamp, UserId};
use rapport_store::{NewEvent, Tx};

use crate::Error;

/// Bodies beyond this are left out of events; clients fetch the message.
const MAX_EVENT_BODY_BYTES: usize = 16 * 1024;

/// Appends an event about a conversation.
pub(crate) fn conversation(
    tx: &mut Tx<'_>,
    actor: &Actor,
    at: Timestamp,
    about: &Conversation,
    event: &Event,
) -> Result<(), Error> {
    let contact = about.contact.as_ref().map(|contact| contact.id.as_str());
    append(tx, actor, at, Some(about.id.as_str()), contact, None, event)
}

/// Appends an event that only one person may see.
pub(crate) fn private(
    tx: &mut Tx<'_>,
    actor: &Actor,
    at: Timestamp,
    conversation_id: &str,
    user: &UserId,
    event: &Event,
) -> Result<(), Error> {
    append(tx, actor, at, Some(conversation_id), None, Some(user), event)
}

/// Appends an event that is about no conversation.
pub(crate) fn general(
    tx: &mut Tx<'_>,
    actor: &Actor,
    at: Timestamp,
    contact_id: Option<&str>,
    event: &Event,
) -> Result<(), Error> {
    append(tx, actor, at, None, contact_id, None, event)
}

fn append(
    tx: &mut Tx<'_>,
    actor: &Actor,
    at: Timestamp,
    conversation_id: Option<&str>,
    contact_id: Option<&str>,
    visible_to: Option<&UserId>,
    event: &Event,
) -> Result<(), Error> {
    let payload = serde_json::to_string(event)
        .map_err(|error| Error::Internal(format!("an event has no JSON form: {error}")))?;
    tx.emit(NewEvent {
        name: event.name(),
        version: Event::VERSION,
        actor_kind: actor.kind.as_str(),
        actor_id: actor.id.clone(),
        actor_name: actor.name.clone(),
        conversation_id: conversation_id.map(str::to_owned),
        contact_id: contact_id.map(str::to_owned),
        visible_to_user: visible_to.map(|user| user.as_str().to_owned()),
        occurred_at: at.as_millis(),
        payload,
    });
    Ok(())
}

/// The message as an event carries it: without a body that would bloat the log.
pub(crate) fn for_event(message: &Message) -> Box<Message> {
    let mut copy = message.clone();
    let html_bytes = copy.body_html.as_ref().map_or(0, String::len);
    if copy.body_text.len() + html_bytes > MAX_EVENT_BODY_BYTES {
        copy.truncated = true;
        copy.body_html = None;
        copy.body_text = rapport_domain::text::preview(&copy.body_text, 2_000);
        copy.visible_text = copy.body_text.clone();
    }
    Box::new(copy)
}
