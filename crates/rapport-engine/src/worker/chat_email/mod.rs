//! Sends answers that a visitor has not read by email, once, so that the conversation can go on there.
//!
//! Messages are marked before the mail leaves. A mark whose holder died says that the mail may have arrived, and it
//! is not sent again.

mod letter;

use std::sync::Arc;

use rapport_channels::email::{self, DeliveryError, EmailAddress, Envelope, OutgoingAttachment};
use rapport_domain::model::{Conversation, Delivery};
use rapport_domain::{
    Actor, Channel, ConversationId, DeliveryStatus, Event, MessageId, Timestamp, VisitorId,
};
use rapport_store::Tx;
use rapport_store::channel_account::Half;
use rapport_store::jobs::ClaimedJob;
use rapport_store::visitor::history::{self, ChatMessage};

use super::jobs::{ChatEmailPayload, backoff_seconds, payload};
use super::patience::write_patiently;
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

struct Prepared {
    conversation: Conversation,
    account: EmailAccount,
    site_name: String,
    to: EmailAddress,
    answers: Vec<ChatMessage>,
}

enum Claim {
    Finished,
    Send(Arc<Prepared>),
}

pub(super) async fn run(engine: &Engine, job: &ClaimedJob) -> Result<(), Error> {
    let ChatEmailPayload { conversation_id, message_id } = payload(&job.payload)?;
    let (engine_, job_) = (engine.clone(), job.clone());
    let key = conversation_id.as_str().to_owned();
    let claim = engine
        .write(&job.workspace_id, &key, move |tx| claim(tx, &engine_, &job_, &conversation_id, &message_id))
        .await?;
    let Claim::Send(prepared) = claim else { return Ok(()) };
    let outcome = send(engine, job, &prepared).await;
    report(engine, job, &prepared, outcome).await
}

/// Decides whether there is something to send and marks it.
fn claim(
    tx: &mut Tx<'_>,
    engine: &Engine,
    job: &ClaimedJob,
    conversation_id: &ConversationId,
    message_id: &MessageId,
) -> Result<Claim, Error> {
    // A holder whose lease ran out has no say any more.
    if !rapport_store::jobs::extend_lease(tx, job, job.lease_until)? {
        return Ok(Claim::Finished);
    }
    let finished = |tx: &mut Tx<'_>| {
        rapport_store::jobs::complete_job(tx, job)?;
        Ok(Claim::Finished)
    };
    let Some(conversation) = rapport_store::conversation::find_for_update(tx, conversation_id)? else {
        return finished(tx);
    };
    let Some(stored) = rapport_store::message::find(tx, message_id)? else { return finished(tx) };
    let addressee = stored.details.to.first().and_then(|to| VisitorId::parse(&to.address));
    let Some(visitor_id) = addressee else { return finished(tx) };
    let delivery = stored.message.delivery.as_ref();
    match delivery.and_then(|delivery| delivery.code.as_deref()) {
        Some(EMAILING) => {
            give_up(tx, engine, &conversation, &visitor_id)?;
            return finished(tx);
        }
        Some(_) => return finished(tx),
        None => {}
    }
    if delivery
        .is_none_or(|delivery| !matches!(delivery.status, DeliveryStatus::Sent | DeliveryStatus::Delivered))
    {
        return finished(tx);
    }
    match prepare(tx, conversation, &visitor_id, &stored.message)? {
        Some(prepared) => {
            for answer in &prepared.answers {
                remark(tx, &prepared.conversation, answer, EMAILING, None, engine.now())?;
            }
            Ok(Claim::Send(Arc::new(prepared)))
        }
        None => finished(tx),
    }
}

/// What to send and from where. `None` when it was read, or when there is no way to send it.
fn prepare(
    tx: &mut Tx<'_>,
    conversation: Conversation,
    visitor_id: &VisitorId,
    message: &rapport_domain::model::Message,
) -> Result<Option<Prepared>, Error> {
    let Some(visitor) = rapport_store::visitor::find(tx, visitor_id)? else { return Ok(None) };
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
    let answers: Vec<ChatMessage> = history::list_answers_after(tx, visitor_id, read.as_ref(), MAX_ANSWERS)?
        .into_iter()
        .filter(|answer| answer.conversation_id == conversation.id && answer.delivery_code.is_none())
        .collect();
    if answers.is_empty() {
        return Ok(None);
    }
    let to = EmailAddress { name, address };
    Ok(Some(Prepared { conversation, account, site_name: chat.config.site_name, to, answers }))
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

/// Whoever held the job before died between sending and noting it.
fn give_up(
    tx: &mut Tx<'_>,
    engine: &Engine,
    conversation: &Conversation,
    visitor: &VisitorId,
) -> Result<(), Error> {
    let reason = "The server stopped while this was being sent by email. It may have arrived.";
    for answer in history::list_answers_after(tx, visitor, None, i64::from(i32::MAX))? {
        if answer.conversation_id == conversation.id && answer.delivery_code.as_deref() == Some(EMAILING) {
            remark(tx, conversation, &answer, UNCERTAIN, Some(reason), engine.now())?;
        }
    }
    Ok(())
}

/// Writes beside the message how it fared by email, and tells the team where that is final.
fn remark(
    tx: &mut Tx<'_>,
    conversation: &Conversation,
    answer: &ChatMessage,
    code: &str,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    let code = Some(code).filter(|code| !code.is_empty());
    history::save_delivery_remark(tx, &answer.id, code, reason, now)?;
    let Some(stored) = rapport_store::message::find(tx, &answer.id)? else { return Ok(()) };
    let Some(delivery) = stored.message.delivery.filter(|_| code.is_some_and(|code| code != EMAILING)) else {
        return Ok(());
    };
    announce_delivery(tx, conversation, &answer.id, delivery, now)
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
) -> Result<email::SubmitReceipt, DeliveryError> {
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

async fn load_attachments(
    engine: &Engine,
    job: &ClaimedJob,
    prepared: &Prepared,
) -> Result<Vec<OutgoingAttachment>, Error> {
    let mut files = Vec::new();
    let mut total = 0;
    for attachment in prepared.answers.iter().flat_map(|answer| &answer.attachments) {
        total += attachment.size_bytes as u64;
        if total > engine.config().max_attachment_bytes {
            // The chat has them all; a mail that is too large would not arrive.
            break;
        }
        let id = attachment.id.clone();
        let key = engine
            .read(&job.workspace_id, move |tx| {
                Ok(rapport_store::message::find_attachment(tx, &id)?.map(|stored| stored.blob_key))
            })
            .await?
            .ok_or(Error::NotFound)?;
        let bytes = engine.blobs().get(&key).await?;
        let bytes =
            bytes.ok_or_else(|| Error::Blob(format!("the bytes of {} are missing", attachment.id)))?;
        files.push(OutgoingAttachment {
            file_name: attachment.file_name.clone(),
            media_type: attachment.media_type.clone(),
            content_id: None,
            bytes: bytes.to_vec(),
        });
    }
    Ok(files)
}

/// What the server's answer means for the messages and for the job.
async fn report(
    engine: &Engine,
    job: &ClaimedJob,
    prepared: &Arc<Prepared>,
    outcome: Result<email::SubmitReceipt, DeliveryError>,
) -> Result<(), Error> {
    let (code, reason, retry, account_error) = match outcome {
        Ok(_) => (EMAILED, None, false, None),
        Err(DeliveryError::Retry { reason, .. }) if job.attempts < job.max_attempts => {
            ("", Some(reason.clone()), true, Some(reason))
        }
        Err(DeliveryError::UnknownOutcome { reason }) => (UNCERTAIN, Some(reason), false, None),
        Err(DeliveryError::Permanent { reason, .. }) => (REFUSED, Some(reason), false, None),
        Err(DeliveryError::Retry { reason, .. } | DeliveryError::Reauthorise { reason }) => {
            (REFUSED, Some(reason.clone()), false, Some(reason))
        }
    };
    let run_at = engine.now().plus_seconds(backoff_seconds(engine, job.attempts));
    let noted = Noted { code, reason, retry, account_error, run_at };
    let (engine, job, prepared) = (engine.clone(), job.clone(), prepared.clone());
    // A task of its own, because the claim may run out while the database is away, and the work ends with the claim.
    let noting = tokio::spawn(async move {
        let (engine_, job_) = (engine.clone(), job.clone());
        let key = prepared.conversation.id.as_str().to_owned();
        write_patiently(&engine, &job.workspace_id, &key, move |tx| {
            note(tx, &engine_, &job_, &prepared, &noted)
        })
        .await
    });
    noting.await.map_err(|error| Error::Internal(format!("noting an outcome ended early: {error}")))?
}

/// What there is to note about one attempt.
struct Noted {
    code: &'static str,
    reason: Option<String>,
    retry: bool,
    account_error: Option<String>,
    run_at: Timestamp,
}

fn note(
    tx: &mut Tx<'_>,
    engine: &Engine,
    job: &ClaimedJob,
    prepared: &Prepared,
    noted: &Noted,
) -> Result<(), Error> {
    let now = engine.now();
    let reason = noted.reason.as_deref();
    let mine = if noted.retry {
        rapport_store::jobs::retry_job(tx, job, noted.run_at.as_millis(), reason.unwrap_or_default())?
    } else {
        rapport_store::jobs::complete_job(tx, job)?
    };
    if !mine {
        return Ok(());
    }
    let Some(conversation) = rapport_store::conversation::find_for_update(tx, &prepared.conversation.id)?
    else {
        return Ok(());
    };
    let remark_reason = reason.filter(|_| !noted.retry);
    for answer in &prepared.answers {
        remark(tx, &conversation, answer, noted.code, remark_reason, now)?;
    }
    if noted.code == EMAILED || noted.code == UNCERTAIN {
        note_sent(tx, prepared, now)?;
    }
    let account = &prepared.account.account.id;
    crate::mailbox::note_health(tx, engine, account, Half::Sending, noted.account_error.as_deref())
}

/// Lets an answer to the mail find back to the conversation.
fn note_sent(tx: &mut Tx<'_>, prepared: &Prepared, now: Timestamp) -> Result<(), Error> {
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
    rapport_store::channel_account::note_outbound(tx, &prepared.account.account.id, now)?;
    Ok(())
}
