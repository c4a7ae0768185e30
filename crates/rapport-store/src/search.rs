//! Full-text search over all history: messages and notes, conversations and contacts. No time limit on what is found.

use rapport_domain::{ContactId, ConversationId, MessageId, Timestamp};
use unicode_normalization::UnicodeNormalization;

use crate::{Error, Tx, dialect};

rapport_domain::text_enum! {
    pub enum SearchKind {
        Message = "message",
        Conversation = "conversation",
        Contact = "contact",
    }
}

/// One thing that can be found.
#[derive(Clone, Debug)]
pub struct SearchDocument<'a> {
    pub kind: SearchKind,
    pub reference_id: &'a str,
    pub conversation_id: Option<&'a str>,
    pub contact_id: Option<&'a str>,
    pub occurred_at: Timestamp,
    /// The words to find it by.
    pub body: &'a str,
}

/// Words longer than this in sum are not indexed; a mail of a megabyte is found by its beginning.
const MAX_BODY_BYTES: usize = 100_000;

#[derive(Clone, Debug)]
pub struct SearchQuery<'a> {
    /// What somebody typed: an id, or words. Every word must occur; the last one may be a beginning, unless it is
    /// very short or, on SQLite, very frequent; quoted words stand together.
    pub text: &'a str,
    pub kind: Option<SearchKind>,
    pub limit: i64,
    /// Continue after this document.
    pub before: Option<i64>,
}

#[derive(Clone, Debug)]
pub struct SearchHit {
    /// To continue after it.
    pub position: i64,
    pub kind: SearchKind,
    pub reference_id: String,
    pub conversation_id: Option<String>,
    pub contact_id: Option<String>,
    pub occurred_at: Timestamp,
}

/// Makes something findable, in place of what was known of it before.
pub fn index(tx: &mut Tx<'_>, document: &SearchDocument<'_>) -> Result<(), Error> {
    let body = truncate(document.body);
    dialect::index_document(tx, document, body)
}

/// Like `index`, for what was certainly not indexed before.
pub fn index_new(tx: &mut Tx<'_>, document: &SearchDocument<'_>) -> Result<(), Error> {
    let body = truncate(document.body);
    dialect::index_new_document(tx, document, body)
}

/// The newest first.
pub fn search(tx: &mut Tx<'_>, query: &SearchQuery<'_>) -> Result<Vec<SearchHit>, Error> {
    if let Some(kind) = kind_of_id(query.text.trim()) {
        return if query.kind.is_none_or(|wanted| wanted == kind) {
            dialect::find_document(tx, kind, query)
        } else {
            Ok(Vec::new())
        };
    }
    let mut terms = parse_terms(query.text);
    if terms.is_empty() {
        return Ok(Vec::new());
    }
    if let Some(last) = terms.last_mut().filter(|last| last.prefix) {
        last.prefix = dialect::may_be_unfinished(tx, last)?;
    }
    dialect::search(tx, query, &terms)
}

/// What is meant by somebody who pastes an id.
fn kind_of_id(text: &str) -> Option<SearchKind> {
    if ConversationId::parse(text).is_some() {
        Some(SearchKind::Conversation)
    } else if MessageId::parse(text).is_some() {
        Some(SearchKind::Message)
    } else {
        ContactId::parse(text).map(|_| SearchKind::Contact)
    }
}

/// A word or phrase that must occur.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    pub words: Vec<String>,
    /// The last word may be the beginning of one.
    pub prefix: bool,
}

const MAX_TERMS: usize = 16;
/// Letters of a word that are compared.
const MAX_LETTERS: usize = 64;
/// A last word of fewer letters is taken as complete: too many words begin with it to be of use or quick.
const PREFIX_LETTERS: usize = 4;

/// Splits typed text into terms of letters and digits, so that nothing of the engine's query syntax gets through.
pub fn parse_terms(text: &str) -> Vec<Term> {
    let mut terms = Vec::new();
    for (index, part) in text.split('"').enumerate() {
        let quoted = index % 2 == 1;
        if quoted {
            let words = query_words(part);
            if !words.is_empty() {
                terms.push(Term { words, prefix: false });
            }
        } else {
            for token in part.split_whitespace() {
                // Addresses and order numbers fall apart at their dots and dashes, as they do in the index.
                let words = query_words(token);
                if !words.is_empty() {
                    terms.push(Term { words, prefix: false });
                }
            }
        }
    }
    terms.truncate(MAX_TERMS);
    let ends_open = !text.ends_with(char::is_whitespace) && !text.ends_with('"');
    if let Some(last) = terms.last_mut()
        && ends_open
        && last.words.last().is_some_and(|word| may_be_a_beginning(word))
    {
        last.prefix = true;
    }
    terms
}

fn query_words(text: &str) -> Vec<String> {
    let mut words = words_of(text);
    words.truncate(MAX_TERMS);
    words
}

fn may_be_a_beginning(word: &str) -> bool {
    let letters = word.chars().count();
    // Chinese, Japanese and Korean write words without spaces, so a word is found only as the beginning of a run.
    letters >= PREFIX_LETTERS || (letters >= 1 && word.chars().any(|letter| letter >= '\u{2e80}'))
}

/// The words of a text as they are compared: small letters without accents.
pub(crate) fn words_of(text: &str) -> Vec<String> {
    compose(text)
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().take(MAX_LETTERS).flat_map(fold).collect())
        .collect()
}

/// The text with each letter and its accents in one character, as far as there is one.
pub fn compose(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { text.nfc().collect() }
}

/// The small letter without its accent, for Latin letters that have one.
pub fn fold(letter: char) -> impl Iterator<Item = char> {
    let mut base = letter;
    let mut first = true;
    unicode_normalization::char::decompose_canonical(letter, |part| {
        if std::mem::take(&mut first) && part.is_ascii_alphabetic() {
            base = part;
        }
    });
    base.to_lowercase()
}

fn truncate(body: &str) -> &str {
    if body.len() <= MAX_BODY_BYTES {
        return body;
    }
    let mut end = MAX_BODY_BYTES;
    while !body.is_char_boundary(end) {
        end -= 1;
    }
    &body[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(words: &[&str], prefix: bool) -> Term {
        Term { words: words.iter().map(|word| (*word).to_owned()).collect(), prefix }
    }

    #[test]
    fn query_syntax_of_the_engines_is_only_text() {
        assert_eq!(
            parse_terms("NEAR(a b) OR col:x* "),
            vec![
                term(&["near", "a"], false),
                term(&["b"], false),
                term(&["or"], false),
                term(&["col", "x"], false),
            ]
        );
        assert!(parse_terms("\"'*!&|()").is_empty());
    }

    #[test]
    fn quotes_keep_words_together_and_the_last_word_may_be_unfinished() {
        assert_eq!(
            parse_terms("\"order late\" ana.kovac@exam"),
            vec![term(&["order", "late"], false), term(&["ana", "kovac", "exam"], true),]
        );
        assert_eq!(parse_terms("done "), vec![term(&["done"], false)]);
    }

    #[test]
    fn accents_and_capitals_make_no_difference_however_they_are_written() {
        for text in ["Kovač", "KOVAC", "Kovac\u{30c}"] {
            assert_eq!(words_of(text), ["kovac"], "{text}");
        }
        assert_eq!(words_of("Straße 注文 Đurđa его"), ["straße", "注文", "đurđa", "его"]);
    }

    #[test]
    fn ten_thousand_terms_are_cut() {
        assert_eq!(parse_terms(&"word ".repeat(10_000)).len(), MAX_TERMS);
    }
}
