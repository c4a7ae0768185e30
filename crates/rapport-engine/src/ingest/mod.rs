//! Takes in what contacts write, on whatever channel: decide where it belongs, store, announce, in one transaction.

pub(crate) mod api;
mod bounce;
mod email;
mod listener;
mod route;

use bytes::Bytes;
use rapport_domain::event::StatusReason;
use rapport_domain::model::{Attachment, Author, Conversation, Message, Recipient};
use rapport_domain::{
    Actor, AddressKind, AttachmentId, AuthorKind, Channel, ChannelAccountId, ConversationId, Direction,
    Event, MessageId, MessageKind, Status, Timestamp, WorkspaceId, transition,
};
use rapport_store::Tx;
use rapport_store::message::{MessageDetails, StoredAttachment, StoredMessage};
use serde::{Deserialize, Serialize};

pub use email::{EmailSource, MailboxPosition};
pub use listener::Listener;

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

/// Stores the message where it belongs and announces what it changed.
pub(crate) fn accept(tx: &mut Tx<'_>, engine: &Engine, inbound: &Inbound) -> Result<Accepted, Error> {
    let provider_message_id = match route::seen_before(tx, inbound)? {
        route::Seen::Duplicate(known) => return Ok(known),
        route::Seen::Never { provider_message_id } => provider_message_id,
    };
    let now = engine.now();
    let sender = &inbound.sender;
    let display_name = sender.name.clone().unwrap_or_else(|| sender.value.clone());
    let stranger = Actor { kind: AuthorKind::Contact, id: None, name: display_name };
    let (contact, address) = contact::find_or_create(
        tx,
        engine,
        &stranger,
        &contact::Seen {
            kind: sender.kind,
            value: &sender.value,
            name: sender.name.as_deref(),
            verified: sender.verified,
            field: "sender",
        },
    )?;
    let actor = Actor {
        kind: AuthorKind::Contact,
        id: Some(contact.id.as_str().to_owned()),
        name: contact.display_name.clone(),
    };
    let destination = route::decide(tx, inbound, &contact, &address.id)?;
    let mut warnings = inbound.warnings.clone();
    let mut conversation = match destination {
        route::Destination::Existing { id, new_participant } => {
            if new_participant {
                warnings.push("new_participant".to_owned());
            }
            rapport_store::conversation::find_for_update(tx, &id)?.ok_or(Error::NotFound)?
        }
        route::Destination::New(start) => {
            route::open_new(tx, engine, inbound, &contact, &address.id, &actor, start, now)?
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
        provider_message_id,
        ..to_message(engine, inbound, author, &conversation, warnings, now)
    };
    store_in(tx, engine, &mut conversation, stored, inbound, &actor, now)
}

/// Stores a report in the conversation of the message that it is about, also when that is closed. It is from a mail
/// system, which makes no contact.
fn store_report(
    tx: &mut Tx<'_>,
    engine: &Engine,
    inbound: &Inbound,
    conversation: &ConversationId,
    provider_message_id: Option<String>,
) -> Result<Accepted, Error> {
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
    store_in(tx, engine, &mut conversation, stored, inbound, &Actor::system(), now)
}

fn store_in(
    tx: &mut Tx<'_>,
    engine: &Engine,
    conversation: &mut Conversation,
    stored: StoredMessage,
    inbound: &Inbound,
    actor: &Actor,
    now: Timestamp,
) -> Result<Accepted, Error> {
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
    note_received(tx, engine, &inbound.channel_account_id, now)?;
    Ok(Accepted { status: AcceptedStatus::Stored, message_id, conversation_id: conversation.id.clone() })
}

fn note_received(
    tx: &mut Tx<'_>,
    _engine: &Engine,
    account: &ChannelAccountId,
    now: Timestamp,
) -> Result<(), Error> {
    rapport_store::channel_account::note_inbound(tx, account, now)?;
    Ok(())
}

fn to_message(
    engine: &Engine,
    inbound: &Inbound,
    author: Author,
    conversation: &Conversation,
    warnings: Vec<String>,
    now: Timestamp,
) -> StoredMessage {
    let details = MessageDetails {
        from: inbound.recipients.from.clone(),
        to: inbound.recipients.to.clone(),
        cc: inbound.recipients.cc.clone(),
        bcc: Vec::new(),
        reply_to: inbound.recipients.reply_to.clone(),
        warnings,
        in_reply_to: inbound.threading.in_reply_to.clone(),
        references: inbound.threading.references.clone(),
    };
    let uploaded = inbound.uploads.iter().flat_map(|(_, attachments)| attachments.iter().cloned());
    let attachments: Vec<Attachment> = inbound
        .attachments
        .iter()
        .map(|attachment| Attachment {
            id: AttachmentId::generate(now, engine.entropy()),
            file_name: attachment.file_name.clone(),
            media_type: attachment.media_type.clone(),
            size_bytes: attachment.size_bytes,
            inline: attachment.inline,
            content_id: attachment.content_id.clone(),
            url: String::new(),
            preview_url: None,
        })
        .chain(uploaded)
        .collect();
    let message = Message {
        id: MessageId::generate(now, engine.entropy()),
        conversation_id: conversation.id.clone(),
        kind: MessageKind::Message,
        direction: Direction::Inbound,
        channel: inbound.channel,
        channel_account_id: Some(inbound.channel_account_id.clone()),
        author,
        subject: inbound.subject.clone(),
        body_text: inbound.body_text.clone(),
        visible_text: inbound.visible_text.clone().unwrap_or_else(|| inbound.body_text.clone()),
        has_quote: inbound.visible_text.is_some(),
        body_html: inbound.body_html.clone(),
        has_remote_images: inbound.has_remote_images,
        truncated: false,
        from: details.from.clone(),
        to: details.to.clone(),
        cc: details.cc.clone(),
        bcc: Vec::new(),
        attachments,
        delivery: None,
        automatic: inbound.automatic,
        warnings: details.warnings.clone(),
        ai_generated: false,
        ai_drafted: false,
        client_id: inbound.client_id.clone(),
        email_message_id: inbound.threading.email_message_id.clone(),
        held_until: None,
        sent_at: now,
        created_at: now,
        version: 1,
    };
    StoredMessage { message, details, raw_blob: inbound.raw_blob.clone(), provider_message_id: None }
}

fn store_attachments(
    tx: &mut Tx<'_>,
    message: &Message,
    inbound: &Inbound,
    now: Timestamp,
) -> Result<(), Error> {
    for (position, (attachment, source)) in message.attachments.iter().zip(&inbound.attachments).enumerate() {
        let stored = StoredAttachment {
            attachment: attachment.clone(),
            blob_key: source.blob_key.clone(),
            message_id: Some(message.id.clone()),
            uploaded_by: None,
            created_at: now,
        };
        rapport_store::message::create_attachment(tx, &stored, position as i64)?;
    }
    if let Some((uploaded_by, uploads)) = &inbound.uploads {
        let only_uploads = Message { attachments: uploads.clone(), ..message.clone() };
        crate::attachment::attach_all(tx, uploaded_by, &only_uploads)?;
    }
    Ok(())
}

/// Keeps the bytes of attachments before the transaction that refers to them.
pub(crate) async fn keep_attachment(
    engine: &Engine,
    workspace: &WorkspaceId,
    file_name: String,
    media_type: String,
    bytes: Vec<u8>,
    content_id: Option<String>,
    inline: bool,
) -> Result<InboundAttachment, Error> {
    let size_bytes = bytes.len() as i64;
    let blob_key = engine.blobs().put(workspace, Bytes::from(bytes)).await?;
    Ok(InboundAttachment { file_name, media_type, size_bytes, blob_key, content_id, inline })
}
