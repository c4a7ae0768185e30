//! A tsvector under one inverted index, whose words carry the block of documents that they stand in: `2bc.order`.
//!
//! Such an index gives its hits in no order, and reads all places of a word before it gives any. With the block in
//! the word, a search walks from the newest block to the oldest and stops when it has enough: a frequent word ends in
//! the first block, and a word that a block does not hold costs some microseconds there. What is written lately
//! stands together in the index, so that adding to it touches few pages.

use super::document_params;
use crate::search::{SearchDocument, SearchKind, SearchQuery, Term, words_of};
use crate::{Error, Param, Row, Tx, params};

/// How many documents are in a block. Smaller ones make frequent words cheaper, and rare words and the index dearer.
const BLOCK: i64 = 16_384;
/// The database keeps no positions beyond; words further back are found, phrases are not.
const MAX_POSITION: usize = 16_383;
/// Letters at the end of a workspace's id that tell it from others in the index. Should two share them, the rows of
/// the other are read and left out.
const SCOPE_LETTERS: usize = 4;

pub(super) fn add(tx: &mut Tx<'_>, document: &SearchDocument<'_>, body: &str) -> Result<(), Error> {
    let vector = words_vector(tx.workspace().as_str(), document.kind, body, "~");
    let mut params = document_params(document).to_vec();
    params.push(Param::OwnedText(vector));
    // The block follows from the id, which the database draws.
    let sql = format!(
        "insert into search_documents (workspace_id, kind, reference_id, conversation_id, contact_id, occurred_at, id, body) \
         select ?1, ?2, ?3, ?4, ?5, ?6, next.id, \
         cast(replace(cast(?7 as text), '~', to_hex(next.id / {BLOCK}) || '.') as tsvector) \
         from (select nextval('search_document_ids') as id) as next"
    );
    tx.execute(&sql, &params)?;
    Ok(())
}

pub(super) fn search(tx: &mut Tx<'_>, query: &SearchQuery<'_>, terms: &[Term]) -> Result<Vec<Row>, Error> {
    let expression = expression(tx.workspace().as_str(), query.kind, terms);
    // The blocks come one after the other, newest first, and no further one once there is enough. The sum keeps the
    // planner from walking all documents of the workspace backwards for the sake of the order.
    let sql = format!(
        "with ends as (select min(id) / {BLOCK} as oldest, max(id) / {BLOCK} as newest from search_documents \
         where workspace_id = ?1 and id < ?3), \
         hits as (select hit.* from ends \
         cross join lateral generate_series(ends.newest, ends.oldest, -1) as block(number) \
         cross join lateral (select d.id, d.kind, d.reference_id, d.conversation_id, d.contact_id, d.occurred_at \
         from search_documents d where d.workspace_id = ?1 and d.id < ?3 \
         and d.body @@ cast(replace(cast(?2 as text), '~', to_hex(block.number) || '.') as tsquery) \
         order by d.id + 0 desc limit ?4) as hit limit ?4) \
         select * from hits order by id desc"
    );
    tx.query(&sql, &params![expression, query.before.unwrap_or(i64::MAX), query.limit])
}

/// `'2bc.order':1 '2bc.late':2 '2bc._xktn' '2bc._messagexktn' `: the words of a text with their places, as the type is
/// written, and those that say whose it is and of which kind. Words of texts hold letters and digits alone.
fn words_vector(workspace: &str, kind: SearchKind, body: &str, block: &str) -> String {
    let mut vector = String::with_capacity(body.len() * 2 + 64);
    for (index, word) in words_of(body).iter().enumerate() {
        let position = (index + 1).min(MAX_POSITION);
        vector.push_str(&format!("'{block}{word}':{position} "));
    }
    for kind in [None, Some(kind)] {
        vector.push_str(&format!("'{block}{}' ", scope_word(workspace, kind)));
    }
    vector
}

/// All that is indexed of a document whose id is known.
pub(crate) fn search_vector(workspace: &str, kind: SearchKind, id: i64, body: &str) -> String {
    words_vector(workspace, kind, body, &format!("{:x}.", id / BLOCK))
}

/// `'~_xktn' & ('~word') & ('~two' <-> '~words') & ('~begin':*)`, with `~` where the block belongs.
fn expression(workspace: &str, kind: Option<SearchKind>, terms: &[Term]) -> String {
    let mut expression = format!("'~{}'", scope_word(workspace, kind));
    for term in terms {
        let mut words: Vec<String> = term.words.iter().map(|word| format!("'~{word}'")).collect();
        if let (true, Some(last)) = (term.prefix, words.last_mut()) {
            last.push_str(":*");
        }
        expression.push_str(&format!(" & ({})", words.join(" <-> ")));
    }
    expression
}

/// The word that stands for a workspace, or for one kind of document in it.
fn scope_word(workspace: &str, kind: Option<SearchKind>) -> String {
    let letters = workspace.chars().count();
    let end: String = workspace.chars().skip(letters.saturating_sub(SCOPE_LETTERS)).collect();
    format!("_{}{end}", kind.map_or("", |kind| kind.as_str()))
}
