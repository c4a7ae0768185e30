//! Takes in what contacts write, on whatever channel: decide where it belongs, store, announce, in one transaction.

pub(crate) mod api;
mod bounce;
mod email;
mod listener;
mod message;
mod route;
mod strangers;

use rapport_domain::event::StatusReason;
use rapport_domain::model::{Address, Attachment, Author, Contact, Conversation, Message, Recipient};
use rapport_domain::{
    Actor, AddressKind, AuthorKind, Channel, ChannelAccountId, ConversationId, Event, MessageId, Status,
    Timestamp, transition,
};
use rapport_store::Tx;
use rapport_store::channel_account as accounts;
use rapport_store::message::StoredMessage;
use serde::{Deserialize, Serialize};

pub use email::{EmailSource, MailboxPosition};
pub use listener::Listener;

use self::message::{store_attachments, to_message};
use crate::conversation::open;
use crate::{Engine, Error, announce, contact};

/// A message from outside, in the form that all channels share.
#[derive(Clone, Debug)]
pub(crate) struct Inbound {
    pub channel: Channel,
    pub channel_account_id: ChannelAccountId,
    pub sender: Sender,
    /// The provider's own id; the same one twice is one message.
    pub provider_message_id: Option<String>,
    /// An id for the case that another message came under the provider's id: two mails may share a Message-ID.
    pub content_id: Option<String>,
    pub client_id: Option<String>,
    pub subject: Option<String>,
    pub body_text: String,
    pub visible_text: Option<String>,
    /// Sanitised.
    pub body_html: Option<String>,
    pub has_remote_images: bool,
    pub recipients: InboundRecipients,
    pub threading: Threading,
    pub attachments: Vec<InboundAttachment>,
    /// Files that were uploaded before, and by whom.
    pub uploads: Option<(String, Vec<Attachment>)>,
    pub warnings: Vec<String>,
    /// Stored, but it neither wakes anybody nor reopens anything.
    pub automatic: bool,
    pub raw_blob: Option<String>,
    pub test: bool,
    /// Each conversation of the account is one thread, whoever else writes.
    pub per_thread: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Sender {
    pub kind: AddressKind,
    pub value: String,
    pub name: Option<String>,
    pub verified: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct InboundRecipients {
    pub from: Option<Recipient>,
    pub to: Vec<Recipient>,
    pub cc: Vec<Recipient>,
    pub reply_to: Vec<Recipient>,
}

/// What ties a message to earlier ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Threading {
    /// The Message-ID of an email.
    pub email_message_id: Option<String>,
    pub in_reply_to: Option<String>,
    /// Best candidates first.
    pub candidates: Vec<String>,
    pub references: Vec<String>,
    /// Proved by a token in the address that was written to, or by the channel itself.
    pub conversation: Option<ConversationId>,
}

#[derive(Clone, Debug)]
pub(crate) struct InboundAttachment {
    pub file_name: String,
    pub media_type: String,
    pub size_bytes: i64,
    pub blob_key: String,
    pub content_id: Option<String>,
    pub inline: bool,
}

/// What became of a message from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    pub status: AcceptedStatus,
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AcceptedStatus {
    Stored,
    /// It was there before, or it is our own mail come back.
    Duplicate,
}

/// What whoever hands a message over has read already, so that it is not read again.
#[derive(Default)]
pub(crate) struct Known {
    /// Whom the message is from.
    pub sender: Option<(Contact, Address)>,
    /// The conversation that the message answers, if this transaction has locked it.
    pub conversation: Option<Conversation>,
    /// When the account last took something in, as far as its health display says.
    pub last_inbound_at: Option<Timestamp>,
}

/// What became of a message, and the message itself unless it was there before.
pub(crate) struct Taken {
    pub accepted: Accepted,
    pub message: Option<Message>,
}

impl From<Accepted> for Taken {
    fn from(accepted: Accepted) -> Self {
        Self { accepted, message: None }
    }
}

/// Stores the message where it belongs and announces what it changed.
pub(crate) fn accept(tx: &mut Tx<'_>, engine: &Engine, inbound: &Inbound) -> Result<Accepted, Error> {
    take_in(tx, engine, inbound, Known::default()).map(|taken| taken.accepted)
}

fn take_in(tx: &mut Tx<'_>, engine: &Engine, inbound: &Inbound, known: Known) -> Result<Taken, Error> {
    let unseen = match route::seen_before(tx, inbound)? {
        route::Seen::Duplicate(known) => return Ok(known.into()),
        route::Seen::Never(unseen) => unseen,
    };
    let now = engine.now();
    let writer = match known.sender {
        Some((contact, address)) => route::Writer { contact, address, is_new: false },
        None => find_writer(tx, engine, &inbound.sender)?,
    };
    let (contact, address) = (&writer.contact, &writer.address);
    let actor = Actor {
        kind: AuthorKind::Contact,
        id: Some(contact.id.as_str().to_owned()),
        name: contact.display_name.clone(),
    };
    let destination = route::decide(tx, inbound, &unseen, &writer, known.conversation)?;
    let mut warnings = inbound.warnings.clone();
    let mut conversation = match destination {
        route::Destination::Existing { place, new_participant } => {
            if new_participant {
                warnings.push("new_participant".to_owned());
            }
            place.lock(tx)?
        }
        route::Destination::New(start) => {
            if start.new_participant {
                warnings.push("new_participant".to_owned());
            }
            route::open_new(tx, engine, inbound, contact, &address.id, &actor, start, now)?
        }
    };
    if conversation.status == Status::Closed && !inbound.automatic {
        // It was closed after the decision: decide again.
        return Err(Error::Store(rapport_store::Error::Retryable(
            "the conversation was closed meanwhile".into(),
        )));
    }
    if conversation.contact.as_ref().is_some_and(|other| other.id != contact.id) {
        // Their next mail is known by its headers alone.
        rapport_store::conversation::add_address(tx, &conversation.id, &address.id)?;
    }
    let author = Author { kind: actor.kind, id: actor.id.clone(), name: actor.name.clone() };
    let stored = StoredMessage {
        provider_message_id: unseen.provider_message_id,
        ..to_message(engine, inbound, author, &conversation, warnings, now)
    };
    store_in(tx, &mut conversation, stored, inbound, &actor, known.last_inbound_at, now)
}

fn find_writer(tx: &mut Tx<'_>, engine: &Engine, sender: &Sender) -> Result<route::Writer, Error> {
    let seen = contact::Seen {
        kind: sender.kind,
        value: &sender.value,
        name: sender.name.as_deref(),
        verified: sender.verified,
        field: "sender",
    };
    if let Some((contact, address)) = seen.find(tx)? {
        return Ok(route::Writer { contact, address, is_new: false });
    }
    let name = sender.name.clone().unwrap_or_else(|| sender.value.clone());
    let stranger = Actor { kind: AuthorKind::Contact, id: None, name };
    let (contact, address) = seen.create(tx, engine, &stranger)?;
    Ok(route::Writer { contact, address, is_new: true })
}

/// Stores a report in the conversation of the message that it is about, also when that is closed. It is from a mail
/// system, which makes no contact.
fn store_report(
    tx: &mut Tx<'_>,
    engine: &Engine,
    inbound: &Inbound,
    conversation: &ConversationId,
    provider_message_id: Option<String>,
    last_inbound_at: Option<Timestamp>,
) -> Result<Taken, Error> {
    let now = engine.now();
    let mut conversation =
        rapport_store::conversation::find_for_update(tx, conversation)?.ok_or(Error::NotFound)?;
    let sender = &inbound.sender;
    let name = sender.name.clone().unwrap_or_else(|| sender.value.clone());
    let author = Author { kind: AuthorKind::System, id: None, name };
    let stored = StoredMessage {
        provider_message_id,
        ..to_message(engine, inbound, author, &conversation, inbound.warnings.clone(), now)
    };
    store_in(tx, &mut conversation, stored, inbound, &Actor::system(), last_inbound_at, now)
}

fn store_in(
    tx: &mut Tx<'_>,
    conversation: &mut Conversation,
    stored: StoredMessage,
    inbound: &Inbound,
    actor: &Actor,
    last_inbound_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Taken, Error> {
    let from = conversation.status;
    let led_by = (conversation.channel, conversation.channel_account_id.clone());
    open::append(tx, conversation, &stored, now)?;
    if inbound.automatic {
        // What nobody wrote does not decide where the next answer goes.
        (conversation.channel, conversation.channel_account_id) = led_by;
    }
    store_attachments(tx, &stored.message, inbound, now)?;
    let wakes = !inbound.automatic;
    if wakes {
        conversation.status =
            transition::status_after_inbound(conversation.status).unwrap_or(conversation.status);
        conversation.waiting_since = conversation.waiting_since.or(Some(now));
    }
    open::save(tx, conversation, now)?;
    let message_id = stored.message.id.clone();
    if wakes && from != conversation.status {
        let snapshot = Box::new(conversation.clone());
        let event = match from {
            Status::Solved => Event::ConversationReopened {
                conversation: snapshot,
                from,
                by_message_id: Some(message_id.clone()),
            },
            _ => Event::ConversationStatusChanged {
                conversation: snapshot,
                from,
                to: conversation.status,
                reason: StatusReason::Inbound,
            },
        };
        announce::conversation(tx, actor, now, conversation, &event)?;
    }
    let event = Event::MessageReceived {
        conversation: Box::new(conversation.clone()),
        message: announce::for_event(&stored.message),
    };
    announce::conversation(tx, actor, now, conversation, &event)?;
    note_received(tx, &inbound.channel_account_id, last_inbound_at, now)?;
    let conversation_id = conversation.id.clone();
    let accepted = Accepted { status: AcceptedStatus::Stored, message_id, conversation_id };
    Ok(Taken { accepted, message: Some(stored.message) })
}

/// Notes for the health display that the account works, unless that was noted so lately that the store would change
/// nothing.
fn note_received(
    tx: &mut Tx<'_>,
    account: &ChannelAccountId,
    last_inbound_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Error> {
    let lately = now.plus_seconds(-accounts::INBOUND_NOTED_EVERY);
    if last_inbound_at.is_none_or(|noted| noted < lately) {
        accounts::note_inbound(tx, account, now)?;
    }
    Ok(())
}
