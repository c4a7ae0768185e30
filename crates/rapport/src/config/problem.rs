//! Why a configuration is refused: one line that says where, what and what to do.

use std::fmt;
use std::path::{Path, PathBuf};

/// Shown as `file:line: key: what — remedy`, or `KEY: what — remedy` outside of files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub file: Option<PathBuf>,
    /// Counted from 1.
    pub line: Option<usize>,
    pub key: Option<String>,
    pub what: String,
    pub remedy: String,
}

impl Problem {
    pub fn of_key(key: impl Into<String>, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { file: None, line: None, key: Some(key.into()), what: what.into(), remedy: remedy.into() }
    }

    pub fn of_file(file: &Path, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { file: Some(file.to_owned()), line: None, key: None, what: what.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(formatter, "{}:", file.display())?;
            if let Some(line) = self.line {
                write!(formatter, "{line}:")?;
            }
            write!(formatter, " ")?;
        }
        if let Some(key) = &self.key {
            write!(formatter, "{key}: ")?;
        }
        // Whatever a parser says, the problem stays on one line.
        let what: Vec<&str> = self.what.split_whitespace().collect();
        write!(formatter, "{} — {}", what.join(" "), self.remedy)
    }
}

impl std::error::Error for Problem {}
