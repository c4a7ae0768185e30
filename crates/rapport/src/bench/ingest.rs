//! How many inbound messages a second are stored durably, beside a bare loop over the very same statements.
//!
//! The loop replays what a run of the engine had recorded, in transactions of the same sizes, from the same state of
//! the database. So the list of statements cannot fall behind what the engine does.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rapport_domain::ConversationId;
use rapport_store::DatabaseUrl;
use rapport_store::db::bare::Bare;
use rapport_store::db::record::{RecordedTransaction, Recorder};

use super::database::{Opened, Place, blocking};
use super::load::{self, Until};
use super::report::{Report, figure};
use super::server::InProcess;
use super::world::EMAIL;

const CLIENTS: [usize; 3] = [1, 16, 64];
/// Messages in a recording, which is held in memory.
const RECORDED: u64 = 10_000;

/// Rates of the three ways for one number of clients, in messages a second.
struct Rates {
    engine: f64,
    engine_p99: f64,
    http: f64,
    http_p99: f64,
    bare: f64,
    /// Messages in one commit, on average.
    per_commit: f64,
}

pub async fn measure(place: &Place, scales: &[i64], seconds: u64, report: &mut Report) -> Result<()> {
    let time = Duration::from_secs(seconds);
    let title = format!("Inbound messages stored durably, {}", place.engine_name());
    let mut empty = 0.0;
    for clients in CLIENTS {
        let rates = rates(place, clients, time).await?;
        empty = rates.engine;
        report.add(
            &title,
            format!("{clients} clients, empty database"),
            vec![
                figure("engine", rates.engine, "1/s"),
                figure("engine p99", rates.engine_p99, "ms"),
                figure("HTTP", rates.http, "1/s"),
                figure("HTTP p99", rates.http_p99, "ms"),
                figure("bare", rates.bare, "1/s"),
                figure("in a commit", rates.per_commit, ""),
                figure("engine of bare", rates.engine / rates.bare * 100.0, "%"),
            ],
        );
    }
    let title = format!("The same as the database grows, engine, {}", place.engine_name());
    for scale in scales {
        let opened = place.filled(*scale, None).await?;
        let clients = CLIENTS[CLIENTS.len() - 1];
        let run = format!("{}", opened.engine.now().as_millis());
        let ids = load::conversations(&opened.engine, &opened.world.caller(), &run, clients).await?;
        let outcome =
            load::through_engine(&opened.engine, &opened.world.caller(), &ids, clients, Until::Elapsed(time))
                .await?;
        opened.close().await;
        report.add(
            &title,
            format!("{clients} clients, {scale} conversations"),
            vec![
                figure("engine", outcome.rate(), "1/s"),
                figure("engine p99", outcome.latencies.percentile(99.0), "ms"),
                figure("of empty", outcome.rate() / empty * 100.0, "%"),
            ],
        );
    }
    Ok(())
}

async fn rates(place: &Place, clients: usize, time: Duration) -> Result<Rates> {
    let (opened, ids) = prepared(place, "bench-ingest", clients, None).await?;
    let caller = opened.world.caller();
    let engine = load::through_engine(&opened.engine, &caller, &ids, clients, Until::Elapsed(time)).await?;
    opened.close().await;

    let (opened, ids) = prepared(place, "bench-ingest", clients, None).await?;
    let http = through_http(&opened, &ids, clients, time).await?;
    opened.close().await;

    let recorder = Recorder::default();
    let (opened, ids) = prepared(place, "bench-ingest", clients, Some(recorder.clone())).await?;
    recorder.take();
    load::through_engine(&opened.engine, &caller, &ids, clients, Until::Messages(RECORDED)).await?;
    opened.close().await;
    let recording: Vec<RecordedTransaction> =
        recorder.take().into_iter().filter(|transaction| transaction.writes).collect();

    let (opened, _) = prepared(place, "bench-ingest", clients, None).await?;
    let url = opened.url.clone();
    opened.close().await;
    let commits = recording.len();
    let bare_time = blocking(move || replay(&url, recording)).await?;
    place.remove("bench-ingest").await?;
    Ok(Rates {
        engine: engine.rate(),
        engine_p99: engine.latencies.percentile(99.0),
        http: http.rate(),
        http_p99: http.latencies.percentile(99.0),
        bare: RECORDED as f64 / bare_time.as_secs_f64(),
        per_commit: RECORDED as f64 / commits as f64,
    })
}

/// A database that is the same, row by row, each time it is prepared.
async fn prepared(
    place: &Place,
    name: &str,
    clients: usize,
    recorder: Option<Recorder>,
) -> Result<(Opened, Vec<ConversationId>)> {
    let opened = place.fresh(name, recorder).await?;
    let engine = opened.repeatable_engine()?;
    let ids = load::conversations(&engine, &opened.world.caller(), "empty", clients).await?;
    Ok((opened, ids))
}

async fn through_http(
    opened: &Opened,
    ids: &[ConversationId],
    clients: usize,
    time: Duration,
) -> Result<load::Outcome> {
    let token = opened.engine.create_token_for(opened.world.workspace.as_str(), EMAIL, "bench").await?;
    let token = token.token.context("the new token is not shown")?;
    let server = InProcess::start(opened.engine.clone()).await?;
    let outcome = load::through_http(&server, &token, ids, clients, Until::Elapsed(time)).await;
    server.stop().await;
    outcome
}

/// Each of the store's threads gets a bare connection of its own.
fn replay(url: &DatabaseUrl, recording: Vec<RecordedTransaction>) -> Result<Duration, rapport_store::Error> {
    let mut threads: BTreeMap<String, Vec<RecordedTransaction>> = BTreeMap::new();
    for transaction in recording {
        threads.entry(transaction.thread.clone()).or_default().push(transaction);
    }
    let connections: Result<Vec<Bare>, _> = threads.iter().map(|_| Bare::open(url)).collect();
    let work: Vec<(Bare, Vec<RecordedTransaction>)> =
        connections?.into_iter().zip(threads.into_values()).collect();
    let started = Instant::now();
    let outcomes: Vec<Result<(), rapport_store::Error>> = std::thread::scope(|scope| {
        let running: Vec<_> = work
            .into_iter()
            .map(|(mut bare, transactions)| {
                scope.spawn(move || transactions.iter().try_for_each(|transaction| bare.replay(transaction)))
            })
            .collect();
        let panicked = || rapport_store::Error::Database("the bare loop panicked".to_owned());
        running.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err(panicked()))).collect()
    });
    let time = started.elapsed();
    outcomes.into_iter().collect::<Result<(), _>>()?;
    Ok(time)
}
