//! Finds messages, conversations and contacts by words, in all that the caller may see.

use std::collections::{BTreeSet, HashMap};

use rapport_domain::model::{Contact, Conversation};
use rapport_domain::{ContactId, ConversationId, MessageId, Permission, Timestamp};
use rapport_store::Tx;
use rapport_store::message::MessageText;
use rapport_store::search::{SearchHit, SearchKind, SearchQuery, compose, fold};
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
    let hits: Vec<SearchHit> = hits.into_iter().take(limit as usize).collect();
    let words: Vec<Vec<char>> = rapport_store::search::parse_terms(text)
        .into_iter()
        .flat_map(|term| term.words)
        .map(|word| word.chars().collect())
        .collect();
    let mut found = Found::read(tx, caller, &hits)?;
    let results = hits.into_iter().filter_map(|hit| found.present(hit, &words)).collect();
    Ok(SearchPage { results, next })
}

/// What a page of hits belongs to, as far as the caller may see it.
struct Found {
    conversations: HashMap<ConversationId, Conversation>,
    contacts: HashMap<ContactId, Contact>,
    messages: HashMap<MessageId, MessageText>,
}

impl Found {
    fn read(tx: &mut Tx<'_>, caller: &Caller, hits: &[SearchHit]) -> Result<Self, Error> {
        let of_kind = |kind: SearchKind| {
            hits.iter().filter(move |hit| hit.kind == kind).map(|hit| hit.reference_id.clone())
        };
        let conversations: BTreeSet<ConversationId> = hits
            .iter()
            .filter_map(|hit| hit.conversation_id.clone())
            .map(ConversationId::from_stored)
            .collect();
        let conversations: Vec<ConversationId> = conversations.into_iter().collect();
        let contacts: Vec<ContactId> = of_kind(SearchKind::Contact).map(ContactId::from_stored).collect();
        let messages: Vec<MessageId> = of_kind(SearchKind::Message).map(MessageId::from_stored).collect();
        let texts = rapport_store::message::list_texts(tx, &messages)?;
        Ok(Self {
            conversations: access::conversations(tx, caller, &conversations)?,
            contacts: access::contacts(tx, caller, &contacts)?,
            messages: texts.into_iter().map(|text| (text.id.clone(), text)).collect(),
        })
    }

    /// The hit with what it belongs to, or nothing when the caller may not see that.
    fn present(&mut self, hit: SearchHit, words: &[Vec<char>]) -> Option<SearchResult> {
        let conversation = match hit.conversation_id.map(ConversationId::from_stored) {
            Some(id) => Some(self.conversations.get(&id)?.clone()),
            None => None,
        };
        let (mut contact, mut message_id) = (None, None);
        let source = match hit.kind {
            SearchKind::Contact => {
                let found = self.contacts.remove(&ContactId::from_stored(hit.reference_id))?;
                let text = contact_text(&found);
                contact = Some(found);
                text
            }
            SearchKind::Message => {
                let text = self.messages.remove(&MessageId::from_stored(hit.reference_id))?;
                if conversation.as_ref()?.id != text.conversation_id {
                    return None;
                }
                message_id = Some(text.id);
                format!("{} {}", text.subject.unwrap_or_default(), text.visible_text)
            }
            SearchKind::Conversation => {
                let conversation = conversation.as_ref()?;
                format!("{} {}", conversation.topic, conversation.subject.as_deref().unwrap_or_default())
            }
        };
        let snippet = snippet(&source, words);
        Some(SearchResult { kind: hit.kind, conversation, contact, message_id, snippet, at: hit.occurred_at })
    }
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
fn snippet(text: &str, words: &[Vec<char>]) -> String {
    let clean: Vec<char> = compose(text)
        .chars()
        .map(|letter| if letter.is_whitespace() || letter.is_control() { ' ' } else { letter })
        .collect();
    let folded: Vec<char> = clean.iter().map(|letter| fold(*letter).next().unwrap_or(*letter)).collect();
    let found = |at: usize| {
        let begins = at == 0 || !folded[at - 1].is_alphanumeric();
        words.iter().find(|word| begins && !word.is_empty() && folded[at..].starts_with(word))
    };
    let first = (0..folded.len()).find(|at| found(*at).is_some()).unwrap_or(0);
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
        let words = ["order", "late"].map(|word| word.chars().collect());
        let text = format!("My {MARK_START}Order{MARK_END}\n10234 is late, reorder!");
        assert_eq!(snippet(&text, &words), "My \u{1}Order\u{2} 10234 is \u{1}late\u{2}, reorder!");
    }

    #[test]
    fn a_word_is_marked_whatever_its_accents() {
        assert_eq!(snippet("Ana Kovac\u{30c}!", &["kovac".chars().collect()]), "Ana \u{1}Kovač\u{2}!");
    }

    #[test]
    fn a_long_text_is_cut_around_the_hit() {
        let text = format!("{} needle {}", "hay ".repeat(200), "straw ".repeat(200));
        let cut = snippet(&text, &["needle".chars().collect()]);
        assert!(cut.starts_with('…') && cut.ends_with('…') && cut.contains("\u{1}needle\u{2}"), "{cut}");
    }
}
