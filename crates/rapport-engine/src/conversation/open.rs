//! Brings a conversation into being and appends messages to it: shared by people, the API and every channel.

use rapport_domain::model::{
    Contact, ContactReference, Conversation, ConversationReference, LastMessage, LinkDirection, UserReference,
};
use rapport_domain::{
    Actor, AddressId, AuthorKind, Channel, ChannelAccountId, ConversationId, ConversationScope, Direction,
    Entropy, Event, LinkId, LinkKind, MessageKind, Origin, Priority, Status, Timestamp, text, transition,
};
use rapport_store::Tx;
use rapport_store::message::StoredMessage;
use rapport_store::search::{SearchDocument, SearchKind};

use crate::{Error, announce};

/// The longest preview that lists show, in characters.
const PREVIEW_CHARACTERS: usize = 140;

pub(crate) struct Opening<'a> {
    pub contact: &'a Contact,
    pub address: Option<&'a AddressId>,
    pub channel: Channel,
    pub channel_account_id: Option<ChannelAccountId>,
    pub scope_key: String,
    pub origin: Origin,
    pub test: bool,
    pub topic: Option<String>,
    pub subject: Option<String>,
    pub priority: Priority,
    pub status: Status,
    pub assignee: Option<UserReference>,
    pub variables: String,
    pub follow_up_of: Option<ConversationReference>,
    /// Another conversation that the same thing was said in.
    pub linked_to: Option<ConversationReference>,
}

/// What limits the conversation within which a contact's messages gather.
pub(crate) fn scope_key(scope: ConversationScope, account: Option<&ChannelAccountId>) -> String {
    match (scope, account) {
        (ConversationScope::ContactAndSender, Some(account)) => account.as_str().to_owned(),
        _ => String::new(),
    }
}

/// Creates the conversation and announces it. `Error::Store(Unique)` when the contact has one in this scope.
pub(crate) fn open(
    tx: &mut Tx<'_>,
    entropy: &dyn Entropy,
    now: Timestamp,
    actor: &Actor,
    opening: &Opening<'_>,
) -> Result<Conversation, Error> {
    let contact = opening.contact;
    let topic = opening
        .topic
        .as_deref()
        .map(|topic| text::single_line(topic, 200))
        .filter(|topic| !topic.is_empty())
        .unwrap_or_else(|| format!("Talking with '{}'", contact.display_name));
    let mut conversation = Conversation {
        id: ConversationId::generate(now, entropy),
        number: rapport_store::conversation::next_number(tx)?,
        status: opening.status,
        lifecycle: transition::lifecycle(
            opening.status,
            transition::is_automated_author(actor.kind),
            opening.assignee.is_some(),
        ),
        channel: opening.channel,
        channels: vec![opening.channel],
        origin: opening.origin,
        test: opening.test,
        topic,
        subject: opening
            .subject
            .as_deref()
            .map(|subject| text::single_line(subject, 500))
            .filter(|s| !s.is_empty()),
        priority: opening.priority,
        contact: Some(ContactReference {
            id: contact.id.clone(),
            display_name: contact.display_name.clone(),
            known: contact.known,
            company: contact.company.clone(),
        }),
        assignee: opening.assignee.clone(),
        requires_action: None,
        channel_account_id: opening.channel_account_id.clone(),
        inbound_count: 0,
        unread_count: None,
        last_message: None,
        draft: None,
        last_activity_at: now,
        waiting_since: None,
        created_at: now,
        updated_at: now,
        closed_at: None,
        closed_by: None,
        follow_up_of: opening.follow_up_of.clone(),
        version: 1,
    };
    rapport_store::conversation::create(tx, &conversation, &opening.scope_key, &opening.variables)?;
    if let Some(address) = opening.address {
        rapport_store::conversation::add_address(tx, &conversation.id, address)?;
    }
    index(tx, &conversation)?;
    let created =
        Event::ConversationCreated { conversation: Box::new(conversation.clone()), origin: opening.origin };
    announce::conversation(tx, actor, now, &conversation, &created)?;
    if let Some(original) = &opening.follow_up_of {
        link(tx, entropy, now, actor, LinkKind::FollowUp, original, &mut conversation)?;
    }
    if let Some(other) = &opening.linked_to {
        link(tx, entropy, now, actor, LinkKind::Linked, other, &mut conversation)?;
    }
    Ok(conversation)
}

/// Links `child` to `parent` and tells the followers of both. Does nothing when they are linked.
pub(crate) fn link(
    tx: &mut Tx<'_>,
    entropy: &dyn Entropy,
    now: Timestamp,
    actor: &Actor,
    kind: LinkKind,
    parent: &ConversationReference,
    child: &mut Conversation,
) -> Result<(), Error> {
    if parent.id == child.id {
        return Ok(());
    }
    let id = LinkId::generate(now, entropy);
    if !rapport_store::link::create(tx, &id, kind, &parent.id, &child.id, now)? {
        return Ok(());
    }
    let of_child = Event::ConversationLinked {
        conversation: Box::new(child.clone()),
        link_kind: kind,
        direction: LinkDirection::Parent,
        other: parent.clone(),
    };
    announce::conversation(tx, actor, now, child, &of_child)?;
    if let Some(parent) = rapport_store::conversation::find(tx, &parent.id)? {
        let other = ConversationReference { id: child.id.clone(), number: child.number };
        let of_parent = Event::ConversationLinked {
            conversation: Box::new(parent.clone()),
            link_kind: kind,
            direction: LinkDirection::Child,
            other,
        };
        announce::conversation(tx, actor, now, &parent, &of_parent)?;
    }
    Ok(())
}

/// Makes the conversation findable by number, topic, subject and name.
pub(crate) fn index(tx: &mut Tx<'_>, conversation: &Conversation) -> Result<(), Error> {
    let name = conversation.contact.as_ref().map_or("", |contact| contact.display_name.as_str());
    let body = format!(
        "{} {} {} {name}",
        conversation.number,
        conversation.topic,
        conversation.subject.as_deref().unwrap_or_default()
    );
    rapport_store::search::index(
        tx,
        &SearchDocument {
            kind: SearchKind::Conversation,
            reference_id: conversation.id.as_str(),
            conversation_id: Some(conversation.id.as_str()),
            contact_id: conversation.contact.as_ref().map(|contact| contact.id.as_str()),
            occurred_at: conversation.created_at,
            body: &body,
        },
    )?;
    Ok(())
}

/// Stores a message or note in the conversation and brings the conversation's own fields up to date.
///
/// The caller saves and announces the conversation afterwards, because status and assignment may change with it.
pub(crate) fn append(
    tx: &mut Tx<'_>,
    conversation: &mut Conversation,
    stored: &StoredMessage,
    now: Timestamp,
) -> Result<(), Error> {
    rapport_store::message::create(tx, stored)?;
    let message = &stored.message;
    if let Some(email_message_id) = &message.email_message_id {
        rapport_store::message::add_email_id(tx, email_message_id, &message.id)?;
    }
    let mut body = String::with_capacity(message.visible_text.len() + 200);
    for part in [message.subject.as_deref().unwrap_or_default(), &message.author.name, &message.visible_text]
    {
        body.push_str(part);
        body.push(' ');
    }
    for attachment in &message.attachments {
        body.push_str(&attachment.file_name);
        body.push(' ');
    }
    rapport_store::search::index_new(
        tx,
        &SearchDocument {
            kind: SearchKind::Message,
            reference_id: message.id.as_str(),
            conversation_id: Some(conversation.id.as_str()),
            contact_id: conversation.contact.as_ref().map(|contact| contact.id.as_str()),
            occurred_at: message.sent_at,
            body: &body,
        },
    )?;
    if message.kind == MessageKind::Message {
        conversation.channel = message.channel;
        if !conversation.channels.contains(&message.channel) {
            conversation.channels.push(message.channel);
        }
        if message.channel_account_id.is_some() {
            conversation.channel_account_id = message.channel_account_id.clone();
        }
    }
    if message.direction == Direction::Inbound && !message.automatic {
        conversation.inbound_count += 1;
    }
    conversation.last_message = Some(last_message(stored));
    conversation.last_activity_at = conversation.last_activity_at.max(now);
    conversation.updated_at = now;
    Ok(())
}

fn last_message(stored: &StoredMessage) -> LastMessage {
    let message = &stored.message;
    let mut preview = text::preview(&message.visible_text, PREVIEW_CHARACTERS);
    if preview.is_empty()
        && let Some(attachment) = message.attachments.first()
    {
        preview = text::preview(&attachment.file_name, PREVIEW_CHARACTERS);
    }
    LastMessage {
        id: message.id.clone(),
        kind: message.kind,
        direction: message.direction,
        author_kind: message.author.kind,
        author_name: message.author.name.clone(),
        preview,
        channel: message.channel,
        sent_at: message.sent_at,
        delivery_status: message.delivery.as_ref().map(|delivery| delivery.status),
    }
}

/// Notes an outbound message's effect: the customer waits no longer, and a person's act makes it open.
pub(crate) fn note_outbound(conversation: &mut Conversation, author: AuthorKind) {
    conversation.waiting_since = None;
    if !transition::is_automated_author(author) {
        conversation.requires_action = None;
    }
    let human = !transition::is_automated_author(author) || conversation.assignee.is_some();
    let automated = !human;
    conversation.lifecycle = transition::lifecycle(conversation.status, automated, human);
}

/// Saves the conversation and takes over its new version.
pub(crate) fn save(tx: &mut Tx<'_>, conversation: &mut Conversation, now: Timestamp) -> Result<(), Error> {
    conversation.updated_at = now;
    conversation.version = rapport_store::conversation::save(tx, conversation)?;
    Ok(())
}
