//! Full-text search differs between the engines: FTS5 beside a table, and a tsvector inside it.

mod postgres;
mod sqlite;

pub(crate) use postgres::search_vector;

use crate::db::Engine;
use crate::search::{SearchDocument, SearchHit, SearchKind, SearchQuery, Term};
use crate::{Error, Param, Row, Tx, params};

/// Replaces what was indexed under the document's kind and reference.
pub(crate) fn index_document(
    tx: &mut Tx<'_>,
    document: &SearchDocument<'_>,
    body: &str,
) -> Result<(), Error> {
    let removed = tx.query_opt(
        "delete from search_documents where workspace_id = ?1 and kind = ?2 and reference_id = ?3 returning id",
        &params![document.kind, document.reference_id],
    )?;
    if let (Some(row), Engine::Sqlite) = (removed, tx.engine()) {
        sqlite::remove(tx, row.get(0)?)?;
    }
    index_new_document(tx, document, body)
}

pub(crate) fn index_new_document(
    tx: &mut Tx<'_>,
    document: &SearchDocument<'_>,
    body: &str,
) -> Result<(), Error> {
    match tx.engine() {
        Engine::Sqlite => sqlite::add(tx, document, body),
        Engine::Postgres => postgres::add(tx, document, body),
    }
}

pub(crate) fn search(
    tx: &mut Tx<'_>,
    query: &SearchQuery<'_>,
    terms: &[Term],
) -> Result<Vec<SearchHit>, Error> {
    let rows = match tx.engine() {
        Engine::Sqlite => sqlite::search(tx, query, terms)?,
        Engine::Postgres => postgres::search(tx, query, terms)?,
    };
    rows.iter().map(hit_from_row).collect()
}

/// The document of something whose id is the text asked for.
pub(crate) fn find_document(
    tx: &mut Tx<'_>,
    kind: SearchKind,
    query: &SearchQuery<'_>,
) -> Result<Vec<SearchHit>, Error> {
    let rows = tx.query(
        "select id, kind, reference_id, conversation_id, contact_id, occurred_at from search_documents \
         where workspace_id = ?1 and kind = ?2 and reference_id = ?3 and id < ?4",
        &params![kind, query.text.trim(), query.before.unwrap_or(i64::MAX)],
    )?;
    rows.iter().map(hit_from_row).collect()
}

/// Whether the last word may be the beginning of one. The index of SQLite reads all words that begin so at once,
/// which takes long for frequent ones.
pub(crate) fn may_be_unfinished(tx: &mut Tx<'_>, term: &Term) -> Result<bool, Error> {
    match tx.engine() {
        Engine::Sqlite => sqlite::may_be_unfinished(tx, term),
        Engine::Postgres => Ok(true),
    }
}

fn hit_from_row(row: &Row) -> Result<SearchHit, Error> {
    Ok(SearchHit {
        position: row.get(0)?,
        kind: row.get(1)?,
        reference_id: row.get(2)?,
        conversation_id: row.get(3)?,
        contact_id: row.get(4)?,
        occurred_at: row.get(5)?,
    })
}

fn document_params<'d>(document: &SearchDocument<'d>) -> [Param<'d>; 5] {
    params![
        document.kind,
        document.reference_id,
        document.conversation_id,
        document.contact_id,
        document.occurred_at
    ]
}
