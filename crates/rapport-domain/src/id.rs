//! Typed, prefixed, time-sortable ids: `cnv_01j…`, the same text in the database, the API, the code and the UI.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Entropy, Timestamp};

/// Writes `<prefix>_<26 lower-case base32 characters>` from a moment and 80 random bits.
fn compose(prefix: &str, at: Timestamp, entropy: &dyn Entropy) -> String {
    let mut random = [0u8; 16];
    entropy.fill(&mut random[6..]);
    text_of(prefix, ulid::Ulid::from_parts(at.as_millis().max(0) as u64, u128::from_be_bytes(random)))
}

fn text_of(prefix: &str, ulid: ulid::Ulid) -> String {
    let mut buffer = [0u8; ulid::ULID_LEN];
    let text = ulid.array_to_str(&mut buffer);
    let mut id = String::with_capacity(prefix.len() + 1 + ulid::ULID_LEN);
    id.push_str(prefix);
    id.push('_');
    id.push_str(text);
    id.make_ascii_lowercase();
    id
}

fn is_well_formed(prefix: &str, text: &str) -> bool {
    let Some(rest) = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')) else { return false };
    rest.len() == ulid::ULID_LEN
        && rest.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
}

fn bytes_of(prefix: &str, text: &str) -> Option<[u8; 16]> {
    let rest = text.strip_prefix(prefix)?.strip_prefix('_')?;
    ulid::Ulid::from_string(rest).ok().map(|ulid| ulid.to_bytes())
}

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            pub const PREFIX: &'static str = $prefix;

            pub fn generate(at: Timestamp, entropy: &dyn Entropy) -> Self {
                Self(compose($prefix, at, entropy))
            }

            /// `None` unless the text has this type's prefix and form.
            pub fn parse(text: &str) -> Option<Self> {
                is_well_formed($prefix, text).then(|| Self(text.to_owned()))
            }

            /// For values that this program stored itself.
            pub fn from_stored(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The 16 bytes behind the text, for places where space is short; `None` if the text has no such form.
            pub fn to_bytes(&self) -> Option<[u8; 16]> {
                bytes_of($prefix, &self.0)
            }

            /// The id with these bytes.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(text_of($prefix, ulid::Ulid::from_bytes(bytes)))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&text).ok_or_else(|| {
                    serde::de::Error::custom(concat!("not an id of the form ", $prefix, "_…"))
                })
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .pattern(Some(concat!("^", $prefix, "_[0-9a-z]{26}$")))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}
    )*};
}

typed_ids! {
    WorkspaceId = "wsp";
    UserId = "usr";
    ContactId = "ctc";
    AddressId = "adr";
    ChannelAccountId = "cha";
    ConversationId = "cnv";
    /// Messages and internal notes.
    MessageId = "msg";
    AttachmentId = "att";
    TokenId = "tok";
    InvitationId = "inv";
    SessionId = "ses";
    LinkId = "lnk";
    /// A browser that talks through the web chat widget.
    VisitorId = "vis";
    JobId = "job";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemEntropy;

    #[test]
    fn ids_sort_by_time_and_parse_back() {
        let early = ConversationId::generate(Timestamp::from_millis(1_000), &SystemEntropy);
        let late = ConversationId::generate(Timestamp::from_millis(2_000), &SystemEntropy);
        assert!(early < late);
        assert_eq!(ConversationId::parse(early.as_str()), Some(early.clone()));
        assert_eq!(early.to_bytes().map(ConversationId::from_bytes), Some(early));
    }

    #[test]
    fn another_types_id_is_refused() {
        let id = ContactId::generate(Timestamp::from_millis(1), &SystemEntropy);
        assert_eq!(ConversationId::parse(id.as_str()), None);
        assert_eq!(ConversationId::parse("cnv_' or 1=1 --aaaaaaaaaaaaaa"), None);
        assert!(serde_json::from_str::<ConversationId>("\"cnv_short\"").is_err());
    }
}
