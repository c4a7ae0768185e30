//! Files on their way into messages and out to readers.

use bytes::Bytes;
use rapport_domain::model::{Attachment, Message};
use rapport_domain::{AttachmentId, Permission, WorkspaceId};
use rapport_store::Tx;
use rapport_store::message::StoredAttachment;

use crate::{Caller, Engine, Error};

/// Files of one message.
pub const MAX_PER_MESSAGE: usize = 20;

impl Engine {
    /// Keeps an uploaded file until a message of the uploader takes it; after a day it is swept away.
    pub async fn upload(
        &self,
        caller: &Caller,
        file_name: &str,
        declared_type: &str,
        bytes: Bytes,
    ) -> Result<Attachment, Error> {
        if !caller.may(Permission::ConversationReply) {
            caller.require(Permission::ConversationNote)?;
        }
        self.store_upload(&caller.workspace, caller.user_id().as_str(), file_name, declared_type, bytes).await
    }

    pub(crate) async fn store_upload(
        &self,
        workspace: &WorkspaceId,
        uploaded_by: &str,
        file_name: &str,
        declared_type: &str,
        bytes: Bytes,
    ) -> Result<Attachment, Error> {
        if bytes.len() as u64 > self.config().max_attachment_bytes {
            return Err(Error::TooLarge { max_bytes: self.config().max_attachment_bytes });
        }
        if bytes.is_empty() {
            return Err(Error::invalid("file", "The file is empty."));
        }
        let attachment = Attachment {
            id: AttachmentId::generate(self.now(), self.entropy()),
            file_name: rapport_channels::file::safe_name(file_name),
            media_type: rapport_channels::file::media_type(&bytes, declared_type),
            size_bytes: bytes.len() as i64,
            inline: false,
            content_id: None,
            url: String::new(),
            preview_url: None,
        };
        let blob_key = self.blobs().put(workspace, bytes).await?;
        let stored = StoredAttachment {
            attachment: attachment.clone(),
            blob_key,
            message_id: None,
            uploaded_by: Some(uploaded_by.to_owned()),
            created_at: self.now(),
        };
        self.write(workspace, uploaded_by, move |tx| {
            rapport_store::message::create_attachment(tx, &stored, 0)?;
            Ok(())
        })
        .await?;
        Ok(attachment)
    }
}

/// The caller's uploads with these ids, in this order. An id of anybody else's is refused like an unknown one.
pub(crate) fn claimable(
    tx: &mut Tx<'_>,
    uploaded_by: &str,
    ids: &[AttachmentId],
    engine: &Engine,
) -> Result<Vec<Attachment>, Error> {
    if ids.len() > MAX_PER_MESSAGE {
        return Err(Error::invalid(
            "attachment_ids",
            format!("A message carries at most {MAX_PER_MESSAGE} files."),
        ));
    }
    let mut attachments = Vec::with_capacity(ids.len());
    let mut total = 0u64;
    for id in ids {
        let stored = rapport_store::message::find_attachment(tx, id)?
            .filter(|stored| {
                stored.message_id.is_none() && stored.uploaded_by.as_deref() == Some(uploaded_by)
            })
            .ok_or_else(|| Error::invalid("attachment_ids", format!("{id} is not an upload of yours.")))?;
        total += stored.attachment.size_bytes as u64;
        attachments.push(stored.attachment);
    }
    if total > engine.config().max_attachment_bytes {
        return Err(Error::TooLarge { max_bytes: engine.config().max_attachment_bytes });
    }
    Ok(attachments)
}

/// What the HTML shows by `cid:` and the id of an upload becomes inline, under that id.
pub(crate) fn place_inline(attachments: &mut [Attachment], html: Option<&str>) {
    let Some(html) = html else { return };
    for attachment in attachments {
        if html.contains(&format!("cid:{}", attachment.id)) {
            attachment.inline = true;
            attachment.content_id = Some(attachment.id.to_string());
        }
    }
}

/// Makes the uploads part of their message, as it shows them.
pub(crate) fn attach_all(tx: &mut Tx<'_>, uploaded_by: &str, message: &Message) -> Result<(), Error> {
    for (position, attachment) in message.attachments.iter().enumerate() {
        let attached = rapport_store::message::attach(
            tx,
            &attachment.id,
            uploaded_by,
            &message.id,
            position as i64,
            attachment.inline,
            attachment.content_id.as_deref(),
        )?;
        if !attached {
            return Err(Error::invalid("attachment_ids", format!("{} was used already.", attachment.id)));
        }
    }
    Ok(())
}
