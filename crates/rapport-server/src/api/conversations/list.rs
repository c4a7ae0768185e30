//! `GET /api/v1/conversations` and the counts beside the inbox's views.

use axum::Json;
use axum::extract::State;
use rapport_domain::model::Conversation;
use rapport_domain::{Channel, ContactId, Lifecycle, Priority, Status, UserId};
use rapport_engine::conversation::{Counts, ListRequest};
use rapport_engine::{Caller, Error};
use rapport_store::conversation_list::{AssigneeFilter, ConversationFilter, Sort};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::contacts::{position, position_cursor};
use crate::api::fields::words;
use crate::api::{Answer, ok};
use crate::extract::{Allowed, Params, needs, page_limit};
use crate::state::AppState;

const MAX_TEXT_CHARACTERS: usize = 500;

#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SortOrder {
    /// The latest first.
    #[default]
    LastActivity,
    /// Those who have waited longest for an answer first.
    OldestUnanswered,
    /// The newest first.
    Created,
    /// The most urgent first.
    Priority,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ConversationQuery {
    /// One or several statuses, with commas between them.
    #[param(example = "open,waiting")]
    status: Option<String>,
    lifecycle: Option<Lifecycle>,
    channel: Option<Channel>,
    /// `me`, `unassigned` or the id of a person.
    assignee: Option<String>,
    unread: Option<bool>,
    requires_action: Option<bool>,
    /// Those with an unsent text of one's own.
    has_draft: Option<bool>,
    contact_id: Option<ContactId>,
    /// One or several priorities, with commas between them.
    priority: Option<String>,
    /// Words of its topic, subject and messages, the name or an address of its contact, a phone number in any spelling, its
    /// number or an id. The newest 500 hits and conversations of 20 contacts count; `/api/v1/search` finds all.
    #[param(max_length = 500)]
    q: Option<String>,
    /// Test conversations as well.
    test: Option<bool>,
    #[param(inline)]
    sort: Option<SortOrder>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct ConversationPage {
    data: Vec<Conversation>,
    next_cursor: Option<String>,
    /// How many match in all, counted up to a cap.
    total: i64,
    total_capped: bool,
    /// Events after this number are not in the page.
    seq: i64,
}

/// List conversations
#[utoipa::path(get, path = "/api/v1/conversations", operation_id = "list_conversations", tag = "conversations",
    params(ConversationQuery), responses((status = 200, body = ConversationPage)))]
pub async fn list(
    State(state): State<AppState>,
    caller: Allowed<needs::ConversationRead>,
    Params(query): Params<ConversationQuery>,
) -> Answer<ConversationPage> {
    let list = cursor_list(query.sort.unwrap_or_default());
    let request = request(&caller, query, &list)?;
    let page = state.engine().list_conversations(&caller, request).await?;
    Ok(Json(ConversationPage {
        data: page.conversations,
        next_cursor: page.next.as_ref().map(|position| position_cursor(&list, position)),
        total: page.total,
        total_capped: page.total_capped,
        seq: page.seq,
    }))
}

/// Count the conversations of the inbox's views
#[utoipa::path(get, path = "/api/v1/conversation-counts", operation_id = "count_conversations", tag = "conversations",
    responses((status = 200, body = Counts)))]
pub async fn counts(
    State(state): State<AppState>,
    caller: Allowed<needs::ConversationRead>,
) -> Answer<Counts> {
    ok(state.engine().count_conversations(&caller).await)
}

/// What a cursor belongs to: its position is a place in one order only.
fn cursor_list(sort: SortOrder) -> String {
    format!("conversations by {sort:?}")
}

fn request(caller: &Caller, query: ConversationQuery, list: &str) -> Result<ListRequest, Error> {
    let filter = ConversationFilter {
        statuses: words("status", query.status.as_deref(), Status::parse)?,
        lifecycle: query.lifecycle,
        channel: query.channel,
        assignee: query.assignee.as_deref().map(|text| assignee(caller, text)).transpose()?,
        unread: query.unread.unwrap_or_default(),
        requires_action: query.requires_action.unwrap_or_default(),
        has_draft: query.has_draft.unwrap_or_default(),
        contact: query.contact_id,
        priorities: words("priority", query.priority.as_deref(), Priority::parse)?,
        include_test: query.test.unwrap_or_default(),
        found: None,
    };
    let sort = match query.sort.unwrap_or_default() {
        SortOrder::LastActivity => Sort::LastActivity,
        SortOrder::OldestUnanswered => Sort::OldestUnanswered,
        SortOrder::Created => Sort::Created,
        SortOrder::Priority => Sort::Priority,
    };
    let after = query.cursor.as_deref().map(|cursor| position(list, cursor)).transpose()?;
    let text = query.q.filter(|text| !text.trim().is_empty());
    if text.as_ref().is_some_and(|text| text.chars().count() > MAX_TEXT_CHARACTERS) {
        return Err(Error::invalid("q", "At most 500 characters."));
    }
    Ok(ListRequest { filter, text, sort, after, limit: page_limit(query.limit)? })
}

fn assignee(caller: &Caller, text: &str) -> Result<AssigneeFilter, Error> {
    match text {
        "me" => Ok(AssigneeFilter::User(caller.user_id().clone())),
        "unassigned" => Ok(AssigneeFilter::Unassigned),
        id => UserId::parse(id)
            .map(AssigneeFilter::User)
            .ok_or_else(|| Error::invalid("assignee", "me, unassigned or the id of a person.")),
    }
}
