//! Visitors: whoever talks through a web chat widget, and the tokens that their browsers hold.

pub mod history;
pub mod upload;

use rapport_domain::{
    ChannelAccountId, ContactId, ConversationId, MessageId, Timestamp, VisitorId, WorkspaceId,
};

use crate::{Error, Row, ServerTx, Tx, contact, params};

#[derive(Clone, Debug)]
pub struct Visitor {
    pub id: VisitorId,
    pub channel_account_id: ChannelAccountId,
    /// Known from the first message on.
    pub contact_id: Option<ContactId>,
    /// The user id that the site proved with its secret.
    pub identity: Option<String>,
    pub page_url: Option<String>,
    pub page_title: Option<String>,
    /// What the visitor and the site said about the visitor, as a JSON object.
    pub fields: String,
    /// The newest message of ours that the visitor has read.
    pub read_message_id: Option<MessageId>,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
}

const COLUMNS: &str = "v.id, v.channel_account_id, v.contact_id, v.identity, v.page_url, v.page_title, v.fields, \
    v.read_message_id, v.created_at, v.last_seen_at";

fn from_row(row: &Row) -> Result<Visitor, Error> {
    Ok(Visitor {
        id: row.get(0)?,
        channel_account_id: row.get(1)?,
        contact_id: row.get(2)?,
        identity: row.get(3)?,
        page_url: row.get(4)?,
        page_title: row.get(5)?,
        fields: row.get(6)?,
        read_message_id: row.get(7)?,
        created_at: row.get(8)?,
        last_seen_at: row.get(9)?,
    })
}

/// Stores a new visitor. `Error::Unique` when the account has one of this identity already.
pub fn create(tx: &mut Tx<'_>, visitor: &Visitor) -> Result<(), Error> {
    tx.try_execute(
        "insert into visitors (workspace_id, id, channel_account_id, contact_id, identity, page_url, page_title, fields, \
         created_at, last_seen_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)",
        &params![
            &visitor.id,
            &visitor.channel_account_id,
            &visitor.contact_id,
            &visitor.identity,
            &visitor.page_url,
            &visitor.page_title,
            &visitor.fields,
            visitor.created_at,
        ],
    )?;
    Ok(())
}

pub fn find(tx: &mut Tx<'_>, id: &VisitorId) -> Result<Option<Visitor>, Error> {
    let sql = format!("select {COLUMNS} from visitors v where v.workspace_id = ?1 and v.id = ?2");
    tx.query_opt(&sql, &params![id])?.map(|row| from_row(&row)).transpose()
}

/// The visitor, locked until the transaction ends.
pub fn find_for_update(tx: &mut Tx<'_>, id: &VisitorId) -> Result<Option<Visitor>, Error> {
    let sql = format!("select {COLUMNS} from visitors v where v.workspace_id = ?1 and v.id = ?2");
    tx.query_one_for_update(&sql, &params![id])?.map(|row| from_row(&row)).transpose()
}

/// The one visitor of the account whose identity the site proved to be this.
pub fn find_by_identity(
    tx: &mut Tx<'_>,
    account: &ChannelAccountId,
    identity: &str,
) -> Result<Option<Visitor>, Error> {
    let sql = format!(
        "select {COLUMNS} from visitors v where v.workspace_id = ?1 and v.channel_account_id = ?2 and v.identity = ?3"
    );
    tx.query_opt(&sql, &params![account, identity])?.map(|row| from_row(&row)).transpose()
}

/// Saves what changes while somebody chats.
pub fn save(tx: &mut Tx<'_>, visitor: &Visitor) -> Result<(), Error> {
    tx.execute(
        "update visitors set contact_id = ?3, page_url = ?4, page_title = ?5, fields = ?6, read_message_id = ?7, \
         last_seen_at = ?8 where workspace_id = ?1 and id = ?2",
        &params![
            &visitor.id,
            &visitor.contact_id,
            &visitor.page_url,
            &visitor.page_title,
            &visitor.fields,
            &visitor.read_message_id,
            visitor.last_seen_at,
        ],
    )?;
    Ok(())
}

/// The visitors that stand for a contact.
pub fn list_of_contact(tx: &mut Tx<'_>, contact: &ContactId) -> Result<Vec<Visitor>, Error> {
    let sql = format!(
        "select {COLUMNS} from visitors v where v.workspace_id = ?1 and v.contact_id = ?2 \
         order by v.last_seen_at desc limit 50"
    );
    tx.query(&sql, &params![contact])?.iter().map(from_row).collect()
}

/// A token by its hash, with whom it belongs to.
#[derive(Clone, Debug)]
pub struct TokenOwner {
    pub workspace_id: WorkspaceId,
    pub visitor: Visitor,
    pub token_created_at: Timestamp,
    pub token_last_seen_at: Timestamp,
    /// The widget is switched on and was not deleted.
    pub widget_in_use: bool,
}

/// The owner of a token that has not expired.
pub fn find_by_token_hash(
    tx: &mut ServerTx<'_>,
    token_hash: &str,
    now: Timestamp,
) -> Result<Option<TokenOwner>, Error> {
    let sql = format!(
        "select {COLUMNS}, v.workspace_id, t.created_at, t.last_seen_at, \
         (a.active and a.deleted_at is null) from visitor_tokens t \
         join visitors v on v.workspace_id = t.workspace_id and v.id = t.visitor_id \
         join channel_accounts a on a.workspace_id = v.workspace_id and a.id = v.channel_account_id \
         where t.token_hash = ?1 and t.expires_at > ?2"
    );
    tx.query_opt(&sql, &params![token_hash, now])?
        .map(|row| {
            Ok(TokenOwner {
                visitor: from_row(&row)?,
                workspace_id: row.get(10)?,
                token_created_at: row.get(11)?,
                token_last_seen_at: row.get(12)?,
                widget_in_use: row.get(13)?,
            })
        })
        .transpose()
}

/// Gives a browser of the visitor a token, and forgets those of the visitor that have expired.
pub fn add_token(
    tx: &mut Tx<'_>,
    visitor: &VisitorId,
    token_hash: &str,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "delete from visitor_tokens where workspace_id = ?1 and visitor_id = ?2 and expires_at <= ?3",
        &params![visitor, now],
    )?;
    tx.execute(
        "insert into visitor_tokens (workspace_id, token_hash, visitor_id, created_at, last_seen_at, expires_at) \
         values (?1, ?2, ?3, ?4, ?4, ?5)",
        &params![token_hash, visitor, now, expires_at],
    )?;
    Ok(())
}

/// Notes that the token was used and lets it live until `expires_at`.
pub fn note_token_used(
    tx: &mut Tx<'_>,
    token_hash: &str,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "update visitor_tokens set last_seen_at = ?3, expires_at = ?4 where workspace_id = ?1 and token_hash = ?2",
        &params![token_hash, now, expires_at],
    )?;
    Ok(())
}

/// Whether there was such a token.
pub fn revoke_token(tx: &mut Tx<'_>, token_hash: &str) -> Result<bool, Error> {
    let deleted = tx.execute(
        "delete from visitor_tokens where workspace_id = ?1 and token_hash = ?2",
        &params![token_hash],
    )?;
    Ok(deleted == 1)
}

/// Forgets tokens that have expired, and visitors without one who never wrote and were not here since `before`.
pub fn delete_idle(tx: &mut Tx<'_>, now: Timestamp, before: Timestamp) -> Result<(), Error> {
    tx.execute("delete from visitor_tokens where workspace_id = ?1 and expires_at <= ?2", &params![now])?;
    tx.execute(
        "delete from visitors where workspace_id = ?1 and contact_id is null and last_seen_at < ?2 \
         and not exists (select 1 from visitor_tokens t where t.workspace_id = visitors.workspace_id \
         and t.visitor_id = visitors.id)",
        &params![before],
    )?;
    Ok(())
}

/// The email account that an answer to a chat conversation comes back to: the one of the conversation's own
/// workspace whose address is in this domain.
pub fn find_reply_account(
    tx: &mut ServerTx<'_>,
    conversation: &ConversationId,
    domain: &str,
) -> Result<Option<(WorkspaceId, ChannelAccountId)>, Error> {
    let pattern = format!("%@{}", contact::escape_like(&domain.to_lowercase()));
    tx.query_opt(
        "select a.workspace_id, a.channel_account_id from conversations c \
         join channel_account_addresses a on a.workspace_id = c.workspace_id \
         join channel_accounts x on x.workspace_id = a.workspace_id and x.id = a.channel_account_id \
         where c.workspace_id in (select id from workspaces) and c.id = ?1 and a.address like ?2 escape '\\' \
         and x.channel = 'email' and x.active and x.deleted_at is null order by a.address limit 1",
        &params![conversation, pattern],
    )?
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .transpose()
}
