//! Takes back a message that has not left: one that is held, or that waits for another attempt.

use rapport_domain::model::Message;
use rapport_domain::{ConversationId, DeliveryStatus, Event, MessageId, Permission};

use crate::conversation::open;
use crate::{Caller, Engine, Error, access, announce};

impl Engine {
    /// Cancels a message that has not left. 409 `already_sent` when it is leaving or has left.
    pub async fn cancel_message(
        &self,
        caller: &Caller,
        conversation_id: &ConversationId,
        id: &MessageId,
    ) -> Result<Message, Error> {
        caller.require(Permission::ConversationReply)?;
        let (engine, caller_) = (self.clone(), caller.clone());
        let (conversation_id_, id_) = (conversation_id.clone(), id.clone());
        self.commit(caller, conversation_id.as_str(), move |tx| {
            let mut conversation = access::conversation_for_update(tx, &caller_, &conversation_id_)?;
            let stored = access::message(tx, &caller_, &conversation_id_, &id_)?;
            let mut message = stored.message;
            let now = engine.now();
            let Some(mut delivery) = message.delivery.clone() else { return Err(Error::NotFound) };
            if delivery.status == DeliveryStatus::Cancelled {
                return Ok(message);
            }
            // An attempt marks the message before it begins, so a queued one is not on its way.
            if delivery.status != DeliveryStatus::Queued {
                let detail = match delivery.status {
                    DeliveryStatus::Sending => "The message is leaving just now.",
                    _ => "The message has left already.",
                };
                let current = engine.signed_for(&caller_, message);
                return Err(Error::conflict_with("already_sent", detail, &current));
            }
            delivery.status = DeliveryStatus::Cancelled;
            delivery.next_attempt_at = None;
            delivery.updated_at = now;
            rapport_store::message::save_delivery(tx, &id_, &delivery, None)?;
            // They can be sent with the next attempt.
            rapport_store::message::detach_all(tx, &id_)?;
            message.attachments.clear();
            if let Some(last) = conversation.last_message.as_mut().filter(|last| last.id == id_) {
                last.delivery_status = Some(DeliveryStatus::Cancelled);
            }
            conversation.waiting_since = rapport_store::message::find_waiting_since(tx, &conversation_id_)?;
            open::save(tx, &mut conversation, now)?;
            let event = Event::MessageCancelled {
                conversation: Box::new(conversation.clone()),
                message_id: id_.clone(),
                delivery: delivery.clone(),
            };
            announce::conversation(tx, &caller_.actor(), now, &conversation, &event)?;
            message.delivery = Some(delivery);
            message.held_until = None;
            message.version += 1;
            Ok(message)
        })
        .await
    }
}
