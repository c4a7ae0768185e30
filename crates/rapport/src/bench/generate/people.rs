//! Contacts with their addresses.

use rapport_domain::model::{Address, Contact};
use rapport_domain::{AddressId, AddressKind, Channel, ContactId, Entropy, Timestamp};
use rapport_store::search::{SearchDocument, SearchKind};

use crate::bench::random::Random;
use crate::bench::words::Words;

pub struct Person {
    pub contact: Contact,
    /// Each with the form it is looked up by.
    pub addresses: Vec<(Address, String)>,
    words: String,
}

impl Person {
    pub fn make(
        words: &Words,
        random: &mut Random,
        entropy: &dyn Entropy,
        number: i64,
        at: Timestamp,
    ) -> Self {
        let (first, family) = (words.first_name(random), words.family_name(random));
        let display_name = format!("{first} {family}");
        let host = random.below(400);
        let email = format!("{}.{}{number}@mail{host}.example", first.to_lowercase(), family.to_lowercase());
        let company = random.chance(0.3).then(|| format!("{family} {}", words.family_name(random)));
        let address = |kind, value: String| {
            let normalised = value.to_lowercase();
            let id = AddressId::generate(at, entropy);
            (Address { id, kind, value, verified: false, created_at: at }, normalised)
        };
        let addresses = vec![
            address(AddressKind::Email, email.clone()),
            address(AddressKind::External, format!("customer-{number}")),
            address(AddressKind::Visitor, format!("visitor-{number}")),
        ];
        let contact = Contact {
            id: ContactId::generate(at, entropy),
            display_name,
            known: random.chance(0.4),
            email: Some(email),
            phone: None,
            company,
            city: None,
            country: None,
            language: Some("en".to_owned()),
            external_id: None,
            ai_paused: false,
            addresses: addresses.iter().map(|(address, _)| address.clone()).collect(),
            created_at: at,
            updated_at: at,
            version: 1,
        };
        let words = format!(
            "{} {} {} customer-{number}",
            contact.display_name,
            contact.company.as_deref().unwrap_or_default(),
            contact.email.as_deref().unwrap_or_default()
        );
        Self { contact, addresses, words }
    }

    /// The address that a conversation of this channel is led with.
    pub fn address(&self, channel: Channel) -> &Address {
        let kind = channel.address_kind();
        let found = self.addresses.iter().find(|(address, _)| address.kind == kind);
        &found.unwrap_or(&self.addresses[0]).0
    }

    pub fn document(&self) -> SearchDocument<'_> {
        SearchDocument {
            kind: SearchKind::Contact,
            reference_id: self.contact.id.as_str(),
            conversation_id: None,
            contact_id: Some(self.contact.id.as_str()),
            occurred_at: self.contact.created_at,
            body: &self.words,
        }
    }
}
