//! Migrating: once, from several nodes at once, never backwards, and with a copy of a file that has data.

use rapport_store::migrate::{MigrationReport, migrate_database};
use rapport_store::{DatabaseUrl, Engine, Error, params};
use rapport_testkit::database::{empty, fresh};

use crate::on_both_engines;

on_both_engines! {
    migrating_again_changes_nothing,
    a_newer_database_is_refused,
}

async fn migrating_again_changes_nothing(engine: Engine) {
    let database = empty(engine);
    let store = database.open();
    let first = store.migrate().expect("the first migration");
    assert_eq!(first.applied, (1..=first.version).collect::<Vec<_>>());
    assert_eq!(first.backup, None, "there was nothing to lose");
    let second = store.migrate().expect("the second migration");
    assert_eq!(second, MigrationReport { applied: vec![], version: first.version, backup: None });
    store.shutdown().await;
}

#[test]
fn nodes_that_start_at_once_take_turns() {
    let database = empty(Engine::Postgres);
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let url = database.config.url.clone();
            std::thread::spawn(move || migrate_database(&url))
        })
        .collect();
    let reports: Vec<MigrationReport> =
        threads.into_iter().map(|thread| thread.join().unwrap().expect("a migration")).collect();
    assert_eq!(reports.iter().filter(|report| !report.applied.is_empty()).count(), 1);
}

/// Every column as `table.column type [not null]`, with the types under the names that the migrations use.
/// What serves full-text search differs on purpose.
async fn columns(engine: Engine) -> Vec<String> {
    let sql = match engine {
        Engine::Sqlite => {
            "select t.name || '.' || c.name || ' ' || lower(c.type) || case when c.\"notnull\" = 1 then ' not null' else '' end
             from pragma_table_list t, pragma_table_info(t.name) c
             where t.type = 'table' and t.schema = 'main' and t.name not like 'sqlite%'"
        }
        Engine::Postgres => {
            "select cast(table_name || '.' || column_name || ' ' || data_type ||
                    case when is_nullable = 'NO' then ' not null' else '' end as text)
             from information_schema.columns where table_schema = 'public'"
        }
    };
    let database = fresh(engine);
    let store = database.open();
    let mut columns = store
        .read_server(move |tx| -> Result<Vec<String>, Error> {
            tx.query(sql, &[])?.iter().map(|row| row.get(0)).collect()
        })
        .await
        .unwrap();
    store.shutdown().await;
    columns.retain(|column| !column.starts_with("search_") && !column.starts_with("refinery_"));
    columns.sort();
    columns
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_engines_have_the_same_schema() {
    let sqlite = columns(Engine::Sqlite).await;
    assert!(sqlite.contains(&"events.seq bigint not null".to_owned()), "{sqlite:?}");
    assert_eq!(sqlite, columns(Engine::Postgres).await);
}

async fn a_newer_database_is_refused(engine: Engine) {
    let database = fresh(engine);
    let store = database.open();
    store
        .write_server("k", |tx| {
            tx.execute(
                "insert into refinery_schema_history (version, name, applied_on, checksum) values (?1, ?2, ?3, ?4)",
                &params![9_999, "from_the_future", "2030-01-01T00:00:00Z", "1"],
            )
        })
        .await
        .map_err(|error: Error| error)
        .unwrap();
    let refused = store.migrate();
    assert!(
        matches!(&refused, Err(Error::Migration(text)) if text.contains("9999") && text.contains("newer program")),
        "{refused:?}"
    );
    store.shutdown().await;
}

#[test]
fn a_file_with_data_is_copied_before_it_changes() {
    let database = empty(Engine::Sqlite);
    let DatabaseUrl::Sqlite(path) = &database.config.url else { panic!("not SQLite") };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store = database.open();
    runtime.block_on(async {
        store
            .write_server("k", |tx| {
                tx.execute("create table precious (workspace_id text)", &[])?;
                tx.execute("insert into precious values ('kept')", &[])
            })
            .await
            .map_err(|error: Error| error)
            .unwrap();
    });
    let report = store.migrate().expect("a migration");
    let backup = report.backup.expect("a backup");
    let mut expected = path.as_os_str().to_owned();
    expected.push(format!(".before-v{}", report.version));
    assert_eq!(backup.as_os_str(), expected);
    let copy = rapport_store::Store::open(rapport_store::StoreConfig {
        url: DatabaseUrl::Sqlite(backup),
        ..Default::default()
    })
    .unwrap();
    let (kept, history) = runtime
        .block_on(copy.read_server(|tx| -> Result<(String, i64), Error> {
            let kept = tx.query("select workspace_id from precious", &[])?[0].get(0)?;
            let tables = "select count(*) from sqlite_schema where name = 'workspaces'";
            Ok((kept, tx.query(tables, &[])?[0].get(0)?))
        }))
        .unwrap();
    assert_eq!((kept.as_str(), history), ("kept", 0));
}
