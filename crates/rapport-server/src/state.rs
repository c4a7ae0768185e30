//! What every handler can reach.

use std::sync::Arc;

use rapport_channels::http::GuardedClient;
use rapport_engine::Engine;
use rapport_engine::account::Doorkeeper;
use tokio::sync::{Semaphore, watch};

use crate::ServerOptions;
use crate::disk::DiskCheck;

/// Cheap to clone; all clones are one server.
#[derive(Clone)]
pub struct AppState(Arc<Inner>);

struct Inner {
    engine: Engine,
    options: ServerOptions,
    is_https: bool,
    /// Absent when no TLS configuration could be made; remote images are then not shown.
    images: Option<GuardedClient>,
    disk: Option<Arc<DiskCheck>>,
    slots: Semaphore,
    upload_slots: Semaphore,
    stopping: watch::Sender<bool>,
}

impl AppState {
    pub fn new(engine: Engine, options: ServerOptions) -> Self {
        let images = GuardedClient::new(engine.config().outbound_policy.clone());
        Self(Arc::new(Inner {
            images: images.inspect_err(|error| tracing::error!(%error, "remote images are off")).ok(),
            disk: options.data_folder.clone().map(DiskCheck::new).map(Arc::new),
            is_https: engine.config().public_url.starts_with("https://"),
            slots: Semaphore::new(options.max_requests),
            upload_slots: Semaphore::new(options.max_uploads),
            stopping: watch::Sender::new(false),
            engine,
            options,
        }))
    }

    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    pub fn options(&self) -> &ServerOptions {
        &self.0.options
    }

    pub fn doorkeeper(&self) -> &Doorkeeper {
        &self.0.options.doorkeeper
    }

    /// Whether people reach this server by TLS, so that cookies and headers may insist on it.
    pub fn is_https(&self) -> bool {
        self.0.is_https
    }

    pub fn images(&self) -> Option<&GuardedClient> {
        self.0.images.as_ref()
    }

    /// Whether files can be written, as far as that is known.
    pub async fn can_write(&self) -> bool {
        match &self.0.disk {
            Some(disk) => disk.is_writable().await,
            None => true,
        }
    }

    /// One for each request in work.
    pub fn slots(&self) -> &Semaphore {
        &self.0.slots
    }

    pub fn upload_slots(&self) -> &Semaphore {
        &self.0.upload_slots
    }

    /// Turns true when the server was told to stop.
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.0.stopping.subscribe()
    }

    pub fn is_stopping(&self) -> bool {
        *self.0.stopping.borrow()
    }

    pub fn stop(&self) {
        self.0.stopping.send_replace(true);
    }
}
