//! Files that visitors upload: theirs alone until a message takes them, and only so many a day.

use bytes::Bytes;
use rapport_domain::AttachmentId;

use super::history::show_attachment;
use super::{AttachmentView, ChatError, Visit};
use crate::signed_url::Reader;
use crate::{Engine, Error};

pub const MAX_UPLOAD_BYTES_PER_DAY: i64 = 100 * 1024 * 1024;
const DAY_SECONDS: i64 = 24 * 3600;

/// Why an upload was not taken.
#[derive(Debug, thiserror::Error)]
pub enum UploadRefusal {
    #[error("the file is empty")]
    Empty,
    /// The visitor has uploaded enough for today.
    #[error("too much was uploaded today")]
    QuotaUsedUp { retry_after_seconds: u64 },
    #[error(transparent)]
    Chat(#[from] ChatError),
}

impl From<Error> for UploadRefusal {
    fn from(error: Error) -> Self {
        Self::Chat(error.into())
    }
}

impl Engine {
    /// Whether the visitor may upload anything now; asked before the bytes are read.
    pub async fn chat_may_upload(&self, visit: &Visit) -> Result<(), UploadRefusal> {
        let (visitor, since) = (visit.visitor.id.clone(), self.now().plus_seconds(-DAY_SECONDS));
        let used = self
            .read(&visit.workspace, move |tx| {
                Ok(rapport_store::visitor::upload::bytes_since(tx, &visitor, since)?)
            })
            .await?;
        if used < MAX_UPLOAD_BYTES_PER_DAY {
            return Ok(());
        }
        Err(UploadRefusal::QuotaUsedUp { retry_after_seconds: 3600 })
    }

    pub async fn chat_upload(
        &self,
        visit: &Visit,
        file_name: &str,
        declared_type: &str,
        bytes: Bytes,
    ) -> Result<AttachmentView, UploadRefusal> {
        if bytes.is_empty() {
            return Err(UploadRefusal::Empty);
        }
        let owner = visit.visitor.id.as_str();
        let attachment = self.store_upload(&visit.workspace, owner, file_name, declared_type, bytes).await?;
        let reader = Reader::Visitor(visit.visitor.id.clone());
        Ok(show_attachment(self, &visit.workspace, &reader, attachment))
    }

    /// Throws an unsent upload away.
    pub async fn chat_discard_upload(&self, visit: &Visit, id: AttachmentId) -> Result<(), ChatError> {
        let visitor = visit.visitor.id.clone();
        self.write(&visit.workspace, visit.visitor.id.as_str(), move |tx| {
            match rapport_store::visitor::upload::discard(tx, &visitor, &id)? {
                true => Ok(()),
                false => Err(Error::NotFound),
            }
        })
        .await?;
        Ok(())
    }
}
