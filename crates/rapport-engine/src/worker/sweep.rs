//! Removes what nobody needs any more: expired sessions, old keys, finished jobs, uploads that were never sent.

use std::time::Duration;

use tokio::sync::watch;

use crate::{Engine, Error};

const INTERVAL: Duration = Duration::from_secs(15 * 60);
const KEPT_DAY_SECONDS: i64 = 24 * 60 * 60;
/// Visitors who never wrote are forgotten after so many days.
const KEPT_VISITOR_DAYS: i64 = 30;
/// Finished jobs are kept for a week, for whoever looks into a delivery.
const KEPT_JOB_SECONDS: i64 = 7 * 24 * 60 * 60;

pub(super) async fn run(engine: Engine, mut shutdown: watch::Receiver<bool>) {
    while !*shutdown.borrow() {
        if let Err(error) = engine.sweep().await {
            tracing::warn!(%error, "sweeping failed; it is tried again later");
        }
        tokio::select! {
            _ = tokio::time::sleep(INTERVAL) => {}
            _ = shutdown.changed() => {}
        }
    }
}

impl Engine {
    /// One round of tidying up.
    pub async fn sweep(&self) -> Result<(), Error> {
        let now = self.now();
        let workspaces = self
            .store()
            .write_server("sweep", move |tx| {
                rapport_store::credential::delete_expired_sessions(tx, now)?;
                rapport_store::idempotency::delete_before(tx, now.plus_seconds(-2 * KEPT_DAY_SECONDS))?;
                let before = now.plus_seconds(-KEPT_JOB_SECONDS).as_millis();
                rapport_store::jobs::sweep_jobs(tx, before, 5_000)?;
                Ok::<_, Error>(rapport_store::workspace::list_ids(tx)?)
            })
            .await?;
        for workspace in workspaces {
            let before = now.plus_seconds(-KEPT_DAY_SECONDS);
            let gone_before = now.plus_seconds(-KEPT_VISITOR_DAYS * KEPT_DAY_SECONDS);
            let unused = self
                .write(&workspace, "sweep", move |tx| {
                    rapport_store::visitor::delete_idle(tx, now, gone_before)?;
                    Ok(rapport_store::message::delete_loose_attachments(tx, before)?)
                })
                .await?;
            for key in unused {
                self.blobs().delete_stale(&key).await?;
            }
        }
        Ok(())
    }
}
