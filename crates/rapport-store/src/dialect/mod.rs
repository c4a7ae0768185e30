//! The few statements that the two engines do not share, under the same names in both files.

mod postgres;
mod search;
mod sqlite;

use crate::db::Engine;

pub(crate) use search::{
    find_document, index_document, index_new_document, may_be_unfinished, search, search_vector,
};

/// What is appended to a select so that its rows stay locked until the transaction ends.
pub(crate) fn for_update(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => sqlite::FOR_UPDATE,
        Engine::Postgres => postgres::FOR_UPDATE,
    }
}

/// The statement that claims due jobs; `kinds` is a list of placeholders. See [`crate::jobs::claim_jobs`].
pub(crate) fn claim_jobs(engine: Engine, kinds: &str) -> String {
    match engine {
        Engine::Sqlite => sqlite::claim_jobs(kinds),
        Engine::Postgres => postgres::claim_jobs(kinds),
    }
}

/// How many rows one insert takes, largest first. The numbers are few because each is a prepared statement.
pub(crate) fn rows_per_insert(engine: Engine) -> &'static [usize] {
    match engine {
        Engine::Sqlite => sqlite::ROWS_PER_INSERT,
        Engine::Postgres => postgres::ROWS_PER_INSERT,
    }
}
