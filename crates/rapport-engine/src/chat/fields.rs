//! What visitors and their sites say about visitors, and how much of it becomes the contact's.
//!
//! All of it is hearsay: an address given here stays unverified, and never leads to another contact.

use std::collections::BTreeMap;

use rapport_domain::model::{Address, Contact};
use rapport_domain::{Actor, AddressId, AddressKind, AuthorKind, Event, email_address, text};
use rapport_store::Tx;
use rapport_store::visitor::Visitor;
use serde::{Deserialize, Serialize};

use super::{IdentityClaim, VisitorView, prechat};
use crate::channel_account::ChatConfig;
use crate::contact::{Seen, find_or_create, index};
use crate::{Engine, Error, announce};

const MAX_NAME_CHARACTERS: usize = 120;
const MAX_EXTERNAL_ID_CHARACTERS: usize = 200;

/// What is known of a visitor beyond the contact.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct VisitorFields {
    pub name: Option<String>,
    /// In canonical form.
    pub email: Option<String>,
    /// Answers to the questions that have names of their own.
    pub answers: BTreeMap<String, String>,
    /// The pre-chat form was sent.
    pub answered: bool,
    /// There is news that the team has not been told.
    pub untold: bool,
}

impl VisitorFields {
    pub fn of(visitor: &Visitor) -> Result<Self, Error> {
        serde_json::from_str(&visitor.fields)
            .map_err(|error| Error::Internal(format!("the fields of {} cannot be read: {error}", visitor.id)))
    }

    pub fn store_in(&self, visitor: &mut Visitor) -> Result<(), Error> {
        visitor.fields = serde_json::to_string(self)
            .map_err(|error| Error::Internal(format!("a visitor's fields have no JSON form: {error}")))?;
        Ok(())
    }

    /// Takes over what a site says; what cannot be used is left out, because the visitor cannot repair it.
    pub fn take_claim(&mut self, claim: &IdentityClaim) {
        let name = claim.name.as_deref().and_then(clean_name);
        let email = claim.email.as_deref().and_then(email_address::normalise);
        self.set(name, email);
    }

    /// Absent ones stay as they are.
    pub fn set(&mut self, name: Option<String>, email: Option<String>) {
        for (field, value) in [(&mut self.name, name), (&mut self.email, email)] {
            if value.is_some() && *field != value {
                *field = value;
                self.untold = true;
            }
        }
    }
}

pub(super) fn clean_name(name: &str) -> Option<String> {
    Some(text::single_line(name, MAX_NAME_CHARACTERS)).filter(|name| !name.is_empty())
}

pub(super) fn view(visitor: &Visitor, fields: &VisitorFields, config: &ChatConfig) -> VisitorView {
    VisitorView {
        id: visitor.id.clone(),
        name: fields.name.clone(),
        email: fields.email.clone(),
        verified: visitor.identity.is_some(),
        pre_chat_done: prechat::is_done(config, visitor, fields),
    }
}

/// The contact behind the visitor, made when it is needed for the first time.
pub(super) fn contact_of(
    tx: &mut Tx<'_>,
    engine: &Engine,
    visitor: &mut Visitor,
    fields: &VisitorFields,
) -> Result<(Contact, Address), Error> {
    let stranger = Actor {
        kind: AuthorKind::Contact,
        id: None,
        name: fields.name.clone().unwrap_or_else(|| "Website visitor".to_owned()),
    };
    let (contact, address) = find_or_create(
        tx,
        engine,
        &stranger,
        &Seen {
            kind: AddressKind::Visitor,
            value: visitor.id.as_str(),
            name: fields.name.as_deref(),
            verified: visitor.identity.is_some(),
            field: "visitor",
        },
    )?;
    visitor.contact_id = Some(contact.id.clone());
    let contact = tell_contact(tx, engine, visitor, fields, contact)?;
    Ok((contact, address))
}

/// Gives the contact what the visitor's fields know better, and announces it.
pub(super) fn tell_contact(
    tx: &mut Tx<'_>,
    engine: &Engine,
    visitor: &Visitor,
    fields: &VisitorFields,
    mut contact: Contact,
) -> Result<Contact, Error> {
    let mut changed = false;
    if let Some(name) = &fields.name
        && !contact.known
        && contact.display_name != *name
    {
        // Once the team has named somebody, a form does not rename them.
        contact.display_name = name.clone();
        changed = true;
    }
    if let Some(identity) = &visitor.identity {
        changed |= tell_identity(tx, identity, &mut contact)?;
    }
    if let Some(email) = &fields.email {
        changed |= add_email(tx, engine, email, &contact)?;
    }
    if !changed {
        return Ok(contact);
    }
    let now = engine.now();
    contact.updated_at = now;
    contact.version = rapport_store::contact::save(tx, &contact)?;
    let contact = rapport_store::contact::find(tx, &contact.id)?.ok_or(Error::NotFound)?;
    index(tx, &contact)?;
    let event = Event::ContactUpdated { contact: Box::new(contact.clone()) };
    announce::general(tx, &actor_of(&contact), now, Some(contact.id.as_str()), &event)?;
    Ok(contact)
}

pub(super) fn actor_of(contact: &Contact) -> Actor {
    Actor {
        kind: AuthorKind::Contact,
        id: Some(contact.id.as_str().to_owned()),
        name: contact.display_name.clone(),
    }
}

/// The id in the customer's own system, unless another contact has it.
fn tell_identity(tx: &mut Tx<'_>, identity: &str, contact: &mut Contact) -> Result<bool, Error> {
    let mut changed = !contact.known;
    contact.known = true;
    let presentable = text::single_line(identity, MAX_EXTERNAL_ID_CHARACTERS) == identity;
    if contact.external_id.is_none()
        && presentable
        && rapport_store::contact::find_by_external_id(tx, identity)?.is_none()
    {
        contact.external_id = Some(identity.to_owned());
        changed = true;
    }
    Ok(changed)
}

/// Adds the address if nobody has it. Whoever else has it keeps it: typing an address proves nothing.
fn add_email(tx: &mut Tx<'_>, engine: &Engine, email: &str, contact: &Contact) -> Result<bool, Error> {
    if rapport_store::contact::find_by_address(tx, AddressKind::Email, email)?.is_some() {
        return Ok(false);
    }
    let now = engine.now();
    let address = Address {
        id: AddressId::generate(now, engine.entropy()),
        kind: AddressKind::Email,
        value: email.to_owned(),
        verified: false,
        created_at: now,
    };
    rapport_store::contact::add_address(tx, &contact.id, &address, email)?;
    Ok(true)
}

/// Where the visitor can be written to, and by which name: the contact's address, else what the visitor gave.
pub(crate) fn email_of(
    tx: &mut Tx<'_>,
    visitor: &Visitor,
) -> Result<Option<(String, Option<String>)>, Error> {
    let fields = VisitorFields::of(visitor)?;
    let contact = match &visitor.contact_id {
        Some(id) => rapport_store::contact::find(tx, id)?,
        None => None,
    };
    let address = contact.and_then(|contact| contact.email).or(fields.email);
    Ok(address.map(|address| (address, fields.name)))
}
