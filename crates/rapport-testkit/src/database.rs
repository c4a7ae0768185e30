//! A fresh, migrated database for each test, on either engine, gone when the test is over.

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use rapport_store::migrate::migrate_database;
use rapport_store::{DatabaseUrl, Engine, Store, StoreConfig};
use tempfile::TempDir;

use crate::postgres::cluster;

/// Keep it as long as the store is used.
pub struct TestDatabase {
    pub config: StoreConfig,
    /// SQLite: holds the file.
    _folder: Option<TempDir>,
    /// PostgreSQL: the database to drop.
    name: Option<String>,
}

/// A database with the current schema and nothing in it.
pub fn fresh(engine: Engine) -> TestDatabase {
    create(engine, true).unwrap_or_else(|error| panic!("no database for the test: {error:#}"))
}

/// A database without a schema.
pub fn empty(engine: Engine) -> TestDatabase {
    create(engine, false).unwrap_or_else(|error| panic!("no database for the test: {error:#}"))
}

impl TestDatabase {
    pub fn open(&self) -> Store {
        Store::open(self.config.clone()).unwrap_or_else(|error| panic!("the test's database: {error}"))
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some(name) = &self.name
            && let Err(error) = cluster().administer(&format!("drop database if exists {name} with (force)"))
        {
            eprintln!("dropping {name}: {error:#}");
        }
    }
}

fn create(engine: Engine, migrated: bool) -> Result<TestDatabase> {
    match engine {
        Engine::Sqlite => create_sqlite(migrated),
        Engine::Postgres => create_postgres(migrated),
    }
}

fn config(url: DatabaseUrl) -> StoreConfig {
    StoreConfig { url, readers: 2, writers: 4, ..StoreConfig::default() }
}

fn create_sqlite(migrated: bool) -> Result<TestDatabase> {
    static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
    let folder = tempfile::Builder::new().prefix("rapport-test-").tempdir()?;
    let path = folder.path().join("rapport.db");
    if migrated {
        // Migrating once and copying the bytes keeps hundreds of tests quick.
        let template =
            TEMPLATE.get_or_init(|| migrated_file().unwrap_or_else(|error| panic!("migrating: {error:#}")));
        fs::write(&path, template)?;
    }
    Ok(TestDatabase { config: config(DatabaseUrl::Sqlite(path)), _folder: Some(folder), name: None })
}

fn migrated_file() -> Result<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    let path: PathBuf = folder.path().join("template.db");
    migrate_database(&DatabaseUrl::Sqlite(path.clone()))?;
    Ok(fs::read(path)?)
}

fn create_postgres(migrated: bool) -> Result<TestDatabase> {
    let server = cluster();
    let name = next_name();
    if migrated && server.is_ours() {
        server.administer(&format!("create database {name} template {}", template()))?;
    } else {
        server.administer(&format!("create database {name}"))?;
    }
    let url = DatabaseUrl::Postgres(server.url(&name));
    let database = TestDatabase { config: config(url.clone()), _folder: None, name: Some(name) };
    if migrated && !server.is_ours() {
        // Nobody would remove a template from a server that outlives the tests.
        migrate_database(&url)?;
    }
    Ok(database)
}

/// The name of a migrated database to copy, made on the first call.
fn template() -> &'static str {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let name = next_name();
        let made = cluster()
            .administer(&format!("create database {name}"))
            .and_then(|()| Ok(migrate_database(&DatabaseUrl::Postgres(cluster().url(&name)))?));
        made.unwrap_or_else(|error| panic!("the template database: {error:#}"));
        name
    })
}

fn next_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("rapport_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}
