//! Whether a mail that only claims to be from somebody names people whom the thread does not know. Anybody can write
//! such a mail, to be answered with what only the one they pretend to be should read.

use rapport_domain::model::Recipient;
use rapport_domain::{Channel, ConversationId, email_address};
use rapport_store::Tx;
use rapport_store::message::StoredMessage;

use super::Inbound;
use super::route::Writer;
use crate::{Error, send};

/// How many messages of a conversation are looked through for one that the sender stands on.
const LOOK_BACK: i64 = 50;

/// Whether any recipient is a stranger, for a mail that shows no knowledge of the thread.
pub(super) fn are_named(
    tx: &mut Tx<'_>,
    inbound: &Inbound,
    writer: &Writer,
    conversation: &ConversationId,
) -> Result<bool, Error> {
    let named = &inbound.recipients;
    let people = named.to.iter().chain(&named.cc).chain(&named.reply_to);
    are_among(tx, inbound, writer, conversation, people)
}

/// Whether the answer would go to a stranger. Who knows the thread may bring somebody, but not have the answers to
/// somebody else sent elsewhere.
pub(super) fn are_to_be_answered(
    tx: &mut Tx<'_>,
    inbound: &Inbound,
    writer: &Writer,
    conversation: &ConversationId,
) -> Result<bool, Error> {
    are_among(tx, inbound, writer, conversation, inbound.recipients.reply_to.iter())
}

/// Known are we ourselves, the writer's addresses, and whoever stands on the last mail that the writer stands on.
fn are_among<'a>(
    tx: &mut Tx<'_>,
    inbound: &Inbound,
    writer: &Writer,
    conversation: &ConversationId,
    people: impl Iterator<Item = &'a Recipient>,
) -> Result<bool, Error> {
    if inbound.channel != Channel::Email || inbound.sender.verified {
        return Ok(false);
    }
    let sender = canonical(&inbound.sender.value);
    let mut unknown: Vec<String> = people.map(|person| canonical(&person.address)).collect();
    unknown.retain(|person| *person != sender);
    if unknown.is_empty() {
        return Ok(false);
    }
    let ours = rapport_store::channel_account::list_addresses(tx)?;
    leave_out(&mut unknown, ours.iter().map(|(address, _)| address.as_str()));
    if unknown.is_empty() {
        return Ok(false);
    }
    let addresses = rapport_store::contact::list_addresses(tx, &writer.contact.id)?;
    leave_out(&mut unknown, addresses.iter().map(|address| address.value.as_str()));
    if unknown.is_empty() {
        return Ok(false);
    }
    let counts = |mail: &StoredMessage| {
        mail.message.channel == Channel::Email
            && !mail.message.automatic
            && !send::is_from_stranger(mail)
            && send::people_of(mail).any(|person| canonical(&person.address) == sender)
    };
    let mails = rapport_store::message::list_before(tx, conversation, None, LOOK_BACK)?;
    let mut mails = mails.iter().filter(|mail| counts(mail));
    if let Some(last) = mails.next() {
        leave_out(&mut unknown, send::people_of(last).map(|person| person.address.as_str()));
    }
    // Where the sender had the answers sent before, they go again.
    let theirs = |mail: &&StoredMessage| {
        mail.details.from.as_ref().is_some_and(|from| canonical(&from.address) == sender)
    };
    let before = mails.filter(theirs).flat_map(|mail| &mail.details.reply_to);
    leave_out(&mut unknown, before.map(|person| person.address.as_str()));
    Ok(!unknown.is_empty())
}

fn leave_out<'a>(unknown: &mut Vec<String>, known: impl Iterator<Item = &'a str>) {
    let known: Vec<String> = known.map(canonical).collect();
    unknown.retain(|person| !known.contains(person));
}

/// Without what the listener takes to be the same mailbox.
fn canonical(address: &str) -> String {
    let address = email_address::normalise(address).unwrap_or_else(|| address.to_lowercase());
    match address.split_once('@').and_then(|(local, domain)| Some((local.split_once('+')?.0, domain))) {
        Some((name, domain)) => format!("{name}@{domain}"),
        None => address,
    }
}
