//! Contacts and the addresses they are reached at.

mod list;

pub use list::{add_words, escape_like, list, save_words};

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

/// The columns of an address behind those of its contact.
const ADDRESS_COLUMNS: &str = "a.id, a.kind, a.value, a.verified, a.created_at";
const FIRST_OF_ADDRESS: usize = 12;

/// One contact from rows of `COLUMNS` and `ADDRESS_COLUMNS`, one for each of its addresses, in their order.
fn from_joined_rows(rows: &[Row]) -> Result<Option<Contact>, Error> {
    let Some(first) = rows.first() else { return Ok(None) };
    let mut addresses = Vec::with_capacity(rows.len());
    for row in rows {
        // A contact without an address is one row with nothing in these columns.
        if row.get::<Option<AddressId>>(FIRST_OF_ADDRESS)?.is_some() {
            addresses.push(address_from_row(row, FIRST_OF_ADDRESS)?);
        }
    }
    from_row(first, addresses).map(Some)
}

pub fn find(tx: &mut Tx<'_>, id: &ContactId) -> Result<Option<Contact>, Error> {
    let sql = format!(
        "select {COLUMNS}, {ADDRESS_COLUMNS} from contacts ct left join contact_addresses a \
         on a.workspace_id = ct.workspace_id and a.contact_id = ct.id where ct.workspace_id = ?1 and ct.id = ?2 \
         order by a.position, a.created_at, a.id"
    );
    from_joined_rows(&tx.query(&sql, &params![id])?)
}

/// The contact whose address this is, like [`find_by_address`] and with all of it.
pub fn find_with_address(
    tx: &mut Tx<'_>,
    kind: AddressKind,
    normalised: &str,
) -> Result<Option<(Contact, Address)>, Error> {
    let sql = format!(
        "select {COLUMNS}, {ADDRESS_COLUMNS}, found.id from contact_addresses found \
         join contacts ct on ct.workspace_id = found.workspace_id and ct.id = found.contact_id \
         join contact_addresses a on a.workspace_id = ct.workspace_id and a.contact_id = ct.id \
         where found.workspace_id = ?1 and found.kind = ?2 and found.normalised = ?3 \
         order by a.position, a.created_at, a.id"
    );
    by_spellings(kind, normalised, |spelling| {
        let rows = tx.query(&sql, &params![kind, spelling])?;
        let Some(contact) = from_joined_rows(&rows)? else { return Ok(None) };
        let found: AddressId = rows[0].get(FIRST_OF_ADDRESS + 5)?;
        let address = contact.addresses.iter().find(|address| address.id == found).cloned();
        Ok(address.map(|address| (contact, address)))
    })
}

/// Asks for an address as it is compared, and for an email from before, when its domain was kept as the name system
/// spells it.
fn by_spellings<T>(
    kind: AddressKind,
    normalised: &str,
    mut find: impl FnMut(&str) -> Result<Option<T>, Error>,
) -> Result<Option<T>, Error> {
    if let Some(found) = find(normalised)? {
        return Ok(Some(found));
    }
    match (kind == AddressKind::Email).then(|| email_address::wire_spelling(normalised)).flatten() {
        Some(spelling) => find(&spelling),
        None => Ok(None),
    }
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
        addresses.entry(row.get(5)?).or_default().push(address_from_row(&row, 0)?);
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
    .map(|row| address_from_row(row, 0))
    .collect()
}

/// From the columns of a row that begin at `first`.
fn address_from_row(row: &Row, first: usize) -> Result<Address, Error> {
    Ok(Address {
        id: row.get(first)?,
        kind: row.get(first + 1)?,
        value: row.get(first + 2)?,
        verified: row.get(first + 3)?,
        created_at: row.get(first + 4)?,
    })
}

/// Whose address this is. An email from before, when its domain was kept as the name system spells it, counts too.
pub fn find_by_address(
    tx: &mut Tx<'_>,
    kind: AddressKind,
    normalised: &str,
) -> Result<Option<(ContactId, AddressId)>, Error> {
    by_spellings(kind, normalised, |spelling| find_by_normalised(tx, kind, spelling))
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
    .map(|row| Ok((row.get(5)?, address_from_row(&row, 0)?)))
    .transpose()
}

pub fn create(tx: &mut Tx<'_>, contact: &Contact) -> Result<(), Error> {
    tx.execute(
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
    tx.execute(
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
