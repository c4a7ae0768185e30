//! What one customer and the team say to each other, at the time it is said to have happened.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Context, Result};
use bytes::Bytes;
use rapport_domain::model::{ContactReference, DraftContent, Message};
use rapport_domain::{
    AttachmentId, Channel, ConversationId, Direction, DraftMode, Permission, Priority, Status, Timestamp,
};
use rapport_engine::chat::Visit;
use rapport_engine::contact::ContactChange;
use rapport_engine::conversation::{Assignment, ConversationChange};
use rapport_engine::message::{NewMessage, NewNote};
use rapport_engine::{Caller, Engine};

use super::plan::Act;
use super::script::{Story, Turn, Writer};
use super::stage::Stage;
use super::{chat, files, markup};
use crate::demo::cast;
use crate::demo::clock::StoryClock;

/// How long a mail is on its way.
const DELIVERY_SECONDS: i64 = 3;

/// What a story has come to.
#[derive(Default)]
pub struct Progress {
    pub conversation: Option<ConversationId>,
    /// Of the last answer by email.
    pub last_answer: Option<SentAnswer>,
    pub visit: Option<Visit>,
}

/// What a customer's mail program needs for an answer.
#[derive(Clone)]
pub struct SentAnswer {
    pub message_id: String,
    pub references: Vec<String>,
    pub text: String,
    pub at: Timestamp,
}

/// The stories of one customer. Scenes play at once, so each has an engine that lives at its own time.
pub struct Scene<'a> {
    pub stage: &'a Stage<'a>,
    pub engine: Engine,
    pub clock: Arc<StoryClock>,
    progress: HashMap<usize, Progress>,
    /// The last answer that each address got, over all stories.
    pub answers: HashMap<String, SentAnswer>,
    /// Whoever takes care of a customer first writes down who that is.
    is_known: bool,
}

impl<'a> Scene<'a> {
    pub fn new(stage: &'a Stage<'a>, engine: Engine, clock: Arc<StoryClock>) -> Self {
        Self { stage, engine, clock, progress: HashMap::new(), answers: HashMap::new(), is_known: false }
    }

    pub fn conversation(&self, story: usize) -> Result<&ConversationId> {
        let progress = self.progress.get(&story);
        progress.and_then(|progress| progress.conversation.as_ref()).context("the story has a conversation")
    }

    pub fn conversations(&self) -> Vec<(usize, ConversationId)> {
        let begun = self.progress.iter();
        begun.filter_map(|(story, progress)| Some((*story, progress.conversation.clone()?))).collect()
    }

    pub fn progress(&mut self, story: usize) -> &mut Progress {
        self.progress.entry(story).or_default()
    }

    pub async fn answer(&mut self, act: &Act, story: &Story, turn: &Turn) -> Result<()> {
        let Writer::Answer(key) = &turn.writer else { return Ok(()) };
        let caller = self.stage.teammate(key)?.clone();
        self.read(&caller, act.story).await?;
        let attachment_ids = self.upload(&caller, turn).await?;
        let new = NewMessage {
            body_text: Some(markup::plain(&turn.text)),
            body_html: (story.channel == Channel::Email).then(|| markup::html(&turn.text)),
            attachment_ids,
            ..NewMessage::default()
        };
        let id = self.conversation(act.story)?.clone();
        let message = self.engine.send_message(&caller, &id, Direction::Outbound, new).await?;
        match story.channel {
            Channel::Email => self.deliver(act, story, &message).await,
            Channel::Chat => chat::see(self, act, &message).await,
            _ => Ok(()),
        }
    }

    /// Lets the mail leave, and remembers it as the customer's mail program does.
    async fn deliver(&mut self, act: &Act, story: &Story, message: &Message) -> Result<()> {
        self.clock.tell(act.at.plus_seconds(DELIVERY_SECONDS));
        self.engine.drain_jobs_of(&self.stage.state.workspace, message.id.as_str()).await?;
        let address = story.customer.address.clone().unwrap_or_default();
        let Some(message_id) = message.email_message_id.clone() else { return Ok(()) };
        let mut references =
            self.answers.get(&address).map(|earlier| earlier.references.clone()).unwrap_or_default();
        references.push(message_id.clone());
        let text = message.body_text.clone();
        let answer = SentAnswer { message_id, references, text, at: message.sent_at };
        self.progress(act.story).last_answer = Some(answer.clone());
        self.answers.insert(address, answer);
        Ok(())
    }

    async fn upload(&self, caller: &Caller, turn: &Turn) -> Result<Vec<AttachmentId>> {
        let mut ids = Vec::with_capacity(turn.files.len());
        for name in &turn.files {
            let file = files::find(name)?;
            let uploaded = self
                .engine
                .upload(caller, file.name, file.media_type, Bytes::from_static(file.bytes))
                .await?;
            ids.push(uploaded.id);
        }
        Ok(ids)
    }

    pub async fn note(&self, act: &Act, turn: &Turn) -> Result<()> {
        let Writer::Note(key) = &turn.writer else { return Ok(()) };
        let caller = self.stage.teammate(key)?;
        if !caller.may(Permission::ConversationNote) {
            return Ok(());
        }
        let note = NewNote { body_text: turn.text.clone(), ..NewNote::default() };
        self.engine.add_note(caller, self.conversation(act.story)?, note).await?;
        Ok(())
    }

    pub async fn draft(&self, act: &Act, turn: &Turn) -> Result<()> {
        let Writer::Draft(key) = &turn.writer else { return Ok(()) };
        let content = DraftContent { body_text: turn.text.clone(), ..DraftContent::default() };
        let id = self.conversation(act.story)?;
        self.engine.save_draft(self.stage.teammate(key)?, id, DraftMode::Reply, content).await?;
        Ok(())
    }

    pub async fn take(&mut self, story: usize, key: &str) -> Result<()> {
        let caller = self.stage.teammate(key)?;
        self.read(caller, story).await?;
        self.assign(caller, caller, story).await
    }

    pub async fn hand(&mut self, story: usize, by: &str, to: &str) -> Result<()> {
        let by = self.stage.teammate(by)?;
        self.read(by, story).await?;
        self.assign(by, self.stage.teammate(to)?, story).await
    }

    async fn assign(&mut self, by: &Caller, to: &Caller, story: usize) -> Result<()> {
        if !to.may(Permission::ConversationReply) {
            return Ok(());
        }
        let assignment = Assignment { user: Some(to.user_id().clone()), expected: Some(None) };
        let conversation = self.engine.assign(by, self.conversation(story)?, assignment).await?;
        match conversation.contact.filter(|_| !self.is_known) {
            Some(contact) => self.note_who_it_is(by, &contact).await,
            None => Ok(()),
        }
    }

    async fn note_who_it_is(&mut self, by: &Caller, contact: &ContactReference) -> Result<()> {
        self.is_known = true;
        let Some(facts) = cast::facts(&contact.display_name) else { return Ok(()) };
        let given = |text: &str| (!text.is_empty()).then(|| Some(text.to_owned()));
        let change = ContactChange {
            display_name: Some(contact.display_name.clone()),
            company: given(facts.company),
            city: given(facts.city),
            country: given(facts.country),
            ..ContactChange::default()
        };
        self.engine.edit_contact(by, &contact.id, change).await?;
        Ok(())
    }

    pub async fn change(
        &self,
        story: usize,
        by: &str,
        priority: Option<Priority>,
        status: Option<Status>,
    ) -> Result<()> {
        let change = ConversationChange { priority, status, ..ConversationChange::default() };
        self.engine.edit_conversation(self.stage.teammate(by)?, self.conversation(story)?, change).await?;
        Ok(())
    }

    pub async fn read(&self, caller: &Caller, story: usize) -> Result<()> {
        self.engine.mark_read(caller, self.conversation(story)?).await?;
        Ok(())
    }
}
