//! Sends answers that a visitor has not read by email, once, so that the conversation can go on there.
//! How that fared stands beside the messages, which themselves were delivered in the chat.

mod letter;

use rapport_channels::email::{
    self, DeliveryError, EmailAddress, Envelope, OutgoingAttachment, SubmitReceipt,
};
use rapport_domain::model::{Conversation, Delivery};
use rapport_domain::{
    Actor, Channel, ChannelAccountId, ConversationId, DeliveryStatus, Event, MessageId, Timestamp, VisitorId,
    text,
};
use rapport_store::Tx;
use rapport_store::jobs::ClaimedJob;
use rapport_store::visitor::history::{self, ChatMessage};

use super::attempt::{self, Fate, Mark, Outgoing, Verdict};
use super::files;
use super::jobs::{ChatEmailPayload, enqueue_chat_email_at, payload};
use crate::channel_account::{EmailAccount, OutboundKind, load_chat, load_email};
use crate::chat::email_of;
use crate::{Engine, Error, announce};

/// Being sent, or its sender died.
const EMAILING: &str = "emailing";
const EMAILED: &str = "emailed";
const UNCERTAIN: &str = "email_unknown";
const REFUSED: &str = "email_failed";
/// Answers in one mail.
const MAX_ANSWERS: i64 = 100;

pub(super) async fn run(engine: &Engine, job: &ClaimedJob) -> Result<(), Error> {
    let ChatEmailPayload { conversation_id, message_id } = payload(&job.payload)?;
    attempt::run(engine, job, UnreadAnswers { conversation_id, message_id }).await
}

/// The unread answers of a conversation, the one that the job was enqueued for among them.
struct UnreadAnswers {
    conversation_id: ConversationId,
    message_id: MessageId,
}

struct Prepared {
    conversation: Conversation,
    account: EmailAccount,
    site_name: String,
    to: EmailAddress,
    answers: Vec<ChatMessage>,
    /// Which attempt this is, as the first of the answers counts them.
    attempt: i64,
}

impl Outgoing for UnreadAnswers {
    type Prepared = Prepared;

    fn key(&self) -> &str {
        self.conversation_id.as_str()
    }

    fn mark(&self, tx: &mut Tx<'_>) -> Result<Mark, Error> {
        // Before the message is read, so that nobody changes it in between.
        rapport_store::conversation::find_for_update(tx, &self.conversation_id)?;
        let Some(delivery) = delivery(tx, &self.message_id)? else { return Ok(Mark::Over) };
        Ok(match (delivery.code.as_deref(), delivery.status) {
            (Some(EMAILING), _) => Mark::Leaving,
            (None, DeliveryStatus::Sent | DeliveryStatus::Delivered) => Mark::Waiting,
            _ => Mark::Over,
        })
    }

    fn begin(&self, tx: &mut Tx<'_>, engine: &Engine, again: bool) -> Result<Option<Prepared>, Error> {
        if !again {
            // Marks that are there already are those of senders who died with other jobs.
            self.give_up(tx, engine)?;
        }
        let Some(mut prepared) = self.prepare(tx)? else { return Ok(None) };
        for (position, answer) in prepared.answers.iter().enumerate() {
            let marked = remark(tx, &prepared.conversation, &answer.id, Some(EMAILING), None, engine.now())?;
            if position == 0 {
                prepared.attempt = marked.map_or(0, |delivery| delivery.attempts);
            }
        }
        Ok(Some(prepared))
    }

    fn give_up(&self, tx: &mut Tx<'_>, engine: &Engine) -> Result<(), Error> {
        let Some(conversation) = rapport_store::conversation::find(tx, &self.conversation_id)? else {
            return Ok(());
        };
        let Some(visitor) = self.visitor(tx)? else { return Ok(()) };
        let reason = "The server stopped while this was being sent by email. It may have arrived.";
        for answer in history::list_answers_after(tx, &visitor, None, i64::from(i32::MAX))? {
            if answer.conversation_id == conversation.id && answer.delivery_code.as_deref() == Some(EMAILING)
            {
                remark(tx, &conversation, &answer.id, Some(UNCERTAIN), Some(reason), engine.now())?;
            }
        }
        Ok(())
    }

    async fn send(
        &self,
        engine: &Engine,
        job: &ClaimedJob,
        prepared: &Prepared,
    ) -> Result<SubmitReceipt, DeliveryError> {
        send(engine, job, prepared).await
    }

    fn is_guessed(&self, tx: &mut Tx<'_>, prepared: &Prepared) -> Result<bool, Error> {
        rapport_store::conversation::find_for_update(tx, &self.conversation_id)?;
        let Some(first) = prepared.answers.first() else { return Ok(false) };
        Ok(delivery(tx, &first.id)?.is_some_and(|delivery| {
            delivery.code.as_deref() == Some(UNCERTAIN) && delivery.attempts == prepared.attempt
        }))
    }

    fn note(
        &self,
        tx: &mut Tx<'_>,
        _engine: &Engine,
        prepared: &Prepared,
        verdict: &Verdict,
    ) -> Result<(), Error> {
        let Some(conversation) = rapport_store::conversation::find_for_update(tx, &self.conversation_id)?
        else {
            return Ok(());
        };
        let (code, reason) = match verdict.fate {
            Fate::Sent => (Some(EMAILED), None),
            Fate::Again { .. } => (None, None),
            Fate::Failed => (Some(REFUSED), verdict.reason.as_deref()),
            Fate::Unknown => (Some(UNCERTAIN), verdict.reason.as_deref()),
        };
        for answer in &prepared.answers {
            remark(tx, &conversation, &answer.id, code, reason, verdict.now)?;
        }
        if matches!(verdict.fate, Fate::Sent | Fate::Unknown) {
            let_answers_find_back(tx, prepared)?;
        }
        Ok(())
    }

    fn enqueue(&self, tx: &mut Tx<'_>, engine: &Engine, at: Timestamp) -> Result<(), Error> {
        enqueue_chat_email_at(tx, engine, &self.conversation_id, &self.message_id, at)
    }

    fn account<'p>(&self, prepared: &'p Prepared) -> &'p ChannelAccountId {
        &prepared.account.account.id
    }
}

impl UnreadAnswers {
    /// Whom the answers are for.
    fn visitor(&self, tx: &mut Tx<'_>) -> Result<Option<VisitorId>, Error> {
        let stored = rapport_store::message::find(tx, &self.message_id)?;
        Ok(stored.and_then(|stored| stored.details.to.first().and_then(|to| VisitorId::parse(&to.address))))
    }

    /// What to send and from where. `None` when it was read, or when there is no way to send it.
    fn prepare(&self, tx: &mut Tx<'_>) -> Result<Option<Prepared>, Error> {
        let Some(conversation) = rapport_store::conversation::find(tx, &self.conversation_id)? else {
            return Ok(None);
        };
        let Some(stored) = rapport_store::message::find(tx, &self.message_id)? else { return Ok(None) };
        let message = &stored.message;
        let Some(visitor_id) = self.visitor(tx)? else { return Ok(None) };
        let Some(visitor) = rapport_store::visitor::find(tx, &visitor_id)? else { return Ok(None) };
        let read = match &visitor.read_message_id {
            Some(id) => history::position(tx, id)?,
            None => None,
        };
        if read.as_ref().is_some_and(|read| (message.sent_at, &message.id) <= (read.0, &read.1)) {
            return Ok(None);
        }
        let Some((address, name)) = email_of(tx, &visitor)? else { return Ok(None) };
        let chat = match load_chat(tx, &visitor.channel_account_id) {
            Ok(chat) => chat,
            Err(Error::NotFound) => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(account) = reply_account(tx, chat.config.reply_email_account_id.as_ref())? else {
            return Ok(None);
        };
        let answers: Vec<ChatMessage> =
            history::list_answers_after(tx, &visitor_id, read.as_ref(), MAX_ANSWERS)?
                .into_iter()
                .filter(|answer| answer.conversation_id == conversation.id)
                .filter(|answer| matches!(answer.delivery_code.as_deref(), None | Some(EMAILING)))
                .collect();
        if answers.is_empty() {
            return Ok(None);
        }
        let to = EmailAddress { name, address };
        Ok(Some(Prepared {
            conversation,
            account,
            site_name: chat.config.site_name,
            to,
            answers,
            attempt: 0,
        }))
    }
}

/// The account that the widget names, else the first one that can send.
fn reply_account(
    tx: &mut Tx<'_>,
    named: Option<&rapport_domain::ChannelAccountId>,
) -> Result<Option<EmailAccount>, Error> {
    let can_send =
        |account: &EmailAccount| account.account.active && account.config.outbound.kind == OutboundKind::Smtp;
    if let Some(id) = named {
        match load_email(tx, id) {
            Ok(account) if can_send(&account) => return Ok(Some(account)),
            Ok(_) | Err(Error::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    for stored in rapport_store::channel_account::list_of_channel(tx, Channel::Email)? {
        let account = load_email(tx, &stored.account.id)?;
        if can_send(&account) {
            return Ok(Some(account));
        }
    }
    Ok(None)
}

fn delivery(tx: &mut Tx<'_>, message: &MessageId) -> Result<Option<Delivery>, Error> {
    Ok(rapport_store::message::find(tx, message)?.and_then(|stored| stored.message.delivery))
}

/// Writes beside a message of the locked conversation how it fared by email, and tells the team where that is final
/// or was believed to be.
fn remark(
    tx: &mut Tx<'_>,
    conversation: &Conversation,
    answer: &MessageId,
    code: Option<&str>,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<Option<Delivery>, Error> {
    let Some(before) = delivery(tx, answer)? else { return Ok(None) };
    if before.code.as_deref() == code {
        return Ok(Some(before));
    }
    let is_final = |code: Option<&str>| code.is_some_and(|code| code != EMAILING);
    let after = Delivery {
        code: code.map(str::to_owned),
        reason: reason.map(|reason| text::single_line(reason, 500)),
        attempts: before.attempts + i64::from(code == Some(EMAILING)),
        updated_at: now,
        ..before
    };
    rapport_store::message::save_delivery(tx, answer, &after, None)?;
    if is_final(code) || is_final(before.code.as_deref()) {
        announce_delivery(tx, conversation, answer, after.clone(), now)?;
    }
    Ok(Some(after))
}

fn announce_delivery(
    tx: &mut Tx<'_>,
    conversation: &Conversation,
    message: &MessageId,
    delivery: Delivery,
    now: Timestamp,
) -> Result<(), Error> {
    let event = Event::MessageDeliveryChanged {
        conversation: Box::new(conversation.clone()),
        message_id: message.clone(),
        delivery,
    };
    announce::conversation(tx, &Actor::system(), now, conversation, &event)
}

async fn send(
    engine: &Engine,
    job: &ClaimedJob,
    prepared: &Prepared,
) -> Result<SubmitReceipt, DeliveryError> {
    let permanent = |reason: String| DeliveryError::Permanent { reason, code: None, refused: Vec::new() };
    let settings = prepared
        .account
        .submit_settings(engine, &job.workspace_id)
        .map_err(|error| permanent(error.to_string()))?
        .ok_or_else(|| permanent("The mailbox has no server for sending.".to_owned()))?;
    let attachments = load_attachments(engine, job, prepared).await.map_err(|error| {
        DeliveryError::Retry { after: None, reason: error.to_string(), code: None, refused: Vec::new() }
    })?;
    let outgoing = letter::outgoing(engine, prepared, attachments);
    let bytes = email::compose(&outgoing).map_err(|error| permanent(error.to_string()))?;
    let envelope = Envelope {
        sender: Some(prepared.account.config.address.clone()),
        recipients: vec![prepared.to.address.clone()],
    };
    email::submit(&settings, &envelope, &bytes, &engine.config().outbound_policy).await
}

/// The chat has them all; a mail that is too large would not arrive.
async fn load_attachments(
    engine: &Engine,
    job: &ClaimedJob,
    prepared: &Prepared,
) -> Result<Vec<OutgoingAttachment>, Error> {
    let mut loaded = Vec::new();
    let mut total = 0;
    for attachment in prepared.answers.iter().flat_map(|answer| &answer.attachments) {
        total += attachment.size_bytes as u64;
        if total > engine.config().max_attachment_bytes {
            break;
        }
        let file = files::load(engine, &job.workspace_id, attachment).await?;
        loaded.push(OutgoingAttachment { content_id: None, ..file });
    }
    Ok(loaded)
}

/// Lets an answer to the mail find back to the conversation.
fn let_answers_find_back(tx: &mut Tx<'_>, prepared: &Prepared) -> Result<(), Error> {
    let email_id = letter::email_id(prepared);
    for answer in &prepared.answers {
        rapport_store::message::add_email_id(tx, &email_id, &answer.id)?;
    }
    // Only an address of the conversation's own contact leads the conversation: one that merely was typed in would
    // draw its owner's other mail here.
    if let Some(contact) = &prepared.conversation.contact {
        let addresses = rapport_store::contact::list_addresses(tx, &contact.id)?;
        if let Some(address) = addresses.iter().find(|address| address.value == prepared.to.address) {
            rapport_store::conversation::add_address(tx, &prepared.conversation.id, &address.id)?;
        }
    }
    Ok(())
}
