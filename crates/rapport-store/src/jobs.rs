//! Jobs: work that committed with the change that asked for it, claimed by lease, fenced, retried, buried.
//!
//! Jobs of one key run one at a time and in order: while an earlier one waits for its retry, later ones wait too.
//! A claim may be lost (its lease ran out) without its holder knowing; every report therefore carries the fence of
//! its claim, and one that comes too late changes nothing and answers `false`.

use rapport_domain::WorkspaceId;

use crate::{Error, Param, Row, ServerTx, Tx, dialect, params};

/// A job that this process may work on until `lease_until`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedJob {
    pub workspace_id: WorkspaceId,
    pub id: String,
    pub kind: String,
    pub key: Option<String>,
    /// JSON.
    pub payload: String,
    pub run_at: i64,
    /// Counts this claim. Greater than `max_attempts` when earlier holders died with the job: bury it.
    pub attempts: i32,
    pub max_attempts: i32,
    pub fence: i64,
    pub lease_until: i64,
}

/// A job as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub id: String,
    /// Its place in the order of enqueueing, for paging.
    pub position: i64,
    pub kind: String,
    pub key: Option<String>,
    pub payload: String,
    pub state: String,
    pub run_at: i64,
    pub attempts: i32,
    pub max_attempts: i32,
    pub claimed_at: Option<i64>,
    pub last_error: Option<String>,
}

/// The transactions in which a claim can be reported on: one of the job's workspace, so that the report commits
/// with the result of the work, or one of the server.
pub trait ReportJobs {
    /// Runs a statement in the job's workspace, with the workspace as `?1`.
    #[doc(hidden)]
    fn report(&mut self, job: &ClaimedJob, sql: &str, params: &[Param<'_>]) -> Result<bool, Error>;
}

impl ReportJobs for Tx<'_> {
    fn report(&mut self, job: &ClaimedJob, sql: &str, params: &[Param<'_>]) -> Result<bool, Error> {
        if *self.workspace() != job.workspace_id {
            return Err(Error::Database(format!("the job {} belongs to another workspace", job.id)));
        }
        let changed = self.execute(sql, params)? > 0;
        if changed {
            self.wake_others();
        }
        Ok(changed)
    }
}

impl ReportJobs for ServerTx<'_> {
    fn report(&mut self, job: &ClaimedJob, sql: &str, params: &[Param<'_>]) -> Result<bool, Error> {
        self.scoped(&job.workspace_id).report(job, sql, params)
    }
}

/// Claims due jobs of these kinds, oldest due first, and puts those whose lease ran out back into the queue.
/// Times are UTC milliseconds.
pub fn claim_jobs(
    tx: &mut ServerTx<'_>,
    kinds: &[&str],
    now: i64,
    lease_ms: i64,
    limit: usize,
) -> Result<Vec<ClaimedJob>, Error> {
    if kinds.is_empty() || limit == 0 {
        return Ok(Vec::new());
    }
    tx.execute(
        "update jobs set state = 'queued', lease_until = null where state = 'running' and lease_until <= ?1",
        &params![now],
    )?;
    let lease_until = now + lease_ms;
    let mut bound = params![now, lease_until, limit].to_vec();
    let placeholders = bind_kinds(&mut bound, kinds);
    let rows = tx.query(&dialect::claim_jobs(tx.engine(), &placeholders), &bound)?;
    let mut jobs = rows
        .iter()
        .map(|row| Ok((row.get::<i64>(9)?, claimed(row, lease_until)?)))
        .collect::<Result<Vec<_>, Error>>()?;
    // The engines return claimed rows in any order.
    jobs.sort_by(|(left_position, left), (right_position, right)| {
        (left.run_at, left_position).cmp(&(right.run_at, right_position))
    });
    Ok(jobs.into_iter().map(|(_, job)| job).collect())
}

/// Claims the first job of one key if it is due, and leaves all others alone, whatever time their holders go by.
pub fn claim_job_of_key(
    tx: &mut Tx<'_>,
    key: &str,
    now: i64,
    lease_ms: i64,
) -> Result<Option<ClaimedJob>, Error> {
    let lease_until = now + lease_ms;
    let rows = tx.query(
        "update jobs set state = 'running', fence = fence + 1, attempts = attempts + 1,
                claimed_at = ?3, lease_until = ?4
         where workspace_id = ?1 and state = 'queued' and run_at <= ?3 and id = (
           select first.id from jobs first
           where first.workspace_id = ?1 and first.key = ?2 and first.state in ('queued', 'running')
           order by first.position limit 1)
         returning workspace_id, id, kind, key, payload, run_at, attempts, max_attempts, fence",
        &params![key, now, lease_until],
    )?;
    rows.first().map(|row| claimed(row, lease_until)).transpose()
}

/// Puts every claimed job back into the queue at once and answers how many there were. Only for a process that
/// nobody else works beside: whoever held the claims before has died.
pub fn release_jobs(tx: &mut ServerTx<'_>) -> Result<u64, Error> {
    tx.execute("update jobs set state = 'queued', lease_until = null where state = 'running'", &[])
}

/// The job is done.
pub fn complete_job(tx: &mut impl ReportJobs, job: &ClaimedJob) -> Result<bool, Error> {
    tx.report(
        job,
        "update jobs set state = 'done', lease_until = null, last_error = null
         where workspace_id = ?1 and id = ?2 and fence = ?3 and state = 'running'",
        &params![&job.id, job.fence],
    )
}

/// The job failed and is to be tried again at `run_at`.
pub fn retry_job(
    tx: &mut impl ReportJobs,
    job: &ClaimedJob,
    run_at: i64,
    error: &str,
) -> Result<bool, Error> {
    tx.report(
        job,
        "update jobs set state = 'queued', lease_until = null, run_at = ?4, last_error = ?5
         where workspace_id = ?1 and id = ?2 and fence = ?3 and state = 'running'",
        &params![&job.id, job.fence, run_at, error],
    )
}

/// The job failed for good. It stays where people can see it and [`replay_job`] it.
pub fn bury_job(tx: &mut impl ReportJobs, job: &ClaimedJob, error: &str) -> Result<bool, Error> {
    tx.report(
        job,
        "update jobs set state = 'dead', lease_until = null, last_error = ?4
         where workspace_id = ?1 and id = ?2 and fence = ?3 and state = 'running'",
        &params![&job.id, job.fence, error],
    )
}

/// Keeps a claim on long work. `false`: the claim is lost and the work must stop.
pub fn extend_lease(tx: &mut impl ReportJobs, job: &ClaimedJob, lease_until: i64) -> Result<bool, Error> {
    tx.report(
        job,
        "update jobs set lease_until = ?4 where workspace_id = ?1 and id = ?2 and fence = ?3 and state = 'running'",
        &params![&job.id, job.fence, lease_until],
    )
}

/// When the next job of these kinds can be claimed; in the past when one can be claimed now.
/// Jobs that wait for another one of their key do not count: its end is announced like any commit.
pub fn next_job_at(tx: &mut ServerTx<'_>, kinds: &[&str]) -> Result<Option<i64>, Error> {
    if kinds.is_empty() {
        return Ok(None);
    }
    let mut bound = Vec::with_capacity(kinds.len());
    let placeholders = bind_kinds(&mut bound, kinds);
    let queued = tx.query_opt(
        &format!(
            "select due.run_at from jobs due
             where due.state = 'queued' and due.kind in ({placeholders})
               and not exists (
                 select 1 from jobs other
                 where other.workspace_id = due.workspace_id and other.key = due.key
                   and other.state in ('queued', 'running') and other.id <> due.id
                   and (other.position < due.position or other.state = 'running'))
             order by due.run_at limit 1"
        ),
        &bound,
    )?;
    let leased = tx.query_opt(
        &format!("select min(lease_until) from jobs where state = 'running' and kind in ({placeholders})"),
        &bound,
    )?;
    let queued = queued.map(|row| row.get::<i64>(0)).transpose()?;
    let leased = leased.map(|row| row.get::<Option<i64>>(0)).transpose()?.flatten();
    Ok(queued.into_iter().chain(leased).min())
}

/// Gives a buried job all its attempts again. `false` when there is no buried job of this id.
pub fn replay_job(tx: &mut Tx<'_>, id: &str, run_at: i64) -> Result<bool, Error> {
    let changed = tx.execute(
        "update jobs set state = 'queued', attempts = 0, run_at = ?3
         where workspace_id = ?1 and id = ?2 and state = 'dead'",
        &params![id, run_at],
    )? > 0;
    if changed {
        tx.wake_others();
    }
    Ok(changed)
}

/// Makes the jobs of this key due that wait for a later moment. `false` when none does.
pub fn hasten_jobs_of_key(tx: &mut Tx<'_>, key: &str, run_at: i64) -> Result<bool, Error> {
    let changed = tx.execute(
        "update jobs set run_at = ?3
         where workspace_id = ?1 and key = ?2 and state = 'queued' and run_at > ?3",
        &params![key, run_at],
    )? > 0;
    if changed {
        tx.wake_others();
    }
    Ok(changed)
}

/// Takes back a job that nobody has claimed. `false` when it is running, finished or unknown.
pub fn cancel_job(tx: &mut Tx<'_>, id: &str) -> Result<bool, Error> {
    let changed = tx.execute(
        "update jobs set state = 'cancelled' where workspace_id = ?1 and id = ?2 and state = 'queued'",
        &params![id],
    )? > 0;
    if changed {
        // A job that waited for this one may be due.
        tx.wake_others();
    }
    Ok(changed)
}

/// Jobs in this state, newest first, before a position that an earlier page ended with.
pub fn list_jobs(tx: &mut Tx<'_>, state: &str, before: Option<i64>, limit: usize) -> Result<Vec<Job>, Error> {
    let rows = tx.query(
        "select id, position, kind, key, payload, state, run_at, attempts, max_attempts, claimed_at, last_error
         from jobs where workspace_id = ?1 and state = ?2 and position < ?3
         order by position desc limit ?4",
        &params![state, before.unwrap_or(i64::MAX), limit],
    )?;
    rows.iter().map(listed).collect()
}

/// Deletes finished and cancelled jobs whose time came before `before`, at most `limit`. Answers how many.
pub fn sweep_jobs(tx: &mut ServerTx<'_>, before: i64, limit: usize) -> Result<u64, Error> {
    tx.execute(
        "delete from jobs where (workspace_id, id) in (
           select workspace_id, id from jobs
           where state in ('done', 'cancelled') and run_at < ?1 and coalesce(claimed_at, 0) < ?1
           limit ?2)",
        &params![before, limit],
    )
}

/// Appends the kinds to the parameters and answers their placeholders.
fn bind_kinds<'a>(params: &mut Vec<Param<'a>>, kinds: &[&'a str]) -> String {
    let mut placeholders = String::new();
    for kind in kinds {
        params.push(Param::from(*kind));
        if !placeholders.is_empty() {
            placeholders.push_str(", ");
        }
        placeholders.push('?');
        placeholders.push_str(&params.len().to_string());
    }
    placeholders
}

fn claimed(row: &Row, lease_until: i64) -> Result<ClaimedJob, Error> {
    Ok(ClaimedJob {
        workspace_id: row.get(0)?,
        id: row.get(1)?,
        kind: row.get(2)?,
        key: row.get(3)?,
        payload: row.get(4)?,
        run_at: row.get(5)?,
        attempts: row.get(6)?,
        max_attempts: row.get(7)?,
        fence: row.get(8)?,
        lease_until,
    })
}

fn listed(row: &Row) -> Result<Job, Error> {
    Ok(Job {
        id: row.get(0)?,
        position: row.get(1)?,
        kind: row.get(2)?,
        key: row.get(3)?,
        payload: row.get(4)?,
        state: row.get(5)?,
        run_at: row.get(6)?,
        attempts: row.get(7)?,
        max_attempts: row.get(8)?,
        claimed_at: row.get(9)?,
        last_error: row.get(10)?,
    })
}
