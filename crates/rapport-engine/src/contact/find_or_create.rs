//! Finds the contact behind an address, or makes one the first time the address is seen.

use rapport_domain::model::{Address, Contact};
use rapport_domain::{Actor, AddressId, AddressKind, ContactId, Event, email_address, phone, text};
use rapport_store::Tx;
use rapport_store::search::{SearchDocument, SearchKind};

use crate::{Engine, Error, announce};

/// An address as it was seen.
pub(crate) struct Seen<'a> {
    pub kind: AddressKind,
    pub value: &'a str,
    pub name: Option<&'a str>,
    /// The channel proved that whoever wrote owns the address.
    pub verified: bool,
    /// The request field to blame when the address is not valid.
    pub field: &'a str,
}

/// The form in which addresses of a kind are compared, or why it cannot be an address.
pub(crate) fn normalise(kind: AddressKind, value: &str, field: &str) -> Result<String, Error> {
    match kind {
        AddressKind::Email => email_address::normalise(value)
            .ok_or_else(|| Error::invalid(field, "This is not an email address.")),
        AddressKind::Phone => {
            phone::normalise(value).ok_or_else(|| Error::invalid(field, "A phone number has 7 to 15 digits."))
        }
        AddressKind::Visitor | AddressKind::External => {
            let value = value.trim();
            let fits = !value.is_empty() && value.len() <= 255 && !value.chars().any(char::is_control);
            fits.then(|| value.to_owned())
                .ok_or_else(|| Error::invalid(field, "An identifier has 1 to 255 characters on one line."))
        }
    }
}

/// What is kept and shown of an address that is valid.
pub(crate) fn readable(kind: AddressKind, value: &str, normalised: &str) -> String {
    match kind {
        AddressKind::Email => normalised.to_owned(),
        AddressKind::Phone => phone::readable(value).unwrap_or_else(|| normalised.to_owned()),
        AddressKind::Visitor | AddressKind::External => value.trim().to_owned(),
    }
}

impl Seen<'_> {
    fn normalised(&self) -> Result<String, Error> {
        normalise(self.kind, self.value, self.field)
    }

    /// Whose it is.
    pub(crate) fn find(&self, tx: &mut Tx<'_>) -> Result<Option<(Contact, Address)>, Error> {
        let normalised = self.normalised()?;
        Ok(rapport_store::contact::find_with_address(tx, self.kind, &normalised)?)
    }

    /// Makes a contact of it. `Error::Store(Unique)` when a parallel write was faster.
    pub(crate) fn create(
        &self,
        tx: &mut Tx<'_>,
        engine: &Engine,
        actor: &Actor,
    ) -> Result<(Contact, Address), Error> {
        let normalised = self.normalised()?;
        let now = engine.now();
        let value = readable(self.kind, self.value, &normalised);
        let address = Address {
            id: AddressId::generate(now, engine.entropy()),
            kind: self.kind,
            value,
            verified: self.verified,
            created_at: now,
        };
        let display_name = self
            .name
            .map(|name| text::single_line(name, 120))
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| default_name(self.kind, &address.value));
        let pick = |kind| (self.kind == kind).then(|| address.value.clone());
        let contact = Contact {
            id: ContactId::generate(now, engine.entropy()),
            display_name,
            known: false,
            email: pick(AddressKind::Email),
            phone: pick(AddressKind::Phone),
            company: None,
            city: None,
            country: None,
            language: None,
            external_id: None,
            ai_paused: false,
            addresses: vec![address.clone()],
            created_at: now,
            updated_at: now,
            version: 1,
        };
        rapport_store::contact::create(tx, &contact)?;
        rapport_store::contact::add_address(tx, &contact.id, &address, &normalised)?;
        index_new(tx, &contact)?;
        let event = Event::ContactCreated { contact: Box::new(contact.clone()) };
        announce::general(tx, actor, now, Some(contact.id.as_str()), &event)?;
        Ok((contact, address))
    }
}

/// `Error::Store(Unique)` when a parallel write was faster; running again finds what it made.
pub(crate) fn find_or_create(
    tx: &mut Tx<'_>,
    engine: &Engine,
    actor: &Actor,
    seen: &Seen<'_>,
) -> Result<(Contact, Address), Error> {
    match seen.find(tx)? {
        Some(known) => Ok(known),
        None => seen.create(tx, engine, actor),
    }
}

fn default_name(kind: AddressKind, value: &str) -> String {
    match kind {
        AddressKind::Visitor => "Website visitor".to_owned(),
        _ => value.to_owned(),
    }
}

/// Makes the contact findable by name, company and every address.
pub(crate) fn index(tx: &mut Tx<'_>, contact: &Contact) -> Result<(), Error> {
    rapport_store::contact::save_words(tx, contact)?;
    rapport_store::search::index(tx, &document(contact, &words(contact)))?;
    Ok(())
}

/// The same for a contact that was not there before.
fn index_new(tx: &mut Tx<'_>, contact: &Contact) -> Result<(), Error> {
    rapport_store::contact::add_words(tx, contact)?;
    rapport_store::search::index_new(tx, &document(contact, &words(contact)))?;
    Ok(())
}

fn words(contact: &Contact) -> String {
    let mut body = format!("{} {}", contact.display_name, contact.company.as_deref().unwrap_or_default());
    for address in contact.addresses.iter().filter(|address| address.kind != AddressKind::Visitor) {
        body.push(' ');
        body.push_str(&address.value);
    }
    if let Some(external_id) = &contact.external_id {
        body.push(' ');
        body.push_str(external_id);
    }
    body
}

fn document<'a>(contact: &'a Contact, body: &'a str) -> SearchDocument<'a> {
    SearchDocument {
        kind: SearchKind::Contact,
        reference_id: contact.id.as_str(),
        conversation_id: None,
        contact_id: Some(contact.id.as_str()),
        occurred_at: contact.created_at,
        body,
    }
}
