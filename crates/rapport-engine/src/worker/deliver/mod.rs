//! Hands a queued message to its provider, once: what may have arrived is never sent again unasked.

mod report;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp as WireTimestamp;
use rapport_channels::email::reply_token::{AddressTokens, Separator, TokenPurpose};
use rapport_channels::email::{
    self, DeliveryError, EmailAddress, Envelope, OutgoingAttachment, OutgoingAutomatic, OutgoingEmail,
    QuotedMessage,
};
use rapport_channels::html;
use rapport_domain::model::{Message, Recipient};
use rapport_domain::{Actor, Channel, DeliveryStatus, MessageId, Timestamp};
use rapport_store::Tx;
use rapport_store::jobs::ClaimedJob;
use rapport_store::message::StoredMessage;

use self::report::{failed, report};
use super::jobs::{DeliverPayload, payload};
use super::patience::write_patiently;
use super::{LEASE_MILLIS, signature};
use crate::channel_account::{EmailAccount, load_email};
use crate::delivery::{self, Change};
use crate::{Engine, Error};

/// What is needed to send, read in one transaction.
struct Prepared {
    stored: StoredMessage,
    account: EmailAccount,
    quoted: Option<QuotedMessage>,
    /// Which attempt this is, as the message counts them.
    attempt: i64,
}

enum Claim {
    /// Nothing to do any more.
    Finished,
    Send(Box<Prepared>),
}

pub(super) async fn run(engine: &Engine, job: &ClaimedJob) -> Result<(), Error> {
    let DeliverPayload { message_id } = payload(&job.payload)?;
    let (engine_, job_) = (engine.clone(), job.clone());
    let key = message_id.as_str().to_owned();
    let begun = Arc::new(AtomicBool::new(false));
    let claim = write_patiently(engine, &job.workspace_id, &key, move |tx| {
        claim(tx, &engine_, &job_, &message_id, &begun)
    })
    .await?;
    let prepared = match claim {
        Claim::Finished => return Ok(()),
        Claim::Send(prepared) => prepared,
    };
    let outcome = send(engine, job, &prepared).await;
    report(engine, job, &prepared, outcome).await
}

/// Marks the message as being sent before anything leaves, so that a crash in between is noticed. `begun` remembers
/// that this claim has done so, should the answer to its commit be lost.
fn claim(
    tx: &mut Tx<'_>,
    engine: &Engine,
    job: &ClaimedJob,
    message_id: &MessageId,
    begun: &AtomicBool,
) -> Result<Claim, Error> {
    // A holder whose lease ran out has no say any more.
    let now = engine.now();
    if !rapport_store::jobs::extend_lease(tx, job, now.as_millis() + LEASE_MILLIS)? {
        return Ok(Claim::Finished);
    }
    let Some(stored) = rapport_store::message::find(tx, message_id)? else {
        rapport_store::jobs::complete_job(tx, job)?;
        return Ok(Claim::Finished);
    };
    let status = stored.message.delivery.as_ref().map(|delivery| delivery.status);
    match status {
        Some(DeliveryStatus::Queued) => begun.store(true, Ordering::SeqCst),
        // Our own mark, and nothing has left since.
        Some(DeliveryStatus::Sending) if begun.load(Ordering::SeqCst) => {}
        Some(DeliveryStatus::Sending) => {
            // Whoever held this job before died between sending and noting it.
            let change = Change {
                status: DeliveryStatus::Unknown,
                reason: Some(
                    "The server stopped while the message was being sent. It may have arrived.".into(),
                ),
                code: None,
                next_attempt_at: None,
            };
            delivery::apply(tx, &Actor::system(), message_id, change, now)?;
            rapport_store::jobs::complete_job(tx, job)?;
            return Ok(Claim::Finished);
        }
        _ => {
            rapport_store::jobs::complete_job(tx, job)?;
            return Ok(Claim::Finished);
        }
    }
    let account_id = stored.message.channel_account_id.clone().ok_or(Error::NotFound)?;
    let account = match load_email(tx, &account_id) {
        Ok(account) if account.account.active => account,
        Ok(_) | Err(Error::NotFound) => {
            let change = failed("The channel account was switched off or deleted.", None);
            delivery::apply(tx, &Actor::system(), message_id, change, now)?;
            rapport_store::jobs::complete_job(tx, job)?;
            return Ok(Claim::Finished);
        }
        Err(error) => return Err(error),
    };
    let quoted = quoted(tx, &stored)?;
    let sending = Change { status: DeliveryStatus::Sending, reason: None, code: None, next_attempt_at: None };
    delivery::apply(tx, &Actor::system(), message_id, sending, now)?;
    let attempts = stored.message.delivery.as_ref().map_or(0, |delivery| delivery.attempts);
    let attempt = attempts + i64::from(status == Some(DeliveryStatus::Queued));
    Ok(Claim::Send(Box::new(Prepared { stored, account, quoted, attempt })))
}

/// The message that this one answers, to be quoted below it.
fn quoted(tx: &mut Tx<'_>, stored: &StoredMessage) -> Result<Option<QuotedMessage>, Error> {
    let Some(parent_id) = &stored.details.in_reply_to else { return Ok(None) };
    let Some(known) = rapport_store::message::list_by_email_id(tx, parent_id)?.into_iter().next() else {
        return Ok(None);
    };
    let Some(parent) = rapport_store::message::find(tx, &known.message_id)? else { return Ok(None) };
    let message = parent.message;
    let author = match &message.from {
        Some(Recipient { name: Some(name), address }) => format!("{name} <{address}>"),
        Some(Recipient { name: None, address }) => address.clone(),
        None => message.author.name.clone(),
    };
    let date_text = wire_time(message.sent_at).strftime("%a, %-d %b %Y at %H:%M UTC").to_string();
    // Pictures of the older mail are not sent back; only its words are.
    Ok(Some(QuotedMessage { author, date_text, text: message.body_text, html: None }))
}

fn wire_time(at: Timestamp) -> WireTimestamp {
    WireTimestamp::from_millisecond(at.as_millis()).unwrap_or(WireTimestamp::UNIX_EPOCH)
}

async fn send(
    engine: &Engine,
    job: &ClaimedJob,
    prepared: &Prepared,
) -> Result<email::SubmitReceipt, DeliveryError> {
    debug_assert_eq!(prepared.stored.message.channel, Channel::Email);
    let local_fault =
        |reason: String| DeliveryError::Retry { after: None, reason, code: None, refused: Vec::new() };
    let permanent = |reason: String| DeliveryError::Permanent { reason, code: None, refused: Vec::new() };
    let settings = prepared
        .account
        .submit_settings(engine, &job.workspace_id)
        .map_err(|error| permanent(error.to_string()))?
        .ok_or_else(|| {
            permanent("This mailbox has no server for sending. Set one up in its settings.".to_owned())
        })?;
    let attachments = load_attachments(engine, job, &prepared.stored.message)
        .await
        .map_err(|error| local_fault(error.to_string()))?;
    let outgoing = outgoing(engine, prepared, attachments).map_err(|error| permanent(error.to_string()))?;
    let bytes = email::compose(&outgoing).map_err(|error| permanent(error.to_string()))?;
    let envelope = envelope(engine, prepared);
    email::submit(&settings, &envelope, &bytes, &engine.config().outbound_policy).await
}

async fn load_attachments(
    engine: &Engine,
    job: &ClaimedJob,
    message: &Message,
) -> Result<Vec<OutgoingAttachment>, Error> {
    let mut files = Vec::with_capacity(message.attachments.len());
    for attachment in &message.attachments {
        let id = attachment.id.clone();
        let key = engine
            .read(&job.workspace_id, move |tx| {
                Ok(rapport_store::message::find_attachment(tx, &id)?.map(|stored| stored.blob_key))
            })
            .await?
            .ok_or(Error::NotFound)?;
        let bytes = engine
            .blobs()
            .get(&key)
            .await?
            .ok_or_else(|| Error::Blob(format!("the bytes of {} are missing", attachment.id)))?;
        files.push(OutgoingAttachment {
            file_name: attachment.file_name.clone(),
            media_type: attachment.media_type.clone(),
            content_id: attachment.content_id.clone(),
            bytes: bytes.to_vec(),
        });
    }
    Ok(files)
}

fn outgoing(
    engine: &Engine,
    prepared: &Prepared,
    attachments: Vec<OutgoingAttachment>,
) -> Result<OutgoingEmail, Error> {
    let message = &prepared.stored.message;
    let details = &prepared.stored.details;
    let from = details.from.as_ref().ok_or_else(|| Error::Internal("a queued email has no sender".into()))?;
    let message_id = message
        .email_message_id
        .clone()
        .ok_or_else(|| Error::Internal("a queued email has no Message-ID".into()))?;
    let (text, html) = bodies(prepared);
    let to_wire = |recipients: &[Recipient]| recipients.iter().map(address).collect::<Vec<_>>();
    Ok(OutgoingEmail {
        from: address(from),
        to: to_wire(&details.to),
        cc: to_wire(&details.cc),
        reply_to: reply_address(engine, prepared)
            .map(|reply| EmailAddress { name: from.name.clone(), address: reply }),
        subject: message.subject.clone().unwrap_or_default(),
        message_id,
        in_reply_to: details.in_reply_to.clone(),
        references: details.references.clone(),
        date: wire_time(message.sent_at),
        text,
        html: Some(html),
        attachments,
        automatic: OutgoingAutomatic::No,
        loop_account: prepared.account.account.id.as_str().to_owned(),
        list_unsubscribe: None,
    })
}

/// The answer, the mailbox's signature, then the mail that is answered.
fn bodies(prepared: &Prepared) -> (String, String) {
    let message = &prepared.stored.message;
    let mut text = message.body_text.trim_end().to_owned();
    let mut rich = message.body_html.clone().unwrap_or_else(|| html::text_to_html(&message.body_text));
    signature::append(prepared.account.config.signature_html.as_deref(), &mut text, &mut rich);
    if let Some(previous) = &prepared.quoted {
        let quoted = email::quote_previous(previous);
        text.push_str(&quoted.text);
        rich.push_str(&quoted.html);
    }
    (text, rich)
}

fn address(recipient: &Recipient) -> EmailAddress {
    EmailAddress { name: recipient.name.clone(), address: recipient.address.clone() }
}

/// Where our own listener takes the mail, answers and reports find back by the address that they come to.
fn reply_address(engine: &Engine, prepared: &Prepared) -> Option<String> {
    let id = prepared.stored.message.conversation_id.to_bytes()?;
    let domain = prepared.account.token_domain()?;
    Some(AddressTokens::new(engine.keys().addresses()).address(
        TokenPurpose::Reply,
        id,
        "",
        &domain,
        Separator::Plus,
    ))
}

fn envelope(engine: &Engine, prepared: &Prepared) -> Envelope {
    let details = &prepared.stored.details;
    let tokens = AddressTokens::new(engine.keys().addresses());
    let bounce = prepared.stored.message.id.to_bytes().zip(prepared.account.token_domain()).map(
        |(id, domain): ([u8; 16], String)| {
            tokens.address(TokenPurpose::Bounce, id, "", &domain, Separator::Plus)
        },
    );
    let recipients = details
        .to
        .iter()
        .chain(&details.cc)
        .chain(&details.bcc)
        .map(|recipient| recipient.address.clone())
        .collect();
    Envelope { sender: bounce.or_else(|| details.from.as_ref().map(|from| from.address.clone())), recipients }
}
