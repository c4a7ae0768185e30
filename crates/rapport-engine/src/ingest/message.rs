//! What is stored of a message from outside: its text, who it names and its files.

use bytes::Bytes;
use rapport_domain::model::{Attachment, Author, Conversation, Message};
use rapport_domain::{AttachmentId, Direction, MessageId, MessageKind, Timestamp, WorkspaceId};
use rapport_store::Tx;
use rapport_store::message::{MessageDetails, StoredAttachment, StoredMessage};

use super::{Inbound, InboundAttachment};
use crate::{Engine, Error, attachment};

/// The message as it is stored.
pub(super) fn to_message(
    engine: &Engine,
    inbound: &Inbound,
    author: Author,
    conversation: &Conversation,
    warnings: Vec<String>,
    now: Timestamp,
) -> StoredMessage {
    let details = MessageDetails {
        from: inbound.recipients.from.clone(),
        to: inbound.recipients.to.clone(),
        cc: inbound.recipients.cc.clone(),
        bcc: Vec::new(),
        reply_to: inbound.recipients.reply_to.clone(),
        warnings,
        in_reply_to: inbound.threading.in_reply_to.clone(),
        references: inbound.threading.references.clone(),
    };
    let uploaded = inbound.uploads.iter().flat_map(|(_, attachments)| attachments.iter().cloned());
    let attachments: Vec<Attachment> = inbound
        .attachments
        .iter()
        .map(|attachment| Attachment {
            id: AttachmentId::generate(now, engine.entropy()),
            file_name: attachment.file_name.clone(),
            media_type: attachment.media_type.clone(),
            size_bytes: attachment.size_bytes,
            inline: attachment.inline,
            content_id: attachment.content_id.clone(),
            url: String::new(),
            preview_url: None,
        })
        .chain(uploaded)
        .collect();
    let message = Message {
        id: MessageId::generate(now, engine.entropy()),
        conversation_id: conversation.id.clone(),
        kind: MessageKind::Message,
        direction: Direction::Inbound,
        channel: inbound.channel,
        channel_account_id: Some(inbound.channel_account_id.clone()),
        author,
        subject: inbound.subject.clone(),
        body_text: inbound.body_text.clone(),
        visible_text: inbound.visible_text.clone().unwrap_or_else(|| inbound.body_text.clone()),
        has_quote: inbound.visible_text.is_some(),
        body_html: inbound.body_html.clone(),
        has_remote_images: inbound.has_remote_images,
        truncated: false,
        from: details.from.clone(),
        to: details.to.clone(),
        cc: details.cc.clone(),
        bcc: Vec::new(),
        attachments,
        delivery: None,
        automatic: inbound.automatic,
        warnings: details.warnings.clone(),
        ai_generated: false,
        ai_drafted: false,
        client_id: inbound.client_id.clone(),
        email_message_id: inbound.threading.email_message_id.clone(),
        held_until: None,
        sent_at: now,
        created_at: now,
        version: 1,
    };
    StoredMessage { message, details, raw_blob: inbound.raw_blob.clone(), provider_message_id: None }
}

/// Stores the files that came with the message, and gives it those that were uploaded before.
pub(super) fn store_attachments(
    tx: &mut Tx<'_>,
    message: &Message,
    inbound: &Inbound,
    now: Timestamp,
) -> Result<(), Error> {
    let attachments: Vec<StoredAttachment> = message
        .attachments
        .iter()
        .zip(&inbound.attachments)
        .map(|(attachment, source)| StoredAttachment {
            attachment: attachment.clone(),
            blob_key: source.blob_key.clone(),
            message_id: Some(message.id.clone()),
            uploaded_by: None,
            created_at: now,
        })
        .collect();
    rapport_store::message::create_attachments(tx, &attachments)?;
    if let Some((uploaded_by, uploads)) = &inbound.uploads {
        let only_uploads = Message { attachments: uploads.clone(), ..message.clone() };
        attachment::attach_all(tx, uploaded_by, &only_uploads)?;
    }
    Ok(())
}

/// Keeps the bytes of attachments before the transaction that refers to them.
pub(super) async fn keep_attachment(
    engine: &Engine,
    workspace: &WorkspaceId,
    file_name: String,
    media_type: String,
    bytes: Vec<u8>,
    content_id: Option<String>,
    inline: bool,
) -> Result<InboundAttachment, Error> {
    let size_bytes = bytes.len() as i64;
    let blob_key = engine.blobs().put(workspace, Bytes::from(bytes)).await?;
    Ok(InboundAttachment { file_name, media_type, size_bytes, blob_key, content_id, inline })
}
