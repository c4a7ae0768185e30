//! Messages and notes with their attachments and delivery.

use std::collections::HashMap;

use rapport_domain::model::{Attachment, Author, Delivery, Message, Recipient};
use rapport_domain::{
    AttachmentId, ChannelAccountId, ConversationId, DeliveryStatus, MessageId, Timestamp, UserId,
};
use serde::{Deserialize, Serialize};

use crate::filter::bind_ids;
use crate::{Error, Row, Tx, columns, params};

/// What is kept of a message beyond its columns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MessageDetails {
    pub from: Option<Recipient>,
    pub to: Vec<Recipient>,
    pub cc: Vec<Recipient>,
    pub bcc: Vec<Recipient>,
    /// Where the sender wants answers to go, when that is not where they wrote from.
    pub reply_to: Vec<Recipient>,
    pub warnings: Vec<String>,
    pub in_reply_to: Option<String>,
    pub references: Vec<String>,
}

/// A message together with what the API does not show.
#[derive(Clone, Debug)]
pub struct StoredMessage {
    pub message: Message,
    pub details: MessageDetails,
    pub raw_blob: Option<String>,
    pub provider_message_id: Option<String>,
}

const COLUMNS: &str = "m.id, m.conversation_id, m.kind, m.direction, m.channel, m.channel_account_id, m.author_kind, \
    m.author_id, m.author_name, m.subject, m.body_text, m.visible_text, m.body_html, m.has_remote_images, m.automatic, \
    m.ai_generated, m.ai_drafted, m.details, m.delivery_status, m.delivery_reason, m.delivery_code, m.delivery_attempts, \
    m.next_attempt_at, m.delivery_updated_at, m.provider_message_id, m.email_message_id, m.client_id, m.held_until, \
    m.raw_blob, m.sent_at, m.created_at, m.version";

fn from_row(row: &Row) -> Result<StoredMessage, Error> {
    let details: MessageDetails = columns::json(row, 17)?;
    let body_text: String = row.get(10)?;
    let visible_text: Option<String> = row.get(11)?;
    let created_at: Timestamp = row.get(30)?;
    let delivery = match row.get::<Option<DeliveryStatus>>(18)? {
        Some(status) => Some(Delivery {
            status,
            reason: row.get(19)?,
            code: row.get(20)?,
            attempts: row.get(21)?,
            next_attempt_at: row.get(22)?,
            updated_at: row.get::<Option<Timestamp>>(23)?.unwrap_or(created_at),
        }),
        None => None,
    };
    let message = Message {
        id: row.get(0)?,
        conversation_id: row.get(1)?,
        kind: row.get(2)?,
        direction: row.get(3)?,
        channel: row.get(4)?,
        channel_account_id: row.get(5)?,
        author: Author { kind: row.get(6)?, id: row.get(7)?, name: row.get(8)? },
        subject: row.get(9)?,
        has_quote: visible_text.is_some(),
        visible_text: visible_text.unwrap_or_else(|| body_text.clone()),
        body_text,
        body_html: row.get(12)?,
        has_remote_images: row.get(13)?,
        truncated: false,
        from: details.from.clone(),
        to: details.to.clone(),
        cc: details.cc.clone(),
        bcc: details.bcc.clone(),
        attachments: Vec::new(),
        delivery,
        automatic: row.get(14)?,
        warnings: details.warnings.clone(),
        ai_generated: row.get(15)?,
        ai_drafted: row.get(16)?,
        client_id: row.get(26)?,
        email_message_id: row.get(25)?,
        held_until: row.get(27)?,
        sent_at: row.get(29)?,
        created_at,
        version: row.get(31)?,
    };
    Ok(StoredMessage { message, details, raw_blob: row.get(28)?, provider_message_id: row.get(24)? })
}

pub fn find(tx: &mut Tx<'_>, id: &MessageId) -> Result<Option<StoredMessage>, Error> {
    let sql = format!("select {COLUMNS} from messages m where m.workspace_id = ?1 and m.id = ?2");
    let Some(row) = tx.query_opt(&sql, &params![id])? else { return Ok(None) };
    let mut stored = from_row(&row)?;
    stored.message.attachments = list_attachments(tx, &stored.message.id)?;
    Ok(Some(stored))
}

pub fn find_by_client_id(
    tx: &mut Tx<'_>,
    conversation: &ConversationId,
    client_id: &str,
) -> Result<Option<MessageId>, Error> {
    tx.query_opt(
        "select id from messages where workspace_id = ?1 and conversation_id = ?2 and client_id = ?3",
        &params![conversation, client_id],
    )?
    .map(|row| row.get(0))
    .transpose()
}

pub fn find_by_provider_id(
    tx: &mut Tx<'_>,
    account: &ChannelAccountId,
    provider_message_id: &str,
) -> Result<Option<(MessageId, ConversationId)>, Error> {
    tx.query_opt(
        "select id, conversation_id from messages where workspace_id = ?1 and channel_account_id = ?2 and provider_message_id = ?3",
        &params![account, provider_message_id],
    )?
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .transpose()
}

/// Where a message with this Message-ID is, ours or theirs.
#[derive(Clone, Debug)]
pub struct KnownEmail {
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    pub channel_account_id: Option<ChannelAccountId>,
    pub outbound: bool,
}

pub fn list_by_email_id(tx: &mut Tx<'_>, email_message_id: &str) -> Result<Vec<KnownEmail>, Error> {
    tx.query(
        "select m.id, m.conversation_id, m.channel_account_id, m.direction from email_message_ids e \
         join messages m on m.workspace_id = e.workspace_id and m.id = e.message_id \
         where e.workspace_id = ?1 and e.email_message_id = ?2 order by m.created_at, m.id",
        &params![email_message_id],
    )?
    .iter()
    .map(|row| {
        Ok(KnownEmail {
            message_id: row.get(0)?,
            conversation_id: row.get(1)?,
            channel_account_id: row.get(2)?,
            outbound: row.get::<String>(3)? == "outbound",
        })
    })
    .collect()
}

pub fn add_email_id(tx: &mut Tx<'_>, email_message_id: &str, message: &MessageId) -> Result<(), Error> {
    tx.execute(
        "insert into email_message_ids (workspace_id, email_message_id, message_id) values (?1, ?2, ?3) on conflict do nothing",
        &params![email_message_id, message],
    )?;
    Ok(())
}

/// Stores a message. `Error::Unique` when its provider id or client id is there already.
pub fn create(tx: &mut Tx<'_>, stored: &StoredMessage) -> Result<(), Error> {
    let message = &stored.message;
    let details = columns::to_json(&stored.details);
    let visible_text = message.has_quote.then_some(message.visible_text.as_str());
    let delivery = message.delivery.as_ref();
    tx.try_execute(
        "insert into messages (workspace_id, id, conversation_id, kind, direction, channel, channel_account_id, \
         author_kind, author_id, author_name, subject, body_text, visible_text, body_html, has_remote_images, automatic, \
         ai_generated, ai_drafted, details, delivery_status, delivery_updated_at, provider_message_id, email_message_id, \
         client_id, held_until, raw_blob, sent_at, created_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, \
         ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28)",
        &params![
            &message.id,
            &message.conversation_id,
            message.kind,
            message.direction,
            message.channel,
            &message.channel_account_id,
            message.author.kind,
            &message.author.id,
            &message.author.name,
            &message.subject,
            &message.body_text,
            visible_text,
            &message.body_html,
            message.has_remote_images,
            message.automatic,
            message.ai_generated,
            message.ai_drafted,
            details,
            delivery.map(|delivery| delivery.status),
            delivery.map(|delivery| delivery.updated_at),
            &stored.provider_message_id,
            &message.email_message_id,
            &message.client_id,
            message.held_until,
            &stored.raw_blob,
            message.sent_at,
            message.created_at,
        ],
    )?;
    Ok(())
}

/// Writes how far the message has come and counts its version up. Whether that is allowed is decided before.
pub fn save_delivery(
    tx: &mut Tx<'_>,
    id: &MessageId,
    delivery: &Delivery,
    held_until: Option<Timestamp>,
) -> Result<(), Error> {
    tx.execute(
        "update messages set delivery_status = ?3, delivery_reason = ?4, delivery_code = ?5, delivery_attempts = ?6, \
         next_attempt_at = ?7, delivery_updated_at = ?8, held_until = ?9, version = version + 1 \
         where workspace_id = ?1 and id = ?2",
        &params![
            id,
            delivery.status,
            &delivery.reason,
            &delivery.code,
            delivery.attempts,
            delivery.next_attempt_at,
            delivery.updated_at,
            held_until
        ],
    )?;
    Ok(())
}

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

const ATTACHMENT_COLUMNS: &str = "id, file_name, media_type, size_bytes, inline, content_id";

fn attachment_from_row(row: &Row) -> Result<Attachment, Error> {
    Ok(Attachment {
        id: row.get(0)?,
        file_name: row.get(1)?,
        media_type: row.get(2)?,
        size_bytes: row.get(3)?,
        inline: row.get(4)?,
        content_id: row.get(5)?,
        url: String::new(),
        preview_url: None,
    })
}

pub fn list_attachments(tx: &mut Tx<'_>, message: &MessageId) -> Result<Vec<Attachment>, Error> {
    let sql = format!(
        "select {ATTACHMENT_COLUMNS} from attachments where workspace_id = ?1 and message_id = ?2 order by position, id"
    );
    tx.query(&sql, &params![message])?.iter().map(attachment_from_row).collect()
}

/// An attachment with where its bytes are.
#[derive(Clone, Debug)]
pub struct StoredAttachment {
    pub attachment: Attachment,
    pub blob_key: String,
    pub message_id: Option<MessageId>,
    /// The user or visitor who uploaded it, until it belongs to a message.
    pub uploaded_by: Option<String>,
    pub created_at: Timestamp,
}

pub fn find_attachment(tx: &mut Tx<'_>, id: &AttachmentId) -> Result<Option<StoredAttachment>, Error> {
    let sql = format!(
        "select {ATTACHMENT_COLUMNS}, blob_key, message_id, uploaded_by, created_at from attachments where workspace_id = ?1 and id = ?2"
    );
    tx.query_opt(&sql, &params![id])?
        .map(|row| {
            Ok(StoredAttachment {
                attachment: attachment_from_row(&row)?,
                blob_key: row.get(6)?,
                message_id: row.get(7)?,
                uploaded_by: row.get(8)?,
                created_at: row.get(9)?,
            })
        })
        .transpose()
}

pub fn create_attachment(tx: &mut Tx<'_>, stored: &StoredAttachment, position: i64) -> Result<(), Error> {
    let attachment = &stored.attachment;
    tx.execute(
        "insert into attachments (workspace_id, id, message_id, uploaded_by, file_name, media_type, size_bytes, blob_key, \
         content_id, inline, position, created_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        &params![
            &attachment.id,
            &stored.message_id,
            &stored.uploaded_by,
            &attachment.file_name,
            &attachment.media_type,
            attachment.size_bytes,
            &stored.blob_key,
            &attachment.content_id,
            attachment.inline,
            position,
            stored.created_at,
        ],
    )?;
    Ok(())
}

/// Gives an uploaded file to a message. False when it is not this uploader's or belongs to a message already.
pub fn attach(
    tx: &mut Tx<'_>,
    id: &AttachmentId,
    uploaded_by: &str,
    message: &MessageId,
    position: i64,
    inline: bool,
    content_id: Option<&str>,
) -> Result<bool, Error> {
    let changed = tx.execute(
        "update attachments set message_id = ?3, position = ?4, inline = ?5, content_id = ?6 \
         where workspace_id = ?1 and id = ?2 and message_id is null and uploaded_by = ?7",
        &params![id, message, position, inline, content_id, uploaded_by],
    )?;
    Ok(changed == 1)
}

/// Gives the files of a message that was taken back to whoever uploaded them.
pub fn detach_all(tx: &mut Tx<'_>, message: &MessageId) -> Result<u64, Error> {
    tx.execute(
        "update attachments set message_id = null, inline = ?3, content_id = null \
         where workspace_id = ?1 and message_id = ?2 and uploaded_by is not null",
        &params![message, false],
    )
}

/// Removes uploads that never became part of a message. Returns the keys of their bytes that nothing else uses.
pub fn delete_loose_attachments(tx: &mut Tx<'_>, before: Timestamp) -> Result<Vec<String>, Error> {
    let rows = tx.query(
        "delete from attachments where workspace_id = ?1 and message_id is null and created_at < ?2 \
         and not exists (select 1 from drafts d where d.workspace_id = attachments.workspace_id \
         and d.content like '%' || attachments.id || '%') returning blob_key",
        &params![before],
    )?;
    let mut unused = Vec::new();
    for row in rows {
        let key: String = row.get(0)?;
        let in_use = tx.query_opt(
            "select 1 from attachments where workspace_id = ?1 and blob_key = ?2 \
             union all select 1 from messages where workspace_id = ?1 and raw_blob = ?2 limit 1",
            &params![&key],
        )?;
        if in_use.is_none() {
            unused.push(key);
        }
    }
    Ok(unused)
}
