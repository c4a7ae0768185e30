//! Lists contacts and what was ever said with one.

use rapport_domain::model::{Contact, Conversation};
use rapport_domain::{ContactId, Permission, Timestamp, email_address};
use rapport_store::Tx;
use rapport_store::conversation_list::{self, ConversationFilter, Position, Sort};

use crate::{Caller, Engine, Error, access};

impl Engine {
    pub async fn find_contact(&self, caller: &Caller, id: &ContactId) -> Result<Contact, Error> {
        let (caller_, id) = (caller.clone(), id.clone());
        self.read(&caller.workspace, move |tx| access::contact(tx, &caller_, &id)).await
    }

    /// The contacts changed last, optionally those whose name, company or addresses have words that begin like those
    /// of a text. A phone number and a domain may be written in any way.
    pub async fn list_contacts(
        &self,
        caller: &Caller,
        text: Option<String>,
        after: Option<(Timestamp, ContactId)>,
        limit: i64,
    ) -> Result<Vec<Contact>, Error> {
        caller.require(Permission::ContactRead)?;
        self.read(&caller.workspace, move |tx| {
            let text = text.map(|text| spelling_that_finds(tx, text)).transpose()?;
            let after = after.as_ref().map(|(at, id)| (*at, id));
            Ok(rapport_store::contact::list(tx, text.as_deref(), after, limit)?)
        })
        .await
    }

    /// All conversations with the contact, the latest activity first.
    pub async fn list_conversations_of_contact(
        &self,
        caller: &Caller,
        id: &ContactId,
        after: Option<Position>,
        limit: i64,
    ) -> Result<Vec<Conversation>, Error> {
        caller.require(Permission::ConversationRead)?;
        let (caller_, id) = (caller.clone(), id.clone());
        self.read(&caller.workspace, move |tx| {
            access::contact(tx, &caller_, &id)?;
            let filter =
                ConversationFilter { contact: Some(id), include_test: true, ..ConversationFilter::default() };
            Ok(conversation_list::list(
                tx,
                caller_.user_id(),
                &filter,
                Sort::LastActivity,
                after.as_ref(),
                limit,
            )?)
        })
        .await
    }
}

/// The text in the spelling that contacts are kept in, if that finds any: addresses are kept in one spelling, and
/// people write them in several.
pub(crate) fn spelling_that_finds(tx: &mut Tx<'_>, text: String) -> Result<String, Error> {
    for spelling in other_spellings(&text) {
        if !rapport_store::contact::list(tx, Some(&spelling), None, 1)?.is_empty() {
            return Ok(spelling);
        }
    }
    Ok(text)
}

fn other_spellings(text: &str) -> Vec<String> {
    let with_domains = |spell: fn(&str) -> Option<String>| {
        let words = text.split_whitespace().map(|word| {
            let (name, domain) = word.rsplit_once('@').map_or(("", word), |(name, domain)| (name, domain));
            match spell(domain) {
                Some(domain) if name.is_empty() => domain,
                Some(domain) => format!("{name}@{domain}"),
                None => word.to_owned(),
            }
        });
        words.collect::<Vec<_>>().join(" ")
    };
    let spellings = [
        digits_of_number(text).unwrap_or_default(),
        with_domains(|domain| Some(email_address::readable_domain(domain))),
        with_domains(email_address::wire_domain),
    ];
    spellings.into_iter().filter(|spelling| !spelling.is_empty() && spelling != text).collect()
}

/// The digits of a phone number, or of the beginning of one, as they follow each other in E.164.
fn digits_of_number(text: &str) -> Option<String> {
    const PUNCTUATION: &[char] = &[' ', '.', '-', '(', ')', '/', '\u{a0}', '\u{2011}'];
    let text = text.trim();
    let international = text.strip_prefix('+').or_else(|| text.strip_prefix("00"));
    let number = match international {
        // The zero that is dialled only within the country.
        Some(rest) => rest.replacen("(0)", "", 1),
        None => text.to_owned(),
    };
    let digits: String = number.chars().filter(|character| !PUNCTUATION.contains(character)).collect();
    (digits.len() >= 3 && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_number_is_its_digits() {
        for text in ["+49 (0)170 123-4567", "0049 170/123.4567", "(49) 170\u{a0}1234567", "491701234567"] {
            assert_eq!(digits_of_number(text).as_deref(), Some("491701234567"), "{text}");
        }
        assert_eq!(digits_of_number("+49 17").as_deref(), Some("4917"), "the beginning of one");
        for text in ["Ana 170", "12", "+", "", "17:30", "+49 170 x"] {
            assert_eq!(digits_of_number(text), None, "{text}");
        }
    }

    #[test]
    fn a_domain_has_two_spellings() {
        assert_eq!(other_spellings("ines@xn--bcher-kva.example"), ["ines@b\u{fc}cher.example"]);
        assert_eq!(other_spellings("B\u{fc}cher.example"), ["b\u{fc}cher.example", "xn--bcher-kva.example"]);
        assert!(other_spellings("ines").is_empty());
    }
}
