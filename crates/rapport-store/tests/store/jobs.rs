//! Jobs: leases, fences, order per key, retries and burial.

use rapport_store::jobs::{
    ClaimedJob, bury_job, cancel_job, claim_job_of_key, claim_jobs, complete_job, extend_lease, list_jobs,
    next_job_at, release_jobs, replay_job, retry_job, sweep_jobs,
};
use rapport_store::{Engine, Error, NewJob};

use crate::on_both_engines;
use crate::support::{Bench, bench, event, job};

on_both_engines! {
    a_job_is_claimed_once_when_it_is_due,
    a_stale_holder_is_refused,
    what_a_dead_holder_left_is_free_at_once,
    jobs_of_one_key_run_one_at_a_time_in_order,
    a_key_can_be_worked_on_alone,
    a_buried_job_can_be_seen_and_replayed,
    a_result_and_its_report_commit_together,
    a_cancelled_job_never_runs,
    many_workers_claim_every_job_exactly_once,
    finished_jobs_are_swept,
}

const KINDS: &[&str] = &["deliver", "notify"];
const LEASE_MS: i64 = 1_000;

async fn enqueue(bench: &Bench, jobs: Vec<NewJob>) {
    bench
        .store
        .write(&bench.workspace, "k", move |tx| -> Result<(), Error> {
            jobs.iter().cloned().try_for_each(|job| tx.enqueue(job))
        })
        .await
        .expect("enqueued");
}

async fn claim(bench: &Bench, now: i64, limit: usize) -> Vec<ClaimedJob> {
    bench
        .store
        .write_server("claims", move |tx| claim_jobs(tx, KINDS, now, LEASE_MS, limit))
        .await
        .expect("claims")
}

async fn next_at(bench: &Bench) -> Option<i64> {
    bench.store.read_server(|tx| next_job_at(tx, KINDS)).await.expect("a time")
}

async fn complete(bench: &Bench, job: &ClaimedJob) -> bool {
    let job = job.clone();
    bench.store.write_server("claims", move |tx| complete_job(tx, &job)).await.expect("a report")
}

async fn retry(bench: &Bench, job: &ClaimedJob, run_at: i64) -> bool {
    let job = job.clone();
    bench
        .store
        .write_server("claims", move |tx| retry_job(tx, &job, run_at, "not now"))
        .await
        .expect("a report")
}

fn ids(jobs: &[ClaimedJob]) -> Vec<&str> {
    jobs.iter().map(|job| job.id.as_str()).collect()
}

async fn a_job_is_claimed_once_when_it_is_due(engine: Engine) {
    let bench = bench(engine).await;
    let mut foreign = job("job_3", None, 50);
    foreign.kind = "import";
    enqueue(&bench, vec![job("job_1", None, 200), job("job_2", Some("a"), 100), foreign]).await;
    assert_eq!(next_at(&bench).await, Some(100));
    assert!(claim(&bench, 99, 10).await.is_empty());
    let claimed = claim(&bench, 150, 10).await;
    let expected = ClaimedJob {
        workspace_id: bench.workspace.clone(),
        id: "job_2".to_owned(),
        kind: "deliver".to_owned(),
        key: Some("a".to_owned()),
        payload: "{\"n\":1}".to_owned(),
        run_at: 100,
        attempts: 1,
        max_attempts: 3,
        fence: 1,
        lease_until: 1_150,
    };
    assert_eq!(claimed, [expected]);
    assert!(claim(&bench, 150, 10).await.is_empty());
    assert_eq!(next_at(&bench).await, Some(200));
    assert!(complete(&bench, &claimed[0]).await);
    assert!(!complete(&bench, &claimed[0]).await, "a job ends once");
    assert_eq!(ids(&claim(&bench, 5_000, 10).await), ["job_1"]);
    assert!(bench.store.read_server(|tx| next_job_at(tx, &[])).await.unwrap().is_none());
}

async fn a_stale_holder_is_refused(engine: Engine) {
    let bench = bench(engine).await;
    enqueue(&bench, vec![job("job_1", Some("a"), 0)]).await;
    let first = claim(&bench, 0, 10).await.remove(0);
    let extended = first.clone();
    assert!(bench.store.write_server("claims", move |tx| extend_lease(tx, &extended, 2_000)).await.unwrap());
    assert!(claim(&bench, 1_500, 10).await.is_empty(), "the longer lease holds");
    let second = claim(&bench, 2_000, 10).await.remove(0);
    assert_eq!((second.fence, second.attempts), (2, 2));
    assert!(!complete(&bench, &first).await);
    assert!(!retry(&bench, &first, 9_000).await);
    let (stale, late) = (first.clone(), first.clone());
    assert!(!bench.store.write_server("claims", move |tx| bury_job(tx, &stale, "late")).await.unwrap());
    assert!(!bench.store.write_server("claims", move |tx| extend_lease(tx, &late, 9_000)).await.unwrap());
    assert!(complete(&bench, &second).await);
}

async fn what_a_dead_holder_left_is_free_at_once(engine: Engine) {
    let bench = bench(engine).await;
    enqueue(&bench, vec![job("job_1", Some("a"), 0), job("job_2", Some("b"), 0)]).await;
    let first = claim(&bench, 0, 1).await.remove(0);
    assert_eq!(bench.store.write_server("claims", release_jobs).await.unwrap(), 1);
    assert!(!complete(&bench, &first).await, "the old claim is worth nothing");
    assert_eq!(ids(&claim(&bench, 0, 10).await), ["job_1", "job_2"]);
}

async fn jobs_of_one_key_run_one_at_a_time_in_order(engine: Engine) {
    let bench = bench(engine).await;
    // The ids are not in order and the first one is due last: the order of enqueueing counts.
    enqueue(
        &bench,
        vec![job("job_9", Some("a"), 300), job("job_5", Some("a"), 0), job("job_7", Some("b"), 0)],
    )
    .await;
    assert_eq!(ids(&claim(&bench, 100, 10).await), ["job_7"]);
    assert_eq!(next_at(&bench).await, Some(300), "a job that has to wait for another one is not due");
    let first = claim(&bench, 300, 10).await.remove(0);
    assert_eq!(first.id, "job_9");
    assert!(claim(&bench, 400, 10).await.is_empty());
    assert!(retry(&bench, &first, 600).await);
    assert!(claim(&bench, 500, 10).await.is_empty(), "the later job waits for the retry of the earlier one");
    let again = claim(&bench, 600, 10).await.remove(0);
    assert_eq!((again.id.as_str(), again.attempts), ("job_9", 2));
    assert!(complete(&bench, &again).await);
    assert_eq!(ids(&claim(&bench, 600, 10).await), ["job_5"]);
}

async fn a_key_can_be_worked_on_alone(engine: Engine) {
    let bench = bench(engine).await;
    let jobs =
        [("job_1", Some("a"), 100), ("job_2", Some("a"), 50), ("job_3", Some("b"), 10), ("job_4", None, 10)];
    enqueue(&bench, jobs.map(|(id, key, at)| job(id, key, at)).into()).await;
    let of_key = async |key: &'static str, now: i64| {
        let claimed =
            bench.store.write(&bench.workspace, "k", move |tx| claim_job_of_key(tx, key, now, LEASE_MS));
        claimed.await.expect("claims")
    };
    assert_eq!(of_key("a", 99).await, None, "the first of a key comes first, and it is not due");
    let first = of_key("a", 100).await.expect("is due");
    assert_eq!((first.id.as_str(), first.attempts, first.lease_until), ("job_1", 1, 100 + LEASE_MS));
    assert_eq!(of_key("a", 5_000).await, None, "a claim of another time is not taken away");
    assert!(complete(&bench, &first).await);
    assert_eq!(of_key("a", 5_000).await.expect("is next").id, "job_2");
    assert_eq!(of_key("c", 5_000).await, None);
    assert_eq!(ids(&claim(&bench, 20, 10).await), ["job_3", "job_4"], "the others are as they were");
}

async fn a_buried_job_can_be_seen_and_replayed(engine: Engine) {
    let bench = bench(engine).await;
    enqueue(&bench, vec![job("job_1", Some("a"), 0), job("job_2", Some("a"), 0)]).await;
    let first = claim(&bench, 10, 10).await.remove(0);
    let mut commits = bench.store.subscribe_commits();
    commits.borrow_and_update();
    assert!(
        bench.store.write_server("claims", move |tx| bury_job(tx, &first, "refused for good")).await.unwrap()
    );
    assert!(commits.has_changed().unwrap(), "workers are woken for what waited behind it");
    assert_eq!(ids(&claim(&bench, 10, 10).await), ["job_2"]);
    let dead = bench.store.read(&bench.workspace, |tx| list_jobs(tx, "dead", None, 10)).await.unwrap();
    assert_eq!((dead.len(), dead[0].id.as_str(), dead[0].claimed_at), (1, "job_1", Some(10)));
    assert_eq!(dead[0].last_error.as_deref(), Some("refused for good"));
    let after = dead[0].position;
    let rest =
        bench.store.read(&bench.workspace, move |tx| list_jobs(tx, "dead", Some(after), 10)).await.unwrap();
    assert!(rest.is_empty());
    assert!(!bench.store.write(&bench.other, "k", |tx| replay_job(tx, "job_1", 0)).await.unwrap());
    assert!(bench.store.write(&bench.workspace, "k", |tx| replay_job(tx, "job_1", 50)).await.unwrap());
    assert!(!bench.store.write(&bench.workspace, "k", |tx| replay_job(tx, "job_1", 50)).await.unwrap());
    assert!(claim(&bench, 60, 10).await.is_empty(), "another job of its key is running");
    let again = claim(&bench, 1_010, 1).await.remove(0);
    assert_eq!((again.id.as_str(), again.attempts, again.fence), ("job_1", 1, 2));
}

async fn a_result_and_its_report_commit_together(engine: Engine) {
    let bench = bench(engine).await;
    enqueue(&bench, vec![job("job_1", None, 0)]).await;
    let claimed = claim(&bench, 0, 1).await.remove(0);
    let failing = claimed.clone();
    let outcome = bench
        .store
        .write(&bench.workspace, "k", move |tx| -> Result<(), Error> {
            assert!(complete_job(tx, &failing)?);
            tx.emit(event("a"));
            Err(Error::Database("on purpose".to_owned()))
        })
        .await;
    assert!(outcome.is_err());
    let foreign = claimed.clone();
    let outcome = bench.store.write(&bench.other, "k", move |tx| complete_job(tx, &foreign)).await;
    assert!(matches!(outcome, Err(Error::Database(_))), "the job belongs to another workspace");
    assert!(complete(&bench, &claimed).await, "the report was rolled back with the result");
    assert_eq!(bench.count("events").await, 0);
}

async fn a_cancelled_job_never_runs(engine: Engine) {
    let bench = bench(engine).await;
    enqueue(&bench, vec![job("job_1", None, 0), job("job_2", None, 0)]).await;
    assert!(bench.store.write(&bench.workspace, "k", |tx| cancel_job(tx, "job_1")).await.unwrap());
    assert_eq!(ids(&claim(&bench, 0, 10).await), ["job_2"]);
    assert!(!bench.store.write(&bench.workspace, "k", |tx| cancel_job(tx, "job_2")).await.unwrap());
}

async fn many_workers_claim_every_job_exactly_once(engine: Engine) {
    let bench = bench(engine).await;
    let jobs =
        (0..200).map(|number| job(&format!("job_{number}"), Some(&format!("k{}", number % 10)), 0)).collect();
    enqueue(&bench, jobs).await;
    let mut workers = Vec::new();
    for worker in 0..4 {
        let store = bench.store.clone();
        workers.push(tokio::spawn(async move {
            let mut done: Vec<ClaimedJob> = Vec::new();
            loop {
                // Different keys, so that PostgreSQL claims on several connections at once.
                let key = format!("worker {worker}");
                let claimed =
                    store.write_server(&key, |tx| claim_jobs(tx, KINDS, 1, LEASE_MS, 3)).await.unwrap();
                for job in claimed {
                    let report = job.clone();
                    assert!(store.write_server(&key, move |tx| complete_job(tx, &report)).await.unwrap());
                    done.push(job);
                }
                if store.read_server(|tx| next_job_at(tx, KINDS)).await.unwrap().is_none() {
                    return done;
                }
            }
        }));
    }
    let mut all: Vec<String> = Vec::new();
    for worker in workers {
        all.extend(worker.await.unwrap().into_iter().map(|job| job.id));
    }
    all.sort();
    let mut expected: Vec<String> = (0..200).map(|number| format!("job_{number}")).collect();
    expected.sort();
    assert_eq!(all, expected);
}

async fn finished_jobs_are_swept(engine: Engine) {
    let bench = bench(engine).await;
    enqueue(&bench, vec![job("job_1", None, 0), job("job_2", None, 0), job("job_3", None, 900)]).await;
    let claimed = claim(&bench, 10, 1).await;
    assert!(complete(&bench, &claimed[0]).await);
    let swept = bench.store.write_server("sweep", |tx| sweep_jobs(tx, 10, 100)).await.unwrap();
    assert_eq!(swept, 0, "it ended too recently");
    let swept = bench.store.write_server("sweep", |tx| sweep_jobs(tx, 11, 100)).await.unwrap();
    assert_eq!((swept, bench.count("jobs").await), (1, 2));
}
