//! Ties a returned mail or a delivery report to the message it is about, and keeps it in that conversation: what it
//! says may be more than what we understand of it.

use rapport_channels::email::reply_token::{AddressTokens, TokenPurpose};
use rapport_channels::email::{DsnAction, ParsedEmail};
use rapport_domain::{Actor, DeliveryStatus, MessageId, Timestamp};
use rapport_store::Tx;

use super::{Inbound, Taken, route};
use crate::delivery::{self, Change};
use crate::{Engine, Error};

/// What the report did. `None`: it is about no message of ours and is treated like any other mail.
pub(super) fn accept(
    tx: &mut Tx<'_>,
    engine: &Engine,
    parsed: &ParsedEmail,
    inbound: &Inbound,
    last_inbound_at: Option<Timestamp>,
) -> Result<Option<Taken>, Error> {
    let Some(message_id) = find_original(tx, engine, parsed)? else { return Ok(None) };
    let Some(original) = rapport_store::message::find(tx, &message_id)? else { return Ok(None) };
    // A report that comes again says nothing about a message that was sent again meanwhile.
    let provider_message_id = match route::report_seen_before(tx, inbound, &message_id)? {
        route::Seen::Duplicate(known) => return Ok(Some(known.into())),
        route::Seen::Never(unseen) => unseen.provider_message_id,
    };
    if let Some(change) = change_of(parsed) {
        delivery::apply(tx, &Actor::system(), &message_id, change, engine.now())?;
    }
    let conversation = &original.message.conversation_id;
    super::store_report(tx, engine, inbound, conversation, provider_message_id, last_inbound_at).map(Some)
}

/// Reports can be forged, so only a token or a Message-ID that we gave out counts.
fn find_original(tx: &mut Tx<'_>, engine: &Engine, parsed: &ParsedEmail) -> Result<Option<MessageId>, Error> {
    let tokens = AddressTokens::new(engine.keys().addresses());
    let to = parsed.to.iter().map(|address| address.address.as_str());
    for address in parsed.delivered_to.iter().map(String::as_str).chain(to) {
        if let Some(bytes) = tokens.find(TokenPurpose::Bounce, address, "") {
            return Ok(Some(MessageId::from_bytes(bytes)));
        }
    }
    let original = parsed
        .dsn
        .as_ref()
        .and_then(|dsn| dsn.original_message_id.clone())
        .or_else(|| parsed.feedback.as_ref().and_then(|feedback| feedback.original_message_id.clone()));
    let Some(original) = original else { return Ok(None) };
    let known = rapport_store::message::list_by_email_id(tx, &original)?;
    Ok(known.into_iter().find(|known| known.outbound).map(|known| known.message_id))
}

fn change_of(parsed: &ParsedEmail) -> Option<Change> {
    let dsn = parsed.dsn.as_ref()?;
    let worst = dsn
        .recipients
        .iter()
        .find(|recipient| recipient.is_permanent_failure())
        .or_else(|| dsn.recipients.iter().find(|recipient| recipient.action == DsnAction::Failed))
        .or_else(|| dsn.recipients.first());
    let Some(recipient) = worst else {
        return Some(Change {
            status: DeliveryStatus::Bounced,
            reason: Some("The mail came back. The report does not say why.".into()),
            code: None,
            next_attempt_at: None,
        });
    };
    let status = match recipient.action {
        DsnAction::Failed => DeliveryStatus::Bounced,
        DsnAction::Delivered => DeliveryStatus::Delivered,
        DsnAction::Delayed | DsnAction::Relayed | DsnAction::Expanded => return None,
    };
    let reason = (status == DeliveryStatus::Bounced).then(|| match &recipient.diagnostic {
        Some(diagnostic) => format!("{} could not be reached: {diagnostic}", recipient.address),
        None => format!("{} could not be reached.", recipient.address),
    });
    Some(Change { status, reason, code: recipient.status.clone(), next_attempt_at: None })
}
