//! What a visitor may see: the chat messages that this visitor wrote or that were written to this visitor.
//! Notes, other channels, other visitors of the same contact and what never left are left out by one condition.

use std::collections::HashMap;

use rapport_domain::model::Attachment;
use rapport_domain::{
    AuthorKind, ConversationId, DeliveryStatus, Direction, MessageId, Timestamp, VisitorId,
};

use crate::{Error, Param, Row, Tx, params};

/// A message as far as its visitor gets to see it.
#[derive(Clone, Debug)]
pub struct ChatMessage {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    pub direction: Direction,
    pub author_kind: AuthorKind,
    pub author_name: String,
    pub body_text: String,
    /// On what the visitor wrote: `provider_message_id` of the visitor and the client's own id.
    pub provider_message_id: Option<String>,
    pub delivery_status: Option<DeliveryStatus>,
    pub delivery_reason: Option<String>,
    pub delivery_code: Option<String>,
    pub sent_at: Timestamp,
    pub attachments: Vec<Attachment>,
}

/// A place in the order of messages.
pub type Position = (Timestamp, MessageId);

/// The id under which a visitor's message is stored once, whatever conversation it ends up in.
pub fn provider_message_id(visitor: &VisitorId, client_id: &str) -> String {
    format!("{visitor}:{client_id}")
}

/// The client's own id inside a stored one.
pub fn client_id_of<'a>(visitor: &VisitorId, provider_message_id: &'a str) -> Option<&'a str> {
    provider_message_id.strip_prefix(visitor.as_str())?.strip_prefix(':')
}

const COLUMNS: &str = "m.id, m.conversation_id, m.direction, m.author_kind, m.author_name, m.body_text, \
    m.provider_message_id, m.delivery_status, m.delivery_reason, m.delivery_code, m.sent_at";

/// ?2 is the visitor, ?3 what the ids of the visitor's own messages begin with (31 characters), ?4 a pattern for the
/// recipients of ours.
const VISIBLE: &str = "m.workspace_id = ?1 and m.kind = 'message' and m.channel = 'chat' and m.conversation_id in \
    (select ca.conversation_id from conversation_addresses ca \
     join contact_addresses a on a.workspace_id = ca.workspace_id and a.id = ca.address_id \
     join conversations c on c.workspace_id = ca.workspace_id and c.id = ca.conversation_id and c.contact_id = a.contact_id \
     where ca.workspace_id = ?1 and a.kind = 'visitor' and a.normalised = ?2) \
    and ((m.direction = 'inbound' and substr(m.provider_message_id, 1, 31) = ?3) \
     or (m.direction = 'outbound' and m.details like ?4 escape '\\' \
      and coalesce(m.delivery_status, '') not in ('queued', 'sending', 'cancelled')))";

/// The parameters of `VISIBLE`.
fn of(visitor: &VisitorId) -> Vec<Param<'_>> {
    vec![
        Param::Text(visitor.as_str()),
        Param::OwnedText(format!("{visitor}:")),
        Param::OwnedText(format!("%\"address\":\"{}\"%", crate::contact::escape_like(visitor.as_str()))),
    ]
}

fn from_row(row: &Row) -> Result<ChatMessage, Error> {
    Ok(ChatMessage {
        id: row.get(0)?,
        conversation_id: row.get(1)?,
        direction: row.get(2)?,
        author_kind: row.get(3)?,
        author_name: row.get(4)?,
        body_text: row.get(5)?,
        provider_message_id: row.get(6)?,
        delivery_status: row.get(7)?,
        delivery_reason: row.get(8)?,
        delivery_code: row.get(9)?,
        sent_at: row.get(10)?,
        attachments: Vec::new(),
    })
}

fn with_attachments(tx: &mut Tx<'_>, rows: &[Row]) -> Result<Vec<ChatMessage>, Error> {
    let mut messages = rows.iter().map(from_row).collect::<Result<Vec<_>, _>>()?;
    if messages.is_empty() {
        return Ok(messages);
    }
    let ids: Vec<Param<'_>> =
        messages.iter().map(|message| Param::OwnedText(message.id.as_str().into())).collect();
    let places: Vec<String> = (0..ids.len()).map(|index| format!("?{}", index + 2)).collect();
    let sql = format!(
        "select id, file_name, media_type, size_bytes, message_id from attachments \
         where workspace_id = ?1 and message_id in ({}) order by position, id",
        places.join(", ")
    );
    let mut by_message: HashMap<MessageId, Vec<Attachment>> = HashMap::new();
    for row in tx.query(&sql, &ids)? {
        by_message.entry(row.get(4)?).or_default().push(Attachment {
            id: row.get(0)?,
            file_name: row.get(1)?,
            media_type: row.get(2)?,
            size_bytes: row.get(3)?,
            inline: false,
            content_id: None,
            url: String::new(),
            preview_url: None,
        });
    }
    for message in &mut messages {
        message.attachments = by_message.remove(&message.id).unwrap_or_default();
    }
    Ok(messages)
}

/// Messages before a place, newest first.
pub fn list_before(
    tx: &mut Tx<'_>,
    visitor: &VisitorId,
    before: Option<&Position>,
    limit: i64,
) -> Result<Vec<ChatMessage>, Error> {
    let mut params = of(visitor);
    let condition = match before {
        Some((at, id)) => {
            params.extend(params![*at, id]);
            " and (m.sent_at, m.id) < (?5, ?6)"
        }
        None => "",
    };
    let sql = format!(
        "select {COLUMNS} from messages m where {VISIBLE}{condition} order by m.sent_at desc, m.id desc limit {limit}"
    );
    let rows = tx.query(&sql, &params)?;
    with_attachments(tx, &rows)
}

/// The message, if this visitor may see it.
pub fn find(tx: &mut Tx<'_>, visitor: &VisitorId, id: &MessageId) -> Result<Option<ChatMessage>, Error> {
    let mut params = of(visitor);
    params.push(Param::Text(id.as_str()));
    let rows =
        tx.query(&format!("select {COLUMNS} from messages m where {VISIBLE} and m.id = ?5"), &params)?;
    Ok(with_attachments(tx, &rows)?.pop())
}

/// What was written to the visitor after a place, oldest first.
pub fn list_answers_after(
    tx: &mut Tx<'_>,
    visitor: &VisitorId,
    after: Option<&Position>,
    limit: i64,
) -> Result<Vec<ChatMessage>, Error> {
    let mut params = of(visitor);
    let condition = bind_after(&mut params, after);
    let sql = format!(
        "select {COLUMNS} from messages m where {VISIBLE} and m.direction = 'outbound'{condition} \
         order by m.sent_at, m.id limit {limit}"
    );
    let rows = tx.query(&sql, &params)?;
    with_attachments(tx, &rows)
}

/// How much was written to the visitor after a place.
pub fn count_answers_after(
    tx: &mut Tx<'_>,
    visitor: &VisitorId,
    after: Option<&Position>,
) -> Result<i64, Error> {
    let mut params = of(visitor);
    let condition = bind_after(&mut params, after);
    let sql =
        format!("select count(*) from messages m where {VISIBLE} and m.direction = 'outbound'{condition}");
    tx.query_opt(&sql, &params)?.map_or(Ok(0), |row| row.get(0))
}

fn bind_after<'a>(params: &mut Vec<Param<'a>>, after: Option<&'a Position>) -> &'static str {
    match after {
        Some((at, id)) => {
            params.extend(params![*at, id]);
            " and (m.sent_at, m.id) > (?5, ?6)"
        }
        None => "",
    }
}

/// Where a message stands in the order.
pub fn position(tx: &mut Tx<'_>, id: &MessageId) -> Result<Option<Position>, Error> {
    tx.query_opt("select sent_at, id from messages where workspace_id = ?1 and id = ?2", &params![id])?
        .map(|row| Ok((row.get(0)?, row.get(1)?)))
        .transpose()
}

/// Every conversation that is led with the visitor: what can still go on first, then the newest.
pub fn list_conversations(tx: &mut Tx<'_>, visitor: &VisitorId) -> Result<Vec<ConversationId>, Error> {
    tx.query(
        "select c.id from contact_addresses a \
         join conversation_addresses ca on ca.workspace_id = a.workspace_id and ca.address_id = a.id \
         join conversations c on c.workspace_id = ca.workspace_id and c.id = ca.conversation_id and c.contact_id = a.contact_id \
         where a.workspace_id = ?1 and a.kind = 'visitor' and a.normalised = ?2 \
         order by case when c.status = 'closed' then 1 else 0 end, c.created_at desc, c.id desc limit 100",
        &params![visitor],
    )?
    .iter()
    .map(|row| row.get(0))
    .collect()
}

/// The visitor's newest message that some teammate has on record as read.
///
/// Each teammate's record counts inbound messages, so the furthest one says up to which message somebody has read.
pub fn newest_seen(
    tx: &mut Tx<'_>,
    visitor: &VisitorId,
    conversation: &ConversationId,
) -> Result<Option<MessageId>, Error> {
    let row = tx.query_opt(
        "select coalesce(max(read_count), 0) from conversation_reads where workspace_id = ?1 and conversation_id = ?2",
        &params![conversation],
    )?;
    let read_count: i64 = row.map_or(Ok(0), |row| row.get(0))?;
    if read_count == 0 {
        return Ok(None);
    }
    let last_read = tx.query_opt(
        "select sent_at, id from messages where workspace_id = ?1 and conversation_id = ?2 and direction = 'inbound' \
         and kind = 'message' and not automatic order by sent_at, id limit 1 offset ?3",
        &params![conversation, read_count - 1],
    )?;
    let Some(last_read) = last_read else { return Ok(None) };
    let mut params = of(visitor);
    let (at, id): (Timestamp, MessageId) = (last_read.get(0)?, last_read.get(1)?);
    params.extend(params![conversation, at, &id]);
    let sql = format!(
        "select m.id from messages m where {VISIBLE} and m.conversation_id = ?5 and m.direction = 'inbound' \
         and (m.sent_at, m.id) <= (?6, ?7) order by m.sent_at desc, m.id desc limit 1"
    );
    tx.query_opt(&sql, &params)?.map(|row| row.get(0)).transpose()
}
