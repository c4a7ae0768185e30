//! Group commit: a writer takes all the closures that wait, runs them in one transaction, commits once and then
//! answers them all. A closure that fails is rolled back alone. Nothing is answered before the commit.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::Shared;
use super::connection::{Connection, Failure, Fault};
use crate::{Error, backoff::Backoff};

/// How often a closure is run before contention is reported to its caller.
const ATTEMPTS: usize = 5;

/// A closure that waits for its turn, with its type erased.
trait Work: Send {
    /// Runs the closure and keeps its answer; whether what it did is to be committed.
    fn run(&mut self, connection: &mut Connection) -> bool;
    /// Hands the kept answer to the caller.
    fn answer(self: Box<Self>);
    fn refuse(self: Box<Self>, error: Error);
}

pub(super) struct Queued {
    since: Instant,
    work: Box<dyn Work>,
}

struct Write<T, E, F> {
    run: F,
    outcome: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

pub(super) fn queued<T, E, F>(run: F, reply: oneshot::Sender<Result<T, E>>) -> Queued
where
    F: Fn(&mut Connection) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    Queued { since: Instant::now(), work: Box::new(Write { run, outcome: None, reply }) }
}

impl<T, E, F> Work for Write<T, E, F>
where
    F: Fn(&mut Connection) -> Result<T, E> + Send,
    T: Send,
    E: From<Error> + Send,
{
    fn run(&mut self, connection: &mut Connection) -> bool {
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.run)(connection)))
            .unwrap_or_else(|_| Err(E::from(Error::Database("the closure panicked".to_owned()))));
        let outcome = match connection.spoiled() {
            Some(error) if outcome.is_ok() => Err(E::from(error.clone())),
            _ => outcome,
        };
        let keep = outcome.is_ok();
        self.outcome = Some(outcome);
        keep
    }

    fn answer(self: Box<Self>) {
        if let Some(outcome) = self.outcome {
            // The caller may have stopped waiting; the commit stands.
            let _ = self.reply.send(outcome);
        }
    }

    fn refuse(self: Box<Self>, error: Error) {
        let _ = self.reply.send(Err(E::from(error)));
    }
}

/// Why a batch was not committed.
enum Trouble {
    /// Another attempt may succeed.
    Retry(String),
    /// One of the batch, or what it announced, was refused.
    Refused(Error),
    /// Another process holds the lock for writing, so nothing has run yet.
    Locked(String),
    /// The connection broke before the commit.
    Lost(String),
    /// The connection broke during the commit: it may or may not have happened.
    Unknown(String),
    /// The database cannot write at the moment.
    Down(String),
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        match failure.fault {
            Some(fault) => fault.into(),
            None => Self::Refused(failure.error),
        }
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Retry(reason) => Self::Retry(reason),
            Fault::Lost(reason) => Self::Lost(reason),
            Fault::Down(reason) => Self::Down(reason),
        }
    }
}

pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) queue: flume::Receiver<Queued>,
    pub(super) connection: Option<Connection>,
    /// Tells other processes that something was committed; only where there can be others.
    pub(super) notify: Option<flume::Sender<()>>,
    pub(super) max_batch: usize,
    pub(super) patience: Duration,
}

impl Writer {
    /// Works until the last sender is gone and the queue is empty.
    pub(super) fn run(mut self) {
        let mut waiting = VecDeque::new();
        loop {
            if waiting.is_empty() {
                match self.queue.recv() {
                    Ok(first) => waiting.push_back(first),
                    Err(_) => break,
                }
            }
            self.gather(&mut waiting);
            if let Some(mut connection) = self.connect(&mut waiting) {
                let batch = waiting.drain(..waiting.len().min(self.max_batch)).collect();
                if self.commit(&mut connection, batch, &mut waiting) {
                    self.connection = Some(connection);
                }
            }
        }
        if let Some(connection) = &mut self.connection {
            connection.settle();
        }
    }

    fn gather(&self, waiting: &mut VecDeque<Queued>) {
        while waiting.len() < self.max_batch
            && let Ok(next) = self.queue.try_recv()
        {
            waiting.push_back(next);
        }
    }

    /// The connection, opened again if it was lost. `None` when nobody is left waiting for it.
    fn connect(&mut self, waiting: &mut VecDeque<Queued>) -> Option<Connection> {
        if let Some(connection) = self.connection.take() {
            return Some(connection);
        }
        let mut backoff = Backoff::default();
        loop {
            self.refuse_impatient(waiting);
            if waiting.is_empty() {
                return None;
            }
            match self.shared.connect(true) {
                Ok(connection) => return Some(connection),
                Err(error) => {
                    tracing::warn!(%error, waiting = waiting.len(), "the database cannot be reached for writing");
                    self.shared.healthy.store(false, Ordering::Relaxed);
                    std::thread::sleep(backoff.next_delay());
                    waiting.extend(self.queue.try_iter());
                }
            }
        }
    }

    fn refuse_impatient(&self, waiting: &mut VecDeque<Queued>) {
        let patience =
            if self.shared.closing.load(Ordering::Relaxed) { Duration::ZERO } else { self.patience };
        let (impatient, patient) = waiting.drain(..).partition(|queued| queued.since.elapsed() > patience);
        *waiting = patient;
        refuse(impatient, &Error::Unavailable("the database was away for too long".to_owned()));
    }

    /// Commits the batch as a whole or, where that fails because of one of them, one by one.
    /// Whether the connection can still be used; if not, those that may run again are back in the queue.
    fn commit(
        &self,
        connection: &mut Connection,
        mut batch: VecDeque<Queued>,
        waiting: &mut VecDeque<Queued>,
    ) -> bool {
        match attempt(connection, batch.make_contiguous()) {
            Ok(wake) => {
                self.committed(wake);
                batch.into_iter().for_each(|queued| queued.work.answer());
                true
            }
            Err(Trouble::Retry(_) | Trouble::Refused(_)) => {
                while let Some(queued) = batch.pop_front() {
                    if let Err(lost) = self.commit_alone(connection, queued) {
                        lost.into_iter().chain(batch).rev().for_each(|queued| waiting.push_front(queued));
                        return false;
                    }
                }
                true
            }
            Err(Trouble::Locked(reason)) => {
                tracing::warn!(reason, "another process is writing to the database");
                batch.into_iter().rev().for_each(|queued| waiting.push_front(queued));
                self.refuse_impatient(waiting);
                true
            }
            Err(Trouble::Lost(reason)) => {
                tracing::warn!(reason, "the connection for writing was lost");
                batch.into_iter().rev().for_each(|queued| waiting.push_front(queued));
                false
            }
            Err(Trouble::Unknown(reason)) => {
                self.refuse_unknown(batch, &reason);
                false
            }
            Err(Trouble::Down(reason)) => {
                self.refuse_down(batch, reason);
                true
            }
        }
    }

    /// `Err` when the connection was lost, with the closure if it may run again.
    fn commit_alone(&self, connection: &mut Connection, mut queued: Queued) -> Result<(), Option<Queued>> {
        let mut backoff = Backoff::default();
        let mut contention = String::new();
        for _ in 0..ATTEMPTS {
            match attempt(connection, std::slice::from_mut(&mut queued)) {
                Ok(wake) => {
                    self.committed(wake);
                    queued.work.answer();
                    return Ok(());
                }
                Err(Trouble::Retry(reason) | Trouble::Locked(reason)) => {
                    contention = reason;
                    std::thread::sleep(backoff.next_delay());
                }
                Err(Trouble::Refused(error)) => {
                    queued.work.refuse(error);
                    return Ok(());
                }
                Err(Trouble::Lost(reason)) => {
                    tracing::warn!(reason, "the connection for writing was lost");
                    return Err(Some(queued));
                }
                Err(Trouble::Unknown(reason)) => {
                    self.refuse_unknown([queued], &reason);
                    return Err(None);
                }
                Err(Trouble::Down(reason)) => {
                    self.refuse_down([queued], reason);
                    return Ok(());
                }
            }
        }
        queued.work.refuse(Error::Retryable(contention));
        Ok(())
    }

    fn committed(&self, wake: bool) {
        self.shared.healthy.store(true, Ordering::Relaxed);
        if wake {
            self.shared.commits.send_modify(|count| *count = count.wrapping_add(1));
            if let Some(notify) = &self.notify {
                // A signal that is already pending covers this commit too.
                let _ = notify.try_send(());
            }
        }
    }

    fn refuse_unknown(&self, batch: impl IntoIterator<Item = Queued>, reason: &str) {
        tracing::error!(reason, "the connection was lost during a commit; its outcome is unknown");
        self.shared.healthy.store(false, Ordering::Relaxed);
        refuse(
            batch,
            &Error::Unavailable("the connection was lost during the commit; its outcome is unknown".into()),
        );
    }

    fn refuse_down(&self, batch: impl IntoIterator<Item = Queued>, reason: String) {
        tracing::error!(reason, "the database cannot write");
        self.shared.healthy.store(false, Ordering::Relaxed);
        refuse(batch, &Error::Unavailable(reason));
    }
}

fn refuse(batch: impl IntoIterator<Item = Queued>, error: &Error) {
    batch.into_iter().for_each(|queued| queued.work.refuse(error.clone()));
}

/// Runs the closures in one transaction and commits it. Whether those who wait for events or jobs are concerned.
fn attempt(connection: &mut Connection, batch: &mut [Queued]) -> Result<bool, Trouble> {
    connection.begin().map_err(|failure| match Trouble::from(failure) {
        Trouble::Retry(reason) => Trouble::Locked(reason),
        trouble => trouble,
    })?;
    let outcome = run_all(connection, batch);
    match outcome {
        Ok(true) => commit_transaction(connection),
        Ok(false) => connection.roll_back().map(|()| false).map_err(Trouble::from),
        // A connection that broke has rolled back by itself.
        Err(trouble @ Trouble::Lost(_)) => Err(trouble),
        Err(trouble) => match connection.roll_back() {
            Ok(()) => Err(trouble),
            Err(failure) => Err(Trouble::Lost(failure.error.to_string())),
        },
    }
}

/// Whether there is anything to commit.
fn run_all(connection: &mut Connection, batch: &mut [Queued]) -> Result<bool, Trouble> {
    let [alone] = batch else { return run_in_savepoints(connection, batch) };
    let keep = alone.work.run(connection);
    if let Some(fault) = connection.take_fault() {
        return Err(fault.into());
    }
    if keep {
        flush(connection)?;
    }
    Ok(keep)
}

fn run_in_savepoints(connection: &mut Connection, batch: &mut [Queued]) -> Result<bool, Trouble> {
    let mut mark = connection.savepoint()?;
    let mut kept = false;
    let last = batch.len().saturating_sub(1);
    for (index, queued) in batch.iter_mut().enumerate() {
        let keep = queued.work.run(connection);
        if let Some(fault) = connection.take_fault() {
            return Err(fault.into());
        }
        kept |= keep;
        if !keep {
            connection.undo_to(mark)?;
        } else if index < last {
            mark = connection.next_savepoint()?;
        }
    }
    if kept {
        flush(connection)?;
    }
    Ok(kept)
}

fn flush(connection: &mut Connection) -> Result<(), Trouble> {
    connection.flush().map_err(|error| connection.take_fault().map_or(Trouble::Refused(error), Trouble::from))
}

fn commit_transaction(connection: &mut Connection) -> Result<bool, Trouble> {
    match connection.commit() {
        Ok(wake) => Ok(wake),
        Err(Failure { fault: Some(Fault::Lost(reason)), .. }) => Err(Trouble::Unknown(reason)),
        // The database answered that it did not commit.
        Err(failure) => {
            connection.roll_back().map_err(|second| Trouble::Lost(second.error.to_string()))?;
            Err(failure.into())
        }
    }
}
