//! Messages and notes with their attachments and delivery.

mod attachment;
mod email_id;
mod list;

pub use attachment::{
    StoredAttachment, attach, create_attachment, create_attachments, delete_loose_attachments, detach_all,
    find_attachment, list_attachments,
};
pub use email_id::{
    AnsweredConversation, KnownEmail, SeenMessage, add_email_id, find_answered, find_seen, list_by_email_id,
};
pub use list::{
    MessageText, find_last_of_channel, find_waiting_since, list_after, list_answers_after, list_before,
    list_texts,
};

use rapport_domain::model::{Author, Delivery, Message, Recipient};
use rapport_domain::{ChannelAccountId, ConversationId, DeliveryStatus, MessageId, Timestamp};
use serde::{Deserialize, Serialize};

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

/// Stores a message. `Error::Unique` when its provider id or client id is there already.
pub fn create(tx: &mut Tx<'_>, stored: &StoredMessage) -> Result<(), Error> {
    let message = &stored.message;
    let details = columns::to_json(&stored.details);
    let visible_text = message.has_quote.then_some(message.visible_text.as_str());
    let delivery = message.delivery.as_ref();
    tx.execute(
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
