//! Work that was given up, for those who run the workspace: what, why, and another try.

use rapport_domain::{JobId, Permission, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Caller, Engine, Error};

/// A job that was given up.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeadJob {
    pub id: String,
    pub kind: String,
    pub attempts: i64,
    pub last_error: Option<String>,
    pub run_at: Timestamp,
}

impl Engine {
    /// Newest first; the second value continues the list.
    pub async fn list_dead_jobs(
        &self,
        caller: &Caller,
        before: Option<i64>,
        limit: usize,
    ) -> Result<(Vec<DeadJob>, Option<i64>), Error> {
        caller.require(Permission::WorkspaceManage)?;
        self.read(&caller.workspace, move |tx| {
            let mut jobs = rapport_store::jobs::list_jobs(tx, "dead", before, limit + 1)?;
            let more = jobs.len() > limit;
            jobs.truncate(limit);
            let next = jobs.last().filter(|_| more).map(|job| job.position);
            let jobs = jobs
                .into_iter()
                .map(|job| DeadJob {
                    id: job.id,
                    kind: job.kind,
                    attempts: i64::from(job.attempts),
                    last_error: job.last_error,
                    run_at: Timestamp::from_millis(job.run_at),
                })
                .collect();
            Ok((jobs, next))
        })
        .await
    }

    pub async fn replay_job(&self, caller: &Caller, id: &JobId) -> Result<(), Error> {
        caller.require(Permission::WorkspaceManage)?;
        let (id_, now) = (id.clone(), self.now().as_millis());
        self.commit(caller, id.as_str(), move |tx| {
            if rapport_store::jobs::replay_job(tx, id_.as_str(), now)? {
                Ok(())
            } else {
                Err(Error::NotFound)
            }
        })
        .await
    }
}
