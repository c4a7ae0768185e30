//! Wakes other processes on the same PostgreSQL, and is woken by them. Losing a signal costs time, never data.
//!
//! The signal is sent from a connection of its own after the commit it is about: sent inside, it would make all
//! writers commit one after the other, because PostgreSQL orders notifying commits under one lock.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use ::postgres::Client;
use ::postgres::fallible_iterator::FallibleIterator;

use super::{Opener, Shared, postgres, spawn};
use crate::{Error, backoff::Backoff};

/// How often the listening thread looks whether the store was closed.
const GLANCE: Duration = Duration::from_secs(1);
/// Commits within this time share one signal.
const PAUSE: Duration = Duration::from_millis(2);

/// Starts both threads. A signal is sent to the others for each message on the answered channel.
pub(super) fn start(shared: &Arc<Shared>, alive: &flume::Sender<()>) -> Result<flume::Sender<()>, Error> {
    let (notify, signals) = flume::bounded(1);
    let for_notifier = shared.clone();
    spawn("store-notifier".to_owned(), alive, move || send_signals(&for_notifier, &signals))?;
    // The listener must not keep the store alive, and nobody waits for its end.
    let for_listener = Arc::downgrade(shared);
    let (unwaited, _) = flume::bounded(0);
    spawn("store-listener".to_owned(), &unwaited, move || receive_signals(&for_listener))?;
    Ok(notify)
}

fn connect(shared: &Shared) -> Result<Client, Error> {
    match &shared.opener {
        Opener::Postgres(config) => postgres::connect(config),
        Opener::Sqlite(_) => Err(Error::Database("SQLite has no notifications".to_owned())),
    }
}

fn send_signals(shared: &Shared, signals: &flume::Receiver<()>) {
    let mut client: Option<Client> = None;
    while signals.recv().is_ok() {
        if client.is_none() {
            client = connect(shared).ok();
        }
        let sent = client.as_mut().is_some_and(|client| client.batch_execute("notify rapport").is_ok());
        if !sent {
            client = None;
        }
        std::thread::sleep(PAUSE);
    }
}

fn receive_signals(shared: &Weak<Shared>) {
    let mut backoff = Backoff::default();
    while let Some(current) = shared.upgrade().filter(|shared| !shared.closing.load(Ordering::Relaxed)) {
        let connected = connect(&current);
        drop(current);
        match connected {
            Ok(mut client) => {
                backoff = Backoff::default();
                listen(&mut client, shared);
            }
            Err(error) => {
                tracing::debug!(%error, "no connection for notifications");
                std::thread::sleep(backoff.next_delay());
            }
        }
    }
}

/// Returns when the connection broke or the store was closed.
fn listen(client: &mut Client, shared: &Weak<Shared>) {
    if client.batch_execute("listen rapport").is_err() {
        return;
    }
    // Whatever was committed while nobody listened.
    if !wake(shared) {
        return;
    }
    loop {
        let arrival = client.notifications().timeout_iter(GLANCE).next();
        let open = match arrival {
            Ok(Some(_)) => wake(shared),
            Ok(None) => is_open(shared),
            Err(_) => return,
        };
        if !open || client.is_closed() {
            return;
        }
    }
}

fn is_open(shared: &Weak<Shared>) -> bool {
    shared.upgrade().is_some_and(|shared| !shared.closing.load(Ordering::Relaxed))
}

/// Whether the store is still open.
fn wake(shared: &Weak<Shared>) -> bool {
    let Some(shared) = shared.upgrade() else { return false };
    shared.commits.send_modify(|count| *count = count.wrapping_add(1));
    !shared.closing.load(Ordering::Relaxed)
}
