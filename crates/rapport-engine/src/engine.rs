//! What every use case works with: the store, the files, the clock, the keys and who is looking at what.

use std::sync::Arc;

use rapport_domain::{Clock, Entropy, Timestamp, WorkspaceId};
use rapport_store::{ServerTx, Store, Tx};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::blob::Blobs;
use crate::channel_account::AccessTokens;
use crate::keys::Keys;
use crate::presence::Presence;
use crate::realtime::EventHub;
use crate::{Caller, EngineConfig, Error};

/// Cheap to clone; all clones are one engine.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    store: Store,
    blobs: Blobs,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    keys: Keys,
    config: EngineConfig,
    presence: Presence,
    hub: EventHub,
    mailboxes_changed: tokio::sync::Notify,
    access_tokens: AccessTokens,
}

/// What an engine is made of.
pub struct EngineParts {
    pub store: Store,
    pub blobs: Blobs,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    /// At least 32 bytes that only this installation knows.
    pub secret: Vec<u8>,
    pub config: EngineConfig,
}

/// A write that lost a race at a unique index is run again so many times.
const RACE_ATTEMPTS: usize = 6;

impl Engine {
    pub fn new(parts: EngineParts) -> Self {
        let hub = EventHub::new(parts.store.clone());
        Self(Arc::new(Inner {
            keys: Keys::derive(&parts.secret),
            presence: Presence::new(hub.clone()),
            hub,
            mailboxes_changed: tokio::sync::Notify::new(),
            access_tokens: AccessTokens::default(),
            store: parts.store,
            blobs: parts.blobs,
            clock: parts.clock,
            entropy: parts.entropy,
            config: parts.config,
        }))
    }

    pub fn store(&self) -> &Store {
        &self.0.store
    }

    pub fn blobs(&self) -> &Blobs {
        &self.0.blobs
    }

    pub fn config(&self) -> &EngineConfig {
        &self.0.config
    }

    pub fn presence(&self) -> &Presence {
        &self.0.presence
    }

    pub fn hub(&self) -> &EventHub {
        &self.0.hub
    }

    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub fn entropy(&self) -> &dyn Entropy {
        self.0.entropy.as_ref()
    }

    /// Waits until somebody changed an email account.
    pub(crate) async fn mailboxes_changed(&self) {
        self.0.mailboxes_changed.notified().await;
    }

    /// Tells the mailbox readers to look at the accounts again.
    pub(crate) fn wake_mailboxes(&self) {
        self.0.mailboxes_changed.notify_one();
    }

    pub(crate) fn access_tokens(&self) -> &AccessTokens {
        &self.0.access_tokens
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.0.keys
    }

    /// Runs a write; `key` names what must keep its order. A lost race at a unique index is run again.
    pub(crate) async fn write<T, F>(&self, workspace: &WorkspaceId, key: &str, f: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T, Error> + Send + Sync + 'static,
    {
        let f = Arc::new(f);
        for _ in 1..RACE_ATTEMPTS {
            let f = f.clone();
            match self.store().write(workspace, key, move |tx| f(tx)).await {
                Err(error) if error.is_lost_race() => continue,
                outcome => return outcome,
            }
        }
        self.store().write(workspace, key, move |tx| f(tx)).await
    }

    /// Like `write`, and a request repeated under the caller's idempotency key gets the first one's answer.
    pub(crate) async fn commit<T, F>(&self, caller: &Caller, key: &str, f: F) -> Result<T, Error>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T, Error> + Send + Sync + 'static,
    {
        let Some(idempotency) = caller.idempotency.clone() else {
            return self.write(&caller.workspace, key, f).await;
        };
        let principal = caller.principal().to_owned();
        let at = self.now();
        self.write(&caller.workspace, key, move |tx| {
            if let Some(kept) = rapport_store::idempotency::find(tx, &principal, &idempotency.key)? {
                if kept.request_hash != idempotency.request_hash {
                    return Err(Error::IdempotencyMismatch);
                }
                return serde_json::from_str(&kept.response)
                    .map_err(|error| Error::Internal(format!("a kept answer cannot be read: {error}")));
            }
            let value = f(tx)?;
            let response = serde_json::to_string(&value)
                .map_err(|error| Error::Internal(format!("an answer cannot be kept: {error}")))?;
            let answer = rapport_store::idempotency::KeptAnswer {
                request_hash: idempotency.request_hash.clone(),
                response,
            };
            rapport_store::idempotency::create(tx, &principal, &idempotency.key, &answer, at)?;
            Ok(value)
        })
        .await
    }

    pub(crate) async fn read<T, F>(&self, workspace: &WorkspaceId, f: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    {
        self.store().read(workspace, f).await
    }

    pub(crate) async fn read_server<T, F>(&self, f: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut ServerTx<'_>) -> Result<T, Error> + Send + 'static,
    {
        self.store().read_server(f).await
    }
}
