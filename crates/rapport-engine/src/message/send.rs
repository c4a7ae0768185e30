//! Accepts an answer to the contact: one transaction stores it, queues its delivery and announces it.

use rapport_channels::html;
use rapport_domain::event::StatusReason;
use rapport_domain::model::{Conversation, Delivery, Message, Recipient};
use rapport_domain::{
    AddressId, AttachmentId, AuthorKind, Channel, ChannelAccountId, ConversationId, DeliveryStatus,
    Direction, DraftMode, Event, MessageId, MessageKind, Permission, Status, Timestamp,
};
use rapport_store::Tx;
use rapport_store::message::{MessageDetails, StoredMessage};

use super::repeated;
use crate::conversation::{close, draft, edit, open};
use crate::send::{self, Route};
use crate::worker::jobs;
use crate::{Caller, Engine, Error, access, announce, attachment, ingest};

/// What happens to the conversation once the message is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    Close,
    Solve,
    Wait,
}

#[derive(Clone, Debug, Default)]
pub struct NewMessage {
    pub body_text: Option<String>,
    pub body_html: Option<String>,
    pub channel_account_id: Option<ChannelAccountId>,
    pub address_id: Option<AddressId>,
    pub subject: Option<String>,
    /// Absent: the people of the last email.
    pub to: Option<Vec<Recipient>>,
    pub cc: Option<Vec<Recipient>>,
    pub bcc: Vec<Recipient>,
    pub attachment_ids: Vec<AttachmentId>,
    /// The client's own id for it; the same message twice under it is one.
    pub client_id: Option<String>,
    /// Seconds during which the message can be taken back. 0 to 30, email only.
    pub hold_seconds: u32,
    /// The newest message the writer had on screen; answers of colleagues after it stop the sending.
    pub seen_message_id: Option<MessageId>,
    pub then: Option<Then>,
    pub assign_to_me: bool,
}

/// The longest text that is accepted on any channel, in bytes.
const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;
const MAX_HOLD_SECONDS: u32 = 30;

impl Engine {
    /// Sends an answer, or stores what an API client reports that the contact said.
    pub async fn send_message(
        &self,
        caller: &Caller,
        id: &ConversationId,
        direction: Direction,
        new: NewMessage,
    ) -> Result<Message, Error> {
        caller.require(Permission::ConversationReply)?;
        let (engine, caller_, id_) = (self.clone(), caller.clone(), id.clone());
        self.commit(caller, id.as_str(), move |tx| send_in(tx, &engine, &caller_, &id_, direction, &new))
            .await
    }
}

pub(crate) fn send_in(
    tx: &mut Tx<'_>,
    engine: &Engine,
    caller: &Caller,
    id: &ConversationId,
    direction: Direction,
    new: &NewMessage,
) -> Result<Message, Error> {
    match new.then {
        Some(Then::Close) => caller.require(Permission::ConversationClose)?,
        Some(Then::Solve | Then::Wait) => caller.require(Permission::ConversationEdit)?,
        None => {}
    }
    let mut conversation = access::conversation_for_update(tx, caller, id)?;
    if let Some(known) = repeated::find_message(tx, engine, caller, id, direction, new)? {
        return Ok(known);
    }
    if direction == Direction::Inbound {
        return ingest::api::accept(tx, engine, caller, &conversation, new);
    }
    if conversation.status == Status::Closed {
        return Err(Error::conflict_with(
            "conversation_closed",
            "This conversation is closed. Create a follow-up.",
            &conversation,
        ));
    }
    check_answers_of_colleagues(tx, engine, caller, id, new)?;
    let route = send::gate(tx, engine, &conversation, new)?;
    let now = engine.now();
    let stored = compose(tx, engine, caller, &conversation, &route, new, now)?;
    accept(tx, engine, caller, &mut conversation, stored, new, &route, now)
}

/// Stores the message, queues its delivery and brings the conversation up to date.
#[allow(clippy::too_many_arguments)]
fn accept(
    tx: &mut Tx<'_>,
    engine: &Engine,
    caller: &Caller,
    conversation: &mut Conversation,
    stored: StoredMessage,
    new: &NewMessage,
    route: &Route,
    now: Timestamp,
) -> Result<Message, Error> {
    open::append(tx, conversation, &stored, now)?;
    attachment::attach_all(tx, caller.user_id().as_str(), &stored.message)?;
    if let Some(address) = &route.address_id {
        rapport_store::conversation::add_address(tx, &conversation.id, address)?;
    }
    open::note_outbound(conversation, stored.message.author.kind);
    open::save(tx, conversation, now)?;
    let event = Event::MessageQueued {
        conversation: Box::new(conversation.clone()),
        message: announce::for_event(&stored.message),
    };
    announce::conversation(tx, &caller.actor(), now, conversation, &event)?;
    if stored.message.delivery.as_ref().is_some_and(|delivery| delivery.status == DeliveryStatus::Queued) {
        jobs::enqueue_delivery(tx, engine, &stored.message.id, stored.message.held_until.unwrap_or(now))?;
    } else if send::continues_by_email(stored.message.channel) {
        jobs::enqueue_chat_email(tx, engine, &stored.message, now)?;
    }
    draft::discard(tx, caller, &conversation.id, DraftMode::Reply, now)?;
    if new.assign_to_me && conversation.assignee.is_none() {
        claim(tx, caller, conversation, now)?;
    }
    match new.then {
        Some(Then::Close) => {
            close::close(tx, caller, conversation, now)?;
        }
        Some(Then::Solve) => {
            edit::set_status(tx, caller, conversation, Status::Solved, StatusReason::Send, now)?;
        }
        Some(Then::Wait) => {
            edit::set_status(tx, caller, conversation, Status::Pending, StatusReason::Send, now)?;
        }
        None => {}
    }
    Ok(stored.message)
}

/// Gives the unassigned conversation to whoever answers it. Somebody faster keeps it.
fn claim(
    tx: &mut Tx<'_>,
    caller: &Caller,
    conversation: &mut Conversation,
    now: Timestamp,
) -> Result<(), Error> {
    caller.require(Permission::ConversationAssign)?;
    let user = caller.user_id();
    if rapport_store::conversation::compare_and_set_assignee(tx, &conversation.id, None, Some(user), now)? {
        let next = Some(caller.user.clone());
        crate::conversation::assign::announce_change(tx, caller, &conversation.id, None, next, now)?;
        if let Some(fresh) = rapport_store::conversation::find(tx, &conversation.id)? {
            *conversation = fresh;
        }
    }
    Ok(())
}

/// Holds the message back when a colleague has answered since its writer last looked.
fn check_answers_of_colleagues(
    tx: &mut Tx<'_>,
    engine: &Engine,
    caller: &Caller,
    id: &ConversationId,
    new: &NewMessage,
) -> Result<(), Error> {
    let Some(seen) = &new.seen_message_id else { return Ok(()) };
    let answers: Vec<Message> = rapport_store::message::list_answers_after(tx, id, seen, caller.user_id())?
        .into_iter()
        .map(|stored| engine.signed_for(caller, stored.message))
        .collect();
    let Some(last) = answers.last() else { return Ok(()) };
    let detail = format!("{} has answered meanwhile.", last.author.name);
    Err(Error::conflict_with("conversation_advanced", detail, &serde_json::json!({ "messages": answers })))
}

fn compose(
    tx: &mut Tx<'_>,
    engine: &Engine,
    caller: &Caller,
    conversation: &Conversation,
    route: &Route,
    new: &NewMessage,
    now: Timestamp,
) -> Result<StoredMessage, Error> {
    let (body_text, body_html) = bodies(route.channel, new)?;
    let id = MessageId::generate(now, engine.entropy());
    let mut attachments = attachment::claimable(tx, caller.user_id().as_str(), &new.attachment_ids, engine)?;
    attachment::place_inline(&mut attachments, body_html.as_deref());
    if body_text.trim().is_empty() && attachments.is_empty() {
        return Err(Error::required("body_text"));
    }
    let queued = send::needs_delivery(route.channel);
    let status = if queued { DeliveryStatus::Queued } else { DeliveryStatus::Sent };
    let hold = if send::can_hold(route.channel) { new.hold_seconds.min(MAX_HOLD_SECONDS) } else { 0 };
    let email = send::email_headers(tx, engine, conversation, route, new, &id)?;
    let details = MessageDetails {
        from: route.from.clone(),
        to: route.to.clone(),
        cc: route.cc.clone(),
        bcc: new.bcc.clone(),
        reply_to: Vec::new(),
        warnings: Vec::new(),
        in_reply_to: email.as_ref().and_then(|email| email.in_reply_to.clone()),
        references: email.as_ref().map(|email| email.references.clone()).unwrap_or_default(),
    };
    let message = Message {
        id,
        conversation_id: conversation.id.clone(),
        kind: MessageKind::Message,
        direction: Direction::Outbound,
        channel: route.channel,
        channel_account_id: Some(route.channel_account_id.clone()),
        author: caller.author(),
        subject: email.as_ref().map(|email| email.subject.clone()),
        visible_text: body_text.clone(),
        body_text,
        has_quote: false,
        body_html,
        has_remote_images: false,
        truncated: false,
        from: details.from.clone(),
        to: details.to.clone(),
        cc: details.cc.clone(),
        bcc: details.bcc.clone(),
        attachments,
        delivery: Some(Delivery {
            status,
            reason: None,
            code: None,
            attempts: 0,
            next_attempt_at: None,
            updated_at: now,
        }),
        automatic: false,
        warnings: Vec::new(),
        ai_generated: caller.author_kind() == AuthorKind::Agent,
        ai_drafted: false,
        client_id: new.client_id.clone(),
        email_message_id: email.map(|email| email.message_id),
        held_until: (hold > 0).then(|| now.plus_seconds(i64::from(hold))),
        sent_at: now,
        created_at: now,
        version: 1,
    };
    Ok(StoredMessage { message, details, raw_blob: None, provider_message_id: None })
}

/// The text and, where the channel carries it, the HTML.
pub(crate) fn bodies(channel: Channel, new: &NewMessage) -> Result<(String, Option<String>), Error> {
    let length =
        new.body_text.as_ref().map_or(0, String::len) + new.body_html.as_ref().map_or(0, String::len);
    if length > MAX_BODY_BYTES {
        return Err(Error::TooLarge { max_bytes: MAX_BODY_BYTES as u64 });
    }
    let html = new.body_html.as_deref().map(html::sanitize_outgoing).filter(|html| !html.trim().is_empty());
    let body_text = match (&new.body_text, &html) {
        (Some(text), _) if !text.trim().is_empty() => text.replace('\0', ""),
        (_, Some(html)) => html::to_text(html),
        (text, None) => text.clone().unwrap_or_default().replace('\0', ""),
    };
    if let Some(limit) = send::max_length(channel)
        && body_text.chars().count() as i64 > limit
    {
        return Err(Error::invalid(
            "body_text",
            format!("The {channel} channel takes at most {limit} characters."),
        ));
    }
    let html = if send::carries_html(channel) { html } else { None };
    Ok((body_text, html))
}
