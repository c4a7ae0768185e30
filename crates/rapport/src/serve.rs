//! Runs the server until it is asked to stop, then lets what is under way come to its end.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use rapport_engine::Engine;
use rapport_engine::account::Doorkeeper;
use rapport_server::ServerOptions;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::Settings;
use crate::console::say;
use crate::folder_lock::FolderLock;
use crate::mail_listener::{self, MailListeners};
use crate::{open_files, wiring};

/// Whoever stops a server expects it to be gone after ten seconds.
const STOP_PATIENCE: Duration = Duration::from_millis(9_000);
/// Less than the whole, so that the streams' end is noticed before it is waited for no longer.
const HTTP_GRACE: Duration = Duration::from_secs(8);
const CLOSE_PATIENCE: Duration = Duration::from_millis(800);

/// Everything a running server consists of.
pub struct Parts {
    pub engine: Engine,
    pub listener: TcpListener,
    pub mail: MailListeners,
    pub options: ServerOptions,
    /// Held until the server has ended.
    pub lock: FolderLock,
}

pub async fn run(settings: Settings) -> Result<()> {
    open_files::raise_limit();
    let stop = Stop::listen()?;
    let listener = mail_listener::bind(settings.listen, "listen (--listen, RAPPORT_LISTEN)").await?;
    let listening = listener.local_addr()?;
    wiring::create_data_folder(&settings.data_folder)?;
    let (foundation, lock) = wiring::open_for_serving(&settings, listening).await?;
    let mail =
        MailListeners::open(&settings.smtp, &settings.data_folder, settings.limits.max_email_bytes).await?;
    let engine = foundation.engine();
    let options = server_options(&settings, &engine);
    greet(&engine, &options.doorkeeper, listening, &mail).await?;
    run_until_stopped(Parts { engine, listener, mail, options, lock }, stop).await
}

/// What the administrator decided about HTTP.
pub fn server_options(settings: &Settings, engine: &Engine) -> ServerOptions {
    let mut options = ServerOptions::new(engine);
    options.data_folder = Some(settings.data_folder.clone());
    options.trusted_proxies = settings.trusted_proxies.clone();
    options.shutdown_grace = HTTP_GRACE;
    options
}

/// Tells on standard output where to go, and how to begin when nobody has.
async fn greet(
    engine: &Engine,
    doorkeeper: &Doorkeeper,
    listening: SocketAddr,
    mail: &MailListeners,
) -> Result<()> {
    let url = &engine.config().public_url;
    say(&format!("Rapport {} is at {url} (listening on {listening})", env!("CARGO_PKG_VERSION")));
    if let Some(address) = mail.smtp_address() {
        say(&format!("Mail is taken in by SMTP on {address}"));
    }
    if let Some(address) = mail.lmtp_address() {
        say(&format!("Mail is taken in by LMTP on {address}"));
    }
    if engine.set_up_required().await.context("the database cannot be read")? {
        say("\nNobody has an account here yet. Set the server up, once, at\n");
        say(&format!("  {url}/setup?code={}\n", doorkeeper.setup_code()));
    }
    Ok(())
}

/// Serves until the first signal; ends at once on the second.
pub async fn run_until_stopped(parts: Parts, mut stop: Stop) -> Result<()> {
    let (stopping, shutdown) = watch::channel(false);
    let mut tasks = JoinSet::new();
    parts.mail.start(&parts.engine, &shutdown, &mut tasks);
    tasks.spawn({
        let (engine, shutdown) = (parts.engine.clone(), shutdown.clone());
        async move { engine.run_workers(shutdown).await }
    });
    let mut http = tokio::spawn({
        let (engine, mut shutdown) = (parts.engine.clone(), shutdown);
        let stopped = async move {
            // The sender outlives the server, so the only way on is the signal.
            let _ = shutdown.wait_for(|stop| *stop).await;
        };
        rapport_server::serve(engine, parts.listener, parts.options, stopped)
    });
    let failed = tokio::select! {
        () = stop.wait() => None,
        ended = &mut http => Some(ended),
    };
    tracing::info!("stopping: finishing what is under way");
    let _ = stopping.send(true);
    let running = failed.is_none();
    let finish = async {
        while tasks.join_next().await.is_some() {}
        if running { (&mut http).await.ok() } else { None }
    };
    tokio::select! {
        finished = tokio::time::timeout(STOP_PATIENCE, finish) => {
            if finished.is_err() {
                tracing::warn!("some work was not finished in time; it is taken up again on the next start");
            }
        }
        () = stop.wait() => {
            tracing::warn!("stopping at once");
            std::process::exit(130);
        }
    }
    // What is still queued for the database is written before the connections close.
    let _ = tokio::time::timeout(CLOSE_PATIENCE, parts.engine.store().shutdown()).await;
    drop(parts.lock);
    match failed {
        Some(ended) => ended.context("the server ended unexpectedly")?.context("the server cannot go on"),
        None => Ok(()),
    }
}

/// The signals that ask a program to end.
pub struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    pub fn listen() -> Result<Self> {
        let open = |kind| signal(kind).context("signals cannot be listened for");
        Ok(Self { terminate: open(SignalKind::terminate())?, interrupt: open(SignalKind::interrupt())? })
    }

    /// Resolves at the next of them.
    pub async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
