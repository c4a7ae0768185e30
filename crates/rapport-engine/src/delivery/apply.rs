//! Moves a message's delivery on, never back, and tells everybody.

use rapport_domain::model::{Conversation, Delivery, Message};
use rapport_domain::{Actor, DeliveryStatus, Event, MessageId, Timestamp, text};
use rapport_store::Tx;

use crate::conversation::open;
use crate::{Error, announce};

#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub status: DeliveryStatus,
    /// In words for people.
    pub reason: Option<String>,
    pub code: Option<String>,
    pub next_attempt_at: Option<Timestamp>,
}

/// Why a person is needed after this.
const fn reason_to_act(status: DeliveryStatus) -> &'static str {
    match status {
        DeliveryStatus::Unknown => "It is not certain that a message was sent.",
        DeliveryStatus::Bounced => "A message came back undelivered.",
        _ => "A message could not be sent.",
    }
}

/// Whether the change was allowed and made. A final failure asks for a person's attention.
pub(crate) fn apply(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: &MessageId,
    change: Change,
    now: Timestamp,
) -> Result<bool, Error> {
    let Some(stored) = rapport_store::message::find(tx, id)? else { return Ok(false) };
    let Some(mut conversation) =
        rapport_store::conversation::find_for_update(tx, &stored.message.conversation_id)?
    else {
        return Ok(false);
    };
    let Some(before) = stored.message.delivery.clone() else { return Ok(false) };
    if !before.status.may_become(change.status) {
        return Ok(false);
    }
    let delivery = Delivery {
        status: change.status,
        reason: change.reason.map(|reason| text::single_line(&reason, 500)),
        code: change.code.map(|code| text::single_line(&code, 100)),
        attempts: before.attempts + i64::from(change.status == DeliveryStatus::Sending),
        next_attempt_at: change.next_attempt_at,
        updated_at: now,
    };
    rapport_store::message::save_delivery(tx, id, &delivery, None)?;
    if change.status == DeliveryStatus::Sending {
        // Only the outcome is worth telling.
        return Ok(true);
    }
    let is_last = conversation.last_message.as_ref().is_some_and(|last| last.id == *id);
    if let Some(last) = conversation.last_message.as_mut().filter(|_| is_last) {
        last.delivery_status = Some(delivery.status);
    }
    let failed =
        matches!(delivery.status, DeliveryStatus::Failed | DeliveryStatus::Bounced | DeliveryStatus::Unknown);
    if failed {
        conversation.requires_action = Some(reason_to_act(delivery.status).to_owned());
    } else if conversation.requires_action.as_deref() == Some(reason_to_act(before.status)) {
        // What asked for attention is being dealt with.
        conversation.requires_action = None;
    }
    tell(tx, actor, &mut conversation, id, delivery, now)?;
    Ok(true)
}

/// Brings the next attempt of a message forward that waits for one. `false` when it does not.
pub(crate) fn hasten(
    tx: &mut Tx<'_>,
    actor: &Actor,
    message: &Message,
    now: Timestamp,
) -> Result<bool, Error> {
    let Some(before) = &message.delivery else { return Ok(false) };
    let waits = before.status == DeliveryStatus::Queued && before.next_attempt_at.is_some_and(|at| at > now);
    if !waits || !rapport_store::jobs::hasten_jobs_of_key(tx, message.id.as_str(), now.as_millis())? {
        return Ok(false);
    }
    let Some(mut conversation) = rapport_store::conversation::find_for_update(tx, &message.conversation_id)?
    else {
        return Ok(false);
    };
    let delivery = Delivery { next_attempt_at: Some(now), updated_at: now, ..before.clone() };
    rapport_store::message::save_delivery(tx, &message.id, &delivery, None)?;
    tell(tx, actor, &mut conversation, &message.id, delivery, now)?;
    Ok(true)
}

fn tell(
    tx: &mut Tx<'_>,
    actor: &Actor,
    conversation: &mut Conversation,
    id: &MessageId,
    delivery: Delivery,
    now: Timestamp,
) -> Result<(), Error> {
    open::save(tx, conversation, now)?;
    let event = Event::MessageDeliveryChanged {
        conversation: Box::new(conversation.clone()),
        message_id: id.clone(),
        delivery,
    };
    announce::conversation(tx, actor, now, conversation, &event)
}
