//! `/api/v1/jobs`: work that was given up.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use rapport_domain::JobId;
use rapport_engine::job::DeadJob;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::page::Page;
use super::{Answer, no_content};
use crate::cursor;
use crate::extract::{Allowed, Command, Id, Nothing, Params, Repeatable, needs, page_limit};
use crate::problem::Problem;
use crate::state::AppState;

/// What its cursors belong to.
const LIST: &str = "jobs";

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// All attempts were used up.
    Dead,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct JobQuery {
    #[param(inline)]
    #[serde(rename = "state")]
    _state: Option<JobState>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    cursor: Option<String>,
}

/// List work that was given up
#[utoipa::path(get, path = "/api/v1/jobs", operation_id = "list_jobs", tag = "operations", params(JobQuery),
    responses((status = 200, body = Page<DeadJob>)))]
pub async fn list(
    State(state): State<AppState>,
    caller: Allowed<needs::WorkspaceManage>,
    Params(query): Params<JobQuery>,
) -> Answer<Page<DeadJob>> {
    let limit = page_limit(query.limit)?;
    let before = match &query.cursor {
        Some(text) => {
            let [position] = cursor::decode::<1>(LIST, text)?;
            Some(cursor::number(&position)?)
        }
        None => None,
    };
    let (data, next) = state.engine().list_dead_jobs(&caller, before, limit as usize).await?;
    Ok(Json(Page { data, next_cursor: next.map(|position| cursor::encode(LIST, [&position.to_string()])) }))
}

/// Try work again that was given up
#[utoipa::path(post, path = "/api/v1/jobs/{id}/replay", operation_id = "replay_job", tag = "operations",
    params(("id" = JobId, Path), Repeatable), request_body = Nothing, responses((status = 204)))]
pub async fn replay(
    State(state): State<AppState>,
    caller: Allowed<needs::WorkspaceManage>,
    Id(id): Id<JobId>,
    command: Command<Nothing>,
) -> Result<Response, Problem> {
    no_content(state.engine().replay_job(&command.caller(&caller), &id).await)
}
