//! Resident memory of a server of its own, idle and with many open event streams.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::task::JoinSet;

use super::database::Place;
use super::http::Client;
use super::load;
use super::report::{Report, figure};
use super::server::Process;
use super::world::EMAIL;

const STREAMS: usize = 10_000;
const OPENED_AT_ONCE: usize = 50;
const MESSAGES: usize = 50;
/// After which memory is looked at.
const SETTLED: Duration = Duration::from_secs(3);

pub async fn measure(place: &Place, report: &mut Report) -> Result<()> {
    crate::open_files::raise_limit();
    let opened = place.fresh("bench-memory", None).await?;
    let caller = opened.world.caller();
    let ids = load::conversations(&opened.engine, &caller, "memory", 1).await?;
    let token = opened.engine.create_token_for(caller.workspace.as_str(), EMAIL, "bench").await?;
    let token = token.token.context("the new token is not shown")?;
    let url = opened.url.clone();
    opened.close().await;
    let folder = place.scratch_folder("bench-memory-data")?;
    let server = Process::start(&folder, &url).await?;
    let title = format!("Resident memory, {}", place.engine_name());
    tokio::time::sleep(SETTLED).await;
    let idle = server.resident_megabytes()?;
    report.add(&title, "idle", vec![figure("resident", idle, "MB"), figure("per stream", 0.0, "kB")]);

    let streams = open(server.address, &token).await?;
    tokio::time::sleep(SETTLED).await;
    let per_stream = |megabytes: f64| (megabytes - idle) * 1000.0 / STREAMS as f64;
    let open = server.resident_megabytes()?;
    report.add(
        &title,
        format!("{STREAMS} open streams"),
        vec![figure("resident", open, "MB"), figure("per stream", per_stream(open), "kB")],
    );

    let mut client = Client::connect(server.address, Some(&token)).await?;
    for text in load::texts().iter().take(MESSAGES) {
        load::report_inbound(&mut client, &ids[0], text).await?;
    }
    read(streams).await?;
    tokio::time::sleep(SETTLED).await;
    let after = server.resident_megabytes()?;
    report.add(
        &title,
        format!("after {MESSAGES} messages to each of them"),
        vec![figure("resident", after, "MB"), figure("per stream", per_stream(after), "kB")],
    );
    server.stop()?;
    std::fs::remove_dir_all(&folder)?;
    place.remove("bench-memory").await?;
    Ok(())
}

async fn open(address: SocketAddr, token: &str) -> Result<Vec<Client>> {
    let mut streams = Vec::with_capacity(STREAMS);
    while streams.len() < STREAMS {
        let mut opening = JoinSet::new();
        for _ in 0..OPENED_AT_ONCE.min(STREAMS - streams.len()) {
            let token = token.to_owned();
            opening.spawn(async move {
                let mut client = Client::connect(address, Some(&token)).await?;
                client.subscribe().await?;
                Ok::<_, anyhow::Error>(client)
            });
        }
        while let Some(opened) = opening.join_next().await {
            streams.push(opened.context("a stream panicked")??);
        }
    }
    Ok(streams)
}

/// Reads what each stream was sent, so that nothing waits in the server.
async fn read(streams: Vec<Client>) -> Result<()> {
    let mut reading = JoinSet::new();
    for mut stream in streams {
        reading.spawn(async move {
            let mut left = MESSAGES;
            while left > 0 {
                let line = stream.next_line().await?;
                left -= usize::from(line == "event: message.received");
            }
            Ok::<_, anyhow::Error>(stream)
        });
    }
    let mut open = Vec::new();
    while let Some(read) = reading.join_next().await {
        open.push(read.context("a stream panicked")??);
    }
    // They stay open while memory is looked at.
    tokio::spawn(async move {
        tokio::time::sleep(SETTLED * 2).await;
        drop(open);
    });
    Ok(())
}
