//! Tells the sample history: what customers wrote over the last month and what the team did about it.
//! Everything passes through the use cases, at the time it is said to have happened, so that timelines are real.

mod api;
mod chat;
mod email;
mod files;
mod plan;
mod script;
mod stage;

use std::sync::Arc;

use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use rapport_domain::{Channel, Clock, SystemClock};
use rapport_engine::Engine;
use rapport_simulator::mail::MailProvider;

use super::clock::StoryClock;
use super::state::DemoState;
use plan::Act;
use script::Story;
use stage::Stage;

/// Messages that are younger wait unread for everybody but the person who is at it.
const UNREAD_SECONDS: i64 = 10 * 60 * 60;

/// Tells all of it; the clock is in the present again afterwards.
pub async fn tell(
    engine: &Engine,
    clock: &Arc<StoryClock>,
    provider: &MailProvider,
    state: &DemoState,
) -> Result<()> {
    let stories = stories()?;
    let mut stage = Stage::set(engine, clock, provider, state, stories.len()).await?;
    let now = SystemClock.now();
    for act in plan::acts(&stories, now) {
        let story = &stories[act.story];
        clock.tell(act.at);
        play(&mut stage, &act, story)
            .await
            .with_context(|| format!("the story of {} cannot be told", story.customer.name))?;
    }
    clock.follow_the_present();
    read_what_is_old(&stage, &stories).await
}

fn stories() -> Result<Vec<Story>> {
    let mut stories = Vec::new();
    for (channel, text) in [
        (Channel::Email, include_str!("../stories/email.txt")),
        (Channel::Chat, include_str!("../stories/chat.txt")),
        (Channel::Api, include_str!("../stories/api.txt")),
    ] {
        stories.extend(script::parse(channel, text)?);
    }
    Ok(stories)
}

async fn play(stage: &mut Stage<'_>, act: &Act, story: &Story) -> Result<()> {
    match &act.what {
        plan::What::Customer(turn) => match story.channel {
            Channel::Email => email::receive(stage, act, story, turn).await,
            Channel::Chat => chat::receive(stage, act, story, turn).await,
            _ => api::receive(stage, act, story, turn).await,
        },
        plan::What::Answer(turn) => stage.answer(act, story, turn).await,
        plan::What::Note(turn) => stage.note(act, turn).await,
        plan::What::Draft(turn) => stage.draft(act, turn).await,
        plan::What::Take(user) => stage.take(act.story, user).await,
        plan::What::Hand { by, to } => stage.hand(act.story, by, to).await,
        plan::What::Change { by, priority, status } => stage.change(act.story, by, *priority, *status).await,
    }
}

/// Everybody has seen what is old; what is new waits for whoever looks first.
async fn read_what_is_old(stage: &Stage<'_>, stories: &[Story]) -> Result<()> {
    let mut reading = Vec::new();
    for (number, story) in stories.iter().enumerate() {
        let waits = story.unread || (story.ends_with_customer() && story.last_seconds < UNREAD_SECONDS);
        if waits {
            continue;
        }
        for caller in stage.team() {
            reading.push(stage.read(caller, number));
        }
    }
    // Handed in together, they share few commits.
    try_join_all(reading).await.map(drop)
}
