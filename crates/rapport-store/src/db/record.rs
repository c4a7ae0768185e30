//! Keeps the statements of finished transactions, so that measurements can run the very same work on the bare
//! driver (see [`bare`](crate::db::bare)). Off unless a store is opened with a recorder.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::value::Param;

/// One statement as the driver got it, the workspace among its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedStatement {
    pub sql: Arc<str>,
    pub params: Vec<Param<'static>>,
}

/// A committed write with all the closures of its batch, or one read.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedTransaction {
    pub writes: bool,
    /// Which of the store's threads ran it; those of one thread follow each other.
    pub thread: String,
    pub statements: Vec<RecordedStatement>,
}

/// Collects what a store does. Clones share one collection, which grows until it is taken.
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Mutex<Vec<RecordedTransaction>>>);

impl Recorder {
    /// What was recorded since the last call.
    pub fn take(&self) -> Vec<RecordedTransaction> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<RecordedTransaction>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The part of a recording that one connection gathers until its transaction is finished.
#[derive(Default)]
pub(super) struct Trace {
    recorder: Option<Recorder>,
    texts: HashSet<Arc<str>>,
    statements: Vec<RecordedStatement>,
}

impl Trace {
    pub(super) fn new(recorder: Option<Recorder>) -> Self {
        Self { recorder, ..Self::default() }
    }

    pub(super) fn note(&mut self, sql: &str, scope: Option<&str>, params: &[Param<'_>]) {
        if self.recorder.is_some() {
            let sql = self.text(sql);
            let scope = scope.map(|scope| Param::OwnedText(scope.to_owned()));
            let params = scope.into_iter().chain(params.iter().map(Param::to_static)).collect();
            self.statements.push(RecordedStatement { sql, params });
        }
    }

    /// One copy of each text, however often it is run.
    fn text(&mut self, sql: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(sql) {
            return known.clone();
        }
        let text: Arc<str> = sql.into();
        self.texts.insert(text.clone());
        text
    }

    pub(super) fn len(&self) -> usize {
        self.statements.len()
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.statements.truncate(len);
    }

    pub(super) fn finish(&mut self, writes: bool) {
        if let Some(recorder) = &self.recorder
            && !self.statements.is_empty()
        {
            let thread = std::thread::current().name().unwrap_or_default().to_owned();
            let statements = std::mem::take(&mut self.statements);
            recorder.lock().push(RecordedTransaction { writes, thread, statements });
        }
    }
}
