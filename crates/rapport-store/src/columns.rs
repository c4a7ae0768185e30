//! How the domain's words and JSON values stand in text columns.

use rapport_domain::*;

use crate::search::SearchKind;
use crate::value::{FromColumn, ValueRef};
use crate::{Error, Param, Row};

macro_rules! stored_words {
    ($($word:ty),* $(,)?) => {$(
        impl FromColumn for $word {
            fn from_value(value: ValueRef<'_>) -> Option<Self> {
                match value {
                    ValueRef::Text(text) => <$word>::parse(text),
                    _ => None,
                }
            }
        }

        impl From<$word> for Param<'_> {
            fn from(word: $word) -> Self {
                Param::Text(word.as_str())
            }
        }
    )*};
}

stored_words! {
    Status, Lifecycle, Priority, Channel, AddressKind, MessageKind, Direction, AuthorKind, Origin, DeliveryStatus,
    LinkKind, DraftMode, Role, SearchKind,
}

/// Reads a JSON column that this program wrote.
pub(crate) fn json<T: serde::de::DeserializeOwned>(row: &Row, index: usize) -> Result<T, Error> {
    match row.value(index)? {
        ValueRef::Text(text) => serde_json::from_str(text)
            .map_err(|error| Error::Column(format!("column {index} holds broken JSON: {error}"))),
        _ => Err(Error::Column(format!("column {index} holds no JSON"))),
    }
}

/// Plain data always has a JSON form; the empty object stands in for the impossible failure.
pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "{}".to_owned())
}
