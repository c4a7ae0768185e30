//! What was said in one stretch of the made-up history: conversations, messages and the events they left.

use rapport_domain::model::{
    Author, ContactReference, Conversation, Delivery, LastMessage, Message, Recipient, UserReference,
};
use rapport_domain::{
    Actor, AddressId, AuthorKind, Channel, ConversationId, DeliveryStatus, Direction, Event, Lifecycle,
    MessageId, MessageKind, Origin, Priority, Status, Timestamp, UserId, text,
};
use rapport_store::NewEvent;
use rapport_store::message::{MessageDetails, StoredMessage};
use rapport_store::search::{SearchDocument, SearchKind};

use super::MESSAGES_PER_CONVERSATION;
use super::people::Person;
use crate::bench::random::{Random, SeededEntropy};
use crate::bench::words::Words;
use crate::bench::world::{HISTORY_MILLIS, HISTORY_START, World};

const SEED: u64 = 20_261_122;
/// Contacts for each hundred conversations.
const CONTACTS_PERCENT: i64 = 40;

/// What one transaction writes.
pub struct Part {
    pub people: Vec<Person>,
    pub conversations: Vec<Told>,
    pub messages: Vec<Said>,
    pub reads: Vec<(UserId, ConversationId, i64, Timestamp)>,
    pub events: Vec<NewEvent>,
}

pub struct Told {
    pub conversation: Conversation,
    pub address: AddressId,
    words: String,
}

impl Told {
    pub fn document(&self) -> SearchDocument<'_> {
        SearchDocument {
            kind: SearchKind::Conversation,
            reference_id: self.conversation.id.as_str(),
            conversation_id: Some(self.conversation.id.as_str()),
            contact_id: self.conversation.contact.as_ref().map(|contact| contact.id.as_str()),
            occurred_at: self.conversation.created_at,
            body: &self.words,
        }
    }
}

pub struct Said {
    pub stored: StoredMessage,
    contact: String,
    words: String,
}

impl Said {
    pub fn document(&self) -> SearchDocument<'_> {
        let message = &self.stored.message;
        SearchDocument {
            kind: SearchKind::Message,
            reference_id: message.id.as_str(),
            conversation_id: Some(message.conversation_id.as_str()),
            contact_id: Some(&self.contact),
            occurred_at: message.sent_at,
            body: &self.words,
        }
    }
}

/// What making a part draws on.
struct Maker<'a> {
    words: &'a Words,
    world: &'a World,
    random: Random,
    entropy: SeededEntropy,
}

pub fn make(words: &Words, world: &World, index: i64, parts: i64, size: i64) -> Part {
    let random = Random::for_part(SEED, index as u64);
    let entropy = SeededEntropy::new(Random::for_part(SEED + 1, index as u64));
    let mut maker = Maker { words, world, random, entropy };
    let length = HISTORY_MILLIS / parts;
    let start = HISTORY_START + index * length;
    let contacts = (size * CONTACTS_PERCENT / 100).max(1);
    let people: Vec<Person> = (0..contacts)
        .map(|place| {
            let at = Timestamp::from_millis(start + place * length / size);
            Person::make(words, &mut maker.random, &maker.entropy, index * contacts + place, at)
        })
        .collect();
    let recent = index * 20 >= parts * 19;
    let mut part = Part {
        conversations: Vec::with_capacity(size as usize),
        messages: Vec::with_capacity(size as usize * MESSAGES_PER_CONVERSATION),
        reads: Vec::new(),
        events: Vec::new(),
        people,
    };
    let mut said = Vec::with_capacity(size as usize);
    for place in 0..size {
        let person = &part.people[(place % contacts) as usize];
        let at = Timestamp::from_millis(start + place * length / size + maker.random.below(1_000) as i64);
        // A contact has one conversation at most that is not closed.
        let status = maker.status(recent && place < contacts, place < contacts);
        let (told, messages) = maker.conversation(person, index * size + place + 1, at, status);
        maker.tell(&told, &messages, &mut part.events);
        if let Some(user) = &told.conversation.assignee {
            let missed = i64::from(status != Status::Closed && maker.random.chance(0.3));
            let count = told.conversation.inbound_count - missed;
            part.reads.push((user.id.clone(), told.conversation.id.clone(), count, at));
        }
        part.conversations.push(told);
        said.push(messages.into_iter());
    }
    // The messages of a conversation do not lie beside each other, as they do not in a real database.
    for _ in 0..MESSAGES_PER_CONVERSATION {
        part.messages.extend(said.iter_mut().filter_map(Iterator::next));
    }
    part.events.sort_by_key(|event| event.occurred_at);
    part
}

impl Maker<'_> {
    fn status(&mut self, recent: bool, may_be_active: bool) -> Status {
        let active = if recent { 0.6 } else { 0.02 };
        if !may_be_active || !self.random.chance(active) {
            return Status::Closed;
        }
        let choices =
            [(Status::Open, 40), (Status::Waiting, 20), (Status::Pending, 15), (Status::Solved, 25)];
        self.random.weighted(&choices).unwrap_or(Status::Open)
    }

    fn user(&mut self) -> UserReference {
        let users = &self.world.users;
        users[self.random.below(users.len() as u64) as usize].clone()
    }

    fn conversation(
        &mut self,
        person: &Person,
        number: i64,
        at: Timestamp,
        status: Status,
    ) -> (Told, Vec<Said>) {
        let channels = [(Channel::Email, 55), (Channel::Chat, 25), (Channel::Api, 20)];
        let channel = self.random.weighted(&channels).unwrap_or(Channel::Email);
        let closed = status == Status::Closed;
        let assigned = self.random.chance(if closed { 0.97 } else { 0.6 });
        let assignee = assigned.then(|| self.user());
        let order = 1_000_000 + self.random.below(9_000_000);
        let subject_words = 3 + self.random.below(4) as usize;
        let topic =
            format!("{} {order}", self.words.text(&mut self.random, subject_words).trim_end_matches('.'));
        let priorities =
            [(Priority::Normal, 80), (Priority::Low, 5), (Priority::High, 12), (Priority::Urgent, 3)];
        let mut conversation = Conversation {
            id: ConversationId::generate(at, &self.entropy),
            number,
            status,
            lifecycle: if closed { Lifecycle::Closed } else { Lifecycle::Open },
            channel,
            channels: vec![channel],
            origin: Origin::InboundMessage,
            test: false,
            subject: (channel == Channel::Email).then(|| topic.clone()),
            topic,
            priority: self.random.weighted(&priorities).unwrap_or(Priority::Normal),
            contact: Some(ContactReference {
                id: person.contact.id.clone(),
                display_name: person.contact.display_name.clone(),
                known: person.contact.known,
                company: person.contact.company.clone(),
            }),
            assignee,
            requires_action: (!closed && self.random.chance(0.02)).then(|| "A promise was made.".to_owned()),
            channel_account_id: self.world.account(channel).cloned(),
            inbound_count: 0,
            unread_count: None,
            last_message: None,
            draft: None,
            last_activity_at: at,
            waiting_since: None,
            created_at: at,
            updated_at: at,
            closed_at: None,
            closed_by: None,
            follow_up_of: None,
            version: MESSAGES_PER_CONVERSATION as i64 + 1,
        };
        let messages = self.messages(person, &mut conversation);
        if closed {
            conversation.closed_at = Some(conversation.last_activity_at);
            conversation.closed_by = conversation.assignee.clone();
        }
        let words = format!(
            "{number} {} {} {}",
            conversation.topic,
            conversation.subject.as_deref().unwrap_or_default(),
            person.contact.display_name
        );
        let address = person.address(channel).id.clone();
        (Told { conversation, address, words }, messages)
    }

    fn messages(&mut self, person: &Person, conversation: &mut Conversation) -> Vec<Said> {
        let mean_gap = if conversation.channel == Channel::Chat { 90_000.0 } else { 5.0 * 3_600_000.0 };
        let mut at = conversation.created_at.as_millis();
        let mut messages = Vec::with_capacity(MESSAGES_PER_CONVERSATION);
        for place in 0..MESSAGES_PER_CONVERSATION {
            let left = (MESSAGES_PER_CONVERSATION - place) as i64;
            let latest = HISTORY_START + HISTORY_MILLIS - left * 1_000;
            let sent_at = Timestamp::from_millis(at.min(latest.max(conversation.created_at.as_millis())));
            let shapes = [
                ((MessageKind::Message, Direction::Inbound), 48),
                ((MessageKind::Message, Direction::Outbound), 42),
                ((MessageKind::Note, Direction::None), 10),
            ];
            let inbound = (MessageKind::Message, Direction::Inbound);
            let shape = if place == 0 { inbound } else { self.random.weighted(&shapes).unwrap_or(inbound) };
            let said = self.message(person, conversation, shape, sent_at);
            note(conversation, &said.stored.message);
            messages.push(said);
            at += 1 + self.random.exponential(mean_gap) as i64;
        }
        messages
    }

    fn message(
        &mut self,
        person: &Person,
        conversation: &Conversation,
        (kind, direction): (MessageKind, Direction),
        at: Timestamp,
    ) -> Said {
        let id = MessageId::generate(at, &self.entropy);
        let inbound = direction == Direction::Inbound;
        let author = if inbound {
            let name = person.contact.display_name.clone();
            Author { kind: AuthorKind::Contact, id: Some(person.contact.id.as_str().to_owned()), name }
        } else {
            let user = conversation.assignee.clone().unwrap_or_else(|| self.user());
            Author { kind: AuthorKind::User, id: Some(user.id.as_str().to_owned()), name: user.name }
        };
        let count = (6.0 + self.random.exponential(22.0)).min(400.0) as usize;
        let body_text = self.words.text(&mut self.random, count);
        let email = kind == MessageKind::Message && conversation.channel == Channel::Email;
        let contact_side =
            email.then(|| Recipient { name: None, address: person.address(Channel::Email).value.clone() });
        let our_side = email.then(|| Recipient { name: None, address: "support@rapport.example".to_owned() });
        let (from, to) = if inbound { (contact_side, our_side) } else { (our_side, contact_side) };
        let details = MessageDetails { from, to: to.into_iter().collect(), ..MessageDetails::default() };
        let delivery = (direction == Direction::Outbound).then_some(Delivery {
            status: DeliveryStatus::Sent,
            reason: None,
            code: None,
            attempts: 1,
            next_attempt_at: None,
            updated_at: at,
        });
        let subject = email.then(|| conversation.topic.clone());
        let words = format!("{} {} {body_text}", subject.as_deref().unwrap_or_default(), author.name);
        let message = Message {
            conversation_id: conversation.id.clone(),
            kind,
            direction,
            channel: conversation.channel,
            channel_account_id: conversation.channel_account_id.clone(),
            author,
            subject,
            visible_text: body_text.clone(),
            body_text,
            has_quote: false,
            body_html: None,
            has_remote_images: false,
            truncated: false,
            from: details.from.clone(),
            to: details.to.clone(),
            cc: Vec::new(),
            bcc: Vec::new(),
            attachments: Vec::new(),
            delivery,
            automatic: false,
            warnings: Vec::new(),
            ai_generated: false,
            ai_drafted: false,
            client_id: None,
            email_message_id: email.then(|| format!("{}@rapport.example", id.as_str())),
            held_until: None,
            sent_at: at,
            created_at: at,
            version: 1,
            id,
        };
        let stored = StoredMessage { message, details, raw_blob: None, provider_message_id: None };
        Said { stored, contact: person.contact.id.as_str().to_owned(), words }
    }

    /// The events that such a conversation has left behind.
    fn tell(&mut self, told: &Told, messages: &[Said], events: &mut Vec<NewEvent>) {
        let conversation = &told.conversation;
        let snapshot = || Box::new(conversation.clone());
        let created = Event::ConversationCreated { conversation: snapshot(), origin: conversation.origin };
        let mut append = |actor: &Actor, at: Timestamp, name: &'static str, payload: String| {
            events.push(NewEvent {
                name,
                version: Event::VERSION,
                actor_kind: actor.kind.as_str(),
                actor_id: actor.id.clone(),
                actor_name: actor.name.clone(),
                conversation_id: Some(conversation.id.as_str().to_owned()),
                contact_id: conversation.contact.as_ref().map(|contact| contact.id.as_str().to_owned()),
                visible_to_user: None,
                occurred_at: at.as_millis(),
                payload,
            });
        };
        let contact = Actor {
            kind: AuthorKind::Contact,
            id: conversation.contact.as_ref().map(|contact| contact.id.as_str().to_owned()),
            name: conversation
                .contact
                .as_ref()
                .map(|contact| contact.display_name.clone())
                .unwrap_or_default(),
        };
        append(&contact, conversation.created_at, created.name(), json(&created));
        for said in messages {
            let message = &said.stored.message;
            let author = &message.author;
            let actor = Actor { kind: author.kind, id: author.id.clone(), name: author.name.clone() };
            let name = match (message.kind, message.direction) {
                (MessageKind::Note, _) => "note.added",
                (_, Direction::Inbound) => "message.received",
                _ => "message.queued",
            };
            append(&actor, message.sent_at, name, "{}".to_owned());
        }
        let Some(assignee) = &conversation.assignee else { return };
        let user = Actor {
            kind: AuthorKind::User,
            id: Some(assignee.id.as_str().to_owned()),
            name: assignee.name.clone(),
        };
        let assigned = Event::ConversationAssigned {
            conversation: snapshot(),
            assignee: assignee.clone(),
            previous: None,
        };
        append(&user, conversation.created_at.plus_seconds(60), assigned.name(), json(&assigned));
        if let Some(at) = conversation.closed_at {
            let closed = Event::ConversationClosed { conversation: snapshot(), from: Status::Open };
            append(&user, at, closed.name(), json(&closed));
        }
    }
}

fn json(event: &Event) -> String {
    serde_json::to_string(event).unwrap_or_default()
}

/// What a message changes about its conversation.
fn note(conversation: &mut Conversation, message: &Message) {
    match message.direction {
        Direction::Inbound => {
            conversation.inbound_count += 1;
            conversation.waiting_since = conversation.waiting_since.or(Some(message.sent_at));
        }
        Direction::Outbound => conversation.waiting_since = None,
        Direction::None => {}
    }
    conversation.last_activity_at = message.sent_at;
    conversation.updated_at = message.sent_at;
    conversation.last_message = Some(LastMessage {
        id: message.id.clone(),
        kind: message.kind,
        direction: message.direction,
        author_kind: message.author.kind,
        author_name: message.author.name.clone(),
        preview: text::preview(&message.visible_text, 140),
        channel: message.channel,
        sent_at: message.sent_at,
        delivery_status: message.delivery.as_ref().map(|delivery| delivery.status),
    });
}
