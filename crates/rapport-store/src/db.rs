//! The way to the data: transactions as synchronous closures on database threads, on either engine.
//!
//! Writes are committed in groups and acknowledged only when they are on disk; reads see one consistent moment.
//! Closures never run on the async executor, and nothing outside of this crate meets a driver.

pub mod bare;
mod connection;
mod flush;
mod listen;
pub(crate) mod postgres;
pub(crate) mod private_file;
mod reader;
pub mod record;
mod sqlite;
mod tls;
mod translate;
mod tx;
mod writer;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use rapport_domain::WorkspaceId;
use tokio::sync::{oneshot, watch};

use crate::migrate::{self, MigrationReport};
use crate::{Error, backoff::Backoff};
use connection::Connection;
pub(crate) use connection::SearchChange;
use record::Recorder;
pub use tx::{NewEvent, NewJob, ServerTx, Tx};

const SQLITE_BATCH: usize = 256;
const POSTGRES_BATCH: usize = 32;
/// Closures that may wait for a writer or for the readers before further callers have to.
const QUEUE_LENGTH: usize = 4096;
/// How long `open` waits for a PostgreSQL server that is just starting.
const OPEN_PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file, which is created when it is missing; its folder must exist.
    Sqlite(PathBuf),
    /// A connection string or URL as libpq takes it.
    Postgres(String),
}

impl DatabaseUrl {
    /// `postgres://…`, `postgresql://…`, `sqlite:<path>` or a path.
    pub fn parse(text: &str) -> Self {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            Self::Postgres(text.to_owned())
        } else {
            Self::Sqlite(text.strip_prefix("sqlite:").unwrap_or(text).into())
        }
    }
}

#[derive(Clone, Debug)]
pub struct StoreConfig {
    pub url: DatabaseUrl,
    /// Threads, each with its own connection.
    pub readers: usize,
    /// PostgreSQL only; SQLite has one writer.
    pub writers: usize,
    /// Closures in one commit; 0 takes what suits the engine.
    pub max_batch: usize,
    /// How long a write waits while the database is away.
    pub write_patience: Duration,
    /// How long a read waits while the database is away.
    pub read_patience: Duration,
    /// Keeps every statement, for measurements only: it grows without bound.
    pub recorder: Option<Recorder>,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            url: DatabaseUrl::Sqlite("rapport.db".into()),
            readers: 4,
            writers: 4,
            max_batch: 0,
            write_patience: Duration::from_secs(30),
            read_patience: Duration::from_secs(5),
            recorder: None,
        }
    }
}

/// Where connections come from.
#[derive(Clone)]
pub(crate) enum Opener {
    Sqlite(PathBuf),
    Postgres(Box<::postgres::Config>),
}

/// What the database threads share with the store's handles.
struct Shared {
    opener: Opener,
    recorder: Option<Recorder>,
    commits: watch::Sender<u64>,
    healthy: AtomicBool,
    closing: AtomicBool,
}

impl Shared {
    fn connect(&self, writes: bool) -> Result<Connection, Error> {
        Ok(Connection::open(&self.opener, writes)?.recorded_by(self.recorder.clone()))
    }
}

/// Where closures are handed in; taken away when the store closes.
struct Ports {
    writers: Vec<flume::Sender<writer::Queued>>,
    readers: flume::Sender<reader::Queued>,
}

struct Inner {
    shared: Arc<Shared>,
    ports: RwLock<Option<Ports>>,
    /// Disconnected as soon as the last database thread has ended.
    ended: flume::Receiver<()>,
}

/// A handle to the database; clones are the same store.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

impl Store {
    /// Connects and starts the database threads. The schema is left as it is: see [`migrate`](Self::migrate).
    pub fn open(config: StoreConfig) -> Result<Self, Error> {
        let opener = Opener::new(&config.url)?;
        let first = off_the_executor(|| first_connection(&opener))?.recorded_by(config.recorder.clone());
        let shared = Arc::new(Shared {
            opener,
            recorder: config.recorder.clone(),
            commits: watch::Sender::new(0),
            healthy: AtomicBool::new(true),
            closing: AtomicBool::new(false),
        });
        let (alive, ended) = flume::bounded(0);
        let ports = start_threads(&config, &shared, first, &alive)?;
        Ok(Self(Arc::new(Inner { shared, ports: RwLock::new(Some(ports)), ended })))
    }

    pub fn engine(&self) -> Engine {
        self.0.shared.opener.engine()
    }

    /// Runs the closure in a transaction of this workspace and answers when its commit is on disk.
    ///
    /// Writes with the same key take place in the order in which they were handed in. The closure may run more
    /// than once (after a deadlock, for instance), each time from a clean state, so it must not have effects of
    /// its own. An error rolls it back, with its events and jobs. Dropping the future does not take it back.
    pub async fn write<T, E, F>(&self, workspace: &WorkspaceId, key: &str, work: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let route = hash_of(&(workspace.as_str(), key));
        let workspace = workspace.clone();
        let run = move |connection: &mut Connection| work(&mut Tx::new(connection, &workspace));
        self.submit_write(route, run).await
    }

    /// Runs the closure in a read-only transaction that sees one moment of the database.
    pub async fn read<T, E, F>(&self, workspace: &WorkspaceId, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let workspace = workspace.clone();
        self.submit_read(move |connection: &mut Connection| work(&mut Tx::new(connection, &workspace))).await
    }

    /// Like [`write`](Self::write), for what stands above workspaces.
    pub async fn write_server<T, E, F>(&self, key: &str, work: F) -> Result<T, E>
    where
        F: Fn(&mut ServerTx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let run = move |connection: &mut Connection| work(&mut ServerTx::new(connection));
        self.submit_write(hash_of(&("", key)), run).await
    }

    /// Like [`read`](Self::read), for what stands above workspaces.
    pub async fn read_server<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut ServerTx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.submit_read(move |connection: &mut Connection| work(&mut ServerTx::new(connection))).await
    }

    /// Brings the schema up to date. Blocks; call it before the store is used.
    pub fn migrate(&self) -> Result<MigrationReport, Error> {
        off_the_executor(|| migrate::migrate(&self.0.shared.opener))
    }

    /// Changes after every commit that added events or jobs, here or in another process on the same PostgreSQL.
    /// It only wakes: what happened is in the tables.
    pub fn subscribe_commits(&self) -> watch::Receiver<u64> {
        self.0.shared.commits.subscribe()
    }

    /// Whether the last attempt to read or write reached the database.
    pub fn healthy(&self) -> bool {
        self.0.shared.healthy.load(Ordering::Relaxed)
    }

    /// Finishes what was handed in, closes the connections and refuses everything after.
    pub async fn shutdown(&self) {
        self.0.shared.closing.store(true, Ordering::Relaxed);
        drop(self.0.ports.write().unwrap_or_else(PoisonError::into_inner).take());
        // Nothing is ever sent here: the answer is the disconnection.
        let _ = self.0.ended.recv_async().await;
    }

    async fn submit_write<T, E, F>(&self, route: u64, run: F) -> Result<T, E>
    where
        F: Fn(&mut Connection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let queue = self.port(|ports| ports.writers[route as usize % ports.writers.len()].clone())?;
        let sent = queue.send_async(writer::queued(run, reply)).await;
        drop(queue);
        sent.map_err(|_| E::from(Error::Closed))?;
        answer.await.unwrap_or_else(|_| Err(E::from(Error::Closed)))
    }

    async fn submit_read<T, E, F>(&self, run: F) -> Result<T, E>
    where
        F: FnOnce(&mut Connection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let queue = self.port(|ports| ports.readers.clone())?;
        let sent = queue.send_async(reader::queued(run, reply)).await;
        drop(queue);
        sent.map_err(|_| E::from(Error::Closed))?;
        answer.await.unwrap_or_else(|_| Err(E::from(Error::Closed)))
    }

    fn port<P>(&self, choose: impl FnOnce(&Ports) -> P) -> Result<P, Error> {
        let ports = self.0.ports.read().unwrap_or_else(PoisonError::into_inner);
        ports.as_ref().map(choose).ok_or(Error::Closed)
    }
}

impl Opener {
    pub(crate) fn new(url: &DatabaseUrl) -> Result<Self, Error> {
        Ok(match url {
            DatabaseUrl::Sqlite(path) => Self::Sqlite(path.clone()),
            DatabaseUrl::Postgres(url) => Self::Postgres(Box::new(postgres::configuration(url)?)),
        })
    }

    fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }
}

/// PostgreSQL's driver refuses to block a thread that belongs to an async executor.
pub(crate) fn off_the_executor<T: Send>(work: impl FnOnce() -> Result<T, Error> + Send) -> Result<T, Error> {
    let ended = std::thread::scope(|scope| scope.spawn(work).join());
    ended.unwrap_or_else(|_| Err(Error::Database("a database thread panicked".to_owned())))
}

fn hash_of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn first_connection(opener: &Opener) -> Result<Connection, Error> {
    let started = Instant::now();
    let mut backoff = Backoff::default();
    loop {
        match Connection::open(opener, true) {
            Err(Error::Unavailable(reason))
                if opener.engine() == Engine::Postgres && started.elapsed() < OPEN_PATIENCE =>
            {
                tracing::warn!(reason, "the database does not answer yet");
                std::thread::sleep(backoff.next_delay());
            }
            outcome => return outcome,
        }
    }
}

fn start_threads(
    config: &StoreConfig,
    shared: &Arc<Shared>,
    first: Connection,
    alive: &flume::Sender<()>,
) -> Result<Ports, Error> {
    let (writers, default_batch) = match shared.opener.engine() {
        Engine::Sqlite => (1, SQLITE_BATCH),
        Engine::Postgres => (config.writers.max(1), POSTGRES_BATCH),
    };
    let max_batch = if config.max_batch == 0 { default_batch } else { config.max_batch };
    let notify = match &shared.opener {
        Opener::Sqlite(_) => None,
        Opener::Postgres(_) => Some(listen::start(shared, alive)?),
    };
    let mut first = Some(first);
    let mut ports = Vec::with_capacity(writers);
    for number in 0..writers {
        let (port, queue) = flume::bounded(QUEUE_LENGTH);
        let writer = writer::Writer {
            shared: shared.clone(),
            queue,
            connection: first.take(),
            notify: notify.clone(),
            max_batch,
            patience: config.write_patience,
        };
        spawn(format!("store-writer-{number}"), alive, move || writer.run())?;
        ports.push(port);
    }
    let (readers, queue) = flume::bounded(QUEUE_LENGTH);
    for number in 0..config.readers.max(1) {
        let reader = reader::Reader::new(shared.clone(), queue.clone(), config.read_patience);
        spawn(format!("store-reader-{number}"), alive, move || reader.run())?;
    }
    Ok(Ports { writers: ports, readers })
}

/// Starts a database thread that is counted as alive until it ends.
fn spawn(name: String, alive: &flume::Sender<()>, run: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    let alive = alive.clone();
    let body = move || {
        run();
        drop(alive);
    };
    std::thread::Builder::new()
        .name(name)
        .spawn(body)
        .map(drop)
        .map_err(|error| Error::Unavailable(format!("no thread for the database: {error}")))
}
