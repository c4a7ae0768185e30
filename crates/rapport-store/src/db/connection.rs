//! A connection of either engine with what one transaction gathers on it: events, jobs, changes of the
//! search index and the first failure.

use rapport_domain::WorkspaceId;

use super::postgres::PostgresDriver;
use super::record::{Recorder, Trace};
use super::sqlite::SqliteDriver;
use super::tx::{NewEvent, NewJob};
use super::{Engine, Opener, flush};
use crate::Error;
use crate::value::{Param, Row};

/// What a failure means for the whole batch; most concern only the closure that met them.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// Deadlock, serialisation failure or lock: the same work may succeed when it is done again.
    Retry(String),
    /// The connection is gone and nothing of the transaction was kept.
    Lost(String),
    /// The database cannot write at the moment, for instance because the disk is full.
    Down(String),
}

/// A failed statement: what the caller is told, and what it means for the transaction.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: Error,
    pub(super) fault: Option<Fault>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, fault: None }
    }
}

enum Driver {
    Sqlite(SqliteDriver),
    Postgres(Box<PostgresDriver>),
}

/// A change of FTS5's index. They wait for the end of the batch, because the index writes a segment of its own at
/// each savepoint otherwise.
#[derive(Debug)]
pub(crate) enum SearchChange {
    Add { id: i64, scope: String, body: String },
    Remove { id: i64 },
}

/// How far what is gathered reached before a closure ran.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    events: usize,
    jobs: usize,
    search: usize,
    statements: usize,
    wake: bool,
}

pub(crate) struct Connection {
    driver: Driver,
    writes: bool,
    pub(super) events: Vec<(WorkspaceId, NewEvent)>,
    pub(super) jobs: Vec<(WorkspaceId, NewJob)>,
    pub(super) search: Vec<SearchChange>,
    /// Whether the commit concerns those who wait for events or jobs.
    wake: bool,
    /// The first statement that failed in the running closure. It spoils the closure even if the closure
    /// ignores it, because PostgreSQL would refuse everything after it.
    spoiled: Option<Error>,
    fault: Option<Fault>,
    trace: Trace,
}

impl Connection {
    pub(super) fn open(opener: &Opener, writes: bool) -> Result<Self, Error> {
        let driver = match opener {
            Opener::Sqlite(path) if writes => Driver::Sqlite(SqliteDriver::writer(path)?),
            Opener::Sqlite(path) => Driver::Sqlite(SqliteDriver::reader(path)?),
            Opener::Postgres(config) => Driver::Postgres(Box::new(PostgresDriver::open(config, !writes)?)),
        };
        Ok(Self {
            driver,
            writes,
            events: Vec::new(),
            jobs: Vec::new(),
            search: Vec::new(),
            wake: false,
            spoiled: None,
            fault: None,
            trace: Trace::default(),
        })
    }

    pub(super) fn recorded_by(mut self, recorder: Option<Recorder>) -> Self {
        self.trace = Trace::new(recorder);
        self
    }

    pub(crate) fn engine(&self) -> Engine {
        match self.driver {
            Driver::Sqlite(_) => Engine::Sqlite,
            Driver::Postgres(_) => Engine::Postgres,
        }
    }

    pub(super) fn execute(
        &mut self,
        sql: &str,
        scope: Option<&str>,
        params: &[Param<'_>],
    ) -> Result<u64, Error> {
        let outcome = self.run(
            |driver| match driver {
                Driver::Sqlite(driver) => driver.execute(sql, scope, params),
                Driver::Postgres(driver) => driver.execute(sql, scope, params),
            },
            params,
            Spoil::Yes,
        )?;
        self.trace.note(sql, scope, params);
        Ok(outcome)
    }

    pub(super) fn query(
        &mut self,
        sql: &str,
        scope: Option<&str>,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>, Error> {
        let outcome = self.run(
            |driver| match driver {
                Driver::Sqlite(driver) => driver.query(sql, scope, params),
                Driver::Postgres(driver) => driver.query(sql, scope, params),
            },
            params,
            Spoil::Yes,
        )?;
        self.trace.note(sql, scope, params);
        Ok(outcome)
    }

    /// Like [`execute`](Self::execute), but after a refusal the transaction can go on.
    pub(super) fn try_execute(
        &mut self,
        sql: &str,
        scope: Option<&str>,
        params: &[Param<'_>],
    ) -> Result<u64, Error> {
        let outcome = self.run(
            |driver| match driver {
                // A refused statement of SQLite takes back only itself.
                Driver::Sqlite(driver) => driver.execute(sql, scope, params),
                Driver::Postgres(driver) => {
                    driver.control("savepoint attempt")?;
                    let outcome = driver.execute(sql, scope, params);
                    match &outcome {
                        Ok(_) => driver.control("release savepoint attempt")?,
                        Err(failure) if failure.fault.is_none() => {
                            driver.control("rollback to savepoint attempt")?
                        }
                        Err(_) => {}
                    }
                    outcome
                }
            },
            params,
            Spoil::No,
        )?;
        self.trace.note(sql, scope, params);
        Ok(outcome)
    }

    fn run<T>(
        &mut self,
        work: impl FnOnce(&mut Driver) -> Result<T, Failure>,
        params: &[Param<'_>],
        spoil: Spoil,
    ) -> Result<T, Error> {
        if let Some(error) = &self.spoiled {
            return Err(error.clone());
        }
        // PostgreSQL cannot store this character, so it is refused on both engines alike.
        let outcome = if params.iter().any(|param| param.text().is_some_and(|text| text.contains('\0'))) {
            Err(Failure::from(Error::Check("a text contains the character U+0000".to_owned())))
        } else {
            work(&mut self.driver)
        };
        outcome.map_err(|failure| {
            if matches!(spoil, Spoil::Yes) || failure.fault.is_some() {
                self.spoiled = Some(failure.error.clone());
            }
            if let Some(fault) = failure.fault {
                self.fault.get_or_insert(fault);
            }
            failure.error
        })
    }

    /// Makes the running closure fail with this error whatever it answers.
    pub(super) fn spoil(&mut self, error: Error) {
        self.spoiled.get_or_insert(error);
    }

    /// Whether this connection may write; a read transaction that tries to announce something is spoiled.
    pub(super) fn must_write(&mut self) -> Result<(), Error> {
        if self.writes {
            return Ok(());
        }
        let error = Error::Database("a read transaction refuses to write".to_owned());
        self.spoil(error.clone());
        Err(error)
    }

    pub(super) fn wake_others(&mut self) {
        self.wake = true;
    }

    /// Forgets everything that an earlier transaction left behind and starts a new one.
    pub(super) fn begin(&mut self) -> Result<(), Failure> {
        self.events.clear();
        self.jobs.clear();
        self.search.clear();
        self.trace.truncate(0);
        self.wake = false;
        self.spoiled = None;
        self.fault = None;
        let writes = self.writes;
        match &mut self.driver {
            Driver::Sqlite(driver) if writes => driver.control("begin immediate"),
            Driver::Sqlite(driver) => driver.control("begin deferred"),
            Driver::Postgres(driver) if writes => driver.control("begin"),
            Driver::Postgres(driver) => driver.control("begin isolation level repeatable read read only"),
        }
    }

    pub(super) fn savepoint(&mut self) -> Result<Mark, Failure> {
        self.control("savepoint closure")?;
        Ok(self.mark())
    }

    /// Keeps the closure that just ran and sets the savepoint of the next one, in one round trip.
    pub(super) fn next_savepoint(&mut self) -> Result<Mark, Failure> {
        match &mut self.driver {
            Driver::Sqlite(driver) => {
                driver.control("release savepoint closure")?;
                driver.control("savepoint closure")?;
            }
            Driver::Postgres(driver) => driver.control("release savepoint closure; savepoint closure")?,
        }
        Ok(self.mark())
    }

    /// Takes back what was done since the savepoint, which stays.
    pub(super) fn undo_to(&mut self, mark: Mark) -> Result<(), Failure> {
        self.events.truncate(mark.events);
        self.jobs.truncate(mark.jobs);
        self.search.truncate(mark.search);
        self.trace.truncate(mark.statements);
        self.wake = mark.wake;
        self.spoiled = None;
        self.control("rollback to savepoint closure")
    }

    fn mark(&self) -> Mark {
        Mark {
            events: self.events.len(),
            jobs: self.jobs.len(),
            search: self.search.len(),
            statements: self.trace.len(),
            wake: self.wake,
        }
    }

    pub(super) fn flush(&mut self) -> Result<(), Error> {
        flush::flush_search(self)?;
        if self.events.is_empty() && self.jobs.is_empty() {
            return Ok(());
        }
        self.wake = true;
        flush::flush(self)
    }

    /// Commits, and says whether those who wait for events or jobs are concerned.
    pub(super) fn commit(&mut self) -> Result<bool, Failure> {
        self.control("commit")?;
        self.trace.finish(true);
        Ok(std::mem::take(&mut self.wake))
    }

    /// Hands what a read did to the recorder, before its caller gets the answer.
    pub(super) fn record_read(&mut self) {
        self.trace.finish(false);
    }

    pub(super) fn roll_back(&mut self) -> Result<(), Failure> {
        match &mut self.driver {
            // Some failures of SQLite have rolled back already.
            Driver::Sqlite(driver) if !driver.in_transaction() => Ok(()),
            Driver::Sqlite(driver) => driver.control("rollback"),
            Driver::Postgres(driver) => driver.control("rollback"),
        }
    }

    pub(super) fn spoiled(&self) -> Option<&Error> {
        self.spoiled.as_ref()
    }

    pub(super) fn take_fault(&mut self) -> Option<Fault> {
        self.fault.take()
    }

    /// What remains to be done on a connection before it is closed for good.
    pub(super) fn settle(&mut self) {
        if let Driver::Sqlite(driver) = &mut self.driver
            && let Err(error) = driver.settle()
        {
            tracing::warn!(%error, "the write-ahead log could not be moved into the database file");
        }
    }

    fn control(&mut self, sql: &'static str) -> Result<(), Failure> {
        match &mut self.driver {
            Driver::Sqlite(driver) => driver.control(sql),
            Driver::Postgres(driver) => driver.control(sql),
        }
    }
}

enum Spoil {
    Yes,
    No,
}
