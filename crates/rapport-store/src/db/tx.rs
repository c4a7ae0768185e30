//! What closures work on: a transaction bound to one workspace, and one for what stands above workspaces.

use rapport_domain::WorkspaceId;

use super::connection::{Connection, SearchChange};
use super::{Engine, translate};
use crate::value::{Param, Row};
use crate::{Error, dialect};

/// A fact that is appended to the workspace's log when the transaction commits.
#[derive(Clone, Debug)]
pub struct NewEvent {
    pub name: &'static str,
    pub version: i32,
    pub actor_kind: &'static str,
    pub actor_id: Option<String>,
    pub actor_name: String,
    pub conversation_id: Option<String>,
    pub contact_id: Option<String>,
    /// Set on events that only one user may see.
    pub visible_to_user: Option<String>,
    /// UTC milliseconds.
    pub occurred_at: i64,
    /// JSON.
    pub payload: String,
}

/// Work that is done after the transaction committed.
#[derive(Clone, Debug)]
pub struct NewJob {
    pub id: String,
    pub kind: &'static str,
    /// Jobs of one key run one at a time, in the order in which they were enqueued.
    pub key: Option<String>,
    /// JSON.
    pub payload: String,
    /// UTC milliseconds.
    pub run_at: i64,
    pub max_attempts: i32,
}

/// A transaction bound to one workspace.
///
/// In every statement `?1` is the workspace, bound here; the given parameters are `?2…?n`.
/// Once a statement failed, every further one answers with the same error and the closure is rolled back even if
/// it answers `Ok`; only [`try_execute`](Self::try_execute) lets a closure go on after a refusal.
pub struct Tx<'a> {
    connection: &'a mut Connection,
    workspace: &'a WorkspaceId,
}

impl<'a> Tx<'a> {
    pub(super) fn new(connection: &'a mut Connection, workspace: &'a WorkspaceId) -> Self {
        Self { connection, workspace }
    }

    pub fn workspace(&self) -> &WorkspaceId {
        self.workspace
    }

    pub fn engine(&self) -> Engine {
        self.connection.engine()
    }

    /// Answers how many rows were changed.
    pub fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64, Error> {
        self.require_scope(sql)?;
        self.connection.execute(sql, Some(self.workspace.as_str()), params)
    }

    /// Like [`execute`](Self::execute), but a refusal, such as [`Error::Unique`], leaves the transaction usable.
    pub fn try_execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64, Error> {
        self.require_scope(sql)?;
        self.connection.try_execute(sql, Some(self.workspace.as_str()), params)
    }

    pub fn query(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, Error> {
        self.require_scope(sql)?;
        self.connection.query(sql, Some(self.workspace.as_str()), params)
    }

    /// The first row, if there is one.
    pub fn query_opt(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Option<Row>, Error> {
        Ok(self.query(sql, params)?.into_iter().next())
    }

    /// Like [`query_opt`](Self::query_opt), and nobody else changes the row before this transaction ends.
    pub fn query_one_for_update(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Option<Row>, Error> {
        match dialect::for_update(self.engine()) {
            "" => self.query_opt(sql, params),
            suffix => self.query_opt(&format!("{sql}{suffix}"), params),
        }
    }

    /// Announces a fact. It gets its number when the transaction commits and cannot be read before.
    pub fn emit(&mut self, event: NewEvent) {
        if self.connection.must_write().is_ok() {
            self.connection.events.push((self.workspace.clone(), event));
        }
    }

    /// Leaves work for later. The job is inserted when the transaction commits: an id that is already taken makes
    /// the write as a whole answer with [`Error::Unique`].
    pub fn enqueue(&mut self, job: NewJob) -> Result<(), Error> {
        self.connection.must_write()?;
        self.connection.jobs.push((self.workspace.clone(), job));
        Ok(())
    }

    /// Changes FTS5's index when the transaction commits.
    pub(crate) fn change_search(&mut self, change: SearchChange) -> Result<(), Error> {
        self.connection.must_write()?;
        self.connection.search.push(change);
        Ok(())
    }

    pub(crate) fn wake_others(&mut self) {
        self.connection.wake_others();
    }

    fn require_scope(&mut self, sql: &str) -> Result<(), Error> {
        if translate::is_scoped(sql) {
            return Ok(());
        }
        let error = Error::Unscoped(sql.to_owned());
        self.connection.spoil(error.clone());
        Err(error)
    }
}

/// A transaction for what stands above workspaces: finding who logs in, claiming jobs, listing workspaces.
/// Parameters are `?1…?n`.
pub struct ServerTx<'a> {
    connection: &'a mut Connection,
}

impl<'a> ServerTx<'a> {
    pub(super) fn new(connection: &'a mut Connection) -> Self {
        Self { connection }
    }

    pub fn engine(&self) -> Engine {
        self.connection.engine()
    }

    pub fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64, Error> {
        self.connection.execute(sql, None, params)
    }

    pub fn try_execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64, Error> {
        self.connection.try_execute(sql, None, params)
    }

    pub fn query(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, Error> {
        self.connection.query(sql, None, params)
    }

    pub fn query_opt(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Option<Row>, Error> {
        Ok(self.query(sql, params)?.into_iter().next())
    }

    /// The same transaction, bound to a workspace.
    pub fn scoped<'b>(&'b mut self, workspace: &'b WorkspaceId) -> Tx<'b> {
        Tx::new(self.connection, workspace)
    }
}
