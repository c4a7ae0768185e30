//! A tsvector under one inverted index. What would otherwise be compared row by row after the index was read stands
//! in it as words of its own: the workspace, the kind of document, and the block of documents it belongs to.
//!
//! The index gives its hits in no order. So the newest blocks are asked first, and the whole only when they held too
//! little: a frequent word is found in the first block, and a rare one is quick everywhere.

use super::{document_params, scope_word};
use crate::search::{SearchDocument, SearchKind, SearchQuery, Term, words_of};
use crate::{Error, Param, Row, Tx, params};

type Block = (char, i64);

/// How many documents are in a block, from the smallest to the largest kind.
const BLOCKS: [Block; 3] = [('x', 2_048), ('s', 16_384), ('l', 262_144)];
/// How frequent a word is follows from the newest documents, when so many of them hold it.
const SAMPLES: [(Block, i64); 2] = [(BLOCKS[0], 4), (BLOCKS[1], 16)];
/// The database keeps no positions beyond; words further back are found, phrases are not.
const MAX_POSITION: usize = 16_383;

pub(super) fn add(tx: &mut Tx<'_>, document: &SearchDocument<'_>, body: &str) -> Result<(), Error> {
    let vector = words_vector(tx.workspace().as_str(), document.kind, body);
    let mut params = document_params(document).to_vec();
    params.push(Param::OwnedText(vector));
    tx.execute(&insert_statement(), &params)?;
    Ok(())
}

/// The blocks follow from the id, which the database draws.
fn insert_statement() -> String {
    let blocks = BLOCKS.map(|(name, size)| format!("'~{name}' || (next.id / {size})")).join(" || ' ' || ");
    format!(
        "insert into search_documents (workspace_id, kind, reference_id, conversation_id, contact_id, occurred_at, id, body) \
         select ?1, ?2, ?3, ?4, ?5, ?6, next.id, cast(cast(?7 as text) || {blocks} as tsvector) \
         from (select nextval('search_document_ids') as id) as next"
    )
}

pub(super) fn search(tx: &mut Tx<'_>, query: &SearchQuery<'_>, terms: &[Term]) -> Result<Vec<Row>, Error> {
    let words =
        expression(tx.workspace().as_str(), query.kind.filter(|kind| *kind == SearchKind::Message), terms);
    let Some(newest) = newest(tx, query.before.unwrap_or(i64::MAX))? else { return Ok(Vec::new()) };
    let mut expected = i64::MAX;
    for (index, block) in BLOCKS.into_iter().enumerate() {
        if expected < query.limit {
            // As rare as the smaller block says, it would be for nothing.
            continue;
        }
        let rows = search_blocks(tx, query, &within(&words, block, newest))?;
        let reaches_back = newest / block.1 < 2;
        let found = rows.len() as i64;
        if reaches_back || found >= query.limit {
            return Ok(rows);
        }
        if let (Some(next), true) = (BLOCKS.get(index + 1), index > 0) {
            expected = (found + 1) * (next.1 / block.1);
        }
    }
    search_blocks(tx, query, &words)
}

/// Whether so many documents hold the term, as far as a sample of the newest ones tells. Counting them all would
/// take longer than finding some: the index cannot stop at the threshold.
pub(super) fn is_frequent(tx: &mut Tx<'_>, term: &Term, threshold: i64) -> Result<bool, Error> {
    let words = expression(tx.workspace().as_str(), None, std::slice::from_ref(term));
    let Some(newest) = newest(tx, i64::MAX)? else { return Ok(false) };
    for (block, sure) in SAMPLES {
        let held = count_within(tx, &within(&words, block, newest))?;
        let sampled = (newest % block.1 + block.1).min(newest.max(1));
        if held >= sure && held * (newest / sampled).max(1) >= threshold {
            return Ok(true);
        }
    }
    Ok(false)
}

fn count_within(tx: &mut Tx<'_>, expression: &str) -> Result<i64, Error> {
    let row = tx.query_opt(
        "select count(*) from search_documents where workspace_id = ?1 \
         and body @@ cast(cast(?2 as text) as tsquery)",
        &params![expression],
    )?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// The last document before a position.
fn newest(tx: &mut Tx<'_>, before: i64) -> Result<Option<i64>, Error> {
    let row = tx.query_opt(
        "select max(id) from search_documents where workspace_id = ?1 and id < ?2",
        &params![before],
    )?;
    row.map_or(Ok(None), |row| row.get(0))
}

fn search_blocks(tx: &mut Tx<'_>, query: &SearchQuery<'_>, expression: &str) -> Result<Vec<Row>, Error> {
    // The kinds that have an index of their own are spelled out, so that it can be chosen.
    let kind = match query.kind {
        Some(SearchKind::Contact) => "and d.kind = 'contact'",
        Some(SearchKind::Conversation) => "and d.kind = 'conversation'",
        Some(SearchKind::Message) | None => "",
    };
    // Kept apart from the order, or else the planner may walk all documents backwards for the sake of it.
    let sql = format!(
        "with found as materialized (select d.id, d.kind, d.reference_id, d.conversation_id, d.contact_id, d.occurred_at \
         from search_documents d where d.workspace_id = ?1 {kind} and d.body @@ cast(cast(?2 as text) as tsquery) \
         and d.id < ?3) select * from found order by id desc limit ?4"
    );
    tx.query(&sql, &params![expression, query.before.unwrap_or(i64::MAX), query.limit])
}

/// The block of the newest document may have just begun, so the one before belongs to it.
fn within(words: &str, (name, size): Block, newest: i64) -> String {
    let block = newest / size;
    let before = (block - 1).max(0);
    format!("('{}' | '{}') & {words}", block_word(name, block), block_word(name, before))
}

/// Words of texts begin with a letter or digit, so none can be taken for one of these.
fn block_word(name: char, block: i64) -> String {
    format!("~{name}{block}")
}

/// `'order':1 'late':2 '~allwsp…' '~messagewsp…' `: the words of a text with their places, as the type is written,
/// and those that say whose it is.
fn words_vector(workspace: &str, kind: SearchKind, body: &str) -> String {
    let mut vector = String::with_capacity(body.len() * 2 + 128);
    for (index, word) in words_of(body).iter().enumerate() {
        let position = (index + 1).min(MAX_POSITION);
        vector.push_str(&format!("'{word}':{position} "));
    }
    for word in [None, Some(kind)].map(|kind| scope_word(workspace, kind)) {
        vector.push_str(&format!("'~{word}' "));
    }
    vector
}

/// All that is indexed of a document whose id is known.
pub(crate) fn search_vector(workspace: &str, kind: SearchKind, id: i64, body: &str) -> String {
    let mut vector = words_vector(workspace, kind, body);
    for (name, size) in BLOCKS {
        vector.push_str(&format!("'{}' ", block_word(name, id / size)));
    }
    vector
}

/// `'~allwsp…' & 'word' & ('two' <-> 'words') & 'begin':*`. Terms hold letters and digits only.
fn expression(workspace: &str, kind: Option<SearchKind>, terms: &[Term]) -> String {
    let mut expression = format!("'~{}'", scope_word(workspace, kind));
    for term in terms {
        let mut words: Vec<String> = term.words.iter().map(|word| format!("'{word}'")).collect();
        if let (true, Some(last)) = (term.prefix, words.last_mut()) {
            last.push_str(":*");
        }
        expression.push_str(&format!(" & ({})", words.join(" <-> ")));
    }
    expression
}
