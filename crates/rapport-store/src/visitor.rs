//! Visitors: browsers that talk through a web chat widget.

use rapport_domain::{ChannelAccountId, ContactId, MessageId, Timestamp, VisitorId, WorkspaceId};

use crate::{Error, Row, ServerTx, Tx, params};

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
    /// Answers to the pre-chat form, as a JSON object.
    pub fields: String,
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

pub fn create(tx: &mut Tx<'_>, visitor: &Visitor, token_hash: &str) -> Result<(), Error> {
    tx.execute(
        "insert into visitors (workspace_id, id, channel_account_id, contact_id, token_hash, identity, page_url, page_title, \
         fields, created_at, last_seen_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10)",
        &params![
            &visitor.id,
            &visitor.channel_account_id,
            &visitor.contact_id,
            token_hash,
            &visitor.identity,
            &visitor.page_url,
            &visitor.page_title,
            &visitor.fields,
            visitor.created_at,
        ],
    )?;
    Ok(())
}

/// The visitor with this token, unless it was revoked or its widget is gone.
pub fn find_by_token_hash(
    tx: &mut ServerTx<'_>,
    token_hash: &str,
) -> Result<Option<(WorkspaceId, Visitor)>, Error> {
    let sql = format!(
        "select {COLUMNS}, v.workspace_id from visitors v join channel_accounts a on a.workspace_id = v.workspace_id \
         and a.id = v.channel_account_id where v.token_hash = ?1 and v.revoked_at is null and a.active and a.deleted_at is null"
    );
    tx.query_opt(&sql, &params![token_hash])?.map(|row| Ok((row.get(10)?, from_row(&row)?))).transpose()
}

pub fn find(tx: &mut Tx<'_>, id: &VisitorId) -> Result<Option<Visitor>, Error> {
    let sql = format!("select {COLUMNS} from visitors v where v.workspace_id = ?1 and v.id = ?2");
    tx.query_opt(&sql, &params![id])?.map(|row| from_row(&row)).transpose()
}

/// Saves what changes while somebody is on the page.
pub fn save(tx: &mut Tx<'_>, visitor: &Visitor) -> Result<(), Error> {
    tx.execute(
        "update visitors set contact_id = ?3, identity = ?4, page_url = ?5, page_title = ?6, fields = ?7, \
         read_message_id = ?8, last_seen_at = ?9 where workspace_id = ?1 and id = ?2",
        &params![
            &visitor.id,
            &visitor.contact_id,
            &visitor.identity,
            &visitor.page_url,
            &visitor.page_title,
            &visitor.fields,
            &visitor.read_message_id,
            visitor.last_seen_at,
        ],
    )?;
    Ok(())
}

pub fn revoke(tx: &mut Tx<'_>, id: &VisitorId, at: Timestamp) -> Result<(), Error> {
    tx.execute("update visitors set revoked_at = ?3 where workspace_id = ?1 and id = ?2", &params![id, at])?;
    Ok(())
}

/// The visitors that stand for a contact.
pub fn list_of_contact(tx: &mut Tx<'_>, contact: &ContactId) -> Result<Vec<Visitor>, Error> {
    let sql = format!(
        "select {COLUMNS} from visitors v where v.workspace_id = ?1 and v.contact_id = ?2 and v.revoked_at is null \
         order by v.last_seen_at desc limit 50"
    );
    tx.query(&sql, &params![contact])?.iter().map(from_row).collect()
}
