//! Recipients, subject and threading headers of an email answer.

use rapport_channels::email::threading;
use rapport_domain::model::{Conversation, EmailReplyDefaults, Recipient};
use rapport_domain::{Channel, Direction, MessageId, email_address};
use rapport_store::Tx;
use rapport_store::message::StoredMessage;

use super::Route;
use super::options::is_own_address;
use crate::channel_account::load_email;
use crate::message::NewMessage;
use crate::{Engine, Error};

/// More recipients than this belong in a campaign.
const MAX_RECIPIENTS: usize = 50;

/// What identifies the email and ties it to the one it answers.
#[derive(Clone, Debug)]
pub(crate) struct EmailHeaders {
    pub message_id: String,
    pub in_reply_to: Option<String>,
    pub references: Vec<String>,
    pub subject: String,
}

/// Fills in sender and recipients: those that were given, else everybody on the last email.
pub(crate) fn with_recipients(
    tx: &mut Tx<'_>,
    conversation: &Conversation,
    mut route: Route,
    new: &NewMessage,
) -> Result<Route, Error> {
    let account = load_email(tx, &route.channel_account_id)?;
    route.from = Some(Recipient {
        name: account.config.display_name.clone().or_else(|| Some(account.account.name.clone())),
        address: account.config.address.clone(),
    });
    let last = rapport_store::message::find_last_of_channel(tx, &conversation.id, Channel::Email)?;
    let defaults = recipients_of_reply(tx, last.as_ref())?;
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

/// To and Cc of an answer to everybody: our own addresses are left out.
fn recipients_of_reply(tx: &mut Tx<'_>, last: Option<&StoredMessage>) -> Result<Option<Addressees>, Error> {
    let Some(last) = last else { return Ok(None) };
    let own = rapport_store::channel_account::list_addresses(tx)?;
    let outside = |recipients: &[Recipient]| -> Vec<Recipient> {
        recipients.iter().filter(|recipient| !is_own_address(&own, &recipient.address)).cloned().collect()
    };
    let message = &last.message;
    let (to, cc) = match message.direction {
        Direction::Inbound => {
            // A stranger who joined by a header is answered only when somebody chooses to.
            let stranger = last.details.warnings.iter().any(|warning| warning == "new_participant");
            if stranger {
                return Ok(None);
            }
            let asked_for = outside(&last.details.reply_to);
            let sender =
                if asked_for.is_empty() { message.from.iter().cloned().collect() } else { asked_for };
            let mut cc = outside(&message.to);
            cc.extend(outside(&message.cc));
            cc.retain(|recipient| sender.iter().all(|sender| !is_same(&sender.address, &recipient.address)));
            (sender, cc)
        }
        _ => (outside(&message.to), outside(&message.cc)),
    };
    Ok((!to.is_empty()).then_some((to, cc)))
}

fn is_same(one: &str, other: &str) -> bool {
    let canonical =
        |address: &str| email_address::normalise(address).unwrap_or_else(|| address.to_lowercase());
    canonical(one) == canonical(other)
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
    let last = rapport_store::message::find_last_of_channel(tx, &conversation.id, Channel::Email)?;
    let name = conversation.contact.as_ref().map(|contact| contact.display_name.clone());
    let (to, cc) = recipients_of_reply(tx, last.as_ref())?
        .unwrap_or_else(|| (vec![Recipient { name, address: option.to.clone() }], Vec::new()));
    Ok(Some(EmailReplyDefaults {
        to,
        cc,
        subject: subject(conversation, last.as_ref(), None),
        signature_html: account.config.signature_html,
    }))
}

/// `Re:` the last email, or the subject that a first email begins with.
fn subject(conversation: &Conversation, last: Option<&StoredMessage>, chosen: Option<&str>) -> String {
    if let Some(chosen) = chosen.map(str::trim).filter(|chosen| !chosen.is_empty()) {
        return rapport_domain::text::single_line(chosen, 500);
    }
    let last_subject =
        last.and_then(|last| last.message.subject.clone()).filter(|subject| !subject.trim().is_empty());
    match last_subject {
        Some(subject) => threading::reply_subject(&subject),
        None => conversation.subject.clone().unwrap_or_else(|| conversation.topic.clone()),
    }
}

/// The headers of an answer; `None` on channels that are no email.
pub(crate) fn email_headers(
    tx: &mut Tx<'_>,
    _engine: &Engine,
    conversation: &Conversation,
    route: &Route,
    new: &NewMessage,
    id: &MessageId,
) -> Result<Option<EmailHeaders>, Error> {
    let Some(from) = route.from.as_ref().filter(|_| route.channel == Channel::Email) else { return Ok(None) };
    let last = rapport_store::message::find_last_of_channel(tx, &conversation.id, Channel::Email)?;
    let parent = match last {
        Some(last) => Some(last),
        // A follow-up threads at the customer's with the conversation that it continues.
        None => match &conversation.follow_up_of {
            Some(original) => rapport_store::message::find_last_of_channel(tx, &original.id, Channel::Email)?,
            None => None,
        },
    };
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
