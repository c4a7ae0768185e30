//! `/api/v1/events`: everything that happens, as it happens.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use rapport_engine::Error;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::extract::{Authenticated, Params};
use crate::problem::{Problem, Refusals};
use crate::sse::EventStream;
use crate::state::AppState;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct After {
    /// Number of the last event that is known already. The header `Last-Event-ID` says the same.
    after: Option<i64>,
}

/// Follow what happens
///
/// Server-sent events. The first is `hello` with the number of the last event. Events of the log have an `id`, which
/// is their number; what has none is not kept. `resync_required`: load everything anew. Only what the caller may see.
#[utoipa::path(get, path = "/api/v1/events", operation_id = "follow_events", tag = "events", params(After),
    responses((status = 200, description = "An endless stream; each `data` line is an EventEnvelope.",
        content_type = "text/event-stream", body = String), Refusals))]
pub async fn stream(
    State(state): State<AppState>,
    Authenticated { caller, presented }: Authenticated,
    Params(params): Params<After>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    // A browser that reconnects knows better than the address that it was first given.
    let resumed = match headers.get("last-event-id") {
        Some(value) => Some(
            value
                .to_str()
                .ok()
                .and_then(|text| text.trim().parse().ok())
                .ok_or_else(|| Error::invalid("Last-Event-ID", "This is not the number of an event."))?,
        ),
        None => params.after,
    };
    Ok(EventStream::open(state, presented, caller, resumed).await?.into_response())
}
