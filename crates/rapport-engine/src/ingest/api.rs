//! What an API client reports that a contact said.

use rapport_channels::capability::capabilities;
use rapport_domain::model::{Conversation, Message};
use rapport_domain::{AddressKind, Channel, Status};
use rapport_store::Tx;

use super::{Inbound, InboundRecipients, Known, Sender, Threading};
use crate::message::{NewMessage, bodies};
use crate::{Caller, Engine, Error, FieldError, attachment, send};

/// Stores the contact's message in the conversation, which is locked; a closed one gets a linked follow-up.
pub(crate) fn accept(
    tx: &mut Tx<'_>,
    engine: &Engine,
    caller: &Caller,
    conversation: &Conversation,
    new: &NewMessage,
) -> Result<Message, Error> {
    let refused = |message: &str| Error::invalid("direction", message);
    let able = capabilities(conversation.channel);
    if able.is_none_or(|able| able.has_recipients || able.continues_by_email) {
        return Err(refused("Only conversations of the API channel take inbound messages this way."));
    }
    refuse_fields_of_answers(new, conversation.channel)?;
    let account = match (&new.channel_account_id, &conversation.channel_account_id) {
        (Some(account), _) | (None, Some(account)) => account.clone(),
        (None, None) => return Err(Error::required("channel_account_id")),
    };
    let stored = rapport_store::channel_account::find(tx, &account)?
        .filter(|stored| stored.account.channel == conversation.channel)
        .ok_or_else(|| Error::invalid("channel_account_id", "There is no such account of this channel."))?;
    if !stored.account.active {
        return Err(Error::SendRefused {
            code: "channel_inactive",
            detail: format!("{} is switched off.", stored.account.name),
        });
    }
    let last_inbound_at = stored.account.health.last_inbound_at;
    let contact = conversation.contact.as_ref().ok_or_else(|| refused("The conversation has no contact."))?;
    let contact = rapport_store::contact::find(tx, &contact.id)?.ok_or(Error::NotFound)?;
    let addresses = &contact.addresses;
    let address = addresses
        .iter()
        .find(|address| new.address_id.as_ref().is_some_and(|id| address.id == *id))
        .or_else(|| addresses.iter().find(|address| address.kind == AddressKind::External))
        .or_else(|| addresses.iter().find(|address| address.kind != AddressKind::Visitor))
        .cloned()
        .ok_or_else(|| refused("The contact has no address to have written from."))?;
    let (body_text, _) = bodies(conversation.channel, new)?;
    let uploads = attachment::claimable(tx, caller.user_id().as_str(), &new.attachment_ids, engine)?;
    if body_text.trim().is_empty() && uploads.is_empty() {
        return Err(Error::required("body_text"));
    }
    let taken = super::take_in(
        tx,
        engine,
        &Inbound {
            channel: conversation.channel,
            channel_account_id: account,
            sender: Sender { kind: address.kind, value: address.value.clone(), name: None, verified: false },
            provider_message_id: None,
            content_id: None,
            client_id: new.client_id.clone(),
            subject: new.subject.clone(),
            body_text,
            visible_text: None,
            body_html: None,
            has_remote_images: false,
            recipients: InboundRecipients::default(),
            threading: Threading { conversation: Some(conversation.id.clone()), ..Threading::default() },
            attachments: Vec::new(),
            uploads: (!uploads.is_empty()).then(|| (caller.user_id().as_str().to_owned(), uploads)),
            warnings: Vec::new(),
            automatic: false,
            raw_blob: None,
            test: conversation.test,
            per_thread: false,
        },
        Known { sender: Some((contact, address)), conversation: Some(conversation.clone()), last_inbound_at },
    )?;
    debug_assert!(conversation.status == Status::Closed || taken.accepted.conversation_id == conversation.id);
    taken.message.ok_or(Error::NotFound)
}

/// What the contact said has a subject where the client knows one, and nothing else of an email or of an answer.
fn refuse_fields_of_answers(new: &NewMessage, channel: Channel) -> Result<(), Error> {
    let mut errors = send::fields_of_email(new, channel);
    errors.retain(|error| error.field != "subject");
    for (field, given) in [("then", new.then.is_some()), ("assign_to_me", new.assign_to_me)] {
        if given {
            let message = "Only answers of the team have this.".to_owned();
            errors.push(FieldError { field: field.to_owned(), code: "invalid", message });
        }
    }
    send::refuse_fields(errors)
}
