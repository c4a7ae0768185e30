//! Files of messages, and files on their way into one.

use rapport_domain::model::Attachment;
use rapport_domain::{AttachmentId, MessageId, Timestamp};

use crate::filter::{rows, rows_together};
use crate::{Error, Row, Tx, params};

pub(super) const ATTACHMENT_COLUMNS: &str = "id, file_name, media_type, size_bytes, inline, content_id";

pub(super) fn attachment_from_row(row: &Row) -> Result<Attachment, Error> {
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
    insert(tx, std::slice::from_ref(stored), position)
}

/// Stores the attachments of one message, in their order.
pub fn create_attachments(tx: &mut Tx<'_>, attachments: &[StoredAttachment]) -> Result<(), Error> {
    let mut position = 0;
    for together in attachments.chunks(rows_together(tx.engine())) {
        insert(tx, together, position)?;
        position += together.len() as i64;
    }
    Ok(())
}

fn insert(tx: &mut Tx<'_>, attachments: &[StoredAttachment], first_position: i64) -> Result<(), Error> {
    const INSERT: &str = "insert into attachments (workspace_id, id, message_id, uploaded_by, file_name, media_type, \
                          size_bytes, blob_key, content_id, inline, position, created_at) values ";
    let mut params = Vec::with_capacity(attachments.len() * 11);
    for (position, stored) in (first_position..).zip(attachments) {
        let attachment = &stored.attachment;
        params.extend(params![
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
        ]);
    }
    tx.execute(&format!("{INSERT}{}", rows(attachments.len(), 11)), &params)?;
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
