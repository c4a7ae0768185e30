//! Sends a message again that failed, bounced or whose fate is unknown, because a person asked for it.
//! One that waits for another attempt gets it at once.

use rapport_domain::model::Message;
use rapport_domain::{ConversationId, DeliveryStatus, MessageId, Permission, Status};

use crate::worker::jobs;
use crate::{Caller, Engine, Error, access, delivery};

impl Engine {
    pub async fn retry_message(
        &self,
        caller: &Caller,
        conversation_id: &ConversationId,
        id: &MessageId,
    ) -> Result<Message, Error> {
        caller.require(Permission::ConversationReply)?;
        let (engine, caller_) = (self.clone(), caller.clone());
        let (conversation_id_, id_) = (conversation_id.clone(), id.clone());
        self.commit(caller, conversation_id.as_str(), move |tx| {
            let conversation = access::conversation_for_update(tx, &caller_, &conversation_id_)?;
            if conversation.status == Status::Closed {
                return Err(Error::conflict(
                    "conversation_closed",
                    "This conversation is closed. Create a follow-up.",
                ));
            }
            let stored = access::message(tx, &caller_, &conversation_id_, &id_)?;
            let now = engine.now();
            if delivery::hasten(tx, &caller_.actor(), &stored.message, now)? {
                return rapport_store::message::find(tx, &id_)?
                    .map(|stored| stored.message)
                    .ok_or(Error::NotFound);
            }
            let status = stored.message.delivery.as_ref().map(|delivery| delivery.status);
            let failed = matches!(
                status,
                Some(DeliveryStatus::Failed | DeliveryStatus::Bounced | DeliveryStatus::Unknown)
            );
            if !failed {
                return Err(Error::conflict_with(
                    "not_failed",
                    "Only a message that failed or waits for another attempt can be sent again.",
                    &engine.signed_for(&caller_, stored.message),
                ));
            }
            let change = delivery::Change {
                status: DeliveryStatus::Queued,
                reason: None,
                code: None,
                next_attempt_at: None,
            };
            delivery::apply(tx, &caller_.actor(), &id_, change, now)?;
            jobs::enqueue_delivery(tx, &engine, &id_, now)?;
            rapport_store::message::find(tx, &id_)?.map(|stored| stored.message).ok_or(Error::NotFound)
        })
        .await
    }
}
