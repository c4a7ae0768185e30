//! The driver with nothing around it, to measure the store against: prepare once, bind, step, commit.

mod copy;

use std::collections::HashMap;

use ::postgres::types::ToSql;
use ::postgres::{Client, Statement};

use super::record::{RecordedStatement, RecordedTransaction};
use super::sqlite::SqliteDriver;
use super::{DatabaseUrl, Opener, postgres, translate};
use crate::Error;
use crate::value::Param;

/// One connection with the store's settings and prepared statements.
pub struct Bare(Driver);

enum Driver {
    Sqlite(rusqlite::Connection),
    Postgres { client: Box<Client>, statements: HashMap<String, Statement> },
}

impl Bare {
    pub fn open(url: &DatabaseUrl) -> Result<Self, Error> {
        Ok(Self(match Opener::new(url)? {
            Opener::Sqlite(path) => Driver::Sqlite(SqliteDriver::writer(&path)?.into_connection()),
            Opener::Postgres(config) => {
                let mut client = postgres::connect(&config)?;
                client.batch_execute(postgres::SETTINGS).map_err(|error| refused_by_postgres(&error))?;
                Driver::Postgres { client: Box::new(client), statements: HashMap::new() }
            }
        }))
    }

    /// Makes a database on the PostgreSQL server of this URL unless it is there. Blocks.
    pub fn create_database_if_missing(server: &DatabaseUrl, name: &str) -> Result<(), Error> {
        let mut client = administrator(server)?;
        let known = client
            .query_opt("select 1 from pg_database where datname = $1", &[&name])
            .map_err(|error| refused_by_postgres(&error))?;
        if known.is_some() {
            return Ok(());
        }
        administer(&mut client, &format!("create database {}", quoted(name)))
    }

    /// Removes a database of the PostgreSQL server of this URL, if it is there. Blocks.
    pub fn drop_database(server: &DatabaseUrl, name: &str) -> Result<(), Error> {
        let mut client = administrator(server)?;
        administer(&mut client, &format!("drop database if exists {} with (force)", quoted(name)))
    }

    /// Whether a database has been filled by [`copy`](Self::copy) to its end. Blocks.
    pub fn is_filled(&mut self) -> Result<bool, Error> {
        match &mut self.0 {
            Driver::Postgres { client, .. } => copy::is_complete(client),
            Driver::Sqlite(_) => Err(Error::Database("rows are copied to PostgreSQL only".to_owned())),
        }
    }

    /// Fills a PostgreSQL database that has the schema from a SQLite file, in place of what it held. Blocks.
    pub fn copy(from: &DatabaseUrl, to: &DatabaseUrl) -> Result<(), Error> {
        let (source, mut target) = (Self::open(from)?, Self::open(to)?);
        let (Driver::Sqlite(source), Driver::Postgres { client, .. }) = (&source.0, &mut target.0) else {
            return Err(Error::Database("rows are copied from SQLite to PostgreSQL only".to_owned()));
        };
        copy::copy(source, client)
    }

    /// Runs the statements again in one transaction and reads every value they return. Blocks.
    pub fn replay(&mut self, transaction: &RecordedTransaction) -> Result<(), Error> {
        match &mut self.0 {
            Driver::Sqlite(connection) => replay_sqlite(connection, transaction).map_err(refused),
            Driver::Postgres { client, statements } => {
                replay_postgres(client, statements, transaction).map_err(|error| refused_by_postgres(&error))
            }
        }
    }

    /// How the database goes about a statement, line by line.
    pub fn plan(&mut self, statement: &RecordedStatement) -> Result<Vec<String>, Error> {
        match &mut self.0 {
            Driver::Sqlite(connection) => plan_sqlite(connection, statement).map_err(refused),
            Driver::Postgres { client, .. } => {
                plan_postgres(client, statement).map_err(|error| refused_by_postgres(&error))
            }
        }
    }

    /// Tells the planner what the tables hold.
    pub fn analyze(&mut self) -> Result<(), Error> {
        match &mut self.0 {
            Driver::Sqlite(connection) => connection.execute_batch("analyze").map_err(refused),
            Driver::Postgres { client, .. } => {
                client.batch_execute("vacuum analyze").map_err(|error| refused_by_postgres(&error))
            }
        }
    }
}

fn administrator(server: &DatabaseUrl) -> Result<Client, Error> {
    match Opener::new(server)? {
        Opener::Postgres(config) => postgres::connect(&config),
        Opener::Sqlite(_) => Err(Error::Database("a SQLite file has no server".to_owned())),
    }
}

fn administer(client: &mut Client, sql: &str) -> Result<(), Error> {
    client.batch_execute(sql).map_err(|error| refused_by_postgres(&error))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn refused(error: rusqlite::Error) -> Error {
    Error::Database(error.to_string())
}

fn refused_by_postgres(error: &::postgres::Error) -> Error {
    Error::Database(postgres::describe(error))
}

fn replay_sqlite(
    connection: &rusqlite::Connection,
    transaction: &RecordedTransaction,
) -> rusqlite::Result<()> {
    let begin = if transaction.writes { "begin immediate" } else { "begin deferred" };
    connection.prepare_cached(begin)?.raw_execute()?;
    for recorded in &transaction.statements {
        let mut statement = connection.prepare_cached(&recorded.sql)?;
        for (index, param) in recorded.params.iter().enumerate() {
            statement.raw_bind_parameter(index + 1, param)?;
        }
        let columns = statement.column_count();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            for index in 0..columns {
                std::hint::black_box(row.get_ref(index)?);
            }
        }
    }
    connection.prepare_cached("commit")?.raw_execute()?;
    Ok(())
}

fn plan_sqlite(
    connection: &rusqlite::Connection,
    recorded: &RecordedStatement,
) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(&format!("explain query plan {}", recorded.sql))?;
    for (index, param) in recorded.params.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, param)?;
    }
    let mut rows = statement.raw_query();
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        lines.push(row.get::<_, String>(3)?);
    }
    Ok(lines)
}

fn replay_postgres(
    client: &mut Client,
    statements: &mut HashMap<String, Statement>,
    transaction: &RecordedTransaction,
) -> Result<(), ::postgres::Error> {
    client.batch_execute(if transaction.writes {
        "begin"
    } else {
        "begin isolation level repeatable read read only"
    })?;
    for recorded in &transaction.statements {
        let statement = match statements.get(&*recorded.sql) {
            Some(known) => known.clone(),
            None => {
                let prepared = client.prepare(&translate::to_postgres(&recorded.sql))?;
                statements.insert(recorded.sql.to_string(), prepared.clone());
                prepared
            }
        };
        std::hint::black_box(client.query(&statement, &bound(&recorded.params))?);
    }
    client.batch_execute("commit")
}

fn plan_postgres(
    client: &mut Client,
    recorded: &RecordedStatement,
) -> Result<Vec<String>, ::postgres::Error> {
    let text = format!("explain (analyze, buffers) {}", translate::to_postgres(&recorded.sql));
    let rows = client.query(&text, &bound(&recorded.params))?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

fn bound<'a>(params: &'a [Param<'static>]) -> Vec<&'a (dyn ToSql + Sync)> {
    params.iter().map(|param| param as &(dyn ToSql + Sync)).collect()
}
