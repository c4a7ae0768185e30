//! Commits wake those who wait for events and jobs, here and in other processes.

use std::time::Duration;

use rapport_store::{Engine, Error, params};

use crate::on_both_engines;
use crate::support::{INSERT, bench, event, job};

on_both_engines! { a_commit_with_events_or_jobs_wakes }

async fn a_commit_with_events_or_jobs_wakes(engine: Engine) {
    let bench = bench(engine).await;
    let mut commits = bench.store.subscribe_commits();
    let start = *commits.borrow_and_update();
    bench
        .store
        .write(&bench.workspace, "k", |tx| -> Result<(), Error> {
            tx.emit(event("a"));
            Ok(())
        })
        .await
        .unwrap();
    assert!(*commits.borrow_and_update() > start);
    let before_job = *commits.borrow();
    bench.store.write(&bench.workspace, "k", |tx| tx.enqueue(job("job_1", None, 0))).await.unwrap();
    assert!(*commits.borrow_and_update() > before_job);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ordinary_write_wakes_nobody() {
    let bench = bench(Engine::Sqlite).await;
    let commits = bench.store.subscribe_commits();
    bench.store.write(&bench.workspace, "k", |tx| tx.execute(INSERT, &params!["a", 1])).await.unwrap();
    assert!(!commits.has_changed().unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_process_on_the_same_database_is_woken() {
    let bench = bench(Engine::Postgres).await;
    let other = bench.database.open();
    let mut commits = other.subscribe_commits();
    // The listener announces itself once, when it is ready.
    tokio::time::timeout(Duration::from_secs(10), commits.changed())
        .await
        .expect("the listener starts")
        .unwrap();
    bench
        .store
        .write(&bench.workspace, "k", |tx| -> Result<(), Error> {
            tx.emit(event("a"));
            Ok(())
        })
        .await
        .unwrap();
    tokio::time::timeout(Duration::from_secs(10), commits.changed()).await.expect("it is woken").unwrap();
    other.shutdown().await;
}
