//! Contacts and the addresses they are reached at.

mod list;

pub use list::{escape_like, list, save_words};

use std::collections::HashMap;

use rapport_domain::model::{Address, Contact};
use rapport_domain::{AddressId, AddressKind, ContactId, email_address};

use crate::filter::bind_ids;
use crate::{Error, Row, Tx, params};

const COLUMNS: &str = "ct.id, ct.display_name, ct.known, ct.company, ct.city, ct.country, ct.language, ct.external_id, \
    ct.ai_paused, ct.created_at, ct.updated_at, ct.version";

fn from_row(row: &Row, addresses: Vec<Address>) -> Result<Contact, Error> {
    let first = |kind: AddressKind| {
        addresses.iter().find(|address| address.kind == kind).map(|address| address.value.clone())
    };
    Ok(Contact {
        id: row.get(0)?,
        display_name: row.get(1)?,
        known: row.get(2)?,
        email: first(AddressKind::Email),
        phone: first(AddressKind::Phone),
        company: row.get(3)?,
        city: row.get(4)?,
        country: row.get(5)?,
        language: row.get(6)?,
        external_id: row.get(7)?,
        ai_paused: row.get(8)?,
        created_at: row.get(9)?,
        updated_at: row.get(10)?,
        version: row.get(11)?,
        addresses,
    })
}

pub fn find(tx: &mut Tx<'_>, id: &ContactId) -> Result<Option<Contact>, Error> {
    let sql = format!("select {COLUMNS} from contacts ct where ct.workspace_id = ?1 and ct.id = ?2");
    let Some(row) = tx.query_opt(&sql, &params![id])? else { return Ok(None) };
    let addresses = list_addresses(tx, id)?;
    from_row(&row, addresses).map(Some)
}

/// Those of the contacts that there are, in no order.
pub fn list_by_ids(tx: &mut Tx<'_>, ids: &[ContactId]) -> Result<Vec<Contact>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut params = Vec::with_capacity(ids.len());
    let places = bind_ids(&mut params, ids.iter().map(ContactId::as_str));
    let sql = format!("select {COLUMNS} from contacts ct where ct.workspace_id = ?1 and ct.id in ({places})");
    let rows = tx.query(&sql, &params)?;
    contacts_from_rows(tx, &rows)
}

/// Contacts from rows of `COLUMNS`, with their addresses, which are read at once.
fn contacts_from_rows(tx: &mut Tx<'_>, rows: &[Row]) -> Result<Vec<Contact>, Error> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<ContactId> = rows.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
    let mut params = Vec::with_capacity(ids.len());
    let places = bind_ids(&mut params, ids.iter().map(ContactId::as_str));
    let sql = format!(
        "select id, kind, value, verified, created_at, contact_id from contact_addresses \
         where workspace_id = ?1 and contact_id in ({places}) order by position, created_at, id"
    );
    let mut addresses: HashMap<ContactId, Vec<Address>> = HashMap::new();
    for row in tx.query(&sql, &params)? {
        addresses.entry(row.get(5)?).or_default().push(address_from_row(&row)?);
    }
    rows.iter().zip(&ids).map(|(row, id)| from_row(row, addresses.remove(id).unwrap_or_default())).collect()
}

pub fn find_by_external_id(tx: &mut Tx<'_>, external_id: &str) -> Result<Option<ContactId>, Error> {
    tx.query_opt(
        "select id from contacts where workspace_id = ?1 and external_id = ?2",
        &params![external_id],
    )?
    .map(|row| row.get(0))
    .transpose()
}

pub fn list_addresses(tx: &mut Tx<'_>, contact: &ContactId) -> Result<Vec<Address>, Error> {
    tx.query(
        "select id, kind, value, verified, created_at from contact_addresses \
         where workspace_id = ?1 and contact_id = ?2 order by position, created_at, id",
        &params![contact],
    )?
    .iter()
    .map(address_from_row)
    .collect()
}

fn address_from_row(row: &Row) -> Result<Address, Error> {
    Ok(Address {
        id: row.get(0)?,
        kind: row.get(1)?,
        value: row.get(2)?,
        verified: row.get(3)?,
        created_at: row.get(4)?,
    })
}

/// Whose address this is. An email from before, when its domain was kept as the name system spells it, counts too.
pub fn find_by_address(
    tx: &mut Tx<'_>,
    kind: AddressKind,
    normalised: &str,
) -> Result<Option<(ContactId, AddressId)>, Error> {
    if let Some(found) = find_by_normalised(tx, kind, normalised)? {
        return Ok(Some(found));
    }
    match (kind == AddressKind::Email).then(|| email_address::wire_spelling(normalised)).flatten() {
        Some(spelling) => find_by_normalised(tx, kind, &spelling),
        None => Ok(None),
    }
}

fn find_by_normalised(
    tx: &mut Tx<'_>,
    kind: AddressKind,
    normalised: &str,
) -> Result<Option<(ContactId, AddressId)>, Error> {
    tx.query_opt(
        "select contact_id, id from contact_addresses where workspace_id = ?1 and kind = ?2 and normalised = ?3",
        &params![kind, normalised],
    )?
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .transpose()
}

pub fn find_address(tx: &mut Tx<'_>, id: &AddressId) -> Result<Option<(ContactId, Address)>, Error> {
    tx.query_opt(
        "select id, kind, value, verified, created_at, contact_id from contact_addresses where workspace_id = ?1 and id = ?2",
        &params![id],
    )?
    .map(|row| Ok((row.get(5)?, address_from_row(&row)?)))
    .transpose()
}

pub fn create(tx: &mut Tx<'_>, contact: &Contact) -> Result<(), Error> {
    tx.try_execute(
        "insert into contacts (workspace_id, id, display_name, known, company, city, country, language, external_id, \
         ai_paused, created_at, updated_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11)",
        &params![
            &contact.id,
            &contact.display_name,
            contact.known,
            &contact.company,
            &contact.city,
            &contact.country,
            &contact.language,
            &contact.external_id,
            contact.ai_paused,
            contact.created_at,
        ],
    )?;
    Ok(())
}

/// Adds it behind those that the contact has. `Error::Unique` when it belongs to somebody already.
pub fn add_address(
    tx: &mut Tx<'_>,
    contact: &ContactId,
    address: &Address,
    normalised: &str,
) -> Result<(), Error> {
    tx.try_execute(
        "insert into contact_addresses (workspace_id, id, contact_id, kind, value, normalised, verified, created_at, \
         position) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, (select coalesce(max(known.position), -1) + 1 \
         from contact_addresses known where known.workspace_id = ?1 and known.contact_id = ?3))",
        &params![
            &address.id,
            contact,
            address.kind,
            &address.value,
            normalised,
            address.verified,
            address.created_at
        ],
    )?;
    Ok(())
}

/// Saves the contact's own fields and counts its version up. Returns the new version.
pub fn save(tx: &mut Tx<'_>, contact: &Contact) -> Result<i64, Error> {
    let row = tx.query_opt(
        "update contacts set display_name = ?3, known = ?4, company = ?5, city = ?6, country = ?7, language = ?8, \
         external_id = ?9, ai_paused = ?10, updated_at = ?11, version = version + 1 \
         where workspace_id = ?1 and id = ?2 returning version",
        &params![
            &contact.id,
            &contact.display_name,
            contact.known,
            &contact.company,
            &contact.city,
            &contact.country,
            &contact.language,
            &contact.external_id,
            contact.ai_paused,
            contact.updated_at,
        ],
    )?;
    row.ok_or_else(|| Error::Database("the contact to save is gone".into()))?.get(0)
}
