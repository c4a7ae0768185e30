//! Finds messages, conversations and contacts by words, in all that the caller may see.

use rapport_domain::model::{Contact, Conversation};
use rapport_domain::{ContactId, ConversationId, MessageId, Permission, Timestamp};
use rapport_store::Tx;
use rapport_store::search::{SearchHit, SearchKind, SearchQuery};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Caller, Engine, Error, access};

/// Marks around the words that were found: they cannot occur in stored text.
pub const MARK_START: char = '\u{1}';
pub const MARK_END: char = '\u{2}';

const SNIPPET_CHARACTERS: usize = 180;

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SearchResult {
    #[serde(rename = "type")]
    pub kind: SearchKind,
    pub conversation: Option<Conversation>,
    pub contact: Option<Contact>,
    pub message_id: Option<MessageId>,
    /// Plain text around the first hit; found words stand between U+0001 and U+0002.
    pub snippet: String,
    pub at: Timestamp,
}

#[derive(Clone, Debug)]
pub struct SearchPage {
    pub results: Vec<SearchResult>,
    pub next: Option<i64>,
}

impl Engine {
    /// The newest hits first.
    pub async fn search(
        &self,
        caller: &Caller,
        text: &str,
        kind: Option<SearchKind>,
        before: Option<i64>,
        limit: i64,
    ) -> Result<SearchPage, Error> {
        caller.require(Permission::ConversationRead)?;
        let (caller_, text) = (caller.clone(), text.to_owned());
        self.read(&caller.workspace, move |tx| search(tx, &caller_, &text, kind, before, limit)).await
    }
}

fn search(
    tx: &mut Tx<'_>,
    caller: &Caller,
    text: &str,
    kind: Option<SearchKind>,
    before: Option<i64>,
    limit: i64,
) -> Result<SearchPage, Error> {
    let hits = rapport_store::search::search(tx, &SearchQuery { text, kind, limit: limit + 1, before })?;
    let more = hits.len() as i64 > limit;
    let next = if more { hits.get(limit as usize - 1).map(|hit| hit.position) } else { None };
    let words: Vec<String> =
        rapport_store::search::parse_terms(text).into_iter().flat_map(|term| term.words).collect();
    let mut results = Vec::with_capacity(hits.len());
    for hit in hits.into_iter().take(limit as usize) {
        if let Some(result) = present(tx, caller, hit, &words)? {
            results.push(result);
        }
    }
    Ok(SearchPage { results, next })
}

/// The hit with what it belongs to, or nothing when the caller may not see that.
fn present(
    tx: &mut Tx<'_>,
    caller: &Caller,
    hit: SearchHit,
    words: &[String],
) -> Result<Option<SearchResult>, Error> {
    let mut conversation = None;
    if let Some(id) = hit.conversation_id.map(ConversationId::from_stored) {
        match access::conversation(tx, caller, &id) {
            Ok(found) => conversation = Some(found),
            Err(Error::NotFound | Error::Forbidden(_)) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    let mut contact = None;
    let mut message_id = None;
    let source = match hit.kind {
        SearchKind::Contact => {
            let id = ContactId::from_stored(hit.reference_id);
            match access::contact(tx, caller, &id) {
                Ok(found) => {
                    let text = contact_text(&found);
                    contact = Some(found);
                    text
                }
                Err(Error::NotFound | Error::Forbidden(_)) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        SearchKind::Message => {
            let id = MessageId::from_stored(hit.reference_id);
            let Some(stored) = rapport_store::message::find(tx, &id)? else { return Ok(None) };
            message_id = Some(id);
            let message = stored.message;
            format!("{} {}", message.subject.unwrap_or_default(), message.visible_text)
        }
        SearchKind::Conversation => conversation.as_ref().map_or_else(String::new, |conversation| {
            format!("{} {}", conversation.topic, conversation.subject.as_deref().unwrap_or_default())
        }),
    };
    let snippet = snippet(&source, words);
    Ok(Some(SearchResult { kind: hit.kind, conversation, contact, message_id, snippet, at: hit.occurred_at }))
}

fn contact_text(contact: &Contact) -> String {
    let addresses: Vec<&str> = contact
        .addresses
        .iter()
        .filter(|address| address.kind != rapport_domain::AddressKind::Visitor)
        .map(|address| address.value.as_str())
        .collect();
    format!(
        "{} {} {}",
        contact.display_name,
        contact.company.as_deref().unwrap_or_default(),
        addresses.join(" ")
    )
}

/// One line around the first found word, with every found word marked.
fn snippet(text: &str, words: &[String]) -> String {
    let clean: Vec<char> =
        text.chars().map(|c| if c.is_whitespace() || c.is_control() { ' ' } else { c }).collect();
    let lower: Vec<char> = clean.iter().map(|c| c.to_lowercase().next().unwrap_or(*c)).collect();
    let found = |at: usize| {
        words.iter().map(|word| word.chars().collect::<Vec<char>>()).find(|word| {
            !word.is_empty() && lower[at..].starts_with(word) && (at == 0 || !lower[at - 1].is_alphanumeric())
        })
    };
    let first = (0..lower.len()).find(|at| found(*at).is_some()).unwrap_or(0);
    let start = first.saturating_sub(SNIPPET_CHARACTERS / 3);
    let end = (start + SNIPPET_CHARACTERS).min(clean.len());
    let mut out = String::with_capacity(SNIPPET_CHARACTERS + 8);
    if start > 0 {
        out.push('…');
    }
    let mut at = start;
    while at < end {
        match found(at) {
            Some(word) => {
                let stop = (at + word.len()).min(clean.len());
                out.push(MARK_START);
                out.extend(&clean[at..stop]);
                out.push(MARK_END);
                at = stop;
            }
            None => {
                out.push(clean[at]);
                at += 1;
            }
        }
    }
    if end < clean.len() {
        out.push('…');
    }
    out.split(' ').filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_words_are_marked_and_nothing_else_can_look_like_a_mark() {
        let words = vec!["order".to_owned(), "late".to_owned()];
        let text = format!("My {MARK_START}Order{MARK_END}\n10234 is late, reorder!");
        assert_eq!(snippet(&text, &words), "My \u{1}Order\u{2} 10234 is \u{1}late\u{2}, reorder!");
    }

    #[test]
    fn a_long_text_is_cut_around_the_hit() {
        let text = format!("{} needle {}", "hay ".repeat(200), "straw ".repeat(200));
        let cut = snippet(&text, &["needle".to_owned()]);
        assert!(cut.starts_with('…') && cut.ends_with('…') && cut.contains("\u{1}needle\u{2}"), "{cut}");
    }
}
