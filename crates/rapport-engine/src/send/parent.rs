//! The mail that an answer goes on from: by its headers, and by the words of it that are repeated.
//!
//! Words are repeated only to people who had them: everybody who gets the answer stands on that mail, or is us. What a
//! stranger wrote into a thread is repeated to nobody.

use rapport_domain::model::{Conversation, Recipient};
use rapport_domain::{Channel, ConversationId, DeliveryStatus, MessageKind, email_address};
use rapport_store::Tx;
use rapport_store::message::StoredMessage;

use super::options::OwnAddresses;
use crate::{Engine, Error};

/// How many messages of a conversation are looked through for one that all recipients know.
const LOOK_BACK: i64 = 50;

/// Whether the mail came into the thread from somebody whom it did not know, or asks for answers to such people.
pub(crate) fn is_from_stranger(mail: &StoredMessage) -> bool {
    mail.details.warnings.iter().any(|warning| warning == "new_participant")
}

/// Everybody whom the mail itself names.
pub(crate) fn people_of(mail: &StoredMessage) -> impl Iterator<Item = &Recipient> {
    let details = &mail.details;
    details.from.iter().chain(&details.reply_to).chain(&details.to).chain(&details.cc)
}

pub(super) fn is_same(one: &str, other: &str) -> bool {
    let canonical =
        |address: &str| email_address::normalise(address).unwrap_or_else(|| address.to_lowercase());
    canonical(one) == canonical(other)
}

fn stand_on<'a>(
    mail: &StoredMessage,
    own: &OwnAddresses,
    mut recipients: impl Iterator<Item = &'a Recipient>,
) -> bool {
    recipients.all(|recipient| {
        people_of(mail).any(|person| is_same(&person.address, &recipient.address))
            || own.contain(&recipient.address)
    })
}

/// Whether the words of the mail may be repeated to these people.
fn may_be_repeated<'a>(
    mail: &StoredMessage,
    own: &OwnAddresses,
    recipients: impl Iterator<Item = &'a Recipient>,
) -> bool {
    !is_from_stranger(mail) && stand_on(mail, own, recipients)
}

/// The mail that an answer goes on from: the last one whose words all its recipients had, or else the last one that
/// those in `to` stand on, of which only the headers are continued.
pub(super) fn find_parent(
    tx: &mut Tx<'_>,
    own: &OwnAddresses,
    conversation: &Conversation,
    to: &[Recipient],
    copies: &[&[Recipient]],
) -> Result<Option<StoredMessage>, Error> {
    let everybody = || to.iter().chain(copies.iter().copied().flatten());
    let last = rapport_store::message::find_last_of_channel(tx, &conversation.id, Channel::Email)?;
    if let Some(last) = &last
        && may_be_repeated(last, own, everybody())
    {
        return Ok(Some(last.clone()));
    }
    let mut mails = Vec::new();
    if last.is_some() {
        mails = list_mails(tx, &conversation.id)?;
    }
    // A follow-up threads at the customer's with the conversation that it continues.
    if let Some(original) = &conversation.follow_up_of {
        mails.extend(list_mails(tx, &original.id)?);
    }
    let found = mails
        .iter()
        .position(|mail| may_be_repeated(mail, own, everybody()))
        .or_else(|| mails.iter().position(|mail| stand_on(mail, own, to.iter())));
    Ok(found.map(|position| mails.swap_remove(position)))
}

/// The last mails of a conversation, what people wrote before what programs did, the newest first.
fn list_mails(tx: &mut Tx<'_>, conversation: &ConversationId) -> Result<Vec<StoredMessage>, Error> {
    let mut mails = rapport_store::message::list_before(tx, conversation, None, LOOK_BACK)?;
    mails.retain(|mail| {
        let status = mail.message.delivery.as_ref().map(|delivery| delivery.status);
        mail.message.kind == MessageKind::Message
            && mail.message.channel == Channel::Email
            && status != Some(DeliveryStatus::Cancelled)
    });
    mails.sort_by_key(|mail| mail.message.automatic);
    Ok(mails)
}

/// The mail whose words are repeated below an answer. Anybody can send a mail under a Message-ID that another one has,
/// so that the id counts only in the conversation of the answer and in the one that this continues, and only for a
/// mail that all recipients know.
pub(crate) fn find_repeated(
    tx: &mut Tx<'_>,
    engine: &Engine,
    answer: &StoredMessage,
) -> Result<Option<StoredMessage>, Error> {
    let (details, answer) = (&answer.details, &answer.message);
    let Some(parent_id) = &details.in_reply_to else { return Ok(None) };
    let namesakes = rapport_store::message::list_by_email_id(tx, parent_id)?;
    let Some(conversation) = rapport_store::conversation::find(tx, &answer.conversation_id)? else {
        return Ok(None);
    };
    let own = OwnAddresses::load(tx, engine)?;
    let original = conversation.follow_up_of.map(|original| original.id);
    for place in [Some(conversation.id), original].into_iter().flatten() {
        let here = namesakes.iter().rev().filter(|known| known.conversation_id == place);
        for known in here.filter(|known| known.message_id != answer.id) {
            let Some(mail) = rapport_store::message::find(tx, &known.message_id)? else { continue };
            let recipients = details.to.iter().chain(&details.cc).chain(&details.bcc);
            if mail.message.created_at <= answer.created_at && may_be_repeated(&mail, &own, recipients) {
                return Ok(Some(mail));
            }
        }
    }
    Ok(None)
}
