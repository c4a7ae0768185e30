//! One SQLite connection: pragmas, statements, and what its error codes mean for a batch.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, Statement, ToSql, ffi};

use super::connection::{Failure, Fault};
use crate::Error;
use crate::value::{Cell, Param, Row};

/// Statements that are kept prepared on each connection.
const CACHED_STATEMENTS: usize = 256;
/// How long a statement waits for another process; the writer itself comes back for longer.
const BUSY_TIMEOUT: Duration = Duration::from_millis(500);

pub(super) struct SqliteDriver {
    connection: Connection,
    read_only: bool,
}

impl SqliteDriver {
    pub(super) fn writer(path: &Path) -> Result<Self, Error> {
        super::private_file::ensure(path);
        let connection = open(path)?;
        // The order matters: journal_mode creates the file, the rest is per connection.
        // Memory mapping stays off: a failing disk would then end the process instead of one statement.
        connection
            .execute_batch(
                "pragma journal_mode = wal;
                 pragma synchronous = full;
                 pragma foreign_keys = on;
                 pragma temp_store = memory;
                 pragma mmap_size = 0;
                 pragma cache_size = -8192;
                 pragma wal_autocheckpoint = 4000;
                 pragma journal_size_limit = 67108864;",
            )
            .map_err(|error| unavailable(&error))?;
        Ok(Self { connection, read_only: false })
    }

    pub(super) fn into_connection(self) -> Connection {
        self.connection
    }

    pub(super) fn reader(path: &Path) -> Result<Self, Error> {
        let connection = open(path)?;
        connection
            .execute_batch(
                "pragma query_only = on;
                 pragma temp_store = memory;
                 pragma mmap_size = 0;
                 pragma cache_size = -2048;",
            )
            .map_err(|error| unavailable(&error))?;
        Ok(Self { connection, read_only: true })
    }

    pub(super) fn execute(
        &mut self,
        sql: &str,
        scope: Option<&str>,
        params: &[Param<'_>],
    ) -> Result<u64, Failure> {
        let outcome = self.connection.prepare_cached(sql).and_then(|mut statement| {
            bind(&mut statement, scope, params)?;
            statement.raw_execute()
        });
        outcome.map(|changed| changed as u64).map_err(|error| self.failure(error))
    }

    pub(super) fn query(
        &mut self,
        sql: &str,
        scope: Option<&str>,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>, Failure> {
        let outcome = self.connection.prepare_cached(sql).and_then(|mut statement| {
            bind(&mut statement, scope, params)?;
            let columns = statement.column_count();
            let mut found = Vec::new();
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                found.push(copy_row(row, columns)?);
            }
            Ok(found)
        });
        outcome.map_err(|error| self.failure(error))
    }

    /// Runs one of the fixed statements that steer a transaction.
    pub(super) fn control(&mut self, sql: &'static str) -> Result<(), Failure> {
        let outcome = self.connection.prepare_cached(sql).and_then(|mut statement| statement.raw_execute());
        outcome.map(drop).map_err(|error| self.failure(error))
    }

    pub(super) fn in_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }

    /// Moves the write-ahead log into the file and refreshes the planner's statistics where they are stale.
    pub(super) fn settle(&mut self) -> Result<(), Error> {
        self.connection
            .execute_batch("pragma optimize; pragma wal_checkpoint(truncate);")
            .map_err(|error| unavailable(&error))
    }

    fn failure(&self, error: rusqlite::Error) -> Failure {
        let rusqlite::Error::SqliteFailure(code, message) = &error else {
            return Failure::from(Error::Database(error.to_string()));
        };
        let text = message.clone().unwrap_or_else(|| code.to_string());
        match code.code {
            ErrorCode::ConstraintViolation => Failure::from(self.constraint(code.extended_code, text)),
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
                Failure { error: Error::Retryable(text.clone()), fault: Some(Fault::Retry(text)) }
            }
            ErrorCode::ReadOnly if self.read_only => {
                Failure::from(Error::Database("a read transaction refuses to write".to_owned()))
            }
            ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::ReadOnly
            | ErrorCode::CannotOpen
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase
            | ErrorCode::OutOfMemory
            | ErrorCode::PermissionDenied => {
                Failure { error: Error::Unavailable(text.clone()), fault: Some(Fault::Down(text)) }
            }
            _ => Failure::from(Error::Database(text)),
        }
    }

    fn constraint(&self, extended_code: i32, message: String) -> Error {
        match extended_code {
            ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY => {
                Error::Unique { constraint: self.constraint_name(&message) }
            }
            ffi::SQLITE_CONSTRAINT_FOREIGNKEY => Error::ForeignKey(message),
            _ => Error::Check(message),
        }
    }

    /// SQLite names the columns ("UNIQUE constraint failed: jobs.workspace_id, jobs.id"); callers want the name
    /// of the index, as PostgreSQL gives it.
    fn constraint_name(&self, message: &str) -> String {
        let subject = message.rsplit("failed: ").next().unwrap_or(message);
        if let Some(index) = subject.strip_prefix("index ") {
            return index.trim_matches('\'').to_owned();
        }
        let columns: Vec<&str> =
            subject.split(", ").map(|name| name.rsplit('.').next().unwrap_or(name)).collect();
        let table = subject.split('.').next().unwrap_or(subject);
        let found = self.connection.query_row(
            "select l.name, l.origin from pragma_index_list(?1) l
             where l.\"unique\" = 1
               and (select group_concat(i.name, ',') from pragma_index_info(l.name) i order by i.seqno) = ?2
             order by l.origin = 'c' desc, l.seq limit 1",
            (table, columns.join(",")),
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)),
        );
        match found {
            Ok((name, origin)) if origin == "c" => name,
            Ok((_, origin)) if origin == "u" => format!("{table}_{}_key", columns.join("_")),
            _ => format!("{table}_pkey"),
        }
    }
}

fn open(path: &Path) -> Result<Connection, Error> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)
        .map_err(|error| Error::Unavailable(format!("{}: {error}", path.display())))?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(|error| unavailable(&error))?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    // Otherwise a statement may be compiled anew for each value bound to it, which takes longer than running it.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(|error| unavailable(&error))?;
    Ok(connection)
}

fn unavailable(error: &rusqlite::Error) -> Error {
    Error::Unavailable(error.to_string())
}

fn bind(statement: &mut Statement<'_>, scope: Option<&str>, params: &[Param<'_>]) -> rusqlite::Result<()> {
    let given = params.len() + usize::from(scope.is_some());
    if statement.parameter_count() != given {
        return Err(rusqlite::Error::InvalidParameterCount(given, statement.parameter_count()));
    }
    let mut index = 1;
    if let Some(workspace) = scope {
        statement.raw_bind_parameter(index, workspace)?;
        index += 1;
    }
    for param in params {
        statement.raw_bind_parameter(index, param)?;
        index += 1;
    }
    Ok(())
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Bool(flag) => ValueRef::Integer((*flag).into()),
            Self::Real(number) => ValueRef::Real(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::OwnedText(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

fn copy_row(row: &rusqlite::Row<'_>, columns: usize) -> rusqlite::Result<Row> {
    let mut texts = String::new();
    let mut cells = Vec::with_capacity(columns);
    for index in 0..columns {
        cells.push(match row.get_ref(index)? {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(number) => Cell::Int(number),
            ValueRef::Real(number) => Cell::Real(number),
            value @ (ValueRef::Text(_) | ValueRef::Blob(_)) => {
                let start = texts.len();
                texts.push_str(value.as_str()?);
                Cell::Text { start, end: texts.len() }
            }
        });
    }
    Ok(Row::copied(cells.into_boxed_slice(), texts))
}
