//! Creates and edits contacts by hand or through the API.

use rapport_domain::model::{Address, Contact};
use rapport_domain::{Actor, AddressId, AddressKind, ContactId, Event, Permission, Timestamp, text};
use rapport_store::Tx;

use super::find_or_create::{index, normalise, readable};
use crate::{Caller, Engine, Error, access, announce};

#[derive(Clone, Debug)]
pub struct NewAddress {
    pub kind: AddressKind,
    pub value: String,
}

#[derive(Clone, Debug, Default)]
pub struct NewContact {
    pub display_name: Option<String>,
    pub addresses: Vec<NewAddress>,
    pub company: Option<String>,
    pub city: Option<String>,
    pub country: Option<String>,
    pub language: Option<String>,
    pub external_id: Option<String>,
}

/// What to change; absent fields stay, `Some(None)` clears.
#[derive(Clone, Debug, Default)]
pub struct ContactChange {
    pub display_name: Option<String>,
    pub company: Option<Option<String>>,
    pub city: Option<Option<String>>,
    pub country: Option<Option<String>>,
    pub language: Option<Option<String>>,
    pub external_id: Option<Option<String>>,
    pub expected_version: Option<i64>,
}

const MAX_ADDRESSES: usize = 50;

impl Engine {
    pub async fn create_contact(&self, caller: &Caller, new: NewContact) -> Result<Contact, Error> {
        caller.require(Permission::ContactEdit)?;
        let (engine, caller_) = (self.clone(), caller.clone());
        let key = new.addresses.first().map_or_else(String::new, |address| address.value.clone());
        self.commit(caller, &key, move |tx| create(tx, &engine, &caller_.actor(), &new)).await
    }

    pub async fn edit_contact(
        &self,
        caller: &Caller,
        id: &ContactId,
        change: ContactChange,
    ) -> Result<Contact, Error> {
        caller.require(Permission::ContactEdit)?;
        let (engine, caller_, id_) = (self.clone(), caller.clone(), id.clone());
        self.commit(caller, id.as_str(), move |tx| {
            let mut contact = access::contact(tx, &caller_, &id_)?;
            apply(&mut contact, &change)?;
            check_external_id(tx, &contact)?;
            save(tx, &caller_.actor(), &mut contact, engine.now())?;
            Ok(contact)
        })
        .await
    }

    /// Adds an address. 409 when it is another contact's; nothing happens when it is this one's already.
    pub async fn add_contact_address(
        &self,
        caller: &Caller,
        id: &ContactId,
        new: NewAddress,
    ) -> Result<Contact, Error> {
        caller.require(Permission::ContactEdit)?;
        let (engine, caller_, id_) = (self.clone(), caller.clone(), id.clone());
        self.commit(caller, id.as_str(), move |tx| {
            let mut contact = access::contact(tx, &caller_, &id_)?;
            if contact.addresses.len() >= MAX_ADDRESSES {
                return Err(Error::invalid("value", "A contact has at most 50 addresses."));
            }
            let now = engine.now();
            if add_address(tx, &engine, &mut contact, &new, "value", now)? {
                save(tx, &caller_.actor(), &mut contact, now)?;
            }
            Ok(contact)
        })
        .await
    }
}

fn create(tx: &mut Tx<'_>, engine: &Engine, actor: &Actor, new: &NewContact) -> Result<Contact, Error> {
    if new.addresses.len() > MAX_ADDRESSES {
        return Err(Error::invalid("addresses", "A contact has at most 50 addresses."));
    }
    let now = engine.now();
    let name =
        new.display_name.as_deref().map(|name| text::single_line(name, 120)).filter(|name| !name.is_empty());
    let display_name = name
        .or_else(|| new.addresses.first().map(|address| address.value.trim().to_owned()))
        .ok_or_else(|| Error::required("display_name"))?;
    let mut contact = Contact {
        id: ContactId::generate(now, engine.entropy()),
        display_name,
        known: true,
        email: None,
        phone: None,
        company: line(&new.company),
        city: line(&new.city),
        country: line(&new.country),
        language: line(&new.language),
        external_id: line(&new.external_id),
        ai_paused: false,
        addresses: Vec::new(),
        created_at: now,
        updated_at: now,
        version: 1,
    };
    check_external_id(tx, &contact)?;
    rapport_store::contact::create(tx, &contact)?;
    for (position, address) in new.addresses.iter().enumerate() {
        add_address(tx, engine, &mut contact, address, &format!("addresses.{position}.value"), now)?;
    }
    let contact = rapport_store::contact::find(tx, &contact.id)?.ok_or(Error::NotFound)?;
    index(tx, &contact)?;
    let event = Event::ContactCreated { contact: Box::new(contact.clone()) };
    announce::general(tx, actor, now, Some(contact.id.as_str()), &event)?;
    Ok(contact)
}

/// Whether the address is new to the contact.
fn add_address(
    tx: &mut Tx<'_>,
    engine: &Engine,
    contact: &mut Contact,
    new: &NewAddress,
    field: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    if new.kind == AddressKind::Visitor {
        return Err(Error::invalid(field, "Visitors come by the web chat only."));
    }
    let normalised = normalise(new.kind, &new.value, field)?;
    if let Some((owner, _)) = rapport_store::contact::find_by_address(tx, new.kind, &normalised)? {
        if owner == contact.id {
            return Ok(false);
        }
        let current = rapport_store::contact::find(tx, &owner)?;
        return Err(Error::conflict_with("address_in_use", "Another contact has this address.", &current));
    }
    let value = readable(new.kind, &new.value, &normalised);
    let address = Address {
        id: AddressId::generate(now, engine.entropy()),
        kind: new.kind,
        value,
        verified: false,
        created_at: now,
    };
    rapport_store::contact::add_address(tx, &contact.id, &address, &normalised)?;
    contact.addresses.push(address);
    Ok(true)
}

fn check_external_id(tx: &mut Tx<'_>, contact: &Contact) -> Result<(), Error> {
    let Some(external_id) = &contact.external_id else { return Ok(()) };
    match rapport_store::contact::find_by_external_id(tx, external_id)? {
        Some(owner) if owner != contact.id => {
            Err(Error::conflict("external_id_in_use", "Another contact has this external id."))
        }
        _ => Ok(()),
    }
}

fn apply(contact: &mut Contact, change: &ContactChange) -> Result<(), Error> {
    if change.expected_version.is_some_and(|expected| expected != contact.version) {
        return Err(Error::conflict_with("version_conflict", "The contact was changed meanwhile.", &contact));
    }
    if let Some(name) = &change.display_name {
        let name = text::single_line(name, 120);
        if name.is_empty() {
            return Err(Error::required("display_name"));
        }
        contact.display_name = name;
        contact.known = true;
    }
    for (field, value) in [
        (&mut contact.company, &change.company),
        (&mut contact.city, &change.city),
        (&mut contact.country, &change.country),
        (&mut contact.language, &change.language),
        (&mut contact.external_id, &change.external_id),
    ] {
        if let Some(value) = value {
            *field = line(value);
        }
    }
    Ok(())
}

fn line(value: &Option<String>) -> Option<String> {
    value.as_deref().map(|value| text::single_line(value, 200)).filter(|value| !value.is_empty())
}

fn save(tx: &mut Tx<'_>, actor: &Actor, contact: &mut Contact, now: Timestamp) -> Result<(), Error> {
    contact.updated_at = now;
    contact.version = rapport_store::contact::save(tx, contact)?;
    *contact = rapport_store::contact::find(tx, &contact.id)?.ok_or(Error::NotFound)?;
    index(tx, contact)?;
    let event = Event::ContactUpdated { contact: Box::new(contact.clone()) };
    announce::general(tx, actor, now, Some(contact.id.as_str()), &event)
}
