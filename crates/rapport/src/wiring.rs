//! Opens what the use cases work with: the data folder, the database, the secret and the files.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use rapport_channels::guard::OutboundPolicy;
use rapport_domain::{Clock, Entropy, SystemClock, SystemEntropy};
use rapport_engine::blob::Blobs;
use rapport_engine::{Engine, EngineConfig, EngineParts};
use rapport_store::migrate::MigrationReport;
use rapport_store::{DatabaseUrl, Store, StoreConfig};

use crate::config::Settings;
use crate::folder_lock::{self, FolderLock};
use crate::secret::{self, Circumstances};

/// Everything that engines on this data share.
#[derive(Clone)]
pub struct Foundation {
    pub store: Store,
    pub blobs: Blobs,
    pub secret: Vec<u8>,
    pub config: EngineConfig,
}

impl Foundation {
    /// An engine on this data. Several engines on one foundation see the same data, each at its own time.
    pub fn engine_at(&self, clock: Arc<dyn Clock>) -> Engine {
        Engine::new(EngineParts {
            store: self.store.clone(),
            blobs: self.blobs.clone(),
            clock,
            entropy: Arc::new(SystemEntropy),
            secret: self.secret.clone(),
            config: self.config.clone(),
        })
    }

    pub fn engine(&self) -> Engine {
        self.engine_at(Arc::new(SystemClock))
    }
}

/// Makes the data folder, readable for its owner only.
pub fn create_data_folder(folder: &Path) -> Result<()> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.with_context(|| {
        format!(
            "the data folder {} cannot be made — choose another with --data-dir, or correct its permissions",
            folder.display()
        )
    })
}

/// Opens the data for a server: nobody else may have it, and the schema is brought up to date.
pub async fn open_for_serving(
    settings: &Settings,
    listening: SocketAddr,
) -> Result<(Foundation, FolderLock)> {
    create_data_folder(&settings.data_folder)?;
    let lock = folder_lock::acquire(&settings.data_folder)?;
    let store = open_store(settings)?;
    report(&store.migrate().context("the database cannot be brought up to date")?);
    let foundation = found(settings, store, settings.public_url.resolve(listening)).await?;
    Ok((foundation, lock))
}

/// Opens the data for one command, possibly beside a running server, which has migrated already.
pub async fn open_for_command(settings: &Settings) -> Result<(Foundation, Option<FolderLock>)> {
    create_data_folder(&settings.data_folder)?;
    let lock = folder_lock::try_acquire(&settings.data_folder)?.ok();
    let store = open_store(settings)?;
    if lock.is_some() {
        report(&store.migrate().context("the database cannot be brought up to date")?);
    }
    let foundation = found(settings, store, settings.public_url.resolve(settings.listen)).await?;
    Ok((foundation, lock))
}

pub fn open_store(settings: &Settings) -> Result<Store> {
    let opened = Store::open(StoreConfig { url: settings.database.clone(), ..StoreConfig::default() });
    opened.with_context(|| match &settings.database {
        DatabaseUrl::Sqlite(path) => format!("the database {} cannot be opened", path.display()),
        DatabaseUrl::Postgres(_) => {
            "the PostgreSQL database cannot be opened — check RAPPORT_DATABASE_URL".to_owned()
        }
    })
}

fn report(migration: &MigrationReport) {
    if migration.applied.is_empty() {
        return;
    }
    tracing::info!(version = migration.version, "the database schema is up to date");
    if let Some(backup) = &migration.backup {
        tracing::info!(backup = %backup.display(), "a copy from before was kept");
    }
}

async fn found(settings: &Settings, store: Store, public_url: String) -> Result<Foundation> {
    let has_data = store
        .read_server(|tx| Ok::<_, rapport_store::Error>(!rapport_store::workspace::list_ids(tx)?.is_empty()))
        .await
        .context("the database cannot be read")?;
    let circumstances =
        Circumstances { data_folder: &settings.data_folder, given: settings.secret_key.as_deref(), has_data };
    let entropy: &dyn Entropy = &SystemEntropy;
    let secret = secret::load(&circumstances, entropy)?;
    let files = settings.data_folder.join("files");
    create_data_folder(&files)?;
    let Ok(blobs) = Blobs::local(&files) else {
        bail!("the folder {} cannot be used for files — check its permissions", files.display());
    };
    Ok(Foundation { store, blobs, secret, config: engine_config(settings, public_url) })
}

fn engine_config(settings: &Settings, public_url: String) -> EngineConfig {
    EngineConfig {
        public_url,
        mail_host_name: settings.smtp.host_name.clone(),
        outbound_policy: OutboundPolicy { allow: settings.allow_hosts.clone() },
        additional_roots_pem: settings.mail.additional_roots_pem.clone(),
        session_days: settings.limits.session_days,
        invitation_days: settings.limits.invitation_days,
        max_attachment_bytes: settings.limits.max_attachment_bytes,
        max_email_bytes: settings.limits.max_email_bytes,
        trusted_authserv_ids: settings.mail.trusted_authserv_ids.clone(),
        chat_email_after_seconds: settings.limits.chat_email_after_seconds,
    }
}
