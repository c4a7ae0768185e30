//! Removes what nobody needs any more: expired sessions, old keys, finished jobs, uploads that were never sent, and
//! files that nothing refers to, such as the raw mails of duplicates.

use std::time::Duration;

use rapport_domain::WorkspaceId;
use tokio::sync::watch;

use crate::{Engine, Error};

const INTERVAL: Duration = Duration::from_secs(15 * 60);
const KEPT_DAY_SECONDS: i64 = 24 * 60 * 60;
/// Visitors who never wrote are forgotten after so many days.
const KEPT_VISITOR_DAYS: i64 = 30;
/// Looking at every file takes longer than the rest.
const FILES_EVERY: u32 = 4 * 24;
/// Files asked about in one query.
const FILES_AT_ONCE: usize = 200;
/// Finished jobs are kept for a week, for whoever looks into a delivery.
const KEPT_JOB_SECONDS: i64 = 7 * 24 * 60 * 60;

pub(super) async fn run(engine: Engine, mut shutdown: watch::Receiver<bool>) {
    let mut round = 0u32;
    while !*shutdown.borrow() {
        if let Err(error) = engine.sweep().await {
            tracing::warn!(%error, "sweeping failed; it is tried again later");
        }
        // Not right after the start, when there is enough to do, but about a quarter of an hour later.
        if round % FILES_EVERY == 1 {
            tokio::select! {
                swept = engine.sweep_files() => match swept {
                    Ok(0) => {}
                    Ok(count) => tracing::info!(count, "files that nothing refers to were removed"),
                    Err(error) => tracing::warn!(%error, "sweeping files failed; it is tried again later"),
                },
                _ = shutdown.changed() => {}
            }
        }
        round = round.wrapping_add(1);
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
                rapport_store::attempt::sweep(tx, now)?;
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

    /// Removes the files that nothing refers to and that nobody has put for half a day, and answers how many.
    ///
    /// Whoever keeps bytes either writes them or finds them younger than that, and then refers to them within
    /// minutes. The file's age is looked at again when it is removed, while nobody can put it.
    pub async fn sweep_files(&self) -> Result<usize, Error> {
        let workspaces = self.read_server(|tx| Ok(rapport_store::workspace::list_ids(tx)?)).await?;
        let mut removed = 0;
        for workspace in workspaces {
            for digit in 0..16 {
                let stale = self.blobs().list_stale(&workspace, digit).await?;
                for keys in stale.chunks(FILES_AT_ONCE) {
                    removed += self.sweep_some(&workspace, keys.to_vec()).await?;
                }
            }
        }
        Ok(removed)
    }

    async fn sweep_some(&self, workspace: &WorkspaceId, keys: Vec<String>) -> Result<usize, Error> {
        let unused =
            self.read(workspace, move |tx| Ok(rapport_store::blob_use::list_unused(tx, &keys)?)).await?;
        let mut removed = 0;
        for key in unused {
            removed += usize::from(self.blobs().delete_stale(&key).await?);
        }
        Ok(removed)
    }
}
