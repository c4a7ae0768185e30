//! `rapport bench`: measures throughput and latency beside what the bare driver does with the same statements.
//!
//! Every figure comes with its baseline from the same run, because machines differ and so do their moods.

mod database;
mod events;
mod generate;
mod http;
mod ingest;
mod latency;
mod load;
mod memory;
mod random;
mod read;
mod report;
mod search_texts;
mod server;
mod start;
mod words;
mod world;

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::config::Settings;
use database::Place;
use report::Report;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    /// Conversations in the database, of ten messages each; several numbers are measured one after the other.
    /// A million takes about half an hour to make and 26 GB.
    #[arg(long, global = true, value_delimiter = ',', default_values_t = [10_000, 100_000])]
    scale: Vec<i64>,
    /// How long each load is kept up.
    #[arg(long, global = true, default_value_t = 10)]
    seconds: u64,
    /// Measure on this PostgreSQL server instead of SQLite; databases named bench_… are made and replaced there.
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// Also write the figures to this file.
    #[arg(long, global = true, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::Subcommand)]
enum What {
    /// Fill the databases and measure nothing.
    Fill,
    /// Inbound messages stored durably in a second.
    Ingest,
    /// Latency of lists, of opening a conversation and of search.
    Read,
    /// The time from an answer to its event on a stream.
    Events,
    /// Resident memory, idle and with 10,000 open streams.
    Memory,
    /// The time from the start of the process to its first answer.
    Start,
    /// All of it.
    All,
}

pub async fn run(settings: Settings, arguments: Arguments) -> Result<()> {
    let what = arguments.what.unwrap_or(What::All);
    let place = Place::new(&settings.data_folder, arguments.database_url.as_deref())?;
    let mut report = Report::new();
    let chosen = |one: What| what == one || what == What::All;
    if what == What::Fill {
        for scale in &arguments.scale {
            place.filled(*scale, None).await?.close().await;
        }
    }
    if chosen(What::Ingest) {
        ingest::measure(&place, &arguments.scale, arguments.seconds.max(1), &mut report).await?;
    }
    if chosen(What::Read) {
        for scale in &arguments.scale {
            read::measure(&place, *scale, &mut report).await?;
        }
    }
    if chosen(What::Events) {
        events::measure(&place, arguments.seconds.max(1), &mut report).await?;
    }
    if chosen(What::Memory) {
        memory::measure(&place, &mut report).await?;
    }
    if chosen(What::Start) {
        start::measure(&place, &arguments.scale, &mut report).await?;
    }
    report.print();
    if let Some(file) = &arguments.json {
        std::fs::write(file, report.json())
            .with_context(|| format!("{} cannot be written", file.display()))?;
    }
    Ok(())
}
