//! The addresses of a mailbox belong to one account of the whole server, because a mail server knows nothing else.
//! With an address go those that the listener takes for it, so that no other workspace can claim their mail.

use rapport_domain::ChannelAccountId;
use rapport_store::{Tx, contact};

use super::config::InboundKind;
use crate::Error;

/// What the listener takes in each domain that it serves, apart from the addresses of accounts.
const NAMES_OF_THE_DOMAIN: &[&str] = &["postmaster", "reply", "bounces"];

pub(super) fn replace(tx: &mut Tx<'_>, id: &ChannelAccountId, addresses: &[String]) -> Result<(), Error> {
    for address in addresses {
        if is_anothers(tx, address)? {
            return Err(in_use());
        }
    }
    match rapport_store::channel_account::replace_addresses(tx, id, addresses) {
        Err(rapport_store::Error::Unique { .. }) => Err(in_use()),
        outcome => Ok(outcome?),
    }
}

fn in_use() -> Error {
    Error::conflict(
        "address_in_use",
        "One of these addresses belongs to another channel account of this server.",
    )
}

/// Whether mail to the address would be another workspace's without this account, or the other way round.
fn is_anothers(tx: &mut Tx<'_>, address: &str) -> Result<bool, Error> {
    let Some((local, domain)) = address.rsplit_once('@') else { return Ok(false) };
    let (name, is_plain) = match local.split_once('+') {
        Some((name, _)) => (name, false),
        None => (local, true),
    };
    let plain = format!("{name}@{domain}");
    let below = format!("{}+%@{}", contact::escape_like(name), contact::escape_like(domain));
    // Of two that are both below a third one, each is its owner's.
    let pattern = if is_plain { below.as_str() } else { "" };
    if rapport_store::channel_account::is_address_elsewhere(tx, &plain, pattern)? {
        return Ok(true);
    }
    if !NAMES_OF_THE_DOMAIN.contains(&name) {
        return Ok(false);
    }
    let listener = serde_json::to_value(InboundKind::Listener)
        .map_err(|error| Error::Internal(format!("a setting has no JSON form: {error}")))?;
    let elsewhere = rapport_store::channel_account::list_configs_elsewhere(tx, domain)?;
    Ok(elsewhere.iter().any(|config| config.pointer("/inbound/kind") == Some(&listener)))
}
