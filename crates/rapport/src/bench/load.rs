//! Conversations of the API channel to write to, and clients that write to them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rapport_domain::{AddressKind, Channel, ConversationId, Direction, Priority, Status};
use rapport_engine::conversation::{NewConversation, Recipient};
use rapport_engine::message::NewMessage;
use rapport_engine::{Caller, Engine};
use serde_json::json;
use tokio::task::JoinSet;

use super::http::Client;
use super::latency::Latencies;
use super::random::Random;
use super::server::InProcess;
use super::words::Words;

/// So many texts are written again and again.
const TEXTS: usize = 500;
/// Conversations that each client goes round.
const CONVERSATIONS_PER_CLIENT: usize = 4;

/// What came of a load.
pub struct Outcome {
    pub latencies: Latencies,
    pub seconds: f64,
}

impl Outcome {
    pub fn rate(&self) -> f64 {
        self.latencies.count() as f64 / self.seconds
    }
}

/// How long to write.
#[derive(Clone, Copy)]
pub enum Until {
    Elapsed(Duration),
    Messages(u64),
}

/// What the clients of one load share.
#[derive(Clone)]
struct Shared {
    texts: Arc<Vec<String>>,
    started: Instant,
    until: Until,
    sent: Arc<AtomicU64>,
}

impl Shared {
    fn new(until: Until) -> Self {
        Self { texts: Arc::new(texts()), started: Instant::now(), until, sent: Arc::new(AtomicU64::new(0)) }
    }

    /// The next text, unless it is time to end.
    fn next(&self) -> Option<String> {
        let number = self.sent.fetch_add(1, Ordering::Relaxed);
        let goes_on = match self.until {
            Until::Elapsed(time) => self.started.elapsed() < time,
            Until::Messages(count) => number < count,
        };
        goes_on.then(|| self.texts[number as usize % self.texts.len()].clone())
    }
}

pub fn texts() -> Vec<String> {
    let (words, mut random) = (Words::new(), Random::new(99));
    (0..TEXTS)
        .map(|_| {
            let count = (6.0 + random.exponential(22.0)) as usize;
            words.text(&mut random, count)
        })
        .collect()
}

/// New conversations with new contacts; `run` tells one load's from another's.
pub async fn conversations(
    engine: &Engine,
    caller: &Caller,
    run: &str,
    clients: usize,
) -> Result<Vec<ConversationId>> {
    let mut ids = Vec::new();
    for number in 0..clients * CONVERSATIONS_PER_CLIENT {
        let new = NewConversation {
            contact_id: None,
            to: Some(Recipient {
                kind: AddressKind::External,
                value: format!("load-{run}-{number}"),
                name: Some(format!("Load {number}")),
            }),
            channel: Channel::Api,
            channel_account_id: None,
            subject: None,
            topic: None,
            priority: Priority::Normal,
            status: Status::Open,
            assignee: None,
            test: false,
            variables: json!({}),
            message: None,
        };
        ids.push(engine.create_conversation(caller, new).await?.id);
    }
    Ok(ids)
}

/// Clients that call the engine, each waiting for its answer before it goes on.
pub async fn through_engine(
    engine: &Engine,
    caller: &Caller,
    conversations: &[ConversationId],
    clients: usize,
    until: Until,
) -> Result<Outcome> {
    let shared = Shared::new(until);
    let mut running = JoinSet::new();
    for own in conversations.chunks(conversations.len().div_ceil(clients)) {
        let (engine, caller, own, shared) = (engine.clone(), caller.clone(), own.to_vec(), shared.clone());
        running.spawn(async move {
            let mut latencies = Latencies::default();
            while let Some(text) = shared.next() {
                let id = &own[latencies.count() % own.len()];
                let new = NewMessage { body_text: Some(text), ..NewMessage::default() };
                let started = Instant::now();
                engine.send_message(&caller, id, Direction::Inbound, new).await?;
                latencies.add(started.elapsed());
            }
            Ok(latencies)
        });
    }
    gather(running, shared.started).await
}

/// Clients with a connection each, through the whole server.
pub async fn through_http(
    server: &InProcess,
    token: &str,
    conversations: &[ConversationId],
    clients: usize,
    until: Until,
) -> Result<Outcome> {
    let mut connections = Vec::with_capacity(clients);
    for _ in 0..clients {
        connections.push(Client::connect(server.address, Some(token)).await?);
    }
    let shared = Shared::new(until);
    let mut running = JoinSet::new();
    for (own, mut client) in conversations.chunks(conversations.len().div_ceil(clients)).zip(connections) {
        let (own, shared) = (own.to_vec(), shared.clone());
        running.spawn(async move {
            let mut latencies = Latencies::default();
            while let Some(text) = shared.next() {
                let id = &own[latencies.count() % own.len()];
                let started = Instant::now();
                report_inbound(&mut client, id, &text).await?;
                latencies.add(started.elapsed());
            }
            Ok(latencies)
        });
    }
    gather(running, shared.started).await
}

/// Tells the server what a contact said; the answer's body.
pub async fn report_inbound(client: &mut Client, id: &ConversationId, text: &str) -> Result<Vec<u8>> {
    let body = json!({ "direction": "inbound", "body_text": text }).to_string();
    let answer = client.post(&format!("/api/v1/conversations/{id}/messages"), &body).await?;
    if answer.status != 201 {
        bail!("the server answered {}: {}", answer.status, String::from_utf8_lossy(&answer.body));
    }
    Ok(answer.body)
}

async fn gather(mut running: JoinSet<Result<Latencies>>, started: Instant) -> Result<Outcome> {
    let mut latencies = Latencies::default();
    while let Some(ended) = running.join_next().await {
        latencies.extend(&ended.context("a client panicked")??);
    }
    Ok(Outcome { latencies, seconds: started.elapsed().as_secs_f64() })
}
