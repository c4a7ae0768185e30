//! Carries out what transactions left to do: deliveries, follow-ups by email, reading mailboxes, sweeping.

mod attempt;
mod chat_email;
mod deliver;
mod files;
pub(crate) mod jobs;
mod mailboxes;
mod patience;
mod signature;
mod sweep;

use std::sync::Arc;
use std::time::Duration;

use rapport_domain::WorkspaceId;
use rapport_store::jobs::ClaimedJob;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::{Engine, Error};

/// Jobs that run at once, and how many may be claimed at a time.
const PARALLEL_JOBS: usize = 32;
/// How long the jobs of a server that died stay claimed. Longer work renews its claim.
const LEASE_MILLIS: i64 = 30 * 1000;
/// Often enough that a slow database or a busy machine does not cost a claim.
const RENEWAL: Duration = Duration::from_secs(10);
const IDLE_POLL: Duration = Duration::from_secs(5);

impl Engine {
    /// Runs all background work until `shutdown` turns true. Jobs in flight are finished.
    pub async fn run_workers(&self, shutdown: watch::Receiver<bool>) {
        let mut tasks = JoinSet::new();
        tasks.spawn(run_jobs(self.clone(), shutdown.clone()));
        tasks.spawn(mailboxes::supervise(self.clone(), shutdown.clone()));
        tasks.spawn(sweep::run(self.clone(), shutdown));
        while tasks.join_next().await.is_some() {}
    }

    /// Runs the jobs of one key that are due now, such as the delivery of a message, and no others: for engines
    /// that live at different times on the same data.
    pub async fn drain_jobs_of(&self, workspace: &WorkspaceId, key: &str) -> Result<(), Error> {
        loop {
            let (key_, now) = (key.to_owned(), self.now().as_millis());
            let claimed = self
                .write(workspace, key, move |tx| {
                    Ok(rapport_store::jobs::claim_job_of_key(tx, &key_, now, LEASE_MILLIS)?)
                })
                .await?;
            match claimed {
                Some(job) => run_one(self, job).await,
                None => return Ok(()),
            }
        }
    }

    /// Runs every job that is due now and returns how many there were. For tests and the shell.
    pub async fn drain_jobs(&self) -> Result<usize, Error> {
        let mut total = 0;
        loop {
            let jobs = claim(self, PARALLEL_JOBS).await?;
            if jobs.is_empty() {
                return Ok(total);
            }
            for job in jobs {
                total += 1;
                run_one(self, job).await;
            }
        }
    }
}

async fn run_jobs(engine: Engine, mut shutdown: watch::Receiver<bool>) {
    release_abandoned(&engine).await;
    let slots = Arc::new(Semaphore::new(PARALLEL_JOBS));
    let mut commits = engine.store().subscribe_commits();
    let mut running = JoinSet::new();
    while !*shutdown.borrow() {
        // What commits from here on wakes the loop again.
        commits.borrow_and_update();
        let free = slots.available_permits();
        let claimed = if free == 0 { Ok(Vec::new()) } else { claim(&engine, free).await };
        let nothing = match claimed {
            Ok(jobs) => {
                let nothing = jobs.is_empty();
                for job in jobs {
                    let (engine, slots) = (engine.clone(), slots.clone());
                    running.spawn(async move {
                        let _slot = slots.acquire_owned().await;
                        run_one(&engine, job).await;
                    });
                }
                nothing
            }
            Err(error) => {
                tracing::warn!(%error, "jobs cannot be claimed");
                true
            }
        };
        while running.try_join_next().is_some() {}
        if nothing || slots.available_permits() == 0 {
            let wait = time_to_next(&engine).await;
            tokio::select! {
                _ = commits.changed() => {}
                _ = tokio::time::sleep(wait) => {}
                _ = running.join_next(), if !running.is_empty() => {}
                _ = shutdown.changed() => {}
            }
        }
    }
    while running.join_next().await.is_some() {}
}

/// One server alone works on an SQLite file, so what is claimed when it starts was left by one that died.
/// On PostgreSQL it may be in good hands, and its claim has to run out first.
async fn release_abandoned(engine: &Engine) {
    if engine.store().engine() != rapport_store::Engine::Sqlite {
        return;
    }
    let released = engine
        .store()
        .write_server("jobs", |tx| Ok::<_, Error>(rapport_store::jobs::release_jobs(tx)?))
        .await;
    match released {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "jobs of an earlier run are taken up again"),
        Err(error) => tracing::warn!(%error, "jobs of an earlier run wait until their claims run out"),
    }
}

async fn claim(engine: &Engine, limit: usize) -> Result<Vec<ClaimedJob>, Error> {
    let now = engine.now().as_millis();
    let due = engine
        .read_server(move |tx| {
            Ok(rapport_store::jobs::next_job_at(tx, jobs::KINDS)?.is_some_and(|at| at <= now))
        })
        .await?;
    if !due {
        return Ok(Vec::new());
    }
    engine
        .store()
        .write_server("jobs", move |tx| {
            Ok::<_, Error>(rapport_store::jobs::claim_jobs(tx, jobs::KINDS, now, LEASE_MILLIS, limit)?)
        })
        .await
}

/// Until the next job is due, within bounds.
async fn time_to_next(engine: &Engine) -> Duration {
    let now = engine.now().as_millis();
    let next =
        engine.read_server(|tx| Ok(rapport_store::jobs::next_job_at(tx, jobs::KINDS)?)).await.ok().flatten();
    match next {
        Some(at) => Duration::from_millis((at - now).clamp(10, IDLE_POLL.as_millis() as i64) as u64),
        None => IDLE_POLL,
    }
}

async fn run_one(engine: &Engine, job: ClaimedJob) {
    let outcome = tokio::select! {
        outcome = work(engine, &job) => outcome,
        () = keep_claim(engine, &job) => {
            // Somebody else has the job by now and decides what becomes of it.
            tracing::warn!(job = %job.id, kind = %job.kind, "the claim of a job was lost");
            return;
        }
    };
    if let Err(error) = outcome {
        tracing::warn!(job = %job.id, kind = %job.kind, %error, "a job failed");
        fail(engine, &job, &error.to_string()).await;
    }
}

async fn work(engine: &Engine, job: &ClaimedJob) -> Result<(), Error> {
    match job.kind.as_str() {
        jobs::DELIVER => deliver::run(engine, job).await,
        jobs::CHAT_EMAIL => chat_email::run(engine, job).await,
        other => Err(Error::Internal(format!("no worker knows jobs of the kind {other}"))),
    }
}

/// Renews the claim while the work goes on; returns when it is lost.
async fn keep_claim(engine: &Engine, job: &ClaimedJob) {
    loop {
        tokio::time::sleep(RENEWAL).await;
        let (claimed, until) = (job.clone(), engine.now().as_millis() + LEASE_MILLIS);
        let renewed = engine
            .write(&job.workspace_id, &job.id, move |tx| {
                Ok(rapport_store::jobs::extend_lease(tx, &claimed, until)?)
            })
            .await;
        match renewed {
            Ok(true) => {}
            Ok(false) => return,
            // Whoever cannot reach the database cannot claim the job either.
            Err(error) => tracing::warn!(job = %job.id, %error, "the claim of a job could not be renewed"),
        }
    }
}

/// A fault of ours or of the database: try again later, and give up where people can see it.
async fn fail(engine: &Engine, job: &ClaimedJob, reason: &str) {
    let (job_, reason) = (job.clone(), reason.to_owned());
    let run_at = engine.now().plus_seconds(jobs::backoff_seconds(engine, job.attempts)).as_millis();
    let reported = engine
        .write(&job.workspace_id, &job.id, move |tx| {
            if job_.attempts >= job_.max_attempts {
                rapport_store::jobs::bury_job(tx, &job_, &reason)?;
            } else {
                rapport_store::jobs::retry_job(tx, &job_, run_at, &reason)?;
            }
            Ok(())
        })
        .await;
    if let Err(error) = reported {
        // The lease runs out and the job is claimed again.
        tracing::warn!(job = %job.id, %error, "the failure of a job could not be noted");
    }
}
