//! Latency of lists, of opening a conversation and of search, beside the bare statements behind them.

use std::time::Instant;

use anyhow::{Context, Result};
use rapport_domain::model::{Conversation, Message};
use rapport_domain::{ConversationId, Status};
use rapport_engine::conversation::ListRequest;
use rapport_engine::{Caller, Engine};
use rapport_store::conversation_list::{AssigneeFilter, ConversationFilter, Position, Sort};
use rapport_store::db::bare::Bare;
use rapport_store::db::record::{RecordedTransaction, Recorder};
use rapport_store::search::SearchKind;

use super::database::{Opened, Place, blocking};
use super::latency::Latencies;
use super::random::Random;
use super::report::{Report, figure};
use super::search_texts;
use super::words::Words;

const PAGE: i64 = 50;
const OPENED: usize = 400;
const SEARCHED: usize = 600;
const LISTED: usize = 50;
/// A bare statement beyond this many milliseconds is shown with its plan.
const SLOW: f64 = 10.0;

/// One thing that somebody does on the screen.
struct Action {
    label: String,
    /// Actions of one group are also reported together.
    group: &'static str,
    kind: Kind,
}

enum Kind {
    List(ListRequest),
    Count,
    Open(ConversationId),
    Search { text: String, kind: Option<SearchKind> },
}

impl Kind {
    async fn run(&self, engine: &Engine, caller: &Caller) -> Result<()> {
        match self {
            Self::List(request) => drop(engine.list_conversations(caller, request.clone()).await?),
            Self::Count => drop(engine.count_conversations(caller).await?),
            Self::Open(id) => {
                engine.find_conversation_detail(caller, id).await?;
                engine.list_timeline(caller, id, None, PAGE).await?;
            }
            Self::Search { text, kind } => {
                drop(engine.search(caller, text, *kind, None, PAGE).await?);
            }
        }
        Ok(())
    }
}

pub async fn measure(place: &Place, scale: i64, report: &mut Report) -> Result<()> {
    let recorder = Recorder::default();
    let recorded = place.filled(scale, Some(recorder.clone())).await?;
    let url = recorded.url.clone();
    let caller = recorded.world.caller();
    blocking({
        let url = url.clone();
        move || Bare::open(&url)?.analyze()
    })
    .await?;
    let actions = actions(&recorded, scale).await?;
    // Running everything once also warms the caches.
    recorder.take();
    let mut recordings = Vec::with_capacity(actions.len());
    for action in &actions {
        action.kind.run(&recorded.engine, &caller).await.with_context(|| action.label.clone())?;
        recordings.push(recorder.take());
    }
    recorded.close().await;

    let opened = place.filled(scale, None).await?;
    let mut through_engine = Vec::with_capacity(actions.len());
    for action in &actions {
        let started = Instant::now();
        action.kind.run(&opened.engine, &caller).await?;
        through_engine.push(started.elapsed());
    }
    opened.close().await;
    let bare = blocking(move || replay(&url, &recordings)).await?;

    let title = format!("Reading with {scale} conversations of 10 messages, {}", place.engine_name());
    let mut groups: Vec<(String, Latencies, Latencies)> = Vec::new();
    for (index, action) in actions.iter().enumerate() {
        for name in [action.group.to_owned(), format!("  {}", action.label)] {
            let at = groups.iter().position(|group| group.0 == name).unwrap_or_else(|| {
                groups.push((name, Latencies::default(), Latencies::default()));
                groups.len() - 1
            });
            groups[at].1.add(through_engine[index]);
            groups[at].2.add(bare[index]);
        }
    }
    for (name, engine, bare) in groups {
        report.add(
            &title,
            name,
            vec![
                figure("n", engine.count() as f64, ""),
                figure("p50", engine.percentile(50.0), "ms"),
                figure("p99", engine.percentile(99.0), "ms"),
                figure("max", engine.percentile(100.0), "ms"),
                figure("bare p50", bare.percentile(50.0), "ms"),
                figure("bare p99", bare.percentile(99.0), "ms"),
            ],
        );
    }
    Ok(())
}

/// Runs what was recorded on one bare connection. Slow statements are shown, each text once.
fn replay(
    url: &rapport_store::DatabaseUrl,
    recordings: &[Vec<RecordedTransaction>],
) -> Result<Vec<std::time::Duration>, rapport_store::Error> {
    let mut bare = Bare::open(url)?;
    for recording in recordings.iter().take(20) {
        recording.iter().try_for_each(|transaction| bare.replay(transaction))?;
    }
    let mut times = Vec::with_capacity(recordings.len());
    for recording in recordings {
        let started = Instant::now();
        recording.iter().try_for_each(|transaction| bare.replay(transaction))?;
        times.push(started.elapsed());
    }
    let mut shown = std::collections::HashSet::new();
    for (recording, time) in recordings.iter().zip(&times) {
        if time.as_secs_f64() * 1e3 > SLOW {
            show_slow(&mut bare, recording, &mut shown)?;
        }
    }
    Ok(times)
}

fn show_slow(
    bare: &mut Bare,
    recording: &[RecordedTransaction],
    shown: &mut std::collections::HashSet<std::sync::Arc<str>>,
) -> Result<(), rapport_store::Error> {
    for transaction in recording {
        for statement in &transaction.statements {
            let alone = RecordedTransaction { statements: vec![statement.clone()], ..transaction.clone() };
            let started = Instant::now();
            bare.replay(&alone)?;
            let millis = started.elapsed().as_secs_f64() * 1e3;
            if millis > SLOW && shown.insert(statement.sql.clone()) {
                eprintln!("slow, {millis:.1} ms: {} with {:?}", statement.sql, statement.params);
                for line in bare.plan(statement)? {
                    eprintln!("    {line}");
                }
            }
        }
    }
    Ok(())
}

async fn actions(opened: &Opened, scale: i64) -> Result<Vec<Action>> {
    let (engine, world) = (&opened.engine, &opened.world);
    let caller = world.caller();
    let mut random = Random::new(scale as u64);
    let mut actions = Vec::new();
    for (label, filter, sort) in lists(&caller) {
        let request = ListRequest { filter, text: None, sort, after: None, limit: PAGE };
        for _ in 0..LISTED {
            let kind = Kind::List(request.clone());
            actions.push(Action { label: label.to_owned(), group: "list", kind });
        }
        if label == "all that are open" || label == "everything ever" {
            let after = deep_position(engine, &caller, &request).await?;
            let deep = ListRequest { after, ..request };
            for _ in 0..LISTED {
                let (label, kind) = (format!("{label}, page 11"), Kind::List(deep.clone()));
                actions.push(Action { label, group: "list", kind });
            }
        }
    }
    for _ in 0..LISTED {
        actions.push(Action { label: "counts of the views".to_owned(), group: "counts", kind: Kind::Count });
    }
    let samples = samples(opened, scale, &mut random).await?;
    for (conversation, _) in samples.iter().take(OPENED) {
        let kind = Kind::Open(conversation.id.clone());
        actions.push(Action { label: "detail and timeline".to_owned(), group: "open", kind });
    }
    let words = Words::new();
    for index in 0..SEARCHED {
        let (conversation, message) = &samples[index % samples.len()];
        let drawn = search_texts::draw(&words, &mut random, conversation, message);
        let kind = Kind::Search { text: drawn.text, kind: drawn.kind };
        actions.push(Action { label: drawn.label.to_owned(), group: "search", kind });
    }
    Ok(actions)
}

fn lists(caller: &Caller) -> Vec<(&'static str, ConversationFilter, Sort)> {
    let active = ConversationFilter {
        statuses: vec![Status::Open, Status::Waiting, Status::Pending],
        ..ConversationFilter::default()
    };
    let mine = Some(AssigneeFilter::User(caller.user_id().clone()));
    let unread_chat =
        ConversationFilter { channel: Some(rapport_domain::Channel::Chat), unread: true, ..active.clone() };
    vec![
        ("all that are open", active.clone(), Sort::LastActivity),
        ("mine", ConversationFilter { assignee: mine.clone(), ..active.clone() }, Sort::LastActivity),
        (
            "nobody's",
            ConversationFilter { assignee: Some(AssigneeFilter::Unassigned), ..active.clone() },
            Sort::LastActivity,
        ),
        ("waiting longest", active.clone(), Sort::OldestUnanswered),
        ("by priority", active.clone(), Sort::Priority),
        ("unread chats", unread_chat, Sort::LastActivity),
        ("needing action", ConversationFilter { requires_action: true, ..active }, Sort::LastActivity),
        ("everything ever", ConversationFilter::default(), Sort::LastActivity),
        (
            "solved",
            ConversationFilter { statuses: vec![Status::Solved], ..ConversationFilter::default() },
            Sort::LastActivity,
        ),
        (
            "closed",
            ConversationFilter { statuses: vec![Status::Closed], ..ConversationFilter::default() },
            Sort::LastActivity,
        ),
        ("ever mine", ConversationFilter { assignee: mine, ..ConversationFilter::default() }, Sort::Created),
    ]
}

/// Where the eleventh page begins.
async fn deep_position(engine: &Engine, caller: &Caller, request: &ListRequest) -> Result<Option<Position>> {
    let mut request = request.clone();
    for _ in 0..10 {
        let page = engine.list_conversations(caller, request.clone()).await?;
        if page.next.is_none() {
            break;
        }
        request.after = page.next;
    }
    Ok(request.after)
}

/// Conversations with one of their messages; two thirds of them recent, as in life.
async fn samples(opened: &Opened, scale: i64, random: &mut Random) -> Result<Vec<(Conversation, Message)>> {
    let (engine, caller) = (&opened.engine, opened.world.caller());
    let mut samples = Vec::with_capacity(OPENED);
    for _ in 0..OPENED {
        let span = if random.chance(0.66) { scale / 20 } else { scale };
        let number = scale - random.below(span.max(1) as u64) as i64;
        let id = engine
            .store()
            .read(&caller.workspace, move |tx| rapport_store::conversation::find_by_number(tx, number))
            .await?
            .with_context(|| format!("there is no conversation {number}"))?;
        let conversation = engine.find_conversation(&caller, &id).await?;
        let messages = engine.list_messages(&caller, &id, None, PAGE).await?;
        let place = random.below(messages.len().max(1) as u64) as usize;
        let message = messages.into_iter().nth(place).with_context(|| format!("{number} has no messages"))?;
        samples.push((conversation, message));
    }
    Ok(samples)
}
