//! What can go wrong below the use cases, sorted by what a caller can do about it.

/// A failure of the store. Clonable because one fault of the database is told to every write of its batch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A unique index refused the row. The name is the index or constraint, spelled alike on both engines:
    /// `<table>_pkey` for a primary key, `<table>_<columns>_key` for an unnamed constraint.
    #[error("already present: {constraint}")]
    Unique { constraint: String },
    #[error("a row that this one refers to is missing, or is still referred to: {0}")]
    ForeignKey(String),
    /// A check or not-null constraint refused the value.
    #[error("the value is not allowed: {0}")]
    Check(String),
    /// The database asked for another attempt and still did after all the attempts that are made for it.
    #[error("too much contention: {0}")]
    Retryable(String),
    /// The database cannot be reached or cannot write. After a write the outcome may be unknown.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// A statement that does not name its workspace.
    #[error("the statement is not bound to a workspace: {0}")]
    Unscoped(String),
    /// A column does not exist or holds another type than was asked for.
    #[error("unexpected column: {0}")]
    Column(String),
    #[error("the schema cannot be brought up to date: {0}")]
    Migration(String),
    /// A mistake in a statement or in the configuration; trying again does not help.
    #[error("the database refused: {0}")]
    Database(String),
    #[error("the store is closed")]
    Closed,
}

impl Error {
    /// Whether a unique index refused a row, and it was this one.
    pub fn is_unique_on(&self, name: &str) -> bool {
        matches!(self, Self::Unique { constraint } if constraint == name)
    }
}
