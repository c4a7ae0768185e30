//! Knows by the client's own id what it has sent before, so that the same thing sent twice is there once.

use std::collections::BTreeSet;

use rapport_domain::model::{Message, Recipient};
use rapport_domain::{
    AttachmentId, ConversationId, DeliveryStatus, Direction, MessageKind, email_address, text,
};
use rapport_store::Tx;
use rapport_store::message::StoredMessage;

use super::note::{self, NewNote};
use super::send::{self, NewMessage};
use crate::{Caller, Engine, Error};

const MAX_CLIENT_ID_CHARACTERS: usize = 128;

/// The message that this one repeats. 409 when its id stands for something else.
pub(super) fn find_message(
    tx: &mut Tx<'_>,
    engine: &Engine,
    caller: &Caller,
    conversation: &ConversationId,
    direction: Direction,
    new: &NewMessage,
) -> Result<Option<Message>, Error> {
    let Some(known) = find(tx, conversation, new.client_id.as_deref())? else { return Ok(None) };
    let same = known.message.kind == MessageKind::Message
        && known.message.direction == direction
        && says_the_same(&known.message, new)?
        && goes_the_same_way(&known, new)
        && has_files(&known.message, &new.attachment_ids);
    accept(engine, caller, known.message, same).map(Some)
}

/// The note that this one repeats. 409 when its id stands for something else.
pub(super) fn find_note(
    tx: &mut Tx<'_>,
    engine: &Engine,
    caller: &Caller,
    conversation: &ConversationId,
    new: &NewNote,
) -> Result<Option<Message>, Error> {
    let Some(known) = find(tx, conversation, new.client_id.as_deref())? else { return Ok(None) };
    let (body_text, body_html) = note::bodies(new);
    let same = known.message.kind == MessageKind::Note
        && known.message.body_text == body_text
        && known.message.body_html == body_html
        && has_files(&known.message, &new.attachment_ids);
    accept(engine, caller, known.message, same).map(Some)
}

fn find(
    tx: &mut Tx<'_>,
    conversation: &ConversationId,
    client_id: Option<&str>,
) -> Result<Option<StoredMessage>, Error> {
    let Some(client_id) = client_id else { return Ok(None) };
    let fits = !client_id.is_empty()
        && client_id.len() <= MAX_CLIENT_ID_CHARACTERS
        && text::single_line(client_id, MAX_CLIENT_ID_CHARACTERS) == client_id;
    if !fits {
        return Err(Error::invalid("client_id", "1 to 128 characters on one line."));
    }
    match rapport_store::message::find_by_client_id(tx, conversation, client_id)? {
        Some(id) => Ok(rapport_store::message::find(tx, &id)?),
        None => Ok(None),
    }
}

fn accept(engine: &Engine, caller: &Caller, known: Message, same: bool) -> Result<Message, Error> {
    if same {
        return Ok(known);
    }
    Err(Error::conflict_with(
        "client_id_in_use",
        "This client_id stands for another message of the conversation.",
        &engine.signed_for(caller, known),
    ))
}

fn says_the_same(known: &Message, new: &NewMessage) -> Result<bool, Error> {
    let (body_text, body_html) = send::bodies(known.channel, new)?;
    // What a contact said is kept as text.
    let same_html = known.direction == Direction::Inbound || known.body_html == body_html;
    Ok(known.body_text == body_text && same_html)
}

/// What was left to the server the first time may have been decided otherwise by now, and is not asked for.
fn goes_the_same_way(known: &StoredMessage, new: &NewMessage) -> bool {
    let account = new.channel_account_id.as_ref();
    let to = new.to.as_deref().filter(|to| !to.is_empty());
    let details = &known.details;
    account.is_none_or(|account| known.message.channel_account_id.as_ref() == Some(account))
        && to.is_none_or(|to| addresses(to) == addresses(&details.to))
        && new.cc.as_deref().is_none_or(|cc| addresses(cc) == addresses(&details.cc))
        && addresses(&new.bcc) == addresses(&details.bcc)
}

fn addresses(recipients: &[Recipient]) -> BTreeSet<String> {
    let canonical = |address: &str| email_address::normalise(address).unwrap_or_else(|| address.to_owned());
    recipients.iter().map(|recipient| canonical(&recipient.address)).collect()
}

fn has_files(known: &Message, ids: &[AttachmentId]) -> bool {
    // A message that was taken back has given its files back as well.
    let cancelled = known.delivery.as_ref().is_some_and(|it| it.status == DeliveryStatus::Cancelled);
    let files: BTreeSet<&str> = known.attachments.iter().map(|file| file.id.as_str()).collect();
    cancelled || files == ids.iter().map(AttachmentId::as_str).collect()
}
