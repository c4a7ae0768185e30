//! What was said and what happened in a conversation, in pages from the newest to the oldest.

use axum::Json;
use axum::extract::State;
use rapport_domain::model::Message;
use rapport_domain::{ConversationId, Timestamp};
use rapport_engine::conversation::{TimelineItem, timeline_position};
use rapport_engine::{Caller, Engine, Error};
use serde::Deserialize;
use utoipa::IntoParams;

use super::signed;
use crate::api::Answer;
use crate::api::page::{Page, Paging};
use crate::cursor;
use crate::extract::{Allowed, Id, Params, needs, page_limit};
use crate::state::AppState;

/// The lists that cursors belong to.
const MESSAGES: &str = "messages";
const TIMELINE: &str = "timeline";

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Before {
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of a page: what is older than it.
    #[serde(alias = "before")]
    cursor: Option<String>,
}

/// List the messages and notes of a conversation
///
/// The newest page first, in ascending order; `next_cursor` goes to older ones.
#[utoipa::path(get, path = "/api/v1/conversations/{id}/messages", operation_id = "list_messages", tag = "conversations",
    params(("id" = ConversationId, Path), Before), responses((status = 200, body = Page<Message>)))]
pub async fn messages(
    State(state): State<AppState>,
    caller: Allowed<needs::ConversationRead>,
    Id(id): Id<ConversationId>,
    Params(query): Params<Before>,
) -> Answer<Page<Message>> {
    let limit = page_limit(query.limit)?;
    let before = query.cursor.as_deref().map(|cursor| position(MESSAGES, cursor)).transpose()?;
    let found = state.engine().list_messages(&caller, &id, before, limit).await?;
    let full = found.len() as i64 == limit;
    let next_cursor = found.first().filter(|_| full).map(|oldest| {
        cursor::encode(MESSAGES, [&oldest.sent_at.as_millis().to_string(), oldest.id.as_str()])
    });
    let data = found.into_iter().map(|message| signed(state.engine(), &caller, message)).collect();
    Ok(Json(Page { data, next_cursor }))
}

/// Show the timeline of a conversation
///
/// Messages, notes and what changed, paged like messages.
#[utoipa::path(get, path = "/api/v1/conversations/{id}/timeline", operation_id = "show_timeline", tag = "conversations",
    params(("id" = ConversationId, Path), Paging), responses((status = 200, body = Page<TimelineItem>)))]
pub async fn timeline(
    State(state): State<AppState>,
    caller: Allowed<needs::ConversationRead>,
    Id(id): Id<ConversationId>,
    Params(paging): Params<Paging>,
) -> Answer<Page<TimelineItem>> {
    let limit = paging.limit()?;
    let before = paging.cursor.as_deref().map(|cursor| position(TIMELINE, cursor)).transpose()?;
    let found = state.engine().list_timeline(&caller, &id, before, limit).await?;
    let full = found.len() as i64 == limit;
    let next_cursor = found.first().filter(|_| full).map(|oldest| {
        let (at, id) = timeline_position(oldest);
        cursor::encode(TIMELINE, [&at.as_millis().to_string(), &id])
    });
    let data = found.into_iter().map(|item| signed_item(state.engine(), &caller, item)).collect();
    Ok(Json(Page { data, next_cursor }))
}

fn signed_item(engine: &Engine, caller: &Caller, item: TimelineItem) -> TimelineItem {
    match item {
        TimelineItem::Message { message } => {
            TimelineItem::Message { message: Box::new(signed(engine, caller, *message)) }
        }
        activity => activity,
    }
}

fn position(list: &str, text: &str) -> Result<(Timestamp, String), Error> {
    let [at, id] = cursor::decode::<2>(list, text)?;
    Ok((Timestamp::from_millis(cursor::number(&at)?), id))
}
