//! Which server reads a mailbox, so that several servers on one database do not all read it.
//!
//! A lease may be lost without its holder knowing; whatever is stored under it therefore asks whether its fence still
//! counts, in the same transaction.

use rapport_domain::{ChannelAccountId, Timestamp};

use crate::{Error, ServerTx, Tx, params};

/// The right to read a mailbox until somebody else takes it over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailboxLease {
    pub holder: String,
    pub fence: i64,
}

/// Takes a mailbox that nobody reads, whose reader let its lease run out, or that this holder had before.
pub fn claim(
    tx: &mut Tx<'_>,
    account: &ChannelAccountId,
    holder: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<MailboxLease>, Error> {
    let row = tx.query_opt(
        "insert into mailbox_leases (workspace_id, channel_account_id, holder, fence, lease_until) \
         values (?1, ?2, ?3, 1, ?5) on conflict (workspace_id, channel_account_id) do update set \
         holder = excluded.holder, fence = mailbox_leases.fence + 1, lease_until = excluded.lease_until \
         where mailbox_leases.lease_until <= ?4 or mailbox_leases.holder = excluded.holder returning fence",
        &params![account, holder, now, until],
    )?;
    row.map(|row| Ok(MailboxLease { holder: holder.to_owned(), fence: row.get(0)? })).transpose()
}

/// Keeps all leases of a holder and answers which accounts they are for and with which fences.
pub fn renew_all(
    tx: &mut ServerTx<'_>,
    holder: &str,
    until: Timestamp,
) -> Result<Vec<(ChannelAccountId, i64)>, Error> {
    tx.query(
        "update mailbox_leases set lease_until = ?2 where holder = ?1 and lease_until > 0 \
         returning channel_account_id, fence",
        &params![holder, until],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .collect()
}

/// Whether the lease still counts. Until the end of the transaction nobody takes the mailbox over.
pub fn holds(tx: &mut Tx<'_>, account: &ChannelAccountId, lease: &MailboxLease) -> Result<bool, Error> {
    let held = tx.query_one_for_update(
        "select fence from mailbox_leases where workspace_id = ?1 and channel_account_id = ?2 \
         and holder = ?3 and fence = ?4",
        &params![account, &lease.holder, lease.fence],
    )?;
    Ok(held.is_some())
}

/// Lets the next one have the mailbox at once.
pub fn release(tx: &mut Tx<'_>, account: &ChannelAccountId, lease: &MailboxLease) -> Result<(), Error> {
    tx.execute(
        "update mailbox_leases set lease_until = 0 where workspace_id = ?1 and channel_account_id = ?2 \
         and holder = ?3 and fence = ?4",
        &params![account, &lease.holder, lease.fence],
    )?;
    Ok(())
}

/// Lets go of every mailbox. Only for a process that nobody else works beside.
pub fn release_all(tx: &mut ServerTx<'_>) -> Result<(), Error> {
    tx.execute("update mailbox_leases set lease_until = 0", &[])?;
    Ok(())
}
