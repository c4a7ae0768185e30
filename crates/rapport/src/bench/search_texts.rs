//! What people type into the search box, drawn from what is there to be found.

use rapport_domain::model::{Conversation, Message};
use rapport_store::search::SearchKind;

use super::random::Random;
use super::words::Words;

pub struct SearchText {
    /// What kind of search this is, for the report.
    pub label: &'static str,
    pub text: String,
    pub kind: Option<SearchKind>,
}

/// A mix of searches, each with how many of a hundred are of its kind.
pub fn draw(
    words: &Words,
    random: &mut Random,
    conversation: &Conversation,
    message: &Message,
) -> SearchText {
    let kinds = [
        ("one word", 25_u64),
        ("two words", 20),
        ("unfinished word", 20),
        ("number of an order", 10),
        ("name of a person", 10),
        ("email address", 5),
        ("phrase", 5),
        ("word, only contacts", 5),
    ];
    let label = random.weighted(&kinds).unwrap_or("one word");
    let name = conversation.contact.as_ref().map_or("", |contact| contact.display_name.as_str());
    let text = match label {
        "two words" => format!("{} {} ", word(words, random), word(words, random)),
        "unfinished word" => {
            let word = word(words, random);
            let letters = (word.chars().count().saturating_sub(2)).max(4);
            word.chars().take(letters).collect()
        }
        "number of an order" => conversation.topic.split_whitespace().last().unwrap_or_default().to_owned(),
        "name of a person" => name.to_owned(),
        "email address" => message
            .from
            .iter()
            .chain(&message.to)
            .map(|recipient| recipient.address.clone())
            .find(|address| !address.starts_with("support@"))
            .unwrap_or_else(|| name.to_owned()),
        "phrase" => {
            let words: Vec<&str> = message.visible_text.split_whitespace().collect();
            let start = random.below(words.len().saturating_sub(3).max(1) as u64) as usize;
            format!("\"{}\"", words.iter().skip(start).take(3).copied().collect::<Vec<_>>().join(" "))
        }
        _ => format!("{} ", word(words, random)),
    };
    let kind = (label == "word, only contacts").then_some(SearchKind::Contact);
    let text = if kind.is_some() { name.split(' ').next().unwrap_or_default().to_owned() } else { text };
    SearchText { label, text, kind }
}

/// Neither the commonest nor the rarest: ranks 30 to 30,000, evenly by orders of magnitude.
fn word<'w>(words: &'w Words, random: &mut Random) -> &'w str {
    words.of_rank((30.0 * 1_000_f64.powf(random.fraction())) as usize)
}
