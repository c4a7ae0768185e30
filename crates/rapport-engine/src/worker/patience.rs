//! Writes that must not be given up because the database is away for a moment.

use std::sync::Arc;
use std::time::Duration;

use rapport_domain::WorkspaceId;
use rapport_store::Tx;

use crate::{Engine, Error};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// About ten minutes.
const ATTEMPTS: usize = 125;

/// Like `Engine::write`, for a write that may be run again although an earlier one was carried out unheard.
pub(super) async fn write_patiently<T, F>(
    engine: &Engine,
    workspace: &WorkspaceId,
    key: &str,
    f: F,
) -> Result<T, Error>
where
    T: Send + 'static,
    F: Fn(&mut Tx<'_>) -> Result<T, Error> + Send + Sync + 'static,
{
    let f = Arc::new(f);
    let mut pause = FIRST_PAUSE;
    for _ in 1..ATTEMPTS {
        let again = f.clone();
        match engine.write(workspace, key, move |tx| again(tx)).await {
            Err(error) if may_pass(&error) => tracing::warn!(%error, "a write is tried again"),
            outcome => return outcome,
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    engine.write(workspace, key, move |tx| f(tx)).await
}

fn may_pass(error: &Error) -> bool {
    use rapport_store::Error as StoreError;
    matches!(error, Error::Store(StoreError::Unavailable(_) | StoreError::Retryable(_)))
}
