//! Group commit: closures share a commit and nothing else.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use rapport_store::{Engine, Error, Tx, params};
use tokio::task::JoinHandle;

use crate::on_both_engines;
use crate::support::{Bench, INSERT, bench, event, job};

on_both_engines! {
    a_failing_closure_harms_no_other,
    a_panicking_closure_harms_no_other,
    an_error_takes_events_and_jobs_back,
    a_spoiled_closure_is_rolled_back_even_if_it_answers_ok,
    a_refused_statement_can_be_survived,
    a_refused_job_harms_no_other,
    a_refusal_at_the_commit_harms_no_other,
    writes_of_one_key_keep_their_order,
    a_closed_store_refuses,
    shutdown_finishes_what_was_handed_in,
}

/// Holds the writer of the key `k` up until the answered sender is dropped, so that what is handed in meanwhile
/// shares a batch.
async fn hold_up(bench: &Bench) -> (std::sync::mpsc::Sender<()>, JoinHandle<Result<(), Error>>) {
    let (release, held) = std::sync::mpsc::channel::<()>();
    let held = std::sync::Mutex::new(held);
    let (entered, waiting) = tokio::sync::oneshot::channel();
    let entered = std::sync::Mutex::new(Some(entered));
    let (store, workspace) = (bench.store.clone(), bench.workspace.clone());
    let task = tokio::spawn(async move {
        store
            .write(&workspace, "k", move |_| -> Result<(), Error> {
                if let Some(entered) = entered.lock().unwrap().take() {
                    entered.send(()).unwrap();
                }
                // Ends with an error as soon as the sender is gone.
                let _ = held.lock().unwrap().recv();
                Ok(())
            })
            .await
    });
    waiting.await.expect("the writer is held up");
    (release, task)
}

/// Hands in one write for each number, in order; `body` decides what the closure does.
async fn hand_in(
    bench: &Bench,
    count: i64,
    body: impl Fn(&mut Tx<'_>, i64) -> Result<(), Error> + Send + Sync + 'static,
) -> Vec<JoinHandle<Result<(), Error>>> {
    let body = Arc::new(body);
    let mut tasks = Vec::new();
    for number in 0..count {
        let (store, workspace, body) = (bench.store.clone(), bench.workspace.clone(), body.clone());
        let mut write =
            Box::pin(async move { store.write(&workspace, "k", move |tx| body(tx, number)).await });
        // The first poll hands the closure in.
        poll_fn(|context| {
            assert!(write.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
        tasks.push(tokio::spawn(write));
    }
    tasks
}

async fn outcomes(tasks: Vec<JoinHandle<Result<(), Error>>>) -> Vec<Result<(), Error>> {
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.expect("the task ends"));
    }
    outcomes
}

async fn a_failing_closure_harms_no_other(engine: Engine) {
    let bench = bench(engine).await;
    let (release, held) = hold_up(&bench).await;
    let tasks = hand_in(&bench, 20, |tx, number| {
        tx.execute(INSERT, &params![number.to_string(), number])?;
        tx.emit(event("a"));
        match number % 5 {
            // Its row is already there, so the database refuses it.
            2 => tx.execute(INSERT, &params![number.to_string(), number + 100]).map(drop),
            // It changes its mind.
            3 => Err(Error::Database("changed its mind".to_owned())),
            _ => Ok(()),
        }
    })
    .await;
    drop(release);
    held.await.unwrap().unwrap();
    let outcomes = outcomes(tasks).await;
    for (number, outcome) in outcomes.iter().enumerate() {
        match number % 5 {
            2 => assert_eq!(*outcome, Err(Error::Unique { constraint: "samples_pkey".to_owned() })),
            3 => assert_eq!(*outcome, Err(Error::Database("changed its mind".to_owned()))),
            _ => assert_eq!(*outcome, Ok(())),
        }
    }
    assert_eq!(bench.count("samples").await, 12);
    assert_eq!(bench.count("events").await, 12);
}

async fn a_panicking_closure_harms_no_other(engine: Engine) {
    let bench = bench(engine).await;
    let (release, held) = hold_up(&bench).await;
    let tasks = hand_in(&bench, 4, |tx, number| {
        tx.execute(INSERT, &params![number.to_string(), number])?;
        assert!(number != 2, "this closure panics on purpose");
        Ok(())
    })
    .await;
    drop(release);
    held.await.unwrap().unwrap();
    let outcomes = outcomes(tasks).await;
    assert!(matches!(&outcomes[2], Err(Error::Database(text)) if text.contains("panicked")));
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 3);
    assert_eq!(bench.count("samples").await, 3);
}

async fn an_error_takes_events_and_jobs_back(engine: Engine) {
    let bench = bench(engine).await;
    let outcome = bench
        .store
        .write(&bench.workspace, "k", |tx| -> Result<(), Error> {
            tx.emit(event("a"));
            tx.enqueue(job("job_1", None, 0))?;
            Err(Error::Database("no".to_owned()))
        })
        .await;
    assert!(outcome.is_err());
    assert_eq!((bench.count("events").await, bench.count("jobs").await), (0, 0));
}

async fn a_spoiled_closure_is_rolled_back_even_if_it_answers_ok(engine: Engine) {
    let bench = bench(engine).await;
    let outcome = bench
        .store
        .write(&bench.workspace, "k", |tx| -> Result<(), Error> {
            tx.execute(INSERT, &params!["a", 1])?;
            let _ = tx.execute(INSERT, &params!["b", 1]);
            let next = tx.execute(INSERT, &params!["c", 3]);
            assert!(next.is_err_and(|error| error.is_unique_on("samples_number")));
            Ok(())
        })
        .await;
    assert!(outcome.is_err_and(|error| error.is_unique_on("samples_number")));
    assert_eq!(bench.count("samples").await, 0);
}

async fn a_refused_statement_can_be_survived(engine: Engine) {
    let bench = bench(engine).await;
    let outcome = bench
        .store
        .write(&bench.workspace, "k", |tx| -> Result<bool, Error> {
            tx.execute(INSERT, &params!["a", 1])?;
            let refused = tx.try_execute(INSERT, &params!["b", 1]);
            tx.execute(INSERT, &params!["c", 3])?;
            Ok(refused.is_err_and(|error| error.is_unique_on("samples_number")))
        })
        .await;
    assert_eq!(outcome, Ok(true));
    assert_eq!(bench.count("samples").await, 2);
}

async fn a_refused_job_harms_no_other(engine: Engine) {
    let bench = bench(engine).await;
    let (release, held) = hold_up(&bench).await;
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    let tasks = hand_in(&bench, 6, move |tx, number| {
        counted.fetch_add(1, Ordering::Relaxed);
        tx.execute(INSERT, &params![number.to_string(), number])?;
        // The last two ask for a job that another one asks for too.
        tx.enqueue(job(&format!("job_{}", number.min(4)), None, 0))
    })
    .await;
    drop(release);
    held.await.unwrap().unwrap();
    let outcomes = outcomes(tasks).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 5);
    assert_eq!(
        outcomes
            .iter()
            .filter(|outcome| outcome.as_ref().is_err_and(|e| e.is_unique_on("jobs_pkey")))
            .count(),
        1
    );
    assert_eq!((bench.count("samples").await, bench.count("jobs").await), (5, 5));
    assert!(runs.load(Ordering::Relaxed) > 6, "the batch was run again one by one");
}

async fn a_refusal_at_the_commit_harms_no_other(engine: Engine) {
    let bench = bench(engine).await;
    bench
        .store
        .write_server("k", |tx| {
            tx.execute(
                "create table parts (workspace_id text not null, sample_id text not null,
                 foreign key (workspace_id, sample_id) references samples (workspace_id, id)
                   deferrable initially deferred)",
                &[],
            )
        })
        .await
        .map_err(|error: Error| error)
        .unwrap();
    let (release, held) = hold_up(&bench).await;
    let tasks = hand_in(&bench, 4, |tx, number| {
        let id = number.to_string();
        tx.execute("insert into parts (workspace_id, sample_id) values (?1, ?2)", &params![&id])?;
        // One leaves its promise unkept, which only shows at the commit.
        if number == 2 { Ok(()) } else { tx.execute(INSERT, &params![&id, number]).map(drop) }
    })
    .await;
    drop(release);
    held.await.unwrap().unwrap();
    let outcomes = outcomes(tasks).await;
    assert!(matches!(outcomes[2], Err(Error::ForeignKey(_))), "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 3);
    assert_eq!((bench.count("samples").await, bench.count("parts").await), (3, 3));
}

async fn writes_of_one_key_keep_their_order(engine: Engine) {
    let bench = bench(engine).await;
    let (release, held) = hold_up(&bench).await;
    let tasks = hand_in(&bench, 40, |tx, number| {
        tx.emit(event(&number.to_string()));
        Ok(())
    })
    .await;
    drop(release);
    held.await.unwrap().unwrap();
    assert!(outcomes(tasks).await.iter().all(Result::is_ok));
    let names = bench
        .store
        .read(&bench.workspace, |tx| -> Result<Vec<String>, Error> {
            tx.query("select actor_name from events where workspace_id = ?1 order by seq", &[])?
                .iter()
                .map(|row| row.get(0))
                .collect()
        })
        .await
        .unwrap();
    assert_eq!(names, (0..40).map(|number| number.to_string()).collect::<Vec<_>>());
}

async fn a_closed_store_refuses(engine: Engine) {
    let bench = bench(engine).await;
    bench.store.shutdown().await;
    let write = bench.store.write(&bench.workspace, "k", |_| -> Result<(), Error> { Ok(()) }).await;
    let read = bench.store.read(&bench.workspace, |_| -> Result<(), Error> { Ok(()) }).await;
    assert_eq!((write, read), (Err(Error::Closed), Err(Error::Closed)));
    // Once more is harmless.
    bench.store.shutdown().await;
}

async fn shutdown_finishes_what_was_handed_in(engine: Engine) {
    let bench = bench(engine).await;
    let (release, held) = hold_up(&bench).await;
    let tasks =
        hand_in(&bench, 10, |tx, number| tx.execute(INSERT, &params![number.to_string(), number]).map(drop))
            .await;
    let store = bench.store.clone();
    let closing = tokio::spawn(async move { store.shutdown().await });
    drop(release);
    held.await.unwrap().unwrap();
    closing.await.unwrap();
    let done = outcomes(tasks).await.iter().filter(|outcome| outcome.is_ok()).count();
    let reopened = bench.database.open();
    let stored = reopened
        .read(&bench.workspace, |tx| -> Result<i64, Error> {
            tx.query("select count(*) from samples where workspace_id = ?1", &[])?[0].get(0)
        })
        .await
        .unwrap();
    assert_eq!(stored, done as i64);
    assert_eq!(done, 10);
}
