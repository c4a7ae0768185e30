//! Attempts that are counted for all servers together.

use rapport_domain::Timestamp;
use rapport_store::{Engine, attempt};

use crate::on_both_engines;
use crate::support::{Bench, bench};

on_both_engines! {
    a_burst_is_let_in_and_then_one_for_each_interval,
    what_is_forgiven_or_drained_does_not_count,
    many_at_once_are_counted_one_by_one,
}

const BURST: u32 = 3;
const EACH: i64 = 10_000;

async fn count(bench: &Bench, key: &str, at: i64) -> Option<i64> {
    let key = key.to_owned();
    let now = Timestamp::from_millis(at);
    let counted = bench.store.write_server("door", move |tx| attempt::count(tx, &key, now, BURST, EACH));
    counted.await.expect("counts")
}

async fn a_burst_is_let_in_and_then_one_for_each_interval(engine: Engine) {
    let bench = bench(engine).await;
    for _ in 0..BURST {
        assert_eq!(count(&bench, "a", 1_000).await, None);
    }
    assert_eq!(count(&bench, "a", 1_001).await, Some(9_999));
    assert_eq!(count(&bench, "b", 1_001).await, None, "another key has its own bucket");
    assert_eq!(count(&bench, "a", 11_000).await, None, "one has drained");
    assert_eq!(count(&bench, "a", 11_000).await, Some(EACH), "and only one");
}

async fn what_is_forgiven_or_drained_does_not_count(engine: Engine) {
    let bench = bench(engine).await;
    for _ in 0..20 {
        assert_eq!(count(&bench, "a", 1_000).await, None);
        bench.store.write_server("door", |tx| attempt::forgive(tx, "a", EACH)).await.expect("forgives");
    }
    assert_eq!(count(&bench, "b", 1_000).await, None);
    let sweep =
        |at: i64| bench.store.write_server("door", move |tx| attempt::sweep(tx, Timestamp::from_millis(at)));
    assert_eq!(sweep(1_000).await.expect("sweeps"), 1, "the one that was forgiven");
    assert_eq!(sweep(11_000).await.expect("sweeps"), 1);
}

async fn many_at_once_are_counted_one_by_one(engine: Engine) {
    let bench = bench(engine).await;
    let counting = (0..20).map(|number| {
        let (store, writer) = (bench.store.clone(), format!("door {number}"));
        tokio::spawn(async move {
            let now = Timestamp::from_millis(1_000);
            store
                .write_server(&writer, move |tx| attempt::count(tx, "a", now, BURST, EACH))
                .await
                .expect("counts")
        })
    });
    let mut let_in = 0;
    for counted in counting.collect::<Vec<_>>() {
        let_in += u32::from(counted.await.expect("ends").is_none());
    }
    assert_eq!(let_in, BURST);
}
