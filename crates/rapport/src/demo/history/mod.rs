//! Tells the sample history: what customers wrote over the last month and what the team did about it.
//! Everything passes through the use cases, at the time it is said to have happened, so that timelines are real.

mod api;
mod chat;
mod email;
mod files;
mod markup;
mod plan;
mod scene;
mod script;
mod stage;

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use rapport_domain::{Channel, Clock, ConversationId, SystemClock};
use rapport_engine::Engine;
use rapport_simulator::mail::MailProvider;
use tokio::sync::watch;

use super::clock::StoryClock;
use super::state::DemoState;
use crate::wiring::Foundation;
use plan::Act;
use scene::Scene;
use script::Story;
use stage::Stage;

/// Messages that are younger wait unread for everybody but the person who is at it.
const UNREAD_SECONDS: i64 = 10 * 60 * 60;

/// Tells all of it. The stories of different customers are told at once, because each step waits for the disk;
/// conversations still begin in the order of their time, so that their numbers count up as they would have.
pub async fn tell(foundation: &Foundation, provider: &MailProvider, state: &DemoState) -> Result<()> {
    let stories = stories()?;
    let engine = foundation.engine();
    let stage = Stage::set(&engine, provider, state).await?;
    let openings = Openings::default();
    let scenes = plan::scenes(&stories, SystemClock.now()).into_iter().map(|acts| {
        let clock = Arc::new(StoryClock::default());
        let scene = Scene::new(&stage, foundation.engine_at(clock.clone()), clock);
        perform(scene, &stories, acts, &openings)
    });
    let begun: HashMap<usize, ConversationId> = try_join_all(scenes).await?.into_iter().flatten().collect();
    read_what_is_old(&engine, &stage, &stories, &begun).await
}

/// Plays the stories of one customer, and returns their conversations.
async fn perform(
    mut scene: Scene<'_>,
    stories: &[Story],
    acts: Vec<Act>,
    openings: &Openings,
) -> Result<Vec<(usize, ConversationId)>> {
    for act in &acts {
        let story = &stories[act.story];
        if let Some(number) = act.opening {
            openings.wait_for(number).await;
        }
        scene.clock.tell(act.at);
        let played = play(&mut scene, act, story).await;
        played.with_context(|| format!("the story of {} cannot be told", story.customer.name))?;
        if act.opening.is_some() {
            openings.next();
        }
    }
    Ok(scene.conversations())
}

/// Lets conversations begin one after the other.
#[derive(Default)]
struct Openings(watch::Sender<usize>);

impl Openings {
    async fn wait_for(&self, number: usize) {
        // It cannot end before its sender does.
        let _ = self.0.subscribe().wait_for(|next| *next == number).await;
    }

    fn next(&self) {
        self.0.send_modify(|next| *next += 1);
    }
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

async fn play(scene: &mut Scene<'_>, act: &Act, story: &Story) -> Result<()> {
    match &act.what {
        plan::What::Customer(turn) => match story.channel {
            Channel::Email => email::receive(scene, act, story, turn).await,
            Channel::Chat => chat::receive(scene, act, story, turn).await,
            _ => api::receive(scene, act, story, turn).await,
        },
        plan::What::Answer(turn) => scene.answer(act, story, turn).await,
        plan::What::Note(turn) => scene.note(act, turn).await,
        plan::What::Draft(turn) => scene.draft(act, turn).await,
        plan::What::Take(user) => scene.take(act.story, user).await,
        plan::What::Hand { by, to } => scene.hand(act.story, by, to).await,
        plan::What::Change { by, priority, status } => scene.change(act.story, by, *priority, *status).await,
    }
}

/// Everybody has seen what is old; what is new waits for whoever looks first.
async fn read_what_is_old(
    engine: &Engine,
    stage: &Stage<'_>,
    stories: &[Story],
    begun: &HashMap<usize, ConversationId>,
) -> Result<()> {
    let mut reading = Vec::new();
    for (number, story) in stories.iter().enumerate() {
        let waits = story.unread || (story.ends_with_customer() && story.last_seconds < UNREAD_SECONDS);
        let Some(conversation) = begun.get(&number).filter(|_| !waits) else { continue };
        reading.extend(stage.team().map(|caller| engine.mark_read(caller, conversation)));
    }
    // Handed in together, they share few commits.
    try_join_all(reading).await?;
    Ok(())
}
