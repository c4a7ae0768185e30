//! One PostgreSQL connection: settings, prepared statements, and what its error codes mean for a batch.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::str::FromStr;
use std::time::Duration;

use bytes::BytesMut;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, Config, Statement, error::SqlState};

use super::connection::{Failure, Fault};
use super::translate;
use crate::Error;
use crate::value::{Param, Row};

/// Prepared statements kept on each connection; filters that are built at run time must not grow it for ever.
const CACHED_STATEMENTS: usize = 512;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A peer that vanished without closing is noticed after this long.
const PEER_TIMEOUT: Duration = Duration::from_secs(15);

/// A lock that somebody outside holds must not hold up every conversation for ever.
///
/// Planning a list took ten times as long as running it. So each statement is planned once on a connection, not for
/// each value bound to it, and tables are joined in the order in which the statement names them.
pub(super) const SETTINGS: &str = "set lock_timeout = '10s'; set statement_timeout = '60s'; set timezone = 'UTC'; \
    set plan_cache_mode = force_generic_plan; set join_collapse_limit = 1; set jit = off";

pub(super) struct PostgresDriver {
    client: Client,
    statements: HashMap<String, Statement>,
    read_only: bool,
}

/// Reads a connection string and adds what this program always wants.
pub(crate) fn configuration(url: &str) -> Result<Config, Error> {
    let mut config = Config::from_str(url)
        .map_err(|error| Error::Database(format!("the database URL: {}", describe(&error))))?;
    if config.get_application_name().is_none() {
        config.application_name("rapport");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(PEER_TIMEOUT);
    }
    Ok(config)
}

/// Opens a connection outside of the pools, for migrations and notifications.
pub(crate) fn connect(config: &Config) -> Result<Client, Error> {
    super::tls::connect(config)
}

impl PostgresDriver {
    pub(super) fn open(config: &Config, read_only: bool) -> Result<Self, Error> {
        let mut client = connect(config)?;
        client.batch_execute(SETTINGS).map_err(|error| Error::Unavailable(describe(&error)))?;
        Ok(Self { client, statements: HashMap::new(), read_only })
    }

    pub(super) fn execute(
        &mut self,
        sql: &str,
        scope: Option<&str>,
        params: &[Param<'_>],
    ) -> Result<u64, Failure> {
        let statement = self.statement(sql)?;
        let scope = scope.map(Param::Text);
        let bound = bind(&statement, scope.as_ref(), params)?;
        self.client.execute(&statement, &bound).map_err(|error| self.failure(&error))
    }

    pub(super) fn query(
        &mut self,
        sql: &str,
        scope: Option<&str>,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>, Failure> {
        let statement = self.statement(sql)?;
        let scope = scope.map(Param::Text);
        let bound = bind(&statement, scope.as_ref(), params)?;
        let rows = self.client.query(&statement, &bound).map_err(|error| self.failure(&error))?;
        Ok(rows.into_iter().map(Row::from).collect())
    }

    /// Runs one of the fixed statements that steer a transaction.
    pub(super) fn control(&mut self, sql: &'static str) -> Result<(), Failure> {
        self.client.batch_execute(sql).map_err(|error| self.failure(&error))
    }

    fn statement(&mut self, sql: &str) -> Result<Statement, Failure> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        if self.statements.len() >= CACHED_STATEMENTS {
            self.statements.clear();
        }
        let prepared = self.client.prepare(&translate::to_postgres(sql));
        let statement = prepared.map_err(|error| self.failure(&error))?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    fn failure(&mut self, error: &postgres::Error) -> Failure {
        let text = describe(error);
        let Some(refusal) = error.as_db_error() else {
            if error.is_closed() || self.client.is_closed() || is_io(error) {
                return Failure { error: Error::Unavailable(text.clone()), fault: Some(Fault::Lost(text)) };
            }
            return Failure::from(Error::Database(text));
        };
        let code = refusal.code();
        let constraint = refusal.constraint().unwrap_or("unknown").to_owned();
        if *code == SqlState::UNIQUE_VIOLATION {
            Failure::from(Error::Unique { constraint })
        } else if *code == SqlState::FOREIGN_KEY_VIOLATION {
            Failure::from(Error::ForeignKey(constraint))
        } else if *code == SqlState::CHECK_VIOLATION || *code == SqlState::NOT_NULL_VIOLATION {
            Failure::from(Error::Check(
                refusal.constraint().or(refusal.column()).unwrap_or("unknown").to_owned(),
            ))
        } else if is_contention(code) {
            Failure { error: Error::Retryable(text.clone()), fault: Some(Fault::Retry(text)) }
        } else if *code == SqlState::FEATURE_NOT_SUPPORTED && text.contains("cached plan") {
            // The schema changed under a prepared statement; a fresh one is right.
            self.statements.clear();
            Failure { error: Error::Retryable(text.clone()), fault: Some(Fault::Retry(text)) }
        } else if self.read_only && *code == SqlState::READ_ONLY_SQL_TRANSACTION {
            Failure::from(Error::Database("a read transaction refuses to write".to_owned()))
        } else if is_disconnection(code) {
            Failure { error: Error::Unavailable(text.clone()), fault: Some(Fault::Lost(text)) }
        } else if code.code().starts_with("53") || code.code().starts_with("58") {
            Failure { error: Error::Unavailable(text.clone()), fault: Some(Fault::Down(text)) }
        } else {
            Failure::from(Error::Database(text))
        }
    }
}

fn is_contention(code: &SqlState) -> bool {
    [&SqlState::T_R_SERIALIZATION_FAILURE, &SqlState::T_R_DEADLOCK_DETECTED, &SqlState::LOCK_NOT_AVAILABLE]
        .contains(&code)
}

/// The server is going away or is a standby: another connection may do better.
fn is_disconnection(code: &SqlState) -> bool {
    code.code().starts_with("08")
        || [
            &SqlState::ADMIN_SHUTDOWN,
            &SqlState::CRASH_SHUTDOWN,
            &SqlState::CANNOT_CONNECT_NOW,
            &SqlState::READ_ONLY_SQL_TRANSACTION,
        ]
        .contains(&code)
}

fn is_io(error: &postgres::Error) -> bool {
    error.source().is_some_and(|source| source.is::<std::io::Error>())
}

/// The driver's own text leaves out the cause.
pub(crate) fn describe(error: &postgres::Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(refusal), _) => format!("{} ({})", refusal.message(), refusal.code().code()),
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    }
}

fn bind<'a>(
    statement: &Statement,
    scope: Option<&'a Param<'a>>,
    params: &'a [Param<'a>],
) -> Result<Vec<&'a (dyn ToSql + Sync)>, Failure> {
    let bound: Vec<&(dyn ToSql + Sync)> =
        scope.into_iter().chain(params).map(|param| param as &(dyn ToSql + Sync)).collect();
    if bound.len() == statement.params().len() {
        Ok(bound)
    } else {
        Err(Failure::from(Error::Database(format!(
            "the statement takes {} parameters, {} were given",
            statement.params().len(),
            bound.len()
        ))))
    }
}

impl ToSql for Param<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(number) if *kind == Type::INT8 => number.to_sql(kind, out),
            Self::Int(number) if *kind == Type::INT4 => i32::try_from(*number)?.to_sql(kind, out),
            Self::Int(number) if *kind == Type::FLOAT8 => (*number as f64).to_sql(kind, out),
            Self::Bool(flag) if *kind == Type::BOOL => flag.to_sql(kind, out),
            Self::Real(number) if *kind == Type::FLOAT8 => number.to_sql(kind, out),
            Self::Text(text) if <&str as ToSql>::accepts(kind) => text.to_sql(kind, out),
            Self::OwnedText(text) if <&str as ToSql>::accepts(kind) => text.as_str().to_sql(kind, out),
            _ => Err(format!("the parameter does not fit the type {kind}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
