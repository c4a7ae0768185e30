//! What was said and what happened in a conversation, in pages from the newest to the oldest, or around a message.

use axum::Json;
use axum::extract::State;
use rapport_domain::model::Message;
use rapport_domain::{ConversationId, MessageId, Timestamp};
use rapport_engine::conversation::{Place, Position, Stretch, TimelineItem};
use rapport_engine::{Caller, Engine, Error};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::signed;
use crate::api::Answer;
use crate::cursor;
use crate::extract::{Allowed, Id, Params, needs, page_limit};
use crate::state::AppState;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Part {
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of a page, for what is older than it, or its `newer_cursor`, for what is newer.
    #[serde(alias = "before")]
    cursor: Option<String>,
    /// The id of a message or note: the page that has it in its middle. Not together with `cursor`.
    around: Option<String>,
}

impl Part {
    fn place(&self, list: &str) -> Result<Place, Error> {
        match (&self.cursor, &self.around) {
            (None, None) => Ok(Place::Newest),
            (Some(cursor), None) => place_of(list, cursor),
            (None, Some(id)) => MessageId::parse(id).map(Place::Around).ok_or(Error::NotFound),
            (Some(_), Some(_)) => Err(Error::invalid("around", "Not together with a cursor.")),
        }
    }
}

/// A part of a conversation in ascending order.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimelinePage<T> {
    data: Vec<T>,
    /// Hand it back as `cursor` to get what is older; null at the beginning of the conversation.
    next_cursor: Option<String>,
    /// Hand it back as `cursor` to get what is newer; null when the page ends with the newest.
    newer_cursor: Option<String>,
}

impl<T> TimelinePage<T> {
    fn of<U>(list: &str, stretch: Stretch<U>, show: impl FnMut(U) -> T) -> Self {
        Self {
            data: stretch.items.into_iter().map(show).collect(),
            next_cursor: stretch.older.as_ref().map(|older| written(list, older, OLDER)),
            newer_cursor: stretch.newer.as_ref().map(|newer| written(list, newer, NEWER)),
        }
    }
}

/// List the messages and notes of a conversation
///
/// The newest page first, in ascending order; `next_cursor` goes to older ones. With `around`, the page that has a
/// message in its middle, from which one can go both ways.
#[utoipa::path(get, path = "/api/v1/conversations/{id}/messages", operation_id = "list_messages", tag = "conversations",
    params(("id" = ConversationId, Path), Part), responses((status = 200, body = TimelinePage<Message>)))]
pub async fn messages(
    State(state): State<AppState>,
    caller: Allowed<needs::ConversationRead>,
    Id(id): Id<ConversationId>,
    Params(part): Params<Part>,
) -> Answer<TimelinePage<Message>> {
    let (place, limit) = (part.place(MESSAGES)?, page_limit(part.limit)?);
    let found = state.engine().read_messages(&caller, &id, place, limit).await?;
    Ok(Json(TimelinePage::of(MESSAGES, found, |message| signed(state.engine(), &caller, message))))
}

/// Show the timeline of a conversation
///
/// Messages, notes and what changed, paged like messages.
#[utoipa::path(get, path = "/api/v1/conversations/{id}/timeline", operation_id = "show_timeline", tag = "conversations",
    params(("id" = ConversationId, Path), Part), responses((status = 200, body = TimelinePage<TimelineItem>)))]
pub async fn timeline(
    State(state): State<AppState>,
    caller: Allowed<needs::ConversationRead>,
    Id(id): Id<ConversationId>,
    Params(part): Params<Part>,
) -> Answer<TimelinePage<TimelineItem>> {
    let (place, limit) = (part.place(TIMELINE)?, page_limit(part.limit)?);
    let found = state.engine().read_timeline(&caller, &id, place, limit).await?;
    Ok(Json(TimelinePage::of(TIMELINE, found, |item| signed_item(state.engine(), &caller, item))))
}

fn signed_item(engine: &Engine, caller: &Caller, item: TimelineItem) -> TimelineItem {
    match item {
        TimelineItem::Message { message } => {
            TimelineItem::Message { message: Box::new(signed(engine, caller, *message)) }
        }
        activity => activity,
    }
}

/// The lists that cursors belong to.
const MESSAGES: &str = "messages";
const TIMELINE: &str = "timeline";
const OLDER: &str = "older";
const NEWER: &str = "newer";

fn written(list: &str, (at, id): &Position, direction: &str) -> String {
    cursor::encode(list, [&at.as_millis().to_string(), id, direction])
}

fn place_of(list: &str, text: &str) -> Result<Place, Error> {
    let [at, id, direction] = cursor::decode::<3>(list, text)?;
    let position = (Timestamp::from_millis(cursor::number(&at)?), id);
    match direction.as_str() {
        OLDER => Ok(Place::Before(position)),
        NEWER => Ok(Place::After(position)),
        _ => Err(cursor::invalid()),
    }
}
