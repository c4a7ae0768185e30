//! Full-text search differs between the engines: FTS5 beside a table, and a tsvector inside it.

use crate::db::Engine;
use crate::search::{SearchDocument, SearchHit, SearchKind, SearchQuery, Term};
use crate::{Error, Param, Tx, params};

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
        let id: i64 = row.get(0)?;
        // The index has no workspace column to compare with; the id was found under this workspace.
        tx.execute(
            "delete from search_index where rowid = ?2 and ?1 is not null /* workspace_id */",
            &params![id],
        )?;
    }
    index_new_document(tx, document, body)
}

pub(crate) fn index_new_document(
    tx: &mut Tx<'_>,
    document: &SearchDocument<'_>,
    body: &str,
) -> Result<(), Error> {
    match tx.engine() {
        Engine::Sqlite => {
            let row = tx.query_opt(
                "insert into search_documents (workspace_id, kind, reference_id, conversation_id, contact_id, occurred_at) \
                 values (?1, ?2, ?3, ?4, ?5, ?6) returning id",
                &document_params(document),
            )?;
            let id: i64 =
                row.ok_or_else(|| Error::Database("no row id for a search document".into()))?.get(0)?;
            let scope =
                [None, Some(document.kind)].map(|kind| scope_word(tx.workspace().as_str(), kind)).join(" ");
            tx.execute(
                "insert into search_index (rowid, scope, body) select ?2, ?3, ?4 where ?1 is not null /* workspace_id */",
                &params![id, scope, body],
            )?;
        }
        Engine::Postgres => {
            // PostgreSQL's parser would keep addresses and hosts whole; FTS5 and our queries take them apart.
            let words: String = body.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
            let mut params = document_params(document).to_vec();
            params.push(Param::OwnedText(words));
            tx.execute(
                "insert into search_documents (workspace_id, kind, reference_id, conversation_id, contact_id, occurred_at, body) \
                 values (?1, ?2, ?3, ?4, ?5, ?6, to_tsvector('simple', cast(?7 as text)))",
                &params,
            )?;
        }
    }
    Ok(())
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

pub(crate) fn search(
    tx: &mut Tx<'_>,
    query: &SearchQuery<'_>,
    terms: &[Term],
) -> Result<Vec<SearchHit>, Error> {
    let before = query.before.unwrap_or(i64::MAX);
    let rows = match tx.engine() {
        Engine::Sqlite => {
            let expression = fts5_expression(tx.workspace().as_str(), query.kind, terms);
            tx.query(
                "select d.id, d.kind, d.reference_id, d.conversation_id, d.contact_id, d.occurred_at from search_index i \
                 join search_documents d on d.id = i.rowid where i.search_index match ?2 and i.rowid < ?3 \
                 and d.workspace_id = ?1 order by i.rowid desc limit ?4",
                &params![expression, before, query.limit],
            )?
        }
        Engine::Postgres => {
            let expression = tsquery_expression(terms);
            let kind = query.kind.map_or("", |kind| kind.as_str());
            tx.query(
                "select d.id, d.kind, d.reference_id, d.conversation_id, d.contact_id, d.occurred_at from search_documents d \
                 where d.workspace_id = ?1 and d.body @@ to_tsquery('simple', cast(?2 as text)) and d.id < ?3 \
                 and (?4 = '' or d.kind = ?4) order by d.id desc limit ?5",
                &params![expression, before, kind, query.limit],
            )?
        }
    };
    rows.iter()
        .map(|row| {
            Ok(SearchHit {
                position: row.get(0)?,
                kind: row.get(1)?,
                reference_id: row.get(2)?,
                conversation_id: row.get(3)?,
                contact_id: row.get(4)?,
                occurred_at: row.get(5)?,
            })
        })
        .collect()
}

/// Whether so many documents hold these words together that nobody means more words by them.
pub(crate) fn is_frequent(tx: &mut Tx<'_>, term: &Term, threshold: i64) -> Result<bool, Error> {
    let row = match tx.engine() {
        Engine::Sqlite => {
            let whole = Term { prefix: false, ..term.clone() };
            let expression = fts5_expression(tx.workspace().as_str(), None, &[whole]);
            tx.query_opt(
                "select count(*) from (select 1 from search_index where search_index match ?2 \
                 and ?1 is not null /* workspace_id */ limit ?3)",
                &params![expression, threshold],
            )?
        }
        // An inverted index in one piece finds the words that begin alike without merging their lists.
        Engine::Postgres => return Ok(false),
    };
    row.map_or(Ok(false), |row| Ok(row.get::<i64>(0)? >= threshold))
}

/// The one word in the index that stands for a workspace, or for one kind of document in it. Reading a list of
/// its own per kind spares a search for contacts the messages.
fn scope_word(workspace: &str, kind: Option<SearchKind>) -> String {
    let kind = kind.map_or("all", |kind| kind.as_str());
    kind.chars().chain(workspace.chars()).filter(|character| character.is_ascii_alphanumeric()).collect()
}

/// `scope : allwsp… AND body : ("word" AND "two words" AND "begin" *)`. Terms hold letters and digits only.
fn fts5_expression(workspace: &str, kind: Option<SearchKind>, terms: &[Term]) -> String {
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

/// `'word' & 'two' <-> 'words' & 'begin':*`. Terms hold letters and digits only.
fn tsquery_expression(terms: &[Term]) -> String {
    let term_expression = |term: &Term| {
        let mut words: Vec<String> = term.words.iter().map(|word| format!("'{word}'")).collect();
        if let (true, Some(last)) = (term.prefix, words.last_mut()) {
            last.push_str(":*");
        }
        words.join(" <-> ")
    };
    terms.iter().map(term_expression).collect::<Vec<_>>().join(" & ")
}
