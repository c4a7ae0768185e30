//! A tsvector under one inverted index, whose words carry the block of documents that they stand in: `2bcQKorder`.
//!
//! Such an index gives its hits in no order, and reads all places of a word before it gives any. With the block in
//! the word, a search walks from the newest block to the oldest and stops when it has enough: a frequent word ends in
//! the first block, and a word that a block does not hold costs some microseconds there. What is written lately
//! stands together in the index, so that adding to it touches few pages.

use super::document_params;
use crate::search::{SearchDocument, SearchKind, SearchQuery, Term, words_of};
use crate::{Error, Param, Row, Tx, params};

/// How many documents are in a block. Smaller ones make frequent words cheaper, and rare words and the index dearer.
const BLOCK: i64 = 32_768;
/// The database keeps no positions beyond; words further back are found, phrases are not.
const MAX_POSITION: usize = 16_383;

pub(super) fn add(tx: &mut Tx<'_>, document: &SearchDocument<'_>, body: &str) -> Result<(), Error> {
    let vector = words_vector(document.kind, body, "~");
    let mut params = document_params(document).to_vec();
    params.extend([Param::OwnedText(vector), Param::OwnedText(workspace_letters(tx.workspace().as_str()))]);
    // The block follows from the id, which the database draws.
    let sql = format!(
        "insert into search_documents (workspace_id, kind, reference_id, conversation_id, contact_id, occurred_at, id, body) \
         select ?1, ?2, ?3, ?4, ?5, ?6, next.id, \
         cast(replace(cast(?7 as text), '~', to_hex(next.id / {BLOCK}) || cast(?8 as text)) as tsvector) \
         from (select nextval('search_document_ids') as id) as next"
    );
    tx.execute(&sql, &params)?;
    Ok(())
}

pub(super) fn search(tx: &mut Tx<'_>, query: &SearchQuery<'_>, terms: &[Term]) -> Result<Vec<Row>, Error> {
    let letters = workspace_letters(tx.workspace().as_str());
    let expression = expression(query.kind, terms);
    // The blocks come one after the other, newest first, and no further one once there is enough. The columns stand
    // in sums, so that the planner asks no other index: at each block it would read every document of a workspace.
    let sql = format!(
        "with ends as (select min(id) / {BLOCK} as oldest, max(id) / {BLOCK} as newest from search_documents \
         where workspace_id = ?1 and id < ?3), \
         hits as (select hit.* from ends \
         cross join lateral generate_series(ends.newest, ends.oldest, -1) as block(number) \
         cross join lateral (select d.id, d.kind, d.reference_id, d.conversation_id, d.contact_id, d.occurred_at \
         from search_documents d where d.workspace_id || '' = ?1 and d.id + 0 < ?3 \
         and d.body @@ cast(replace(cast(?2 as text), '~', to_hex(block.number) || cast(?5 as text)) as tsquery) \
         order by d.id + 0 desc limit ?4) as hit limit ?4) \
         select * from hits order by id desc"
    );
    tx.query(&sql, &params![expression, query.before.unwrap_or(i64::MAX), query.limit, letters])
}

/// `'2bcQKorder':1 '2bcQKlate':2 '2bcQK_message' `: the words of a text with their places, as the type is written, and
/// the kind of document. Words of texts hold small letters and digits alone.
fn words_vector(kind: SearchKind, body: &str, block: &str) -> String {
    let mut vector = String::with_capacity(body.len() * 2 + 64);
    for (index, word) in words_of(body).iter().enumerate() {
        let position = (index + 1).min(MAX_POSITION);
        vector.push_str(&format!("'{block}{word}':{position} "));
    }
    vector.push_str(&format!("'{block}_{}'", kind.as_str()));
    vector
}

/// All that is indexed of a document whose id is known.
pub(crate) fn search_vector(workspace: &str, kind: SearchKind, id: i64, body: &str) -> String {
    words_vector(kind, body, &format!("{:x}{}", id / BLOCK, workspace_letters(workspace)))
}

/// `'~_contact' & ('~word') & ('~two' <-> '~words') & ('~begin':*)`, with `~` where the block belongs.
fn expression(kind: Option<SearchKind>, terms: &[Term]) -> String {
    let kind = kind.map(|kind| format!("'~_{}'", kind.as_str()));
    let terms = terms.iter().map(|term| {
        let mut words: Vec<String> = term.words.iter().map(|word| format!("'~{word}'")).collect();
        if let (true, Some(last)) = (term.prefix, words.last_mut()) {
            last.push_str(":*");
        }
        format!("({})", words.join(" <-> "))
    });
    kind.into_iter().chain(terms).collect::<Vec<_>>().join(" & ")
}

/// Two capitals that end the number of a block and tell the workspace from most others. Where two workspaces share
/// them, rows of the other are read and left out.
fn workspace_letters(workspace: &str) -> String {
    let end = workspace.len().saturating_sub(2);
    workspace.bytes().skip(end).map(|byte| char::from(capital(byte))).collect()
}

fn capital(byte: u8) -> u8 {
    const OF_DIGITS: &[u8; 10] = b"GHJKMNPQRS";
    match byte {
        b'a'..=b'z' => byte.to_ascii_uppercase(),
        b'0'..=b'9' => OF_DIGITS[usize::from(byte - b'0')],
        _ => b'Z',
    }
}
