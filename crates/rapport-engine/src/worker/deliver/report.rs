//! What a mail server answered, brought into the database even if that is away for a while: what is known must not
//! become unknown.

use rapport_channels::email::{DeliveryError, SubmitReceipt};
use rapport_domain::{Actor, ChannelAccountId, DeliveryStatus, MessageId, Timestamp};
use rapport_store::Tx;
use rapport_store::channel_account::Half;
use rapport_store::jobs::ClaimedJob;

use super::Prepared;
use crate::delivery::{self, Change};
use crate::worker::jobs::{backoff_seconds, enqueue_delivery};
use crate::worker::patience::write_patiently;
use crate::{Engine, Error};

/// All that there is to note about one attempt.
struct Outcome {
    message_id: MessageId,
    account_id: ChannelAccountId,
    /// Which attempt this was, as the message counts them.
    attempt: i64,
    change: Change,
    remote_id: Option<String>,
    account_error: Option<String>,
    now: Timestamp,
}

pub(super) fn failed(reason: &str, code: Option<String>) -> Change {
    Change { status: DeliveryStatus::Failed, reason: Some(reason.to_owned()), code, next_attempt_at: None }
}

/// What the provider's answer means for the message and for the job.
pub(super) async fn report(
    engine: &Engine,
    job: &ClaimedJob,
    prepared: &Prepared,
    outcome: Result<SubmitReceipt, DeliveryError>,
) -> Result<(), Error> {
    let now = engine.now();
    let message = &prepared.stored.message;
    let (change, remote_id, account_error) = judge(engine, job, outcome, now);
    let outcome = Outcome {
        message_id: message.id.clone(),
        account_id: prepared.account.account.id.clone(),
        attempt: prepared.attempt,
        change,
        remote_id,
        account_error,
        now,
    };
    let (engine, job) = (engine.clone(), job.clone());
    // A task of its own, because the claim may run out while the database is away, and the work ends with the claim.
    let noting = tokio::spawn(async move {
        let (engine_, job_) = (engine.clone(), job.clone());
        let key = outcome.message_id.as_str().to_owned();
        write_patiently(&engine, &job.workspace_id, &key, move |tx| note(tx, &engine_, &job_, &outcome)).await
    });
    noting.await.map_err(|error| Error::Internal(format!("noting an outcome ended early: {error}")))?
}

fn note(tx: &mut Tx<'_>, engine: &Engine, job: &ClaimedJob, outcome: &Outcome) -> Result<(), Error> {
    let change = &outcome.change;
    // The fence comes first: a holder whose lease ran out has no say over the job any more.
    let mine = match (change.status, change.next_attempt_at) {
        (DeliveryStatus::Queued, Some(at)) => {
            let reason = change.reason.as_deref().unwrap_or_default();
            rapport_store::jobs::retry_job(tx, job, at.as_millis(), reason)?
        }
        _ => rapport_store::jobs::complete_job(tx, job)?,
    };
    if !mine && !is_still_news(tx, outcome)? {
        return Ok(());
    }
    delivery::apply(tx, &Actor::system(), &outcome.message_id, change.clone(), outcome.now)?;
    if let (false, DeliveryStatus::Queued, Some(at)) = (mine, change.status, change.next_attempt_at) {
        // Whoever took the job over has ended it.
        enqueue_delivery(tx, engine, &outcome.message_id, at)?;
    }
    if let Some(remote_id) = &outcome.remote_id {
        rapport_store::message::add_email_id(tx, remote_id, &outcome.message_id)?;
    }
    if change.status == DeliveryStatus::Sent {
        rapport_store::channel_account::note_outbound(tx, &outcome.account_id, outcome.now)?;
    }
    let error = outcome.account_error.as_deref();
    crate::mailbox::note_health(tx, engine, &outcome.account_id, Half::Sending, error)
}

/// Whether the message counts as unknown since this very attempt, because somebody took its job over and could only
/// guess. Here is somebody who knows.
fn is_still_news(tx: &mut Tx<'_>, outcome: &Outcome) -> Result<bool, Error> {
    let stored = rapport_store::message::find(tx, &outcome.message_id)?;
    let delivery = stored.and_then(|stored| stored.message.delivery);
    Ok(delivery.is_some_and(|delivery| {
        delivery.status == DeliveryStatus::Unknown && delivery.attempts == outcome.attempt
    }))
}

type Judgement = (Change, Option<String>, Option<String>);

/// The message's next state, the id that the server gave it, and what is wrong with the account, if anything.
fn judge(
    engine: &Engine,
    job: &ClaimedJob,
    outcome: Result<SubmitReceipt, DeliveryError>,
    now: Timestamp,
) -> Judgement {
    match outcome {
        Ok(receipt) => {
            let refused: Vec<String> = receipt
                .refused
                .iter()
                .map(|refused| format!("{} was refused: {}", refused.address, refused.reason))
                .collect();
            let change = Change {
                status: DeliveryStatus::Sent,
                reason: (!refused.is_empty()).then(|| refused.join(" ")),
                code: None,
                next_attempt_at: None,
            };
            (change, receipt.remote_id, None)
        }
        Err(DeliveryError::Retry { after, reason, code, .. }) if job.attempts < job.max_attempts => {
            let seconds = after.map_or_else(
                || backoff_seconds(engine, job.attempts),
                |after| after.as_secs().clamp(5, 8 * 60 * 60) as i64,
            );
            let at = now.plus_seconds(seconds);
            let change = Change {
                status: DeliveryStatus::Queued,
                reason: Some(reason.clone()),
                code,
                next_attempt_at: Some(at),
            };
            (change, None, Some(reason))
        }
        Err(DeliveryError::Retry { reason, code, .. }) => (failed(&reason, code), None, Some(reason)),
        Err(DeliveryError::Permanent { reason, code, .. }) => (failed(&reason, code), None, None),
        Err(DeliveryError::Reauthorise { reason }) => (failed(&reason, None), None, Some(reason)),
        Err(DeliveryError::UnknownOutcome { reason }) => {
            let change = Change {
                status: DeliveryStatus::Unknown,
                reason: Some(reason),
                code: None,
                next_attempt_at: None,
            };
            (change, None, None)
        }
    }
}
