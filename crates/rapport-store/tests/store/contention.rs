//! Writers collide, connections break, disks fill up: callers see none of it unless it lasts.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rapport_store::{DatabaseUrl, Engine, Error, Store, StoreConfig, params};
use rapport_testkit::postgres::{Cluster, cluster};

use crate::support::{INSERT, bench};

/// Two keys that different writers serve: found by trying, because the routing is the store's own business.
async fn separate_keys(bench: &crate::support::Bench) -> (String, String) {
    let backend = "select cast(pg_backend_pid() as bigint)";
    let mut first: Option<(String, i64)> = None;
    for number in 0..100 {
        let key = format!("key {number}");
        let pid: i64 = bench
            .store
            .write(&bench.workspace, &key, move |tx| {
                tx.query(&format!("{backend} where 'workspace_id' <> ?1"), &[])?[0].get::<i64>(0)
            })
            .await
            .unwrap();
        match &first {
            None => first = Some((key, pid)),
            Some((other, other_pid)) if *other_pid != pid => return (other.clone(), key),
            Some(_) => {}
        }
    }
    panic!("all keys are served by one writer");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadlock_is_run_again_until_both_succeed() {
    let bench = bench(Engine::Postgres).await;
    bench
        .store
        .write(&bench.workspace, "k", |tx| -> Result<(), Error> {
            tx.execute(INSERT, &params!["a", 1])?;
            tx.execute(INSERT, &params!["b", 2])?;
            Ok(())
        })
        .await
        .unwrap();
    let (first_key, second_key) = separate_keys(&bench).await;
    let runs = Arc::new(AtomicUsize::new(0));
    let meeting = Arc::new(std::sync::Barrier::new(2));
    let mut tasks = Vec::new();
    for (key, order) in [(first_key, ["a", "b"]), (second_key, ["b", "a"])] {
        let (store, workspace) = (bench.store.clone(), bench.workspace.clone());
        let (runs, meeting) = (runs.clone(), meeting.clone());
        tasks.push(tokio::spawn(async move {
            store
                .write(&workspace, &key, move |tx| -> Result<(), Error> {
                    let raise = "update samples set number = number + 10 where workspace_id = ?1 and id = ?2";
                    tx.execute(raise, &params![order[0]])?;
                    // The first time both hold one row before either asks for the other.
                    if runs.fetch_add(1, Ordering::SeqCst) < 2 {
                        meeting.wait();
                    }
                    tx.execute(raise, &params![order[1]])?;
                    Ok(())
                })
                .await
        }));
    }
    for task in tasks {
        assert_eq!(task.await.unwrap(), Ok(()));
    }
    assert!(runs.load(Ordering::SeqCst) > 2, "the deadlock took place");
    let sum: i64 = bench
        .store
        .read(&bench.workspace, |tx| {
            tx.query("select cast(sum(number) as bigint) from samples where workspace_id = ?1", &[])?[0]
                .get(0)
        })
        .await
        .map_err(|error: Error| error)
        .unwrap();
    assert_eq!(sum, 1 + 2 + 4 * 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_breaks_before_the_commit_is_replaced() {
    let bench = bench(Engine::Postgres).await;
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    let written = bench
        .store
        .write(&bench.workspace, "k", move |tx| -> Result<u64, Error> {
            let changed = tx.execute(INSERT, &params!["a", 1])?;
            if counted.fetch_add(1, Ordering::SeqCst) == 0 {
                tx.query("select pg_terminate_backend(pg_backend_pid()), ?1 = 'workspace_id'", &[])?;
            }
            Ok(changed)
        })
        .await;
    assert_eq!(written, Ok(1));
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    assert_eq!(bench.count("samples").await, 1);
    // Every idle connection breaks too; neither reads nor writes show it.
    let DatabaseUrl::Postgres(url) = &bench.database.config.url else { panic!("not PostgreSQL") };
    let name = url.rsplit('/').next().unwrap().to_owned();
    cluster()
        .administer(&format!(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"
        ))
        .unwrap();
    assert_eq!(bench.count("samples").await, 1);
    assert_eq!(
        bench.store.write(&bench.workspace, "k", |tx| tx.execute(INSERT, &params!["b", 2])).await,
        Ok(1)
    );
    assert!(bench.store.healthy());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_stays_away_is_reported_as_unavailable() {
    let server = Cluster::start().expect("a server of its own");
    let config = StoreConfig {
        url: DatabaseUrl::Postgres(server.url("postgres")),
        write_patience: Duration::from_millis(300),
        read_patience: Duration::from_millis(100),
        ..StoreConfig::default()
    };
    let store = Store::open(config).unwrap();
    assert!(store.healthy());
    tokio::task::spawn_blocking(move || drop(server)).await.unwrap();
    let write = store.write_server("k", |tx| tx.query("select 1", &[]).map(drop)).await;
    assert!(matches!(write, Err(Error::Unavailable(_))), "{write:?}");
    let read = store.read_server(|tx| tx.query("select 1", &[]).map(drop)).await;
    assert!(matches!(read, Err(Error::Unavailable(_))), "{read:?}");
    assert!(!store.healthy());
    store.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_that_another_process_locks_out_waits_as_long_as_it_is_told() {
    let bench = bench(Engine::Sqlite).await;
    let mut impatient = bench.database.config.clone();
    impatient.write_patience = Duration::from_millis(100);
    let (patient, impatient) = (bench.database.open(), Store::open(impatient).unwrap());
    let (release, held) = std::sync::mpsc::channel::<()>();
    let held = std::sync::Mutex::new(held);
    let (entered, waiting) = tokio::sync::oneshot::channel();
    let entered = std::sync::Mutex::new(Some(entered));
    let (store, workspace) = (bench.store.clone(), bench.workspace.clone());
    let holding = tokio::spawn(async move {
        store
            .write(&workspace, "k", move |_| -> Result<(), Error> {
                if let Some(entered) = entered.lock().unwrap().take() {
                    entered.send(()).unwrap();
                }
                let _ = held.lock().unwrap().recv();
                Ok(())
            })
            .await
    });
    waiting.await.unwrap();
    let workspace = bench.workspace.clone();
    let kept = tokio::spawn(async move {
        patient.write(&workspace, "k", |tx| tx.execute(INSERT, &params!["a", 1])).await
    });
    let refused = impatient.write(&bench.workspace, "k", |tx| tx.execute(INSERT, &params!["b", 2])).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    drop(release);
    assert_eq!((holding.await.unwrap(), kept.await.unwrap()), (Ok(()), Ok(1)));
    assert_eq!(bench.count("samples").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_reported_and_got_over() {
    let bench = bench(Engine::Sqlite).await;
    let limit = |pages: &'static str| {
        let sql = format!("pragma max_page_count = {pages}");
        bench.store.write_server("k", move |tx| -> Result<(), Error> { tx.query(&sql, &[]).map(drop) })
    };
    // SQLite takes a smaller number as "what there is now".
    limit("1").await.unwrap();
    let large = "x".repeat(1_000_000);
    let text = large.clone();
    let refused =
        bench.store.write(&bench.workspace, "k", move |tx| tx.execute(INSERT, &params![&text, 1])).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    assert!(!bench.store.healthy());
    limit("1000000").await.unwrap();
    let written =
        bench.store.write(&bench.workspace, "k", move |tx| tx.execute(INSERT, &params![&large, 1])).await;
    assert_eq!((written, bench.store.healthy()), (Ok(1), true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_does_not_exist_is_reported_at_once() {
    let config =
        StoreConfig { url: DatabaseUrl::Postgres(cluster().url("nobody_made_this")), ..Default::default() };
    let refused = Store::open(config).map(drop);
    assert!(
        matches!(&refused, Err(Error::Database(text)) if text.contains("nobody_made_this")),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_breaks_during_the_commit_is_not_run_again() {
    let bench = bench(Engine::Postgres).await;
    bench
        .store
        .write_server("k", |tx| -> Result<(), Error> {
            // A deferred trigger runs inside the commit.
            tx.execute(
                "create function break_commit() returns trigger language plpgsql as
                 'begin perform pg_terminate_backend(pg_backend_pid()); return null; end'",
                &[],
            )?;
            tx.execute(
                "create constraint trigger break_commit after insert on samples deferrable initially deferred
                 for each row when (new.id = 'break') execute function break_commit()",
                &[],
            )?;
            Ok(())
        })
        .await
        .unwrap();
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    let outcome = bench
        .store
        .write(&bench.workspace, "k", move |tx| {
            counted.fetch_add(1, Ordering::SeqCst);
            tx.execute(INSERT, &params!["break", 1])
        })
        .await;
    assert!(matches!(&outcome, Err(Error::Unavailable(text)) if text.contains("unknown")), "{outcome:?}");
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    assert_eq!(
        bench.store.write(&bench.workspace, "k", |tx| tx.execute(INSERT, &params!["b", 2])).await,
        Ok(1)
    );
}
