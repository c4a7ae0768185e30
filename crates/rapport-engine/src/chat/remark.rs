//! Tells the team, and nobody else, what visitors and their sites said about visitors.

use rapport_domain::model::{Author, Message};
use rapport_domain::{
    Actor, AddressKind, AuthorKind, Channel, ConversationId, Direction, Event, MessageId, MessageKind, text,
};
use rapport_store::Tx;
use rapport_store::message::{MessageDetails, StoredMessage};
use rapport_store::visitor::Visitor;

use super::Visit;
use super::fields::VisitorFields;
use crate::conversation::open;
use crate::{Engine, Error, announce};

/// Adds an internal note with the visitor's answers to the conversation.
pub(super) fn tell_team(
    tx: &mut Tx<'_>,
    engine: &Engine,
    visit: &Visit,
    visitor: &Visitor,
    fields: &VisitorFields,
    conversation: &ConversationId,
) -> Result<(), Error> {
    let body_text = describe(tx, visit, visitor, fields)?;
    let Some(mut conversation) = rapport_store::conversation::find_for_update(tx, conversation)? else {
        return Ok(());
    };
    let now = engine.now();
    let actor = Actor::system();
    let message = Message {
        id: MessageId::generate(now, engine.entropy()),
        conversation_id: conversation.id.clone(),
        kind: MessageKind::Note,
        direction: Direction::None,
        channel: Channel::Chat,
        channel_account_id: None,
        author: Author { kind: AuthorKind::System, id: None, name: actor.name.clone() },
        subject: None,
        visible_text: body_text.clone(),
        body_text,
        has_quote: false,
        body_html: None,
        has_remote_images: false,
        truncated: false,
        from: None,
        to: Vec::new(),
        cc: Vec::new(),
        bcc: Vec::new(),
        attachments: Vec::new(),
        delivery: None,
        automatic: true,
        warnings: Vec::new(),
        ai_generated: false,
        ai_drafted: false,
        client_id: None,
        email_message_id: None,
        held_until: None,
        sent_at: now,
        created_at: now,
        version: 1,
    };
    let stored = StoredMessage {
        message,
        details: MessageDetails::default(),
        raw_blob: None,
        provider_message_id: None,
    };
    // Lists go on showing what the visitor wrote.
    let last_message = conversation.last_message.clone();
    open::append(tx, &mut conversation, &stored, now)?;
    conversation.last_message = last_message;
    open::save(tx, &mut conversation, now)?;
    let event = Event::NoteAdded {
        conversation: Box::new(conversation.clone()),
        message: announce::for_event(&stored.message),
    };
    announce::conversation(tx, &actor, now, &conversation, &event)
}

fn describe(
    tx: &mut Tx<'_>,
    visit: &Visit,
    visitor: &Visitor,
    fields: &VisitorFields,
) -> Result<String, Error> {
    let mut lines = Vec::new();
    if let Some(identity) = &visitor.identity {
        lines.push(format!("The website has proved who this is: {}", text::single_line(identity, 256)));
    }
    if fields.name.is_some() || fields.email.is_some() || !fields.answers.is_empty() {
        lines.push("What the visitor gave, unverified:".to_owned());
    }
    if let Some(name) = &fields.name {
        lines.push(format!("Name: {name}"));
    }
    if let Some(email) = &fields.email {
        let owner = rapport_store::contact::find_by_address(tx, AddressKind::Email, email)?;
        let others = owner.is_some_and(|(owner, _)| visitor.contact_id.as_ref() != Some(&owner));
        let remark =
            if others { " (belongs to another contact, so it was not added to this one)" } else { "" };
        lines.push(format!("Email: {email}{remark}"));
    }
    for (name, answer) in &fields.answers {
        let asked = visit.account.config.pre_chat_fields.iter().find(|field| field.name == *name);
        lines.push(format!("{}: {answer}", asked.map_or(name.as_str(), |field| field.label.as_str())));
    }
    if let Some(url) = &visitor.page_url {
        lines.push(match &visitor.page_title {
            Some(title) => format!("Page: {title} ({url})"),
            None => format!("Page: {url}"),
        });
    }
    Ok(lines.join("\n"))
}
