//! Read transactions: several threads share one queue, each with a connection that cannot write.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::Shared;
use super::connection::{Connection, Fault};
use crate::{Error, backoff::Backoff};

trait Work: Send {
    /// Runs the closure and answers the caller.
    fn run(self: Box<Self>, connection: &mut Connection);
    fn refuse(self: Box<Self>, error: Error);
}

pub(super) struct Queued {
    since: Instant,
    work: Box<dyn Work>,
}

struct Read<T, E, F> {
    run: F,
    reply: oneshot::Sender<Result<T, E>>,
}

pub(super) fn queued<T, E, F>(run: F, reply: oneshot::Sender<Result<T, E>>) -> Queued
where
    F: FnOnce(&mut Connection) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    Queued { since: Instant::now(), work: Box::new(Read { run, reply }) }
}

impl<T, E, F> Work for Read<T, E, F>
where
    F: FnOnce(&mut Connection) -> Result<T, E> + Send,
    T: Send,
    E: From<Error> + Send,
{
    fn run(self: Box<Self>, connection: &mut Connection) {
        let Self { run, reply } = *self;
        if reply.is_closed() {
            return;
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| run(connection)))
            .unwrap_or_else(|_| Err(E::from(Error::Database("the closure panicked".to_owned()))));
        let outcome = match connection.spoiled() {
            Some(error) if outcome.is_ok() => Err(E::from(error.clone())),
            _ => outcome,
        };
        connection.record_read();
        let _ = reply.send(outcome);
    }

    fn refuse(self: Box<Self>, error: Error) {
        let _ = self.reply.send(Err(E::from(error)));
    }
}

pub(super) struct Reader {
    shared: Arc<Shared>,
    queue: flume::Receiver<Queued>,
    connection: Option<Connection>,
    patience: Duration,
}

impl Reader {
    pub(super) fn new(shared: Arc<Shared>, queue: flume::Receiver<Queued>, patience: Duration) -> Self {
        Self { shared, queue, connection: None, patience }
    }

    pub(super) fn run(mut self) {
        while let Ok(queued) = self.queue.recv() {
            match self.begin(queued.since) {
                Ok(mut connection) => {
                    queued.work.run(&mut connection);
                    self.end(connection);
                }
                Err(error) => {
                    self.shared.healthy.store(false, Ordering::Relaxed);
                    queued.work.refuse(error);
                }
            }
        }
    }

    /// A connection with a transaction open on it. One that broke while it was idle is replaced.
    fn begin(&mut self, since: Instant) -> Result<Connection, Error> {
        let mut backoff = Backoff::default();
        loop {
            let opened = match self.connection.take() {
                Some(connection) => Ok(connection),
                None => self.shared.connect(false),
            };
            let error = match opened {
                Ok(mut connection) => match connection.begin() {
                    Ok(()) => return Ok(connection),
                    Err(failure) => failure.error,
                },
                Err(error) => error,
            };
            if since.elapsed() > self.patience || self.shared.closing.load(Ordering::Relaxed) {
                return Err(error);
            }
            tracing::warn!(%error, "the database cannot be reached for reading");
            std::thread::sleep(backoff.next_delay());
        }
    }

    fn end(&mut self, mut connection: Connection) {
        let reached = match connection.take_fault() {
            Some(Fault::Lost(reason)) => {
                tracing::warn!(reason, "the connection for reading was lost");
                false
            }
            _ => connection.roll_back().is_ok(),
        };
        self.shared.healthy.store(reached, Ordering::Relaxed);
        if reached {
            self.connection = Some(connection);
        }
    }
}
