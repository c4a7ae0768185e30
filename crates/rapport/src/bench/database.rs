//! Where the measured databases are, on either engine.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use rapport_engine::Engine;
use rapport_store::db::bare::Bare;
use rapport_store::db::record::Recorder;
use rapport_store::{DatabaseUrl, Store, StoreConfig};

use super::generate;
use super::world::{World, live_engine, repeatable_engine};

pub struct Place {
    folder: PathBuf,
    /// A PostgreSQL server; its own database is only used to create others.
    server: Option<String>,
}

/// An opened database with its engine.
pub struct Opened {
    pub url: DatabaseUrl,
    pub world: World,
    pub engine: Engine,
    files: PathBuf,
}

impl Opened {
    /// Leaves nothing in the write-ahead log.
    pub async fn close(self) {
        self.engine.store().shutdown().await;
    }
}

impl Place {
    pub fn new(folder: &Path, server: Option<&str>) -> Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        if server.is_some_and(|url| !matches!(DatabaseUrl::parse(url), DatabaseUrl::Postgres(_))) {
            bail!("--database-url takes postgres://…");
        }
        Ok(Self { folder: folder.to_owned(), server: server.map(str::to_owned) })
    }

    pub fn engine_name(&self) -> &'static str {
        if self.server.is_some() { "PostgreSQL" } else { "SQLite" }
    }

    /// The database of this name, which may not exist yet.
    pub fn url(&self, name: &str) -> DatabaseUrl {
        match &self.server {
            None => DatabaseUrl::Sqlite(self.folder.join(format!("{name}.db"))),
            Some(server) => {
                let (address, options) = server
                    .split_once('?')
                    .map_or((server.as_str(), ""), |(address, options)| (address, options));
                let base = address.find("://").map_or(0, |at| at + 3);
                let host_end = address[base..].find('/').map_or(address.len(), |at| base + at);
                let name = name.replace('-', "_");
                let question = if options.is_empty() { "" } else { "?" };
                DatabaseUrl::Postgres(format!("{}/{name}{question}{options}", &address[..host_end]))
            }
        }
    }

    fn files(&self) -> PathBuf {
        self.folder.join("bench-files")
    }

    /// The database with a history of this many conversations, completed first if need be.
    pub async fn filled(&self, conversations: i64, recorder: Option<Recorder>) -> Result<Opened> {
        let url = self.url(&format!("bench-{conversations}"));
        if let Some(server) = &self.server {
            let (server, name) = (server.clone(), format!("bench_{conversations}"));
            blocking(move || Bare::create_database_if_missing(&DatabaseUrl::Postgres(server), &name)).await?;
        }
        let store = open(&url, recorder)?;
        if self.server.is_some() {
            self.copy_from_sqlite(conversations, &url).await?;
        }
        let world = generate::fill(&store, &self.files(), conversations).await?;
        Ok(Opened { engine: live_engine(store, &self.files())?, url, world, files: self.files() })
    }

    /// The history is made once, in the file that SQLite is measured with, and copied in bulk. After that the file
    /// is not needed any more.
    async fn copy_from_sqlite(&self, conversations: i64, to: &DatabaseUrl) -> Result<()> {
        let target = to.clone();
        if blocking(move || Bare::open(&target)?.is_filled()).await? {
            return Ok(());
        }
        let from = DatabaseUrl::Sqlite(self.folder.join(format!("bench-{conversations}.db")));
        let store = open(&from, None)?;
        generate::fill(&store, &self.files(), conversations).await?;
        store.shutdown().await;
        let to = to.clone();
        blocking(move || Bare::copy(&from, &to)).await
    }

    /// A database with nothing but the workspace; what was there under this name is gone.
    pub async fn fresh(&self, name: &str, recorder: Option<Recorder>) -> Result<Opened> {
        let url = self.empty(name).await?;
        let store = open(&url, recorder)?;
        let world = World::create(&store, &self.files()).await?;
        Ok(Opened { engine: live_engine(store, &self.files())?, url, world, files: self.files() })
    }

    /// A database without a schema; what was there under this name is gone.
    pub async fn empty(&self, name: &str) -> Result<DatabaseUrl> {
        let url = self.remove(name).await?;
        if let Some(server) = &self.server {
            let (server, name) = (server.clone(), name.replace('-', "_"));
            blocking(move || Bare::create_database_if_missing(&DatabaseUrl::Postgres(server), &name)).await?;
        }
        Ok(url)
    }

    pub async fn remove(&self, name: &str) -> Result<DatabaseUrl> {
        let url = self.url(name);
        match (&url, &self.server) {
            (DatabaseUrl::Sqlite(path), _) => {
                for ending in ["", "-wal", "-shm"] {
                    let mut file = path.clone().into_os_string();
                    file.push(ending);
                    // A file that is not there is as good as one removed.
                    let _ = std::fs::remove_file(file);
                }
            }
            (DatabaseUrl::Postgres(_), Some(server)) => {
                let (server, name) = (server.clone(), name.replace('-', "_"));
                blocking(move || Bare::drop_database(&DatabaseUrl::Postgres(server), &name)).await?;
            }
            (DatabaseUrl::Postgres(_), None) => {}
        }
        Ok(url)
    }

    /// A folder of its own for a server; whoever asked removes it.
    pub fn scratch_folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.folder.join(name);
        std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        Ok(folder)
    }
}

impl Opened {
    /// An engine that gives the same ids and times whenever it does the same on a fresh database.
    pub fn repeatable_engine(&self) -> Result<Engine> {
        repeatable_engine(self.engine.store().clone(), &self.files, 21)
    }
}

fn open(url: &DatabaseUrl, recorder: Option<Recorder>) -> Result<Store> {
    let readers = if recorder.is_some() { 1 } else { StoreConfig::default().readers };
    let store = Store::open(StoreConfig { url: url.clone(), readers, recorder, ..StoreConfig::default() })?;
    store.migrate()?;
    Ok(store)
}

/// Runs a driver's blocking work on a thread of its own, off the executor.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, rapport_store::Error> + Send + 'static,
) -> Result<T> {
    let (answer, done) = tokio::sync::oneshot::channel();
    std::thread::Builder::new().name("bench-driver".to_owned()).spawn(move || {
        // Whoever asked may have stopped waiting.
        let _ = answer.send(work());
    })?;
    Ok(done.await.context("the driver's thread ended early")??)
}
