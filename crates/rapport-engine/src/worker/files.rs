//! The bytes of the files that a mail carries.

use rapport_channels::email::OutgoingAttachment;
use rapport_domain::WorkspaceId;
use rapport_domain::model::Attachment;

use crate::{Engine, Error};

pub(super) async fn load(
    engine: &Engine,
    workspace: &WorkspaceId,
    attachment: &Attachment,
) -> Result<OutgoingAttachment, Error> {
    let id = attachment.id.clone();
    let key = engine
        .read(workspace, move |tx| {
            Ok(rapport_store::message::find_attachment(tx, &id)?.map(|stored| stored.blob_key))
        })
        .await?
        .ok_or(Error::NotFound)?;
    let bytes = engine.blobs().get(&key).await?;
    let bytes = bytes.ok_or_else(|| Error::Blob(format!("the bytes of {} are missing", attachment.id)))?;
    Ok(OutgoingAttachment {
        file_name: attachment.file_name.clone(),
        media_type: attachment.media_type.clone(),
        content_id: attachment.content_id.clone(),
        bytes: bytes.to_vec(),
    })
}
