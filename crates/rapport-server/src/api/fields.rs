//! Fields for which null and absent mean different things, and texts that name several words.

use rapport_engine::Error;
use serde::{Deserialize, Deserializer};

/// With `#[serde(default)]`: absent is `None`, null is `Some(None)`.
pub fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Without `#[serde(default)]`: has to be given, and may be null.
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

/// Words with commas between them; one that is not known is refused.
pub fn words<T>(field: &str, text: Option<&str>, parse: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, Error> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(Vec::new()) };
    text.split(',')
        .map(|word| {
            parse(word.trim())
                .ok_or_else(|| Error::invalid(field, format!("{word:?} is not one of its values.")))
        })
        .collect()
}
