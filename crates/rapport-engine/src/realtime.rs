//! Carries committed events to whoever listens: one reader per workspace follows the log, however many listen.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rapport_domain::{UserId, WorkspaceId};
use rapport_store::Store;
use rapport_store::event::StoredEvent;
use tokio::sync::broadcast;

use crate::Error;

/// Listeners that fall so many frames behind are told to catch up from the log.
const BUFFERED_FRAMES: usize = 1024;
const READ_BATCH: i64 = 500;

/// What listeners get.
#[derive(Clone, Debug)]
pub enum Frame {
    /// From the log, with the JSON text of its envelope, made once for all listeners.
    Durable { event: Arc<StoredEvent>, json: Arc<str> },
    /// Gone if nobody hears it.
    Ephemeral { name: &'static str, json: Arc<str>, except: Option<UserId> },
}

#[derive(Clone)]
pub struct EventHub(Arc<Inner>);

struct Inner {
    store: Store,
    workspaces: Mutex<HashMap<WorkspaceId, broadcast::Sender<Frame>>>,
}

impl EventHub {
    pub(crate) fn new(store: Store) -> Self {
        Self(Arc::new(Inner { store, workspaces: Mutex::new(HashMap::new()) }))
    }

    /// Starts listening. Whoever reads the log after this call and then the frames misses nothing.
    pub async fn subscribe(&self, workspace: &WorkspaceId) -> Result<broadcast::Receiver<Frame>, Error> {
        if let Some(sender) = self.lock().get(workspace) {
            return Ok(sender.subscribe());
        }
        // The follower goes on from here; what is older, a listener that catches up finds in the log.
        let seq = self.0.store.read(workspace, rapport_store::event::last_seq).await?;
        let mut workspaces = self.lock();
        if let Some(sender) = workspaces.get(workspace) {
            return Ok(sender.subscribe());
        }
        let (sender, receiver) = broadcast::channel(BUFFERED_FRAMES);
        workspaces.insert(workspace.clone(), sender.clone());
        tokio::spawn(follow(self.clone(), workspace.clone(), sender, seq));
        Ok(receiver)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<WorkspaceId, broadcast::Sender<Frame>>> {
        self.0.workspaces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whoever listens now.
    pub fn tell(
        &self,
        workspace: &WorkspaceId,
        name: &'static str,
        data: &serde_json::Value,
        except: Option<UserId>,
    ) {
        if let Some(sender) = self.lock().get(workspace) {
            // Nobody listening is not an error.
            let _ = sender.send(Frame::Ephemeral { name, json: data.to_string().into(), except });
        }
    }

    /// Ends the follower when the last listener has gone. True when it ended.
    fn retire(&self, workspace: &WorkspaceId, sender: &broadcast::Sender<Frame>) -> bool {
        let mut workspaces = self.lock();
        if sender.receiver_count() > 0 {
            return false;
        }
        workspaces.remove(workspace);
        true
    }
}

/// Passes every event after `seq` on, in order and without gaps.
async fn follow(hub: EventHub, workspace: WorkspaceId, sender: broadcast::Sender<Frame>, mut seq: i64) {
    let store = hub.0.store.clone();
    let mut commits = store.subscribe_commits();
    loop {
        seq = pass_on(&store, &workspace, &sender, seq).await;
        // The timer covers databases whose wake-up call got lost, and lets the follower notice that nobody is left.
        let _ = tokio::time::timeout(std::time::Duration::from_secs(5), commits.changed()).await;
        if sender.receiver_count() == 0 && hub.retire(&workspace, &sender) {
            return;
        }
    }
}

/// Sends everything after `last` and returns the number of the last event sent.
async fn pass_on(
    store: &Store,
    workspace: &WorkspaceId,
    sender: &broadcast::Sender<Frame>,
    mut last: i64,
) -> i64 {
    loop {
        let events = match store
            .read(workspace, move |tx| rapport_store::event::list_after(tx, last, READ_BATCH))
            .await
        {
            Ok(events) => events,
            Err(error) => {
                tracing::warn!(%workspace, %error, "the event log cannot be read; listeners wait");
                return last;
            }
        };
        let full = events.len() as i64 == READ_BATCH;
        for event in events {
            last = event.envelope.seq;
            let json: Arc<str> = serde_json::to_string(&event.envelope).unwrap_or_default().into();
            let _ = sender.send(Frame::Durable { event: Arc::new(event), json });
        }
        if !full {
            return last;
        }
    }
}
