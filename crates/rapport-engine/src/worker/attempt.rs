//! One attempt to hand a mail to a server. What may have arrived is never sent again unasked, and what the server
//! answered is brought into the database even if that is away for a while: what is known must not become unknown.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rapport_channels::email::{DeliveryError, SubmitReceipt};
use rapport_domain::{ChannelAccountId, Timestamp};
use rapport_store::Tx;
use rapport_store::channel_account::Half;
use rapport_store::jobs::ClaimedJob;

use super::LEASE_MILLIS;
use super::jobs::backoff_seconds;
use super::patience::write_patiently;
use crate::{Engine, Error};

/// How far the mail of a job has come, as the database knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// It may be sent.
    Waiting,
    /// Somebody has begun to send it.
    Leaving,
    /// There is nothing to do any more.
    Over,
}

/// A kind of mail that jobs send. The functions with a transaction may run again when the answer to its commit was
/// lost.
pub(super) trait Outgoing: Send + Sync + 'static {
    /// What is needed to send, read in one transaction.
    type Prepared: Send + Sync + 'static;

    /// What puts its writes in order.
    fn key(&self) -> &str;

    fn mark(&self, tx: &mut Tx<'_>) -> Result<Mark, Error>;

    /// Reads what to send and marks it as leaving, or ends it where there is nothing to send or no way.
    /// `again`: this claim has done so before, and nothing has left since.
    fn begin(&self, tx: &mut Tx<'_>, engine: &Engine, again: bool) -> Result<Option<Self::Prepared>, Error>;

    /// Whoever held the job before died between sending and noting it.
    fn give_up(&self, tx: &mut Tx<'_>, engine: &Engine) -> Result<(), Error>;

    fn send(
        &self,
        engine: &Engine,
        job: &ClaimedJob,
        prepared: &Self::Prepared,
    ) -> impl Future<Output = Result<SubmitReceipt, DeliveryError>> + Send;

    /// Whether it counts as unknown since this very attempt, because somebody took the job over and could only guess.
    fn is_guessed(&self, tx: &mut Tx<'_>, prepared: &Self::Prepared) -> Result<bool, Error>;

    fn note(
        &self,
        tx: &mut Tx<'_>,
        engine: &Engine,
        prepared: &Self::Prepared,
        verdict: &Verdict,
    ) -> Result<(), Error>;

    /// A new job for what is to be sent again, because whoever took the old one over has ended it.
    fn enqueue(&self, tx: &mut Tx<'_>, engine: &Engine, at: Timestamp) -> Result<(), Error>;

    /// The account that it leaves from.
    fn account<'p>(&self, prepared: &'p Self::Prepared) -> &'p ChannelAccountId;
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Sent,
    Again { at: Timestamp },
    Failed,
    Unknown,
}

/// All that there is to note about an attempt.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub fate: Fate,
    /// In words for people.
    pub reason: Option<String>,
    pub code: Option<String>,
    /// The id that the server gave the mail.
    pub remote_id: Option<String>,
    /// What is wrong with the account, if anything.
    account_error: Option<String>,
    pub now: Timestamp,
}

pub(super) async fn run<O: Outgoing>(engine: &Engine, job: &ClaimedJob, outgoing: O) -> Result<(), Error> {
    let outgoing = Arc::new(outgoing);
    let (engine_, job_, outgoing_) = (engine.clone(), job.clone(), outgoing.clone());
    let begun = AtomicBool::new(false);
    let prepared = write_patiently(engine, &job.workspace_id, outgoing.key(), move |tx| {
        claim(tx, &engine_, &job_, &*outgoing_, &begun)
    })
    .await?;
    let Some(prepared) = prepared else { return Ok(()) };
    let outcome = outgoing.send(engine, job, &prepared).await;
    report(engine, job, outgoing, prepared, outcome).await
}

/// Marks the mail before anything leaves, so that a crash in between is noticed. `begun` remembers that this claim
/// has done so, should the answer to its commit be lost.
fn claim<O: Outgoing>(
    tx: &mut Tx<'_>,
    engine: &Engine,
    job: &ClaimedJob,
    outgoing: &O,
    begun: &AtomicBool,
) -> Result<Option<O::Prepared>, Error> {
    // A holder whose lease ran out has no say any more.
    if !rapport_store::jobs::extend_lease(tx, job, engine.now().as_millis() + LEASE_MILLIS)? {
        return Ok(None);
    }
    let prepared = match outgoing.mark(tx)? {
        Mark::Waiting => {
            begun.store(true, Ordering::SeqCst);
            outgoing.begin(tx, engine, false)?
        }
        // Our own mark, and nothing has left since.
        Mark::Leaving if begun.load(Ordering::SeqCst) => outgoing.begin(tx, engine, true)?,
        Mark::Leaving => {
            outgoing.give_up(tx, engine)?;
            None
        }
        Mark::Over => None,
    };
    if prepared.is_none() {
        rapport_store::jobs::complete_job(tx, job)?;
    }
    Ok(prepared)
}

/// Notes what the server's answer means for the mail and for the job.
async fn report<O: Outgoing>(
    engine: &Engine,
    job: &ClaimedJob,
    outgoing: Arc<O>,
    prepared: O::Prepared,
    outcome: Result<SubmitReceipt, DeliveryError>,
) -> Result<(), Error> {
    let verdict = judge(engine, job, outcome);
    let (engine, job) = (engine.clone(), job.clone());
    // A task of its own, because the claim may run out while the database is away, and the work ends with the claim.
    let noting = tokio::spawn(async move {
        let (engine_, job_, outgoing_) = (engine.clone(), job.clone(), outgoing.clone());
        write_patiently(&engine, &job.workspace_id, outgoing.key(), move |tx| {
            note(tx, &engine_, &job_, &*outgoing_, &prepared, &verdict)
        })
        .await
    });
    noting.await.map_err(|error| Error::Internal(format!("noting an outcome ended early: {error}")))?
}

fn note<O: Outgoing>(
    tx: &mut Tx<'_>,
    engine: &Engine,
    job: &ClaimedJob,
    outgoing: &O,
    prepared: &O::Prepared,
    verdict: &Verdict,
) -> Result<(), Error> {
    // The fence comes first: a holder whose lease ran out has no say over the job any more.
    let mine = match verdict.fate {
        Fate::Again { at } => {
            let reason = verdict.reason.as_deref().unwrap_or_default();
            rapport_store::jobs::retry_job(tx, job, at.as_millis(), reason)?
        }
        Fate::Sent | Fate::Failed | Fate::Unknown => rapport_store::jobs::complete_job(tx, job)?,
    };
    // Where others could only guess, here is somebody who knows.
    if !mine && !outgoing.is_guessed(tx, prepared)? {
        return Ok(());
    }
    outgoing.note(tx, engine, prepared, verdict)?;
    if let (false, Fate::Again { at }) = (mine, verdict.fate) {
        outgoing.enqueue(tx, engine, at)?;
    }
    let account = outgoing.account(prepared);
    if verdict.fate == Fate::Sent {
        rapport_store::channel_account::note_outbound(tx, account, verdict.now)?;
    }
    crate::mailbox::note_health(tx, engine, account, Half::Sending, verdict.account_error.as_deref())
}

fn judge(engine: &Engine, job: &ClaimedJob, outcome: Result<SubmitReceipt, DeliveryError>) -> Verdict {
    let now = engine.now();
    let verdict = |fate, reason: Option<String>, code| Verdict {
        fate,
        reason,
        code,
        remote_id: None,
        account_error: None,
        now,
    };
    let blaming_account = |verdict: Verdict| Verdict { account_error: verdict.reason.clone(), ..verdict };
    match outcome {
        Ok(receipt) => {
            let refused: Vec<String> = receipt
                .refused
                .iter()
                .map(|refused| format!("{} was refused: {}", refused.address, refused.reason))
                .collect();
            let reason = (!refused.is_empty()).then(|| refused.join(" "));
            Verdict { remote_id: receipt.remote_id, ..verdict(Fate::Sent, reason, None) }
        }
        Err(DeliveryError::Retry { after, reason, code, .. }) if job.attempts < job.max_attempts => {
            let seconds = after.map_or_else(
                || backoff_seconds(engine, job.attempts),
                |after| after.as_secs().clamp(5, 8 * 60 * 60) as i64,
            );
            let at = now.plus_seconds(seconds);
            blaming_account(verdict(Fate::Again { at }, Some(reason), code))
        }
        Err(DeliveryError::Retry { reason, code, .. }) => {
            blaming_account(verdict(Fate::Failed, Some(reason), code))
        }
        Err(DeliveryError::Permanent { reason, code, .. }) => verdict(Fate::Failed, Some(reason), code),
        Err(DeliveryError::Reauthorise { reason }) => {
            blaming_account(verdict(Fate::Failed, Some(reason), None))
        }
        Err(DeliveryError::UnknownOutcome { reason }) => verdict(Fate::Unknown, Some(reason), None),
    }
}
