//! The one gate that every outbound message passes, and the ways there are to answer a contact.

mod email;
mod options;
mod parent;

use rapport_channels::capability::capabilities;
use rapport_domain::model::{Conversation, Recipient};
use rapport_domain::{AddressId, Channel, ChannelAccountId};
use rapport_store::Tx;

pub(crate) use email::{email_headers, reply_defaults as email_reply_defaults};
pub(crate) use options::reply_options;
pub(crate) use parent::{find_repeated, is_from_stranger, people_of};

use crate::message::NewMessage;
use crate::{Engine, Error, FieldError};

/// The way a message takes: from which account to which address.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub channel: Channel,
    pub channel_account_id: ChannelAccountId,
    pub address_id: Option<AddressId>,
    pub from: Option<Recipient>,
    pub to: Vec<Recipient>,
    pub cc: Vec<Recipient>,
}

/// Chooses the way and refuses what cannot be delivered, before anything is stored.
pub(crate) fn gate(
    tx: &mut Tx<'_>,
    engine: &Engine,
    conversation: &Conversation,
    new: &NewMessage,
) -> Result<Route, Error> {
    let options = options::reply_options(tx, engine, conversation)?;
    let wanted = |option: &&rapport_domain::model::ReplyOption| {
        new.channel_account_id.as_ref().is_none_or(|id| option.channel_account_id == *id)
            && new.address_id.as_ref().is_none_or(|id| option.address_id == *id)
    };
    let option = options.iter().find(wanted).ok_or_else(|| no_way(conversation, new))?;
    match option.state {
        rapport_domain::model::ReplyState::Ok => {}
        state => {
            let code = match state {
                rapport_domain::model::ReplyState::Inactive => "channel_inactive",
                rapport_domain::model::ReplyState::Blocked => "blocklisted",
                _ => "no_address",
            };
            let detail =
                option.reason.clone().unwrap_or_else(|| "This channel cannot be used now.".to_owned());
            return Err(Error::SendRefused { code, detail });
        }
    }
    let route = Route {
        channel: option.channel,
        channel_account_id: option.channel_account_id.clone(),
        address_id: Some(option.address_id.clone()),
        from: None,
        to: vec![Recipient { name: None, address: option.to.clone() }],
        cc: Vec::new(),
    };
    match capabilities(route.channel) {
        Some(able) if able.has_recipients => email::with_recipients(tx, engine, conversation, route, new),
        Some(_) => {
            refuse_fields(fields_of_email(new, route.channel))?;
            Ok(route)
        }
        None => Err(Error::SendRefused {
            code: "channel_unavailable",
            detail: format!("Messages cannot be sent by {}.", route.channel),
        }),
    }
}

/// The fields that only an email has. Empty ones say nothing, so they may be there.
pub(crate) fn fields_of_email(new: &NewMessage, channel: Channel) -> Vec<FieldError> {
    let lists = [("to", new.to.as_deref()), ("cc", new.cc.as_deref()), ("bcc", Some(new.bcc.as_slice()))];
    let lists = lists.map(|(field, recipients)| (field, recipients.is_some_and(|all| !all.is_empty())));
    let subject = new.subject.as_deref().is_some_and(|subject| !subject.trim().is_empty());
    let others = [("subject", subject), ("hold_seconds", new.hold_seconds > 0)];
    let message = format!("Only emails have this; the message goes by the {channel} channel.");
    lists
        .into_iter()
        .chain(others)
        .filter(|(_, given)| *given)
        .map(|(field, _)| FieldError { field: field.to_owned(), code: "invalid", message: message.clone() })
        .collect()
}

pub(crate) fn refuse_fields(errors: Vec<FieldError>) -> Result<(), Error> {
    if errors.is_empty() { Ok(()) } else { Err(Error::Validation(errors)) }
}

fn no_way(conversation: &Conversation, new: &NewMessage) -> Error {
    if new.channel_account_id.is_some() || new.address_id.is_some() {
        return Error::SendRefused {
            code: "no_address",
            detail: "The contact cannot be reached this way: there is no such account or address.".to_owned(),
        };
    }
    let name = conversation.contact.as_ref().map_or("This contact", |contact| contact.display_name.as_str());
    Error::SendRefused {
        code: "no_address",
        detail: format!(
            "{name} has no address that a channel account of yours can reach. Add an address first."
        ),
    }
}

pub(crate) fn needs_delivery(channel: Channel) -> bool {
    capabilities(channel).is_some_and(|able| able.needs_delivery)
}

pub(crate) fn can_hold(channel: Channel) -> bool {
    capabilities(channel).is_some_and(|able| able.can_hold)
}

pub(crate) fn continues_by_email(channel: Channel) -> bool {
    capabilities(channel).is_some_and(|able| able.continues_by_email)
}

pub(crate) fn max_length(channel: Channel) -> Option<i64> {
    capabilities(channel).and_then(|able| able.max_length)
}

pub(crate) fn carries_html(channel: Channel) -> bool {
    capabilities(channel).is_some_and(|able| able.rich_text)
}
