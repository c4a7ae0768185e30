//! FTS5: the words are in an index without content, joined by row id to the table of documents.

use super::document_params;
use crate::db::SearchChange;
use crate::search::{SearchDocument, SearchKind, SearchQuery, Term};
use crate::{Error, Row, Tx, params};

/// A last word that so many documents hold is taken as complete.
const COMPLETE_FROM: i64 = 1_000;

pub(super) fn remove(tx: &mut Tx<'_>, id: i64) -> Result<(), Error> {
    tx.change_search(SearchChange::Remove { id })
}

pub(super) fn add(tx: &mut Tx<'_>, document: &SearchDocument<'_>, body: &str) -> Result<(), Error> {
    let row = tx.query_opt(
        "insert into search_documents (workspace_id, kind, reference_id, conversation_id, contact_id, occurred_at) \
         values (?1, ?2, ?3, ?4, ?5, ?6) returning id",
        &document_params(document),
    )?;
    let id: i64 = row.ok_or_else(|| Error::Database("no row id for a search document".into()))?.get(0)?;
    let scope = [None, Some(document.kind)].map(|kind| scope_word(tx.workspace().as_str(), kind)).join(" ");
    tx.change_search(SearchChange::Add { id, scope, body: body.replace('\0', " ") })
}

pub(super) fn search(tx: &mut Tx<'_>, query: &SearchQuery<'_>, terms: &[Term]) -> Result<Vec<Row>, Error> {
    let expression = expression(tx.workspace().as_str(), query.kind, terms);
    tx.query(
        "select d.id, d.kind, d.reference_id, d.conversation_id, d.contact_id, d.occurred_at from search_index i \
         join search_documents d on d.id = i.rowid where i.search_index match ?2 and i.rowid < ?3 \
         and d.workspace_id = ?1 order by i.rowid desc limit ?4",
        &params![expression, query.before.unwrap_or(i64::MAX), query.limit],
    )
}

/// Not when so many documents hold the word itself that nobody means more words by it.
pub(super) fn may_be_unfinished(tx: &mut Tx<'_>, term: &Term) -> Result<bool, Error> {
    let whole = Term { prefix: false, ..term.clone() };
    Ok(count(tx, &whole, COMPLETE_FROM)? < COMPLETE_FROM)
}

/// How many documents hold the term, counted up to `cap`.
fn count(tx: &mut Tx<'_>, term: &Term, cap: i64) -> Result<i64, Error> {
    let expression = expression(tx.workspace().as_str(), None, std::slice::from_ref(term));
    let row = tx.query_opt(
        "select count(*) from (select 1 from search_index where search_index match ?2 \
         and ?1 is not null /* workspace_id */ limit ?3)",
        &params![expression, cap],
    )?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// `scope : allwsp… AND body : ("word" AND "two words" AND "begin" *)`. Terms hold letters and digits only.
fn expression(workspace: &str, kind: Option<SearchKind>, terms: &[Term]) -> String {
    let mut expression = format!("scope : {} AND body : (", scope_word(workspace, kind));
    for (index, term) in terms.iter().enumerate() {
        if index > 0 {
            expression.push_str(" AND ");
        }
        expression.push('"');
        expression.push_str(&term.words.join(" "));
        expression.push('"');
        if term.prefix {
            expression.push_str(" *");
        }
    }
    expression.push(')');
    expression
}

/// The one word in the index that stands for a workspace, or for one kind of document in it. Reading a list of
/// its own per kind spares a search for contacts the messages.
fn scope_word(workspace: &str, kind: Option<SearchKind>) -> String {
    let kind = kind.map_or("all", |kind| kind.as_str());
    kind.chars().chain(workspace.chars()).filter(|character| character.is_ascii_alphanumeric()).collect()
}
