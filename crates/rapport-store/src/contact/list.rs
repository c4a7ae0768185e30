//! Lists of contacts, narrowed by what somebody has begun to type.

use std::collections::BTreeSet;

use rapport_domain::model::Contact;
use rapport_domain::{AddressKind, ContactId, Timestamp};

use super::{COLUMNS, contacts_from_rows};
use crate::filter::{rows, rows_together};
use crate::search::words_of;
use crate::{Error, Param, Tx, params};

/// More contacts than this are not looked through for a text; more of the text narrows them down.
const MAX_FOUND: usize = 1_000;
const MAX_WORDS: usize = 8;

/// Makes the contact findable by the beginnings of its words, in place of those it had.
pub fn save_words(tx: &mut Tx<'_>, contact: &Contact) -> Result<(), Error> {
    tx.execute(
        "delete from contact_words where workspace_id = ?1 and contact_id = ?2",
        &params![&contact.id],
    )?;
    add_words(tx, contact)
}

/// The same for a contact that has no words yet.
pub fn add_words(tx: &mut Tx<'_>, contact: &Contact) -> Result<(), Error> {
    let words: Vec<String> = words(contact).into_iter().collect();
    for together in words.chunks(rows_together(tx.engine())) {
        let sql = format!(
            "insert into contact_words (workspace_id, contact_id, word) values {}",
            rows(together.len(), 2)
        );
        let params: Vec<Param<'_>> = together.iter().flat_map(|word| params![&contact.id, word]).collect();
        tx.execute(&sql, &params)?;
    }
    Ok(())
}

fn words(contact: &Contact) -> BTreeSet<String> {
    let addresses = contact.addresses.iter().filter(|address| address.kind != AddressKind::Visitor);
    [&contact.display_name]
        .into_iter()
        .chain(&contact.company)
        .chain(&contact.external_id)
        .chain(addresses.map(|address| &address.value))
        .flat_map(|text| words_of(text))
        .collect()
}

/// The contacts changed last; `after` is the time and id of the last one seen. Every word of `text` must begin a
/// word of the contact's name, company or addresses.
pub fn list(
    tx: &mut Tx<'_>,
    text: Option<&str>,
    after: Option<(Timestamp, &ContactId)>,
    limit: i64,
) -> Result<Vec<Contact>, Error> {
    let mut params: Vec<Param<'_>> = Vec::new();
    let mut conditions = String::new();
    if let Some(text) = text {
        let Some(found) = found_by(&mut params, text) else { return Ok(Vec::new()) };
        conditions.push_str(&format!(" and ct.id in ({found})"));
    }
    if let Some((at, id)) = after {
        let at = bind(&mut params, Param::Int(at.as_millis()));
        let id = bind(&mut params, Param::Text(id.as_str()));
        conditions.push_str(&format!(" and (ct.updated_at, ct.id) < ({at}, {id})"));
    }
    let sql = format!(
        "select {COLUMNS} from contacts ct where ct.workspace_id = ?1{conditions} \
         order by ct.updated_at desc, ct.id desc limit {limit}"
    );
    let rows = tx.query(&sql, &params)?;
    contacts_from_rows(tx, &rows)
}

/// A select of the ids of contacts that have a word for each beginning, or nothing when the text has no word. The
/// longest beginning leads, as the rarest.
fn found_by(params: &mut Vec<Param<'_>>, text: &str) -> Option<String> {
    let mut beginnings = words_of(text);
    beginnings.truncate(MAX_WORDS);
    beginnings.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    let mut beginnings = beginnings.into_iter();
    let leading = begins(params, "w", beginnings.next()?);
    let others: String = beginnings
        .map(|word| {
            let condition = begins(params, "o", word);
            format!(
                " and exists (select 1 from contact_words o where o.workspace_id = ?1 \
                 and o.contact_id = w.contact_id and {condition})"
            )
        })
        .collect();
    Some(format!(
        "select w.contact_id from contact_words w where w.workspace_id = ?1 and {leading}{others} limit {MAX_FOUND}"
    ))
}

fn begins(params: &mut Vec<Param<'_>>, table: &str, word: String) -> String {
    let end = bind(params, Param::OwnedText(format!("{word}{}", char::MAX)));
    let start = bind(params, Param::OwnedText(word));
    format!("{table}.word >= {start} and {table}.word < {end}")
}

fn bind<'p>(params: &mut Vec<Param<'p>>, param: Param<'p>) -> String {
    params.push(param);
    format!("?{}", params.len() + 1)
}

/// Makes the wildcards of `like` ordinary characters.
pub fn escape_like(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
