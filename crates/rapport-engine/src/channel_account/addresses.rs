//! The addresses of a mailbox belong to one account of the whole server, because a mail server knows nothing else.
//! With an address go those that the listener takes for it, so that no other workspace can claim their mail.
//!
//! What is claimed is the name: `help@example.org` for `help+anything@example.org`, too. Whoever has the plain address
//! holds the name; without one, several workspaces may have addresses below it. Every claim locks the row of its name
//! first and looks second, so that of several at once one wins. An account keeps what it has.

use std::collections::BTreeMap;

use rapport_domain::ChannelAccountId;
use rapport_store::channel_account::{self as accounts, NameHolder};
use rapport_store::{Tx, contact};
use serde_json::Value;

use super::config::InboundKind;
use crate::Error;

/// What the listener takes in each domain that it serves, apart from the addresses of accounts.
const NAMES_OF_THE_DOMAIN: &[&str] = &["postmaster", "reply", "bounces"];

/// How much of a name somebody wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    /// To take what nobody else has.
    Listen,
    /// An address below it.
    Below,
    Whole,
}

/// Gives the account these addresses. `config` is what its settings will be.
pub(super) fn replace(
    tx: &mut Tx<'_>,
    id: &ChannelAccountId,
    addresses: &[String],
    config: &Value,
) -> Result<(), Error> {
    let before = accounts::list_addresses_of(tx, id)?;
    let fresh = addresses.iter().filter(|address| !before.contains(address));
    let mut needs: BTreeMap<String, Need> = BTreeMap::new();
    if listens(config)? {
        let domains = addresses.iter().filter_map(|address| address.rsplit_once('@'));
        let names = domains.flat_map(|(_, domain)| {
            NAMES_OF_THE_DOMAIN.iter().map(move |name| (format!("{name}@{domain}"), Need::Listen))
        });
        needs.extend(names);
    }
    for (name, need) in fresh.filter_map(|address| name_of(address)) {
        let known = needs.entry(name).or_insert(need);
        *known = need.max(*known);
    }
    // In the order of the names, so that two who claim the same ones do not wait for each other.
    for (name, need) in &needs {
        claim(tx, name, *need)?;
    }
    for address in before.iter().filter(|address| !addresses.contains(address)) {
        accounts::release_name(tx, address)?;
    }
    match accounts::replace_addresses(tx, id, addresses) {
        Err(rapport_store::Error::Unique { .. }) => Err(in_use()),
        outcome => Ok(outcome?),
    }
}

/// Before the account goes.
pub(super) fn release_all(tx: &mut Tx<'_>, id: &ChannelAccountId) -> Result<(), Error> {
    for address in accounts::list_addresses_of(tx, id)? {
        accounts::release_name(tx, &address)?;
    }
    Ok(())
}

fn in_use() -> Error {
    Error::conflict(
        "address_in_use",
        "One of these addresses belongs to another channel account of this server.",
    )
}

fn claim(tx: &mut Tx<'_>, name: &str, need: Need) -> Result<(), Error> {
    let holder = accounts::lock_name(tx, name)?;
    let free = match (holder, need) {
        (_, Need::Listen) | (NameHolder::Ours, _) => true,
        (NameHolder::Theirs, _) => false,
        (NameHolder::Nobody, Need::Below) => !is_listened_elsewhere(tx, name)?,
        (NameHolder::Nobody, Need::Whole) => {
            !is_used_elsewhere(tx, name)?
                && !is_listened_elsewhere(tx, name)?
                && accounts::hold_name(tx, name)?
        }
    };
    if free { Ok(()) } else { Err(in_use()) }
}

/// The name that an address belongs to, and how much of it the address needs.
fn name_of(address: &str) -> Option<(String, Need)> {
    let (local, domain) = address.rsplit_once('@')?;
    Some(match local.split_once('+') {
        Some((name, _)) => (format!("{name}@{domain}"), Need::Below),
        None => (address.to_owned(), Need::Whole),
    })
}

/// Whether another workspace has an address below the name.
fn is_used_elsewhere(tx: &mut Tx<'_>, name: &str) -> Result<bool, Error> {
    let Some((local, domain)) = name.rsplit_once('@') else { return Ok(false) };
    let below = format!("{}+%@{}", contact::escape_like(local), contact::escape_like(domain));
    Ok(accounts::is_address_elsewhere(tx, name, &below)?)
}

/// Whether the listener takes mail to the name for another workspace.
fn is_listened_elsewhere(tx: &mut Tx<'_>, name: &str) -> Result<bool, Error> {
    let Some((local, domain)) = name.rsplit_once('@') else { return Ok(false) };
    if !NAMES_OF_THE_DOMAIN.contains(&local) {
        return Ok(false);
    }
    for config in accounts::list_configs_elsewhere(tx, domain)? {
        if listens(&config)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn listens(config: &Value) -> Result<bool, Error> {
    let listener = serde_json::to_value(InboundKind::Listener)
        .map_err(|error| Error::Internal(format!("a setting has no JSON form: {error}")))?;
    Ok(config.pointer("/inbound/kind") == Some(&listener))
}
