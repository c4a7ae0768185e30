//! The kinds of jobs, how they are enqueued and how long a failed one waits.

use rapport_domain::clock::random_bytes;
use rapport_domain::model::Message;
use rapport_domain::{ConversationId, JobId, MessageId, Timestamp};
use rapport_store::{NewJob, Tx};
use serde::{Deserialize, Serialize};

use crate::{Engine, Error};

pub(crate) const DELIVER: &str = "deliver";
pub(crate) const CHAT_EMAIL: &str = "chat_email";
pub(crate) const KINDS: &[&str] = &[DELIVER, CHAT_EMAIL];

/// With the backoff below, about five days: as long as mail servers try (RFC 5321 §4.5.4.1).
const DELIVERY_ATTEMPTS: i32 = 28;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct DeliverPayload {
    pub message_id: MessageId,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ChatEmailPayload {
    pub conversation_id: ConversationId,
    pub message_id: MessageId,
}

pub(crate) fn enqueue_delivery(
    tx: &mut Tx<'_>,
    engine: &Engine,
    message: &MessageId,
    run_at: Timestamp,
) -> Result<(), Error> {
    let payload = DeliverPayload { message_id: message.clone() };
    enqueue(tx, engine, DELIVER, message.as_str(), &payload, run_at, DELIVERY_ATTEMPTS)
}

/// Looks again later whether the visitor has read the answer.
pub(crate) fn enqueue_chat_email(
    tx: &mut Tx<'_>,
    engine: &Engine,
    message: &Message,
    now: Timestamp,
) -> Result<(), Error> {
    let run_at = now.plus_seconds(engine.config().chat_email_after_seconds);
    enqueue_chat_email_at(tx, engine, &message.conversation_id, &message.id, run_at)
}

pub(crate) fn enqueue_chat_email_at(
    tx: &mut Tx<'_>,
    engine: &Engine,
    conversation: &ConversationId,
    message: &MessageId,
    run_at: Timestamp,
) -> Result<(), Error> {
    let payload = ChatEmailPayload { conversation_id: conversation.clone(), message_id: message.clone() };
    enqueue(tx, engine, CHAT_EMAIL, &format!("chat_email:{conversation}"), &payload, run_at, 10)
}

fn enqueue(
    tx: &mut Tx<'_>,
    engine: &Engine,
    kind: &'static str,
    key: &str,
    payload: &impl Serialize,
    run_at: Timestamp,
    max_attempts: i32,
) -> Result<(), Error> {
    let payload = serde_json::to_string(payload).map_err(|error| Error::Internal(error.to_string()))?;
    tx.enqueue(NewJob {
        id: JobId::generate(engine.now(), engine.entropy()).as_str().to_owned(),
        kind,
        key: Some(key.to_owned()),
        payload,
        run_at: run_at.as_millis(),
        max_attempts,
    })?;
    Ok(())
}

pub(crate) fn payload<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text)
        .map_err(|error| Error::Internal(format!("the payload of a job cannot be read: {error}")))
}

/// 15 s, 30 s, 1 min … up to 8 h, each shortened by up to a quarter at random so that failures do not march in step.
pub(crate) fn backoff_seconds(engine: &Engine, attempts: i32) -> i64 {
    const LONGEST: i64 = 8 * 60 * 60;
    let doubled = 15i64.saturating_mul(1 << attempts.clamp(1, 20).saturating_sub(1));
    let full = doubled.min(LONGEST);
    let random = i64::from(u16::from_be_bytes(random_bytes(engine.entropy())));
    full - full * random / (4 * i64::from(u16::MAX))
}
