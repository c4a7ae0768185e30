//! Answers by email.

use jiff::Timestamp as WireTimestamp;
use rapport_channels::email::reply_token::{AddressTokens, Separator, TokenPurpose};
use rapport_channels::email::{
    self, DeliveryError, EmailAddress, Envelope, OutgoingAttachment, OutgoingAutomatic, OutgoingEmail,
    QuotedMessage, SubmitReceipt,
};
use rapport_channels::html;
use rapport_domain::model::{Delivery, Message, Recipient};
use rapport_domain::{Actor, Channel, ChannelAccountId, DeliveryStatus, MessageId, Timestamp};
use rapport_store::Tx;
use rapport_store::jobs::ClaimedJob;
use rapport_store::message::StoredMessage;

use super::attempt::{self, Fate, Mark, Outgoing, Verdict};
use super::jobs::{DeliverPayload, enqueue_delivery, payload};
use super::{files, signature};
use crate::channel_account::{EmailAccount, load_email};
use crate::delivery::{self, Change};
use crate::{Engine, Error, send};

pub(super) async fn run(engine: &Engine, job: &ClaimedJob) -> Result<(), Error> {
    let DeliverPayload { message_id } = payload(&job.payload)?;
    attempt::run(engine, job, Answer(message_id)).await
}

/// The queued message that a job delivers.
struct Answer(MessageId);

struct Prepared {
    stored: StoredMessage,
    account: EmailAccount,
    quoted: Option<QuotedMessage>,
    /// Which attempt this is, as the message counts them.
    attempt: i64,
}

impl Outgoing for Answer {
    type Prepared = Prepared;

    fn key(&self) -> &str {
        self.0.as_str()
    }

    fn mark(&self, tx: &mut Tx<'_>) -> Result<Mark, Error> {
        Ok(match self.delivery(tx)?.map(|delivery| delivery.status) {
            Some(DeliveryStatus::Queued) => Mark::Waiting,
            Some(DeliveryStatus::Sending) => Mark::Leaving,
            _ => Mark::Over,
        })
    }

    fn begin(&self, tx: &mut Tx<'_>, engine: &Engine, again: bool) -> Result<Option<Prepared>, Error> {
        let Some(stored) = rapport_store::message::find(tx, &self.0)? else { return Ok(None) };
        let account_id = stored.message.channel_account_id.clone().ok_or(Error::NotFound)?;
        let account = match load_email(tx, &account_id) {
            Ok(account) if account.account.active => account,
            Ok(_) | Err(Error::NotFound) => {
                let reason = "The channel account was switched off or deleted.";
                self.set_status(tx, engine.now(), DeliveryStatus::Failed, Some(reason))?;
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let quoted = quoted(tx, engine, &stored)?;
        self.set_status(tx, engine.now(), DeliveryStatus::Sending, None)?;
        let before = stored.message.delivery.as_ref().map_or(0, |delivery| delivery.attempts);
        Ok(Some(Prepared { stored, account, quoted, attempt: before + i64::from(!again) }))
    }

    fn give_up(&self, tx: &mut Tx<'_>, engine: &Engine) -> Result<(), Error> {
        let reason = "The server stopped while the message was being sent. It may have arrived.";
        self.set_status(tx, engine.now(), DeliveryStatus::Unknown, Some(reason))
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
        Ok(self.delivery(tx)?.is_some_and(|delivery| {
            delivery.status == DeliveryStatus::Unknown && delivery.attempts == prepared.attempt
        }))
    }

    fn note(
        &self,
        tx: &mut Tx<'_>,
        _engine: &Engine,
        _prepared: &Prepared,
        verdict: &Verdict,
    ) -> Result<(), Error> {
        let (status, next_attempt_at) = match verdict.fate {
            Fate::Sent => (DeliveryStatus::Sent, None),
            Fate::Again { at } => (DeliveryStatus::Queued, Some(at)),
            Fate::Failed => (DeliveryStatus::Failed, None),
            Fate::Unknown => (DeliveryStatus::Unknown, None),
        };
        let (reason, code) = (verdict.reason.clone(), verdict.code.clone());
        let change = Change { status, reason, code, next_attempt_at };
        delivery::apply(tx, &Actor::system(), &self.0, change, verdict.now)?;
        if let Some(remote_id) = &verdict.remote_id {
            rapport_store::message::add_email_id(tx, remote_id, &self.0)?;
        }
        Ok(())
    }

    fn enqueue(&self, tx: &mut Tx<'_>, engine: &Engine, at: Timestamp) -> Result<(), Error> {
        enqueue_delivery(tx, engine, &self.0, at)
    }

    fn account<'p>(&self, prepared: &'p Prepared) -> &'p ChannelAccountId {
        &prepared.account.account.id
    }
}

impl Answer {
    fn delivery(&self, tx: &mut Tx<'_>) -> Result<Option<Delivery>, Error> {
        Ok(rapport_store::message::find(tx, &self.0)?.and_then(|stored| stored.message.delivery))
    }

    fn set_status(
        &self,
        tx: &mut Tx<'_>,
        now: Timestamp,
        status: DeliveryStatus,
        reason: Option<&str>,
    ) -> Result<(), Error> {
        let reason = reason.map(str::to_owned);
        let change = Change { status, reason, code: None, next_attempt_at: None };
        delivery::apply(tx, &Actor::system(), &self.0, change, now).map(|_| ())
    }
}

/// The message that this one answers, to be quoted below it.
fn quoted(tx: &mut Tx<'_>, engine: &Engine, stored: &StoredMessage) -> Result<Option<QuotedMessage>, Error> {
    let Some(parent) = send::find_repeated(tx, engine, stored)? else { return Ok(None) };
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

/// The date of a mail.
pub(super) fn wire_time(at: Timestamp) -> WireTimestamp {
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
    let message: &Message = &prepared.stored.message;
    let mut attachments = Vec::with_capacity(message.attachments.len());
    for attachment in &message.attachments {
        let file = files::load(engine, &job.workspace_id, attachment).await;
        attachments.push(file.map_err(|error| local_fault(error.to_string()))?);
    }
    let outgoing = outgoing(engine, prepared, attachments).map_err(|error| permanent(error.to_string()))?;
    let bytes = email::compose(&outgoing).map_err(|error| permanent(error.to_string()))?;
    let envelope = envelope(engine, prepared);
    email::submit(&settings, &envelope, &bytes, &engine.config().outbound_policy).await
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
