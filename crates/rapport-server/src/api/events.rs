//! `/api/v1/events`: everything that happens, as it happens.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use rapport_engine::Error;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::extract::{Authenticated, Params};
use crate::problem::Problem;
use crate::sse::EventStream;
use crate::state::AppState;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct After {
    /// Number of the last event that is known already.
    after: Option<i64>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "describes the header, which browsers send when they reconnect")]
pub struct Resumed {
    /// The same as `after`, and wins over it.
    #[param(rename = "Last-Event-ID", value_type = i64, required = false)]
    id: Option<i64>,
}

/// Follow what happens
///
/// Server-sent events, of which each caller hears what they may see. Frames with an `id` are events of the log: the
/// id is their number, and their data is an `EventEnvelope`. Frames without one are not kept; `Signals` has their data
/// by name. The first is `hello` with the number of the newest event; at `resync_required`, load everything anew.
#[utoipa::path(get, path = "/api/v1/events", operation_id = "follow_events", tag = "events", params(After, Resumed),
    responses((status = 200, description = "An endless stream of frames.",
        content_type = "text/event-stream", body = String)))]
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
