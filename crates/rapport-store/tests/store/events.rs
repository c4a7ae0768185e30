//! Event numbers are gap-free, in commit order, and a reader that resumes after one misses nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rapport_domain::WorkspaceId;
use rapport_store::{Engine, Error, Store, params};

use crate::on_both_engines;
use crate::support::{Bench, bench, event};

on_both_engines! {
    concurrent_writers_leave_no_gap_and_a_follower_misses_nothing,
    each_workspace_counts_for_itself,
    a_batch_of_many_events_keeps_their_order,
}

const WRITERS: i64 = 8;
const WRITES: i64 = 500;

async fn events_after(store: &Store, workspace: &WorkspaceId, seq: i64) -> Vec<(i64, String)> {
    store
        .read(workspace, move |tx| -> Result<Vec<(i64, String)>, Error> {
            tx.query(
                "select seq, actor_name from events where workspace_id = ?1 and seq > ?2 order by seq",
                &params![seq],
            )?
            .iter()
            .map(|row| Ok((row.get(0)?, row.get(1)?)))
            .collect()
        })
        .await
        .expect("events")
}

/// Reads on from the last number it saw whenever something was committed, as a client's stream does.
async fn follow(store: Store, workspace: WorkspaceId, finished: Arc<AtomicBool>) -> Vec<(i64, String)> {
    let mut commits = store.subscribe_commits();
    let mut seen: Vec<(i64, String)> = Vec::new();
    loop {
        let last_look = finished.load(Ordering::SeqCst);
        commits.borrow_and_update();
        let after = seen.last().map_or(0, |(seq, _)| *seq);
        seen.extend(events_after(&store, &workspace, after).await);
        if last_look {
            return seen;
        }
        let _ = tokio::time::timeout(std::time::Duration::from_millis(20), commits.changed()).await;
    }
}

async fn write_all(bench: &Bench) {
    let mut writers = Vec::new();
    for writer in 0..WRITERS {
        let (store, workspace) = (bench.store.clone(), bench.workspace.clone());
        writers.push(tokio::spawn(async move {
            let key = format!("conversation {writer}");
            for number in 0..WRITES {
                let name = format!("{writer}/{number}");
                let fails = number % 10 == 9;
                let outcome = store
                    .write(&workspace, &key, move |tx| -> Result<(), Error> {
                        tx.emit(event(&name));
                        // Some closures fail: their numbers must not be missing afterwards.
                        if fails { Err(Error::Closed) } else { Ok(()) }
                    })
                    .await;
                assert_eq!(outcome.is_err(), fails, "{outcome:?}");
            }
        }));
    }
    for writer in writers {
        writer.await.expect("the writer ends");
    }
}

async fn concurrent_writers_leave_no_gap_and_a_follower_misses_nothing(engine: Engine) {
    let bench = bench(engine).await;
    let finished = Arc::new(AtomicBool::new(false));
    let follower = tokio::spawn(follow(bench.store.clone(), bench.workspace.clone(), finished.clone()));
    write_all(&bench).await;
    finished.store(true, Ordering::SeqCst);
    let seen = follower.await.expect("the follower ends");
    let expected = WRITERS * WRITES * 9 / 10;
    assert_eq!(seen.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), (1..=expected).collect::<Vec<_>>());
    assert_eq!(seen, events_after(&bench.store, &bench.workspace, 0).await);
    for writer in 0..WRITERS {
        let prefix = format!("{writer}/");
        let own: Vec<i64> = seen
            .iter()
            .filter_map(|(_, name)| name.strip_prefix(&prefix).map(|number| number.parse().unwrap()))
            .collect();
        assert_eq!(own.len() as i64, WRITES * 9 / 10);
        assert!(own.is_sorted(), "the writes of one key are in order");
    }
}

async fn each_workspace_counts_for_itself(engine: Engine) {
    let bench = bench(engine).await;
    let (first, second) = (bench.workspace.clone(), bench.other.clone());
    bench
        .store
        .write_server("k", move |tx| -> Result<(), Error> {
            for (workspace, name) in [(&second, "a"), (&first, "b"), (&second, "c")] {
                tx.scoped(workspace).emit(event(name));
            }
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(events_after(&bench.store, &bench.workspace, 0).await, [(1, "b".to_owned())]);
    assert_eq!(events_after(&bench.store, &bench.other, 0).await, [(1, "a".to_owned()), (2, "c".to_owned())]);
}

async fn a_batch_of_many_events_keeps_their_order(engine: Engine) {
    let bench = bench(engine).await;
    bench
        .store
        .write(&bench.workspace, "k", |tx| -> Result<(), Error> {
            (0..77).for_each(|number| tx.emit(event(&number.to_string())));
            Ok(())
        })
        .await
        .unwrap();
    let expected: Vec<(i64, String)> = (0..77).map(|number| (number + 1, number.to_string())).collect();
    assert_eq!(events_after(&bench.store, &bench.workspace, 0).await, expected);
}
