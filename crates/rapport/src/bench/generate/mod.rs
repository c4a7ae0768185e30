//! Fills a database with a made-up history, in big transactions: repeatable, resumable, as fast as the disk allows.
//!
//! The rows are those that the use cases would have written, through the store's own functions. One thing is left
//! out to save space: events about messages carry no copy of the message and its conversation.

mod history;
mod people;

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, bail};
use rapport_store::{Store, Tx};

use super::words::Words;
use super::world::World;
use history::Part;

pub const MESSAGES_PER_CONVERSATION: usize = 10;
/// Conversations in one transaction.
const PART: i64 = 500;

/// Completes the history of a database to this many conversations, rounded up to whole parts.
pub async fn fill(store: &Store, files: &Path, conversations: i64) -> Result<World> {
    let world = match World::find(store).await? {
        Some(world) => world,
        None => World::create(store, files).await?,
    };
    let total = conversations.div_euclid(PART) + i64::from(conversations % PART != 0);
    let done = parts_done(store, &world, total).await?;
    if done == total {
        return Ok(world);
    }
    let mut progress = Progress::new(done, total);
    let words = Arc::new(Words::new());
    // One part is made while the one before is being written.
    let mut next = make(&words, &world, done, total);
    for index in done..total {
        let part = Arc::new(next.await?);
        next = make(&words, &world, index + 1, total);
        write(store, &world, part).await?;
        progress.show(index + 1);
    }
    next.abort();
    Ok(world)
}

fn make(words: &Arc<Words>, world: &World, index: i64, total: i64) -> tokio::task::JoinHandle<Part> {
    let (words, world) = (words.clone(), world.clone());
    tokio::task::spawn_blocking(move || history::make(&words, &world, index, total, PART))
}

/// Parts are written in order, each in one transaction, so the highest number tells how many there are.
async fn parts_done(store: &Store, world: &World, total: i64) -> Result<i64> {
    let (mut low, mut high) = (0, total);
    while low < high {
        let middle = low + (high - low) / 2;
        let number = middle * PART + PART;
        let found = store
            .read(&world.workspace, move |tx| rapport_store::conversation::find_by_number(tx, number))
            .await?;
        if found.is_some() { low = middle + 1 } else { high = middle }
    }
    Ok(low)
}

async fn write(store: &Store, world: &World, part: Arc<Part>) -> Result<()> {
    let first = part.conversations.first().map_or(0, |told| told.conversation.number);
    let stored = store.write(&world.workspace, "generate", move |tx| store_part(tx, &part)).await?;
    if stored != first {
        bail!("this database has conversations of its own; give an empty one");
    }
    Ok(())
}

/// Returns the number that the first conversation got.
fn store_part(tx: &mut Tx<'_>, part: &Part) -> Result<i64, rapport_store::Error> {
    let mut first = 0;
    for person in &part.people {
        rapport_store::contact::create(tx, &person.contact)?;
        for (address, normalised) in &person.addresses {
            rapport_store::contact::add_address(tx, &person.contact.id, address, normalised)?;
        }
        rapport_store::contact::save_words(tx, &person.contact)?;
        rapport_store::search::index_new(tx, &person.document())?;
    }
    for told in &part.conversations {
        let number = rapport_store::conversation::next_number(tx)?;
        if first == 0 {
            first = number;
        }
        let conversation = &told.conversation;
        rapport_store::conversation::create(tx, conversation, "", "{}")?;
        rapport_store::conversation::save(tx, conversation)?;
        rapport_store::conversation::add_address(tx, &conversation.id, &told.address)?;
        rapport_store::search::index_new(tx, &told.document())?;
    }
    for message in &part.messages {
        rapport_store::message::create(tx, &message.stored)?;
        if let Some(email_id) = &message.stored.message.email_message_id {
            rapport_store::message::add_email_id(tx, email_id, &message.stored.message.id)?;
        }
        rapport_store::search::index_new(tx, &message.document())?;
    }
    for (user, conversation, count, at) in &part.reads {
        rapport_store::read_state::save_read_count(tx, user, conversation, *count, *at)?;
    }
    for event in &part.events {
        tx.emit(event.clone());
    }
    Ok(first)
}

struct Progress {
    started: Instant,
    first: i64,
    total: i64,
    shown_percent: i64,
}

impl Progress {
    fn new(first: i64, total: i64) -> Self {
        eprintln!("Filling the database with {} conversations …", total * PART);
        Self { started: Instant::now(), first, total, shown_percent: -1 }
    }

    fn show(&mut self, done: i64) {
        let percent = done * 100 / self.total;
        let terminal = std::io::stderr().is_terminal();
        let step = if terminal { 1 } else { 10 };
        if percent < self.shown_percent + step && done != self.total {
            return;
        }
        self.shown_percent = percent;
        let seconds = self.started.elapsed().as_secs_f64().max(0.001);
        let rate = ((done - self.first) * PART) as f64 / seconds;
        let left = ((self.total - done) * PART) as f64 / rate.max(1.0);
        let bar = "█".repeat((percent / 5) as usize);
        let line = format!("{bar:<20} {percent:>3} %  {rate:.0} conversations/s, {left:.0} s left");
        if terminal {
            eprint!("\r{line}   ");
            // The bar is only for the eye.
            let _ = std::io::stderr().flush();
            if done == self.total {
                eprintln!();
            }
        } else {
            eprintln!("{line}");
        }
    }
}
