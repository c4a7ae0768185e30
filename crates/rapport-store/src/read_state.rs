//! How much each person has seen, and what each has begun to write.

use rapport_domain::model::{Draft, DraftContent};
use rapport_domain::{ConversationId, DraftMode, Timestamp, UserId};

use crate::{Error, Tx, columns, params};

/// Writes how many inbound messages of the conversation a person has seen.
pub fn save_read_count(
    tx: &mut Tx<'_>,
    user: &UserId,
    conversation: &ConversationId,
    read_count: i64,
    at: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "insert into conversation_reads (workspace_id, user_id, conversation_id, read_count, updated_at) \
         values (?1, ?2, ?3, ?4, ?5) on conflict (workspace_id, user_id, conversation_id) \
         do update set read_count = excluded.read_count, updated_at = excluded.updated_at",
        &params![user, conversation, read_count, at],
    )?;
    Ok(())
}

pub fn find_draft(
    tx: &mut Tx<'_>,
    user: &UserId,
    conversation: &ConversationId,
    mode: DraftMode,
) -> Result<Option<Draft>, Error> {
    tx.query_opt(
        "select content, updated_at, version from drafts where workspace_id = ?1 and user_id = ?2 and conversation_id = ?3 and mode = ?4",
        &params![user, conversation, mode],
    )?
    .map(|row| {
        Ok(Draft {
            conversation_id: conversation.clone(),
            mode,
            content: columns::json::<DraftContent>(&row, 0)?,
            updated_at: row.get(1)?,
            version: row.get(2)?,
        })
    })
    .transpose()
}

/// Keeps unsent text. Returns its new version.
pub fn save_draft(
    tx: &mut Tx<'_>,
    user: &UserId,
    conversation: &ConversationId,
    mode: DraftMode,
    content: &DraftContent,
    at: Timestamp,
) -> Result<i64, Error> {
    let json = columns::to_json(content);
    let preview = rapport_domain::text::preview(&content.body_text, 140);
    let row = tx.query_opt(
        "insert into drafts (workspace_id, user_id, conversation_id, mode, content, preview, updated_at) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7) on conflict (workspace_id, user_id, conversation_id, mode) \
         do update set content = excluded.content, preview = excluded.preview, updated_at = excluded.updated_at, \
         version = drafts.version + 1 returning version",
        &params![user, conversation, mode, json, preview, at],
    )?;
    row.ok_or_else(|| Error::Database("the draft was not stored".into()))?.get(0)
}

/// Whether there was one.
pub fn delete_draft(
    tx: &mut Tx<'_>,
    user: &UserId,
    conversation: &ConversationId,
    mode: DraftMode,
) -> Result<bool, Error> {
    let deleted = tx.execute(
        "delete from drafts where workspace_id = ?1 and user_id = ?2 and conversation_id = ?3 and mode = ?4",
        &params![user, conversation, mode],
    )?;
    Ok(deleted == 1)
}
