//! Files that visitors upload before they send them.

use rapport_domain::{AttachmentId, Timestamp, VisitorId};

use crate::{Error, Tx, params};

/// How a file is owned that its uploader has thrown away: by nobody who could send it.
fn discarded(visitor: &VisitorId) -> String {
    format!("{visitor}:discarded")
}

/// The bytes that the visitor has uploaded since a moment, sent, unsent or thrown away.
pub fn bytes_since(tx: &mut Tx<'_>, visitor: &VisitorId, since: Timestamp) -> Result<i64, Error> {
    let row = tx.query_opt(
        "select cast(coalesce(sum(size_bytes), 0) as bigint) from attachments \
         where workspace_id = ?1 and uploaded_by in (?2, ?3) and created_at >= ?4",
        &params![visitor, discarded(visitor), since],
    )?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// Takes an unsent upload away from the visitor; the row and its bytes are swept later. False when it is not theirs
/// or was sent.
pub fn discard(tx: &mut Tx<'_>, visitor: &VisitorId, id: &AttachmentId) -> Result<bool, Error> {
    let changed = tx.execute(
        "update attachments set uploaded_by = ?4 where workspace_id = ?1 and id = ?2 and uploaded_by = ?3 \
         and message_id is null",
        &params![id, visitor, discarded(visitor)],
    )?;
    Ok(changed == 1)
}
