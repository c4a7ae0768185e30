//! The page inside the frame. Which page may frame it is the one thing it has to be told by a header: the panel
//! trusts its `host` parameter because of that.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rapport_engine::chat::ChatError;
use serde::Deserialize;

use crate::problem::Problem;
use crate::state::AppState;
use crate::static_files;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors ";
const NOBODY: &str = "'none'";

/// What the loader adds beyond these is for the page's script.
#[derive(Deserialize)]
pub struct PanelParams {
    #[serde(default)]
    key: String,
    host: Option<String>,
}

pub async fn panel(
    State(state): State<AppState>,
    params: Result<Query<PanelParams>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Ok(Query(params)) = params else { return Ok(refused(StatusCode::NOT_FOUND)) };
    let host = params.host.as_deref().filter(|host| !host.is_empty());
    match state.engine().chat_may_be_shown(&params.key, host).await {
        Ok(()) => {}
        Err(ChatError::WidgetNotFound) => return Ok(refused(StatusCode::NOT_FOUND)),
        Err(ChatError::OriginRefused) => return Ok(refused(StatusCode::FORBIDDEN)),
        Err(error) => return Err(error.into()),
    }
    let page = static_files::file("widget/panel.html", &headers, "no-cache");
    let mut response = page.ok_or_else(Problem::not_found)?;
    confine(response.headers_mut(), host.unwrap_or(NOBODY));
    Ok(response)
}

fn refused(status: StatusCode) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    let mut response = (status, headers, "This chat is not available here.\n").into_response();
    confine(response.headers_mut(), NOBODY);
    response
}

fn confine(headers: &mut HeaderMap, ancestor: &str) {
    let policy = HeaderValue::from_str(&format!("{POLICY}{ancestor}"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        policy.unwrap_or(HeaderValue::from_static("default-src 'none'")),
    );
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("strict-origin"));
    headers.insert(
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), microphone=(), geolocation=()"),
    );
    // Pages that isolate themselves may frame it as well.
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
}
