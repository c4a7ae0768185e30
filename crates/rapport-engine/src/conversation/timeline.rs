//! What was said and what happened in a conversation, page by page from any place.

use rapport_domain::event::Activity;
use rapport_domain::model::Message;
use rapport_domain::{ConversationId, MessageId, MessageKind, Timestamp};
use rapport_store::Tx;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Caller, Engine, Error, access};

/// A line of the timeline.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TimelineItem {
    Message { message: Box<Message> },
    Activity { activity: Activity },
}

impl TimelineItem {
    fn position(&self) -> (Timestamp, &str) {
        match self {
            TimelineItem::Message { message } => (message.sent_at, message.id.as_str()),
            // Of things at the same moment, the change is shown before the message that it came with.
            TimelineItem::Activity { activity } => (activity.occurred_at, ""),
        }
    }
}

/// A moment, and within it the id of a message or `a<seq>` of a change, which sorts before every message id, as
/// changes do.
pub type Position = (Timestamp, String);

/// Which part is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Newest,
    Before(Position),
    After(Position),
    /// With the message in its middle.
    Around(MessageId),
}

/// A part in ascending order.
#[derive(Clone, Debug)]
pub struct Stretch<T> {
    pub items: Vec<T>,
    /// Where it goes on towards older ones, unless this is the beginning.
    pub older: Option<Position>,
    /// Where it goes on towards newer ones, unless this is the end.
    pub newer: Option<Position>,
}

impl Engine {
    /// The newest messages and notes in ascending order, or those before a position.
    pub async fn list_messages(
        &self,
        caller: &Caller,
        id: &ConversationId,
        before: Option<Position>,
        limit: i64,
    ) -> Result<Vec<Message>, Error> {
        let place = before.map_or(Place::Newest, Place::Before);
        Ok(self.read_messages(caller, id, place, limit).await?.items)
    }

    /// The same with what happened.
    pub async fn list_timeline(
        &self,
        caller: &Caller,
        id: &ConversationId,
        before: Option<Position>,
        limit: i64,
    ) -> Result<Vec<TimelineItem>, Error> {
        let place = before.map_or(Place::Newest, Place::Before);
        Ok(self.read_timeline(caller, id, place, limit).await?.items)
    }

    pub async fn read_messages(
        &self,
        caller: &Caller,
        id: &ConversationId,
        place: Place,
        limit: i64,
    ) -> Result<Stretch<Message>, Error> {
        let (caller_, id) = (caller.clone(), id.clone());
        self.read(&caller.workspace, move |tx| {
            stretch(tx, &caller_, &id, &place, limit, messages_before, messages_after, message_position)
        })
        .await
    }

    pub async fn read_timeline(
        &self,
        caller: &Caller,
        id: &ConversationId,
        place: Place,
        limit: i64,
    ) -> Result<Stretch<TimelineItem>, Error> {
        let (caller_, id) = (caller.clone(), id.clone());
        self.read(&caller.workspace, move |tx| {
            stretch(tx, &caller_, &id, &place, limit, timeline_before, timeline_after, item_position)
        })
        .await
    }
}

type Before<T> = fn(&mut Tx<'_>, &ConversationId, Option<&Position>, i64) -> Result<Vec<T>, Error>;
type After<T> = fn(&mut Tx<'_>, &ConversationId, &Position, i64) -> Result<Vec<T>, Error>;

#[allow(clippy::too_many_arguments)]
fn stretch<T>(
    tx: &mut Tx<'_>,
    caller: &Caller,
    id: &ConversationId,
    place: &Place,
    limit: i64,
    before: Before<T>,
    after: After<T>,
    position: fn(&T) -> Position,
) -> Result<Stretch<T>, Error> {
    access::conversation(tx, caller, id)?;
    // One more than is wanted tells whether there is more.
    let back_from = |tx: &mut Tx<'_>, place: Option<&Position>, wanted: i64| {
        let items = before(tx, id, place, wanted + 1)?;
        let nearest = items.last().map(position);
        Ok::<_, Error>((last(items, wanted), nearest))
    };
    let on_from = |tx: &mut Tx<'_>, place: &Position, wanted: i64| {
        let mut items = after(tx, id, place, wanted + 1)?;
        let more = items.len() as i64 > wanted;
        items.truncate(wanted as usize);
        Ok::<_, Error>((items, more))
    };
    let (items, more_before, more_after) = match place {
        Place::Newest => {
            let ((items, more), _) = back_from(tx, None, limit)?;
            (items, more, false)
        }
        Place::Before(place) => {
            let ((items, more), _) = back_from(tx, Some(place), limit)?;
            (items, more, true)
        }
        Place::After(place) => {
            let (items, more) = on_from(tx, place, limit)?;
            (items, true, more)
        }
        Place::Around(message) => {
            let message = access::message(tx, caller, id, message)?.message;
            let middle = message_position(&message);
            let ((mut items, more_before), nearest) = back_from(tx, Some(&middle), limit / 2)?;
            // Right behind what is nearest before it comes the message itself.
            let from = nearest.unwrap_or((Timestamp::from_millis(i64::MIN), String::new()));
            let (newer, more_after) = on_from(tx, &from, limit - items.len() as i64)?;
            items.extend(newer);
            (items, more_before, more_after)
        }
    };
    let older = items.first().filter(|_| more_before).map(position);
    let newer = items.last().filter(|_| more_after).map(position);
    Ok(Stretch { items, older, newer })
}

/// At most so many of them, from the end, and whether there were more.
fn last<T>(mut items: Vec<T>, wanted: i64) -> (Vec<T>, bool) {
    let excess = items.len().saturating_sub(wanted as usize);
    items.drain(..excess);
    (items, excess > 0)
}

fn messages_before(
    tx: &mut Tx<'_>,
    id: &ConversationId,
    before: Option<&Position>,
    limit: i64,
) -> Result<Vec<Message>, Error> {
    let before = before.map(|(at, id)| (*at, id.as_str()));
    let found = rapport_store::message::list_before(tx, id, before, limit)?;
    Ok(found.into_iter().rev().map(|stored| stored.message).collect())
}

fn messages_after(
    tx: &mut Tx<'_>,
    id: &ConversationId,
    after: &Position,
    limit: i64,
) -> Result<Vec<Message>, Error> {
    let found = rapport_store::message::list_after(tx, id, (after.0, &after.1), limit)?;
    Ok(found.into_iter().map(|stored| stored.message).collect())
}

fn timeline_before(
    tx: &mut Tx<'_>,
    id: &ConversationId,
    before: Option<&Position>,
    limit: i64,
) -> Result<Vec<TimelineItem>, Error> {
    let messages = messages_before(tx, id, before, limit)?;
    let activity =
        rapport_store::event::list_activity_before(tx, id, before.map(place_among_changes), limit)?;
    let mut items = merged(messages, activity);
    items.drain(..items.len().saturating_sub(limit as usize));
    Ok(items)
}

fn timeline_after(
    tx: &mut Tx<'_>,
    id: &ConversationId,
    after: &Position,
    limit: i64,
) -> Result<Vec<TimelineItem>, Error> {
    let messages = messages_after(tx, id, after, limit)?;
    let activity = rapport_store::event::list_activity_after(tx, id, place_among_changes(after), limit)?;
    let mut items = merged(messages, activity);
    items.truncate(limit as usize);
    Ok(items)
}

/// Changes come before the messages of their moment: seen from a message of that moment, they are all before it.
fn place_among_changes((at, id): &Position) -> (Timestamp, i64) {
    (*at, id.strip_prefix('a').and_then(|seq| seq.parse().ok()).unwrap_or(i64::MAX))
}

fn merged(messages: Vec<Message>, activity: Vec<Activity>) -> Vec<TimelineItem> {
    let mut items: Vec<TimelineItem> = messages
        .into_iter()
        .map(|message| TimelineItem::Message { message: Box::new(message) })
        .chain(activity.into_iter().map(|activity| TimelineItem::Activity { activity }))
        .collect();
    items.sort_by(|left, right| order_key(left).cmp(&order_key(right)));
    items
}

/// By time, changes before messages of the same moment, then by their own order.
fn order_key(item: &TimelineItem) -> (Timestamp, &str, i64) {
    let (at, id) = item.position();
    let seq = match item {
        TimelineItem::Activity { activity } => activity.seq,
        TimelineItem::Message { message } => i64::from(message.kind == MessageKind::Note),
    };
    (at, id, seq)
}

fn message_position(message: &Message) -> Position {
    (message.sent_at, message.id.as_str().to_owned())
}

fn item_position(item: &TimelineItem) -> Position {
    match item {
        TimelineItem::Message { message } => message_position(message),
        TimelineItem::Activity { activity } => (activity.occurred_at, format!("a{}", activity.seq)),
    }
}
