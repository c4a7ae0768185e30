//! One message, with its hidden data on request, and the mail as it came.

use bytes::Bytes;
use rapport_domain::model::Message;
use rapport_domain::{ConversationId, MessageId};

use crate::{Caller, Engine, Error, access};

impl Engine {
    pub async fn find_message(
        &self,
        caller: &Caller,
        conversation_id: &ConversationId,
        id: &MessageId,
    ) -> Result<Message, Error> {
        let (caller_, conversation_id, id) = (caller.clone(), conversation_id.clone(), id.clone());
        self.read(&caller.workspace, move |tx| {
            access::message(tx, &caller_, &conversation_id, &id).map(|stored| stored.message)
        })
        .await
    }

    /// The mail as it arrived. Not found for messages that were no mail.
    pub async fn raw_message(
        &self,
        caller: &Caller,
        conversation_id: &ConversationId,
        id: &MessageId,
    ) -> Result<Bytes, Error> {
        let (caller_, conversation_id, id) = (caller.clone(), conversation_id.clone(), id.clone());
        let key = self
            .read(&caller.workspace, move |tx| {
                access::message(tx, &caller_, &conversation_id, &id)?.raw_blob.ok_or(Error::NotFound)
            })
            .await?;
        self.blobs().get(&key).await?.ok_or(Error::NotFound)
    }
}
