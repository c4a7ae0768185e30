//! How long after an inbound message was answered its event is on a subscriber's screen, through real HTTP.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rapport_domain::ConversationId;
use tokio::sync::Mutex;
use tokio::task::{JoinHandle, JoinSet};

use super::database::Place;
use super::http::Client;
use super::latency::Latencies;
use super::load;
use super::report::{Report, figure};
use super::server::InProcess;
use super::world::EMAIL;

const RATES: [u64; 2] = [100, 500];
const CLIENTS: usize = 32;
/// How long the last events may take.
const LAST_PATIENCE: Duration = Duration::from_secs(5);

pub async fn measure(place: &Place, seconds: u64, report: &mut Report) -> Result<()> {
    let opened = place.fresh("bench-events", None).await?;
    let caller = opened.world.caller();
    let ids = load::conversations(&opened.engine, &caller, "events", CLIENTS).await?;
    let token = opened.engine.create_token_for(caller.workspace.as_str(), EMAIL, "bench").await?;
    let token = token.token.context("the new token is not shown")?;
    let server = InProcess::start(opened.engine.clone()).await?;
    let title = format!("From the answer to the event on a stream, {}", place.engine_name());
    for rate in RATES {
        let run = one_rate(&server, &token, &ids, rate, seconds).await?;
        report.add(
            &title,
            format!("{rate} messages a second"),
            vec![
                figure("events", run.events.count() as f64, ""),
                figure("p50", run.events.percentile(50.0), "ms"),
                figure("p99", run.events.percentile(99.0), "ms"),
                figure("max", run.events.percentile(100.0), "ms"),
                figure("answer p50", run.answers.percentile(50.0), "ms"),
                figure("answer p99", run.answers.percentile(99.0), "ms"),
                figure("answers a second", run.answers.count() as f64 / seconds as f64, "1/s"),
            ],
        );
    }
    server.stop().await;
    opened.close().await;
    place.remove("bench-events").await?;
    Ok(())
}

struct Run {
    answers: Latencies,
    events: Latencies,
}

/// When each message was answered, by its id.
type Answered = Arc<Mutex<Vec<(String, Instant, Duration)>>>;

async fn one_rate(
    server: &InProcess,
    token: &str,
    ids: &[ConversationId],
    rate: u64,
    seconds: u64,
) -> Result<Run> {
    let total = rate * seconds;
    let mut stream = Client::connect(server.address, Some(token)).await?;
    stream.subscribe().await?;
    let arrived = listen(stream, total);
    let answered: Answered = Arc::default();
    let texts = Arc::new(load::texts());
    let start = Instant::now() + Duration::from_millis(200);
    let mut senders = JoinSet::new();
    for number in 0..CLIENTS as u64 {
        let client = Client::connect(server.address, Some(token)).await?;
        let own: Vec<u64> = (0..total).filter(|message| message % CLIENTS as u64 == number).collect();
        let (answered, texts) = (answered.clone(), texts.clone());
        let id = ids[number as usize].clone();
        senders.spawn(async move { send(client, &id, &own, start, rate, &texts, &answered).await });
    }
    while let Some(ended) = senders.join_next().await {
        ended.context("a sender panicked")??;
    }
    let arrived = arrived.await.context("the listener panicked")??;
    let mut run = Run { answers: Latencies::default(), events: Latencies::default() };
    for (id, at, took) in answered.lock().await.iter() {
        run.answers.add(*took);
        let event = arrived.get(id).with_context(|| format!("the event of {id} did not arrive"))?;
        // An event that overtook the answer was there at once.
        run.events.add(event.saturating_duration_since(*at));
    }
    Ok(run)
}

/// Sends each message at its moment, or as soon after as the answer before allows.
async fn send(
    mut client: Client,
    id: &ConversationId,
    own: &[u64],
    start: Instant,
    rate: u64,
    texts: &[String],
    answered: &Answered,
) -> Result<()> {
    for message in own {
        let due = start + Duration::from_micros(message * 1_000_000 / rate);
        tokio::time::sleep_until(due.into()).await;
        let asked = Instant::now();
        let body = load::report_inbound(&mut client, id, &texts[*message as usize % texts.len()]).await?;
        let at = Instant::now();
        let body: serde_json::Value = serde_json::from_slice(&body)?;
        let id = body["id"].as_str().context("the answer has no id")?.to_owned();
        answered.lock().await.push((id, at, at - asked));
    }
    Ok(())
}

/// When the event of each message came; ends with the last of them, or when no more come.
fn listen(mut stream: Client, total: u64) -> JoinHandle<Result<HashMap<String, Instant>>> {
    tokio::spawn(async move {
        let mut lines = Vec::with_capacity(total as usize);
        let mut is_message = false;
        while (lines.len() as u64) < total {
            let Ok(line) = tokio::time::timeout(LAST_PATIENCE, stream.next_line()).await else { break };
            let (line, at) = (line?, Instant::now());
            if let Some(name) = line.strip_prefix("event: ") {
                is_message = name == "message.received";
            } else if is_message && line.starts_with("data: ") {
                lines.push((line, at));
            }
        }
        // Reading them now keeps the work out of the times.
        let mut arrived = HashMap::with_capacity(lines.len());
        for (line, at) in lines {
            let event: serde_json::Value = serde_json::from_str(line.trim_start_matches("data: "))?;
            let id = event["data"]["message"]["id"].as_str().context("an event without its message")?;
            arrived.insert(id.to_owned(), at);
        }
        Ok(arrived)
    })
}
