//! Contacts: the people outside, with every address they were seen at.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{AddressId, AddressKind, ContactId, Timestamp};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Address {
    pub id: AddressId,
    pub kind: AddressKind,
    /// A phone number has its `+` when it was given as an international one; a domain is in its own script.
    pub value: String,
    /// The person proved that it is theirs.
    pub verified: bool,
    pub created_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Contact {
    pub id: ContactId,
    pub display_name: String,
    /// Somebody of the team has put a name to this contact, or a channel proved who it is.
    pub known: bool,
    /// The first of its emails, as is `phone` of its phone numbers.
    pub email: Option<String>,
    pub phone: Option<String>,
    pub company: Option<String>,
    pub city: Option<String>,
    pub country: Option<String>,
    pub language: Option<String>,
    /// The id of the person in the customer's own system.
    pub external_id: Option<String>,
    pub ai_paused: bool,
    /// In the order in which they were added.
    pub addresses: Vec<Address>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: i64,
}

/// What a conversation shows of its contact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ContactReference {
    pub id: ContactId,
    pub display_name: String,
    pub known: bool,
    pub company: Option<String>,
}
