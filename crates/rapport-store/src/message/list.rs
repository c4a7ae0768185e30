//! The messages of a conversation, in the orders in which they are asked for.

use std::collections::HashMap;

use rapport_domain::model::Attachment;
use rapport_domain::{ConversationId, MessageId, Timestamp, UserId};

use super::attachment::{ATTACHMENT_COLUMNS, attachment_from_row};
use super::{COLUMNS, StoredMessage, from_row};
use crate::filter::bind_ids;
use crate::{Error, Row, Tx, params};

/// What a message says, to show where words were found.
#[derive(Clone, Debug)]
pub struct MessageText {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    pub subject: Option<String>,
    pub visible_text: String,
}

/// Those of the messages that there are, in no order.
pub fn list_texts(tx: &mut Tx<'_>, ids: &[MessageId]) -> Result<Vec<MessageText>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut params = Vec::with_capacity(ids.len());
    let places = bind_ids(&mut params, ids.iter().map(MessageId::as_str));
    let sql = format!(
        "select id, conversation_id, subject, coalesce(visible_text, body_text) from messages \
         where workspace_id = ?1 and id in ({places})"
    );
    tx.query(&sql, &params)?
        .iter()
        .map(|row| {
            Ok(MessageText {
                id: row.get(0)?,
                conversation_id: row.get(1)?,
                subject: row.get(2)?,
                visible_text: row.get(3)?,
            })
        })
        .collect()
}

/// The messages of a conversation before a moment, newest first.
pub fn list_before(
    tx: &mut Tx<'_>,
    conversation: &ConversationId,
    before: Option<(Timestamp, &str)>,
    limit: i64,
) -> Result<Vec<StoredMessage>, Error> {
    let (at, id) = before.unwrap_or((Timestamp::from_millis(i64::MAX), ""));
    let sql = format!(
        "select {COLUMNS} from messages m where m.workspace_id = ?1 and m.conversation_id = ?2 \
         and (m.sent_at, m.id) < (?3, ?4) order by m.sent_at desc, m.id desc limit {limit}"
    );
    let rows = tx.query(&sql, &params![conversation, at, id])?;
    with_attachments(tx, rows)
}

/// The messages of a conversation after a place, oldest first.
pub fn list_after(
    tx: &mut Tx<'_>,
    conversation: &ConversationId,
    after: (Timestamp, &str),
    limit: i64,
) -> Result<Vec<StoredMessage>, Error> {
    let sql = format!(
        "select {COLUMNS} from messages m where m.workspace_id = ?1 and m.conversation_id = ?2 \
         and (m.sent_at, m.id) > (?3, ?4) order by m.sent_at, m.id limit {limit}"
    );
    let rows = tx.query(&sql, &params![conversation, after.0, after.1])?;
    with_attachments(tx, rows)
}

/// What people of the team have sent in the conversation after a message: who answers sees it before sending.
pub fn list_answers_after(
    tx: &mut Tx<'_>,
    conversation: &ConversationId,
    after: &MessageId,
    not_by: &UserId,
) -> Result<Vec<StoredMessage>, Error> {
    let sql = format!(
        "select {COLUMNS} from messages m where m.workspace_id = ?1 and m.conversation_id = ?2 and m.id <> ?3 \
         and m.created_at >= (select s.created_at from messages s where s.workspace_id = ?1 and s.id = ?3) \
         and m.direction = 'outbound' and m.author_kind in ('user', 'api') and coalesce(m.author_id, '') <> ?4 \
         and m.delivery_status <> 'cancelled' order by m.id limit 10"
    );
    let rows = tx.query(&sql, &params![conversation, after, not_by])?;
    with_attachments(tx, rows)
}

/// The last message that came from or went to the contact on a channel. What a program wrote, such as a delivery
/// report, is not what people go on from, unless there is nothing else.
pub fn find_last_of_channel(
    tx: &mut Tx<'_>,
    conversation: &ConversationId,
    channel: rapport_domain::Channel,
) -> Result<Option<StoredMessage>, Error> {
    for written_by in ["and not m.automatic", ""] {
        let sql = format!(
            "select {COLUMNS} from messages m where m.workspace_id = ?1 and m.conversation_id = ?2 and m.channel = ?3 \
             and m.kind = 'message' and coalesce(m.delivery_status, '') <> 'cancelled' {written_by} \
             order by m.sent_at desc, m.id desc limit 1"
        );
        if let Some(row) = tx.query_opt(&sql, &params![conversation, channel])? {
            return from_row(&row).map(Some);
        }
    }
    Ok(None)
}

/// Since when the contact has been waiting: their first message after our last one.
pub fn find_waiting_since(
    tx: &mut Tx<'_>,
    conversation: &ConversationId,
) -> Result<Option<Timestamp>, Error> {
    let row = tx.query_opt(
        "select min(m.sent_at) from messages m where m.workspace_id = ?1 and m.conversation_id = ?2 \
         and m.direction = 'inbound' and not m.automatic and m.sent_at > coalesce((select max(o.sent_at) from messages o \
         where o.workspace_id = ?1 and o.conversation_id = ?2 and o.direction = 'outbound' \
         and coalesce(o.delivery_status, '') <> 'cancelled'), 0)",
        &params![conversation],
    )?;
    row.map(|row| row.get(0)).transpose().map(Option::flatten)
}

fn with_attachments(tx: &mut Tx<'_>, rows: Vec<Row>) -> Result<Vec<StoredMessage>, Error> {
    let mut messages = rows.iter().map(from_row).collect::<Result<Vec<_>, _>>()?;
    if messages.is_empty() {
        return Ok(messages);
    }
    let mut params = Vec::with_capacity(messages.len());
    let places = bind_ids(&mut params, messages.iter().map(|stored| stored.message.id.as_str()));
    let sql = format!(
        "select {ATTACHMENT_COLUMNS}, message_id from attachments where workspace_id = ?1 and message_id in ({places}) order by position, id"
    );
    let mut by_message: HashMap<MessageId, Vec<Attachment>> = HashMap::new();
    for row in tx.query(&sql, &params)? {
        by_message.entry(row.get(6)?).or_default().push(attachment_from_row(&row)?);
    }
    for stored in &mut messages {
        if let Some(attachments) = by_message.remove(&stored.message.id) {
            stored.message.attachments = attachments;
        }
    }
    Ok(messages)
}
