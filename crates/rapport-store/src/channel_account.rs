//! Channel accounts, the addresses they own and how far their mailboxes were read.

mod name;

use rapport_domain::model::{ChannelAccount, ChannelHealth, HealthState};
use rapport_domain::{Channel, ChannelAccountId, ConversationId, MessageId, Timestamp, WorkspaceId};

use crate::{Error, Row, ServerTx, Tx, columns, params};

pub use name::{NameHolder, hold_name, lock_name, release_name};

/// An account with its sealed secrets.
#[derive(Clone, Debug)]
pub struct StoredAccount {
    pub account: ChannelAccount,
    /// Encrypted; only the engine can open it.
    pub sealed_secrets: String,
}

const COLUMNS: &str = "id, channel, name, active, address, config, secrets, widget_key, last_inbound_at, last_outbound_at, \
    coalesce(last_error, last_outbound_error), last_error_at, created_at, version";

fn from_row(row: &Row) -> Result<StoredAccount, Error> {
    let active: bool = row.get(3)?;
    let last_inbound_at: Option<Timestamp> = row.get(8)?;
    let last_error: Option<String> = row.get(10)?;
    let state = match (active, &last_error, last_inbound_at) {
        (false, _, _) => HealthState::Inactive,
        (true, Some(_), _) => HealthState::Error,
        (true, None, None) => HealthState::NeverReceived,
        (true, None, Some(_)) => HealthState::Ok,
    };
    let account = ChannelAccount {
        id: row.get(0)?,
        channel: row.get(1)?,
        name: row.get(2)?,
        active,
        address: row.get(4)?,
        config: columns::json(row, 5)?,
        secrets_set: Vec::new(),
        widget_key: row.get(7)?,
        health: ChannelHealth {
            state,
            last_inbound_at,
            last_outbound_at: row.get(9)?,
            last_error,
            last_error_at: row.get(11)?,
        },
        created_at: row.get(12)?,
        version: row.get(13)?,
    };
    Ok(StoredAccount { account, sealed_secrets: row.get(6)? })
}

pub fn find(tx: &mut Tx<'_>, id: &ChannelAccountId) -> Result<Option<StoredAccount>, Error> {
    let sql = format!(
        "select {COLUMNS} from channel_accounts where workspace_id = ?1 and id = ?2 and deleted_at is null"
    );
    tx.query_opt(&sql, &params![id])?.map(|row| from_row(&row)).transpose()
}

/// Nobody else changes the account before this transaction ends.
pub fn find_for_update(tx: &mut Tx<'_>, id: &ChannelAccountId) -> Result<Option<StoredAccount>, Error> {
    let sql = format!(
        "select {COLUMNS} from channel_accounts where workspace_id = ?1 and id = ?2 and deleted_at is null"
    );
    tx.query_one_for_update(&sql, &params![id])?.map(|row| from_row(&row)).transpose()
}

/// Saves secrets that the account exchanged by itself: for people, nothing has changed.
pub fn save_secrets(tx: &mut Tx<'_>, id: &ChannelAccountId, sealed: &str) -> Result<(), Error> {
    tx.execute(
        "update channel_accounts set secrets = ?3 where workspace_id = ?1 and id = ?2 and deleted_at is null",
        &params![id, sealed],
    )?;
    Ok(())
}

pub fn list(tx: &mut Tx<'_>) -> Result<Vec<StoredAccount>, Error> {
    let sql = format!(
        "select {COLUMNS} from channel_accounts where workspace_id = ?1 and deleted_at is null order by created_at, id"
    );
    tx.query(&sql, &params![])?.iter().map(from_row).collect()
}

pub fn list_of_channel(tx: &mut Tx<'_>, channel: Channel) -> Result<Vec<StoredAccount>, Error> {
    let sql = format!(
        "select {COLUMNS} from channel_accounts where workspace_id = ?1 and channel = ?2 and deleted_at is null order by created_at, id"
    );
    tx.query(&sql, &params![channel])?.iter().map(from_row).collect()
}

pub fn create(tx: &mut Tx<'_>, stored: &StoredAccount) -> Result<(), Error> {
    let account = &stored.account;
    tx.execute(
        "insert into channel_accounts (workspace_id, id, channel, name, active, address, config, secrets, widget_key, created_at) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        &params![
            &account.id,
            account.channel,
            &account.name,
            account.active,
            &account.address,
            columns::to_json(&account.config),
            &stored.sealed_secrets,
            &account.widget_key,
            account.created_at,
        ],
    )?;
    Ok(())
}

/// Saves what people can change and counts the version up.
pub fn save(tx: &mut Tx<'_>, stored: &StoredAccount) -> Result<i64, Error> {
    let account = &stored.account;
    let row = tx.query_opt(
        "update channel_accounts set name = ?3, active = ?4, address = ?5, config = ?6, secrets = ?7, version = version + 1 \
         where workspace_id = ?1 and id = ?2 returning version",
        &params![
            &account.id,
            &account.name,
            account.active,
            &account.address,
            columns::to_json(&account.config),
            &stored.sealed_secrets
        ],
    )?;
    row.ok_or_else(|| Error::Database("the channel account to save is gone".into()))?.get(0)
}

/// Takes the account out of use. Its messages stay.
pub fn delete(tx: &mut Tx<'_>, id: &ChannelAccountId, at: Timestamp) -> Result<bool, Error> {
    tx.execute(
        "delete from channel_account_addresses where workspace_id = ?1 and channel_account_id = ?2",
        &params![id],
    )?;
    let changed = tx.execute(
        "update channel_accounts set deleted_at = ?3, active = ?4, secrets = '', widget_key = null, version = version + 1 \
         where workspace_id = ?1 and id = ?2 and deleted_at is null",
        &params![id, at, false],
    )?;
    Ok(changed == 1)
}

/// Makes these, in canonical form, the addresses of the account. `Error::Unique` when one is another account's.
pub fn replace_addresses(tx: &mut Tx<'_>, id: &ChannelAccountId, addresses: &[String]) -> Result<(), Error> {
    tx.execute(
        "delete from channel_account_addresses where workspace_id = ?1 and channel_account_id = ?2",
        &params![id],
    )?;
    for address in addresses {
        tx.try_execute(
            "insert into channel_account_addresses (workspace_id, address, channel_account_id) values (?1, ?2, ?3)",
            &params![address, id],
        )?;
    }
    Ok(())
}

pub fn list_addresses_of(tx: &mut Tx<'_>, id: &ChannelAccountId) -> Result<Vec<String>, Error> {
    tx.query(
        "select address from channel_account_addresses where workspace_id = ?1 and channel_account_id = ?2",
        &params![id],
    )?
    .iter()
    .map(|row| row.get(0))
    .collect()
}

/// All our own addresses in this workspace.
pub fn list_addresses(tx: &mut Tx<'_>) -> Result<Vec<(String, ChannelAccountId)>, Error> {
    tx.query(
        "select address, channel_account_id from channel_account_addresses where workspace_id = ?1 order by address",
        &params![],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .collect()
}

/// Whether another workspace has this address, or one that the pattern of `like` fits.
pub fn is_address_elsewhere(tx: &mut Tx<'_>, address: &str, pattern: &str) -> Result<bool, Error> {
    let row = tx.query_opt(
        "select 1 from channel_account_addresses where workspace_id <> ?1 and (address = ?2 or address like ?3 escape '\\') \
         limit 1",
        &params![address, pattern],
    )?;
    Ok(row.is_some())
}

/// The settings of other workspaces' active email accounts with an address in this domain.
pub fn list_configs_elsewhere(tx: &mut Tx<'_>, domain: &str) -> Result<Vec<serde_json::Value>, Error> {
    let addresses = format!("%@{}", crate::contact::escape_like(domain));
    tx.query(
        "select c.config from channel_accounts c where c.workspace_id <> ?1 and c.channel = ?3 and c.active \
         and c.deleted_at is null and exists (select 1 from channel_account_addresses a \
         where a.workspace_id = c.workspace_id and a.channel_account_id = c.id and a.address like ?2 escape '\\')",
        &params![addresses, Channel::Email],
    )?
    .iter()
    .map(|row| columns::json(row, 0))
    .collect()
}

/// The workspace and account that a mail to this address belongs to.
pub fn find_owner_of_address(
    tx: &mut ServerTx<'_>,
    address: &str,
) -> Result<Option<(WorkspaceId, ChannelAccountId)>, Error> {
    tx.query_opt(
        "select a.workspace_id, a.channel_account_id from channel_account_addresses a \
         join channel_accounts c on c.workspace_id = a.workspace_id and c.id = a.channel_account_id \
         where a.address = ?1 and c.active and c.deleted_at is null",
        &params![address],
    )?
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .transpose()
}

/// The active email accounts with an address in this domain and their settings, the oldest first. Without a domain:
/// all of them.
pub fn list_owners_of_domain(
    tx: &mut ServerTx<'_>,
    domain: Option<&str>,
) -> Result<Vec<(WorkspaceId, ChannelAccountId, serde_json::Value)>, Error> {
    let addresses = domain.map_or_else(
        || "%".to_owned(),
        |domain| format!("%@{}", domain.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")),
    );
    tx.query(
        "select c.workspace_id, c.id, c.config from channel_accounts c where c.channel = ?2 and c.active \
         and c.deleted_at is null and exists (select 1 from channel_account_addresses a \
         where a.workspace_id = c.workspace_id and a.channel_account_id = c.id and a.address like ?1 escape '\\') \
         order by c.created_at, c.id",
        &params![addresses, Channel::Email],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?, columns::json(row, 2)?)))
    .collect()
}

/// The account of a widget by its public key.
pub fn find_by_widget_key(
    tx: &mut ServerTx<'_>,
    key: &str,
) -> Result<Option<(WorkspaceId, ChannelAccountId)>, Error> {
    tx.query_opt(
        "select workspace_id, id from channel_accounts where widget_key = ?1 and active and deleted_at is null",
        &params![key],
    )?
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .transpose()
}

/// Every active account of a channel on this server.
pub fn list_active_of_channel(
    tx: &mut ServerTx<'_>,
    channel: Channel,
) -> Result<Vec<(WorkspaceId, ChannelAccountId)>, Error> {
    tx.query(
        "select workspace_id, id from channel_accounts where channel = ?1 and active and deleted_at is null",
        &params![channel],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .collect()
}

/// Seconds within which what comes in is noted once: often enough for a health display, and it spares a write for
/// every message.
pub const INBOUND_NOTED_EVERY: i64 = 60;

pub fn note_inbound(tx: &mut Tx<'_>, id: &ChannelAccountId, at: Timestamp) -> Result<(), Error> {
    tx.execute(
        "update channel_accounts set last_inbound_at = cast(?3 as bigint) where workspace_id = ?1 and id = ?2 \
         and (last_inbound_at is null or last_inbound_at < cast(?4 as bigint))",
        &params![id, at, at.plus_seconds(-INBOUND_NOTED_EVERY)],
    )?;
    Ok(())
}

pub fn note_outbound(tx: &mut Tx<'_>, id: &ChannelAccountId, at: Timestamp) -> Result<(), Error> {
    tx.execute(
        "update channel_accounts set last_outbound_at = ?3 where workspace_id = ?1 and id = ?2",
        &params![id, at],
    )?;
    Ok(())
}

/// Which half of an account something is wrong with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    Receiving,
    Sending,
}

/// Notes or clears what is wrong with one half of the account. Returns whether that is a change.
pub fn note_error(
    tx: &mut Tx<'_>,
    id: &ChannelAccountId,
    half: Half,
    error: Option<&str>,
    at: Timestamp,
) -> Result<bool, Error> {
    let column = match half {
        Half::Receiving => "last_error",
        Half::Sending => "last_outbound_error",
    };
    let changed = match error {
        Some(error) => tx.execute(
            &format!(
                "update channel_accounts set {column} = ?3, last_error_at = ?4 where workspace_id = ?1 and id = ?2 \
                 and ({column} is null or {column} <> ?3)"
            ),
            &params![id, error, at],
        )?,
        None => tx.execute(
            &format!(
                "update channel_accounts set {column} = null where workspace_id = ?1 and id = ?2 and {column} is not null"
            ),
            &params![id],
        )?,
    };
    Ok(changed == 1)
}

/// How far a mailbox was read: its UIDVALIDITY and the last UID (RFC 9051 §2.3.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailboxCursor {
    pub uid_validity: i64,
    pub last_uid: i64,
}

pub fn find_cursor(
    tx: &mut Tx<'_>,
    id: &ChannelAccountId,
    mailbox: &str,
) -> Result<Option<MailboxCursor>, Error> {
    tx.query_opt(
        "select uid_validity, last_uid from mailbox_cursors where workspace_id = ?1 and channel_account_id = ?2 and mailbox = ?3",
        &params![id, mailbox],
    )?
    .map(|row| Ok(MailboxCursor { uid_validity: row.get(0)?, last_uid: row.get(1)? }))
    .transpose()
}

pub fn save_cursor(
    tx: &mut Tx<'_>,
    id: &ChannelAccountId,
    mailbox: &str,
    cursor: MailboxCursor,
    at: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "insert into mailbox_cursors (workspace_id, channel_account_id, mailbox, uid_validity, last_uid, updated_at) \
         values (?1, ?2, ?3, ?4, ?5, ?6) on conflict (workspace_id, channel_account_id, mailbox) \
         do update set uid_validity = excluded.uid_validity, last_uid = excluded.last_uid, updated_at = excluded.updated_at",
        &params![id, mailbox, cursor.uid_validity, cursor.last_uid, at],
    )?;
    Ok(())
}

/// The last message of a conversation that a person wrote to one of our accounts of the channel.
pub fn find_last_received(
    tx: &mut Tx<'_>,
    conversation: &ConversationId,
    channel: Channel,
) -> Result<Option<MessageId>, Error> {
    tx.query_opt(
        "select m.id from messages m where m.workspace_id = ?1 and m.conversation_id = ?2 and m.channel = ?3 \
         and m.kind = 'message' and m.direction = 'inbound' and not m.automatic \
         order by m.sent_at desc, m.id desc limit 1",
        &params![conversation, channel],
    )?
    .map(|row| row.get(0))
    .transpose()
}

/// The workspace and the mailbox that last carried a conversation's email.
pub fn find_owner_of_conversation(
    tx: &mut ServerTx<'_>,
    conversation: &ConversationId,
) -> Result<Option<(WorkspaceId, ChannelAccountId)>, Error> {
    // Ids are unique over all workspaces, and this one was proved by a token that we gave out.
    tx.query_opt(
        "select m.workspace_id, m.channel_account_id from messages m \
         join channel_accounts a on a.workspace_id = m.workspace_id and a.id = m.channel_account_id \
         where m.workspace_id in (select id from workspaces) and m.conversation_id = ?1 and a.channel = 'email' \
         and a.active and a.deleted_at is null order by m.sent_at desc, m.id desc limit 1",
        &params![conversation],
    )?
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .transpose()
}

/// The workspace and the mailbox that a message left from.
pub fn find_owner_of_message(
    tx: &mut ServerTx<'_>,
    message: &MessageId,
) -> Result<Option<(WorkspaceId, ChannelAccountId)>, Error> {
    tx.query_opt(
        "select m.workspace_id, m.channel_account_id from messages m \
         join channel_accounts a on a.workspace_id = m.workspace_id and a.id = m.channel_account_id \
         where m.workspace_id in (select id from workspaces) and m.id = ?1 and a.active and a.deleted_at is null",
        &params![message],
    )?
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .transpose()
}
