//! What clients intended and what the server acknowledged, kept on disk outside of the server.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// An append-only file whose lines are on disk before the call returns.
pub struct Ledger {
    path: PathBuf,
    file: Mutex<File>,
}

impl Ledger {
    pub fn create(folder: &Path, name: &str) -> Self {
        let path = folder.join(name);
        let file = OpenOptions::new().create(true).append(true).open(&path).unwrap();
        Self { path, file: Mutex::new(file) }
    }

    pub fn note(&self, word: &str, key: &str) {
        let mut file = self.file.lock().unwrap();
        file.write_all(format!("{word} {key}\n").as_bytes()).unwrap();
        file.sync_data().unwrap();
    }

    /// The keys noted under this word.
    pub fn keys(&self, word: &str) -> BTreeSet<String> {
        self.counts(word).into_keys().collect()
    }

    /// How often each key was noted under this word.
    pub fn counts(&self, word: &str) -> BTreeMap<String, usize> {
        let text = fs::read_to_string(&self.path).unwrap();
        let mut counts = BTreeMap::new();
        for key in text.lines().filter_map(|line| line.strip_prefix(word)?.strip_prefix(' ')) {
            *counts.entry(key.to_owned()).or_default() += 1;
        }
        counts
    }
}
