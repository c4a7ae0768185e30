//! Who holds a name of a domain (`help@…` with every `help+anything@…`), over all workspaces. There is one row for
//! each name, and who claims the name keeps that row until the end of the transaction: of several at once, one gets it.

use crate::{Error, Tx, params};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameHolder {
    /// The name is only used in part, by addresses below it or by the mail listener.
    Nobody,
    /// This workspace.
    Ours,
    /// Another workspace.
    Theirs,
}

/// Tells who holds a name, which nobody changes before this transaction ends.
pub fn lock_name(tx: &mut Tx<'_>, name: &str) -> Result<NameHolder, Error> {
    let row = tx.query_opt(
        "insert into address_names (name) values (?2) on conflict (name) do update set name = excluded.name \
         returning workspace_id is null, coalesce(workspace_id = ?1, false)",
        &params![name],
    )?;
    let row = row.ok_or_else(|| Error::Database("the name of an address is gone".into()))?;
    Ok(match (row.get(0)?, row.get(1)?) {
        (true, _) => NameHolder::Nobody,
        (false, true) => NameHolder::Ours,
        (false, false) => NameHolder::Theirs,
    })
}

/// Makes this workspace the holder of a name that nobody holds.
pub fn hold_name(tx: &mut Tx<'_>, name: &str) -> Result<bool, Error> {
    let changed = tx.execute(
        "update address_names set workspace_id = ?1 where name = ?2 and workspace_id is null",
        &params![name],
    )?;
    Ok(changed == 1)
}

/// Lets others claim a name that this workspace held.
pub fn release_name(tx: &mut Tx<'_>, name: &str) -> Result<(), Error> {
    tx.execute(
        "update address_names set workspace_id = null where name = ?2 and workspace_id = ?1",
        &params![name],
    )?;
    Ok(())
}
