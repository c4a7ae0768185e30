//! Where a message from outside belongs. The order of the questions is the product's promise:
//! seen before, same mail at another address of ours, the thread it answers, the contact, else new.

use rapport_domain::model::{Address, Contact, Conversation, ConversationReference};
use rapport_domain::{
    Actor, AddressId, ConversationId, ConversationScope, MessageId, Origin, Priority, Status, Timestamp,
};
use rapport_store::Tx;
use rapport_store::conversation::ActiveConversation;
use rapport_store::message::{AnsweredConversation, KnownEmail, SeenMessage, StoredMessage};

use super::{Accepted, AcceptedStatus, Inbound, strangers};
use crate::conversation::open::{Opening, open, scope_key};
use crate::{Engine, Error};

pub(super) enum Destination {
    Existing {
        place: Place,
        /// The sender is none of those the thread was led with.
        new_participant: bool,
    },
    New(Start),
}

/// A conversation that goes on.
pub(super) enum Place {
    Found(ConversationId),
    /// This transaction has it, and nobody else changes it.
    Locked(Box<Conversation>),
}

impl Place {
    pub(super) fn lock(self, tx: &mut Tx<'_>) -> Result<Conversation, Error> {
        match self {
            Self::Locked(conversation) => Ok(*conversation),
            Self::Found(id) => rapport_store::conversation::find_for_update(tx, &id)?.ok_or(Error::NotFound),
        }
    }
}

impl Destination {
    fn existing(id: ConversationId, new_participant: bool) -> Self {
        Self::Existing { place: Place::Found(id), new_participant }
    }
}

/// Who wrote a message.
pub(super) struct Writer {
    pub contact: Contact,
    pub address: Address,
    /// Made for this message, and so without a conversation.
    pub is_new: bool,
}

/// How a new conversation begins.
#[derive(Default)]
pub(super) struct Start {
    pub scope_key: String,
    pub follow_up_of: Option<ConversationReference>,
    pub linked_to: Option<ConversationReference>,
    /// Answers are asked for to people whom the thread that goes on here does not know.
    pub new_participant: bool,
}

/// The answer to the first question.
pub(super) enum Seen {
    Duplicate(Accepted),
    Never(Unseen),
}

pub(super) struct Unseen {
    /// The id under which it will be known.
    pub provider_message_id: Option<String>,
    /// Other messages under its Message-ID, the oldest first.
    namesakes: Vec<KnownEmail>,
}

/// The first question: whether the message was seen before, or is one that we sent ourselves.
pub(super) fn seen_before(tx: &mut Tx<'_>, inbound: &Inbound) -> Result<Seen, Error> {
    let duplicate = |message_id, conversation_id| {
        Ok(Seen::Duplicate(Accepted { status: AcceptedStatus::Duplicate, message_id, conversation_id }))
    };
    let account = &inbound.channel_account_id;
    let email_id = inbound.threading.email_message_id.as_deref();
    let provider_id = inbound.provider_message_id.as_deref();
    let SeenMessage { by_email_id: namesakes, by_provider_id } =
        rapport_store::message::find_seen(tx, account, email_id, provider_id)?;
    if let Some(own) = namesakes.iter().find(|known| known.outbound) {
        return duplicate(own.message_id.clone(), own.conversation_id.clone());
    }
    let Some((message, conversation)) = by_provider_id else {
        let provider_message_id = inbound.provider_message_id.clone();
        return Ok(Seen::Never(Unseen { provider_message_id, namesakes }));
    };
    let Some(content_id) = &inbound.content_id else { return duplicate(message, conversation) };
    // Broken senders give several mails one Message-ID; only the same content is the same mail.
    let same = rapport_store::message::find(tx, &message)?
        .is_some_and(|stored| says_the_same(&stored.message, inbound));
    if same {
        return duplicate(message, conversation);
    }
    match rapport_store::message::find_by_provider_id(tx, account, content_id)? {
        Some((message, conversation)) => duplicate(message, conversation),
        None => Ok(Seen::Never(Unseen { provider_message_id: Some(content_id.clone()), namesakes })),
    }
}

/// The same question for a report. Some mail systems return a mail under its own Message-ID, which does not make the
/// report that mail.
pub(super) fn report_seen_before(
    tx: &mut Tx<'_>,
    inbound: &Inbound,
    original: &MessageId,
) -> Result<Seen, Error> {
    let seen = seen_before(tx, inbound)?;
    let (Seen::Duplicate(known), Some(content_id)) = (&seen, &inbound.content_id) else { return Ok(seen) };
    if known.message_id != *original {
        return Ok(seen);
    }
    let account = &inbound.channel_account_id;
    Ok(match rapport_store::message::find_by_provider_id(tx, account, content_id)? {
        Some((message_id, conversation_id)) => {
            Seen::Duplicate(Accepted { status: AcceptedStatus::Duplicate, message_id, conversation_id })
        }
        None => Seen::Never(Unseen { provider_message_id: Some(content_id.clone()), namesakes: Vec::new() }),
    })
}

fn says_the_same(stored: &rapport_domain::model::Message, inbound: &Inbound) -> bool {
    stored.body_text == inbound.body_text
        && stored.subject == inbound.subject
        && stored.from.as_ref().map(|from| &from.address)
            == inbound.recipients.from.as_ref().map(|from| &from.address)
}

/// The other questions, in order. `locked` is the conversation that the message is known to answer, if this
/// transaction has it.
pub(super) fn decide(
    tx: &mut Tx<'_>,
    inbound: &Inbound,
    unseen: &Unseen,
    writer: &Writer,
    locked: Option<Conversation>,
) -> Result<Destination, Error> {
    if let Some(destination) = same_mail_elsewhere(tx, inbound, unseen, writer)? {
        return Ok(destination);
    }
    if let Some(answered) = find_answered(tx, inbound, locked)?
        && let Some(destination) = answered_thread(tx, inbound, writer, answered)?
    {
        return Ok(destination);
    }
    let scope = scope_of(tx, inbound)?;
    // Only conversations of their own: somebody who joined another one may write about something else here.
    if let Some(id) = active_in_scope(tx, inbound, writer, &scope)? {
        let new_participant = strangers::are_named(tx, inbound, writer, &id)?;
        return Ok(Destination::existing(id, new_participant));
    }
    Ok(Destination::New(Start { scope_key: scope, ..Start::default() }))
}

/// The contact's conversation that goes on. It may have begun under another scope: as the linked copy of one mail to
/// two of our addresses, or before the setting was changed.
fn active_in_scope(
    tx: &mut Tx<'_>,
    inbound: &Inbound,
    writer: &Writer,
    scope: &str,
) -> Result<Option<ConversationId>, Error> {
    if writer.is_new {
        return Ok(None);
    }
    let contact = &writer.contact.id;
    if inbound.per_thread {
        return Ok(rapport_store::conversation::find_active_in_scope(tx, contact, scope)?);
    }
    let active = rapport_store::conversation::list_active_of_contact(tx, contact)?;
    let here =
        |other: &ActiveConversation| other.channel_account_id.as_ref() == Some(&inbound.channel_account_id);
    let exact = active.iter().position(|other| other.scope_key == scope);
    let found = exact.or_else(|| active.iter().position(here)).or_else(|| {
        let any_account = scope.is_empty() && !active.is_empty();
        any_account.then_some(0)
    });
    Ok(found.map(|position| active[position].id.clone()))
}

/// What limits the conversation that this message may join or begin.
fn scope_of(tx: &mut Tx<'_>, inbound: &Inbound) -> Result<String, Error> {
    if inbound.per_thread {
        let thread = inbound.threading.references.first().or(inbound.threading.email_message_id.as_ref());
        return Ok(format!("thread:{}", thread.map_or("", String::as_str)));
    }
    let scope = rapport_store::workspace::find(tx)?
        .map_or(ConversationScope::Contact, |workspace| workspace.settings.conversation_scope);
    Ok(scope_key(scope, Some(&inbound.channel_account_id)))
}

/// One mail sent to two addresses of ours: the second copy gets a conversation of its own, linked to the first.
fn same_mail_elsewhere(
    tx: &mut Tx<'_>,
    inbound: &Inbound,
    unseen: &Unseen,
    writer: &Writer,
) -> Result<Option<Destination>, Error> {
    let Some(first) = unseen.namesakes.iter().find(|known| {
        !known.outbound
            && known.channel_account_id.as_ref().is_some_and(|account| *account != inbound.channel_account_id)
    }) else {
        return Ok(None);
    };
    let Some(original) = rapport_store::conversation::find(tx, &first.conversation_id)? else {
        return Ok(None);
    };
    let scope_key = format!("sender:{}", inbound.channel_account_id);
    if let Some(id) = rapport_store::conversation::find_active_in_scope(tx, &writer.contact.id, &scope_key)? {
        let new_participant = strangers::are_to_be_answered(tx, inbound, writer, &id)?;
        return Ok(Some(Destination::existing(id, new_participant)));
    }
    let linked_to = Some(ConversationReference { id: original.id, number: original.number });
    Ok(Some(Destination::New(Start { scope_key, linked_to, ..Start::default() })))
}

/// The conversation that the message answers, or its follow-up when that is closed.
fn answered_thread(
    tx: &mut Tx<'_>,
    inbound: &Inbound,
    writer: &Writer,
    answered: Answered,
) -> Result<Option<Destination>, Error> {
    let Answered { conversation, proved, locked } = answered;
    let belonging = belonging(tx, &conversation, writer, inbound)?;
    // Headers can be copied: a stranger joins a thread only by a token that we gave out.
    if belonging == Belonging::Stranger && !proved {
        return Ok(None);
    }
    // So can the name of somebody who belongs, together with an address of one's own for the answers.
    let asks_for_strangers = !proved && strangers::are_to_be_answered(tx, inbound, writer, &conversation.id)?;
    let new_participant = belonging != Belonging::Known || asks_for_strangers;
    if conversation.status != Status::Closed {
        let place = locked.map_or(Place::Found(conversation.id), Place::Locked);
        return Ok(Some(Destination::Existing { place, new_participant }));
    }
    if let Some(id) = rapport_store::link::find_active_follow_up(tx, &conversation.id)? {
        return Ok(Some(Destination::existing(id, new_participant)));
    }
    let original = ConversationReference { id: conversation.id, number: conversation.number };
    // A follow-up keeps to the limits of what it follows.
    let scope_key = match rapport_store::conversation::scope_key(tx, &original.id)? {
        Some(key) if key.starts_with("thread:") || key.starts_with("sender:") => key,
        _ => scope_of(tx, inbound)?,
    };
    if let Some(id) = rapport_store::conversation::find_active_in_scope(tx, &writer.contact.id, &scope_key)? {
        return Ok(Some(Destination::existing(id, asks_for_strangers)));
    }
    if inbound.automatic {
        // Somebody who is away asks for nothing, so that nothing begins anew.
        return Ok(Some(Destination::existing(original.id, new_participant)));
    }
    let follow_up_of = Some(original);
    let new_participant = asks_for_strangers;
    Ok(Some(Destination::New(Start { scope_key, follow_up_of, new_participant, ..Start::default() })))
}

/// A conversation that the message says it answers.
struct Answered {
    conversation: AnsweredConversation,
    /// By a token or by the channel itself rather than by headers.
    proved: bool,
    locked: Option<Box<Conversation>>,
}

fn find_answered(
    tx: &mut Tx<'_>,
    inbound: &Inbound,
    locked: Option<Conversation>,
) -> Result<Option<Answered>, Error> {
    let threading = &inbound.threading;
    let facts = |conversation: &Conversation| AnsweredConversation {
        id: conversation.id.clone(),
        number: conversation.number,
        status: conversation.status,
        contact_id: conversation.contact.as_ref().map(|contact| contact.id.clone()),
    };
    if let Some(id) = &threading.conversation {
        if let Some(known) = locked.filter(|known| known.id == *id) {
            let conversation = facts(&known);
            return Ok(Some(Answered { conversation, proved: true, locked: Some(Box::new(known)) }));
        }
        if let Some(found) = rapport_store::conversation::find(tx, id)? {
            return Ok(Some(Answered { conversation: facts(&found), proved: true, locked: None }));
        }
    }
    let account = &inbound.channel_account_id;
    let found = rapport_store::message::find_answered(tx, &threading.candidates, account)?;
    Ok(found.map(|conversation| Answered { conversation, proved: false, locked: None }))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Belonging {
    /// The contact, or somebody to whom the last mail went.
    Known,
    /// Wrote in the conversation before, on nobody's invitation but a token's.
    Joined,
    Stranger,
}

fn belonging(
    tx: &mut Tx<'_>,
    conversation: &AnsweredConversation,
    writer: &Writer,
    inbound: &Inbound,
) -> Result<Belonging, Error> {
    if conversation.contact_id.as_ref() == Some(&writer.contact.id) {
        return Ok(Belonging::Known);
    }
    let last = rapport_store::message::find_last_of_channel(tx, &conversation.id, inbound.channel)?;
    let sender = inbound.sender.value.to_lowercase();
    let went_to = |last: StoredMessage| {
        last.details
            .to
            .iter()
            .chain(&last.details.cc)
            .any(|recipient| recipient.address.to_lowercase() == sender)
    };
    if last.is_some_and(went_to) {
        return Ok(Belonging::Known);
    }
    match rapport_store::conversation::has_address(tx, &conversation.id, &writer.address.id)? {
        true => Ok(Belonging::Joined),
        false => Ok(Belonging::Stranger),
    }
}

#[allow(clippy::too_many_arguments)]
pub(super) fn open_new(
    tx: &mut Tx<'_>,
    engine: &Engine,
    inbound: &Inbound,
    contact: &Contact,
    address: &AddressId,
    actor: &Actor,
    start: Start,
    now: Timestamp,
) -> Result<Conversation, Error> {
    open(
        tx,
        engine.entropy(),
        now,
        actor,
        &Opening {
            contact,
            address: Some(address),
            channel: inbound.channel,
            channel_account_id: Some(inbound.channel_account_id.clone()),
            scope_key: start.scope_key,
            origin: if inbound.test { Origin::Test } else { Origin::InboundMessage },
            test: inbound.test,
            topic: None,
            subject: inbound.subject.clone(),
            priority: Priority::Normal,
            status: Status::Open,
            assignee: None,
            variables: "{}".to_owned(),
            follow_up_of: start.follow_up_of,
            linked_to: start.linked_to,
        },
    )
}
