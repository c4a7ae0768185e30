//! Recipients, subject and threading headers of an email answer.
//!
//! An answer whose writer names nobody answers the last mail that a person wrote to us: it goes to its Reply-To, or
//! else to its sender, and everybody else on it gets a copy. What we sent to others since, such as a supplier, does not
//! change that. As long as nobody has written, it goes to whom we last wrote, and at first to the contact. Our own
//! addresses are left out, and a stranger who joined by a header is not answered: then it goes to the contact alone.
//! Many people are written to only when somebody names them.

use rapport_channels::email::threading;
use rapport_domain::model::{Conversation, EmailReplyDefaults, Recipient};
use rapport_domain::{Channel, ConversationId, Direction, MessageId, email_address};
use rapport_store::Tx;
use rapport_store::message::StoredMessage;

use super::Route;
use super::options::OwnAddresses;
use super::parent::{find_parent, is_from_stranger, is_same};
use crate::channel_account::load_email;
use crate::message::NewMessage;
use crate::{Engine, Error};

/// More recipients than this belong in a campaign.
const MAX_RECIPIENTS: usize = 50;
/// More than this get an answer only when its writer names them: whoever sent the mail chose them.
const MAX_DEFAULT_RECIPIENTS: usize = 20;

/// What identifies the email and ties it to the one it answers.
#[derive(Clone, Debug)]
pub(crate) struct EmailHeaders {
    pub message_id: String,
    pub in_reply_to: Option<String>,
    pub references: Vec<String>,
    pub subject: String,
}

/// Fills in sender and recipients: those that were given, else everybody on the mail that is answered.
pub(super) fn with_recipients(
    tx: &mut Tx<'_>,
    engine: &Engine,
    conversation: &Conversation,
    mut route: Route,
    new: &NewMessage,
) -> Result<Route, Error> {
    let account = load_email(tx, &route.channel_account_id)?;
    route.from = Some(Recipient {
        name: account.config.display_name.clone().or_else(|| Some(account.account.name.clone())),
        address: account.config.address.clone(),
    });
    let answered = find_answered(tx, &conversation.id)?;
    let own = OwnAddresses::load(tx, engine)?;
    let defaults = recipients_of_reply(&own, answered.as_ref());
    let contact_name = conversation.contact.as_ref().map(|contact| contact.display_name.clone());
    let chosen_address = route.to.first().map(|recipient| recipient.address.clone());
    let (default_to, default_cc) = match defaults {
        Some(defaults) if new.address_id.is_none() => defaults,
        _ => {
            (vec![Recipient { name: contact_name, address: chosen_address.unwrap_or_default() }], Vec::new())
        }
    };
    route.to = new.to.clone().filter(|to| !to.is_empty()).unwrap_or(default_to);
    route.cc = new.cc.clone().unwrap_or(default_cc);
    for (field, recipients) in [("to", &route.to), ("cc", &route.cc), ("bcc", &new.bcc)] {
        for (position, recipient) in recipients.iter().enumerate() {
            if email_address::normalise(&recipient.address).is_none() {
                return Err(Error::invalid(
                    format!("{field}.{position}.address"),
                    "This is not an email address.",
                ));
            }
        }
    }
    if route.to.len() + route.cc.len() + new.bcc.len() > MAX_RECIPIENTS {
        return Err(Error::invalid("to", format!("An email goes to at most {MAX_RECIPIENTS} addresses.")));
    }
    Ok(route)
}

/// To and Cc.
type Addressees = (Vec<Recipient>, Vec<Recipient>);

/// The mail that an answer answers: the last one that a person wrote to us, or else the last one there is.
fn find_answered(tx: &mut Tx<'_>, conversation: &ConversationId) -> Result<Option<StoredMessage>, Error> {
    match rapport_store::channel_account::find_last_received(tx, conversation, Channel::Email)? {
        Some(id) => Ok(rapport_store::message::find(tx, &id)?),
        None => Ok(rapport_store::message::find_last_of_channel(tx, conversation, Channel::Email)?),
    }
}

/// To and Cc of an answer to everybody on a mail: our own addresses are left out.
fn recipients_of_reply(own: &OwnAddresses, answered: Option<&StoredMessage>) -> Option<Addressees> {
    let answered = answered?;
    let outside = |recipients: &mut dyn Iterator<Item = &Recipient>| -> Vec<Recipient> {
        recipients.filter(|recipient| !own.contain(&recipient.address)).cloned().collect()
    };
    let message = &answered.message;
    let (to, cc) = (outside(&mut message.to.iter()), outside(&mut message.cc.iter()));
    let few = |(to, cc): &Addressees| !to.is_empty() && to.len() + cc.len() <= MAX_DEFAULT_RECIPIENTS;
    if message.direction != Direction::Inbound {
        return Some((to, cc)).filter(few);
    }
    // A stranger who joined by a header is answered only when somebody chooses to.
    if is_from_stranger(answered) {
        return None;
    }
    let mut sender = outside(&mut answered.details.reply_to.iter());
    if sender.is_empty() || sender.len() > MAX_DEFAULT_RECIPIENTS {
        sender = outside(&mut message.from.iter());
    }
    if sender.is_empty() {
        // It came from ourselves, so that those it went to are the ones to talk to.
        return Some((to, cc)).filter(few);
    }
    let mut others = to;
    others.extend(cc);
    others.retain(|recipient| sender.iter().all(|sender| !is_same(&sender.address, &recipient.address)));
    if sender.len() + others.len() > MAX_DEFAULT_RECIPIENTS {
        others.clear();
    }
    Some((sender, others))
}

/// What the composer starts from.
pub(crate) fn reply_defaults(
    tx: &mut Tx<'_>,
    engine: &Engine,
    conversation: &Conversation,
) -> Result<Option<EmailReplyDefaults>, Error> {
    let options = super::reply_options(tx, engine, conversation)?;
    let Some(option) = options.iter().find(|option| option.channel == Channel::Email) else {
        return Ok(None);
    };
    let account = load_email(tx, &option.channel_account_id)?;
    let answered = find_answered(tx, &conversation.id)?;
    let name = conversation.contact.as_ref().map(|contact| contact.display_name.clone());
    let own = OwnAddresses::load(tx, engine)?;
    let (to, cc) = recipients_of_reply(&own, answered.as_ref())
        .unwrap_or_else(|| (vec![Recipient { name, address: option.to.clone() }], Vec::new()));
    let parent = find_parent(tx, &own, conversation, &to, &[&cc])?;
    Ok(Some(EmailReplyDefaults {
        to,
        cc,
        subject: subject(conversation, parent.as_ref(), None),
        signature_html: account.config.signature_html,
    }))
}

/// `Re:` the mail it goes on from, or the subject that a first email begins with.
fn subject(conversation: &Conversation, parent: Option<&StoredMessage>, chosen: Option<&str>) -> String {
    if let Some(chosen) = chosen.map(str::trim).filter(|chosen| !chosen.is_empty()) {
        return rapport_domain::text::single_line(chosen, 500);
    }
    let parent_subject =
        parent.and_then(|parent| parent.message.subject.clone()).filter(|subject| !subject.trim().is_empty());
    match parent_subject {
        Some(subject) => threading::reply_subject(&subject),
        None => conversation.subject.clone().unwrap_or_else(|| conversation.topic.clone()),
    }
}

/// The headers of an answer; `None` on channels that are no email.
pub(crate) fn email_headers(
    tx: &mut Tx<'_>,
    engine: &Engine,
    conversation: &Conversation,
    route: &Route,
    new: &NewMessage,
    id: &MessageId,
) -> Result<Option<EmailHeaders>, Error> {
    let Some(from) = route.from.as_ref().filter(|_| route.channel == Channel::Email) else { return Ok(None) };
    let own = OwnAddresses::load(tx, engine)?;
    let parent = find_parent(tx, &own, conversation, &route.to, &[&route.cc, &new.bcc])?;
    let domain = from.address.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let in_reply_to = parent.as_ref().and_then(|parent| parent.message.email_message_id.clone());
    let references = match (&parent, &in_reply_to) {
        (Some(parent), Some(parent_id)) => {
            let grandparent: Vec<String> = parent.details.in_reply_to.iter().cloned().collect();
            threading::reply_references(&parent.details.references, &grandparent, parent_id)
        }
        _ => Vec::new(),
    };
    Ok(Some(EmailHeaders {
        message_id: threading::message_id(conversation.id.as_str(), id.as_str(), domain),
        in_reply_to,
        references,
        subject: subject(conversation, parent.as_ref(), new.subject.as_deref()),
    }))
}
