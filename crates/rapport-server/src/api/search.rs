//! `/api/v1/search`: finding messages, conversations and contacts by words.

use axum::Json;
use axum::extract::State;
use rapport_engine::search::SearchResult;
use rapport_store::search::SearchKind;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Answer;
use super::page::Page;
use crate::cursor;
use crate::extract::{Allowed, Params, needs, page_limit};
use crate::state::AppState;

/// What its cursors belong to.
const LIST: &str = "search";

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// Words; all of them have to occur. A phrase stands in quotes.
    q: String,
    #[serde(rename = "type")]
    kind: Option<SearchKind>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    cursor: Option<String>,
}

/// Search
///
/// The newest first, in all that one may see. Found words in a snippet stand between U+0001 and U+0002.
#[utoipa::path(get, path = "/api/v1/search", operation_id = "search", tag = "search", params(SearchQuery),
    responses((status = 200, body = Page<SearchResult>)))]
pub async fn find(
    State(state): State<AppState>,
    caller: Allowed<needs::ConversationRead>,
    Params(query): Params<SearchQuery>,
) -> Answer<Page<SearchResult>> {
    let limit = page_limit(query.limit)?;
    let before = match &query.cursor {
        Some(text) => {
            let [position] = cursor::decode::<1>(LIST, text)?;
            Some(cursor::number(&position)?)
        }
        None => None,
    };
    let page = state.engine().search(&caller, &query.q, query.kind, before, limit).await?;
    let next_cursor = page.next.map(|position| cursor::encode(LIST, [&position.to_string()]));
    Ok(Json(Page { data: page.results, next_cursor }))
}
