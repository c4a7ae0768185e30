//! What the launcher and the panel look like, and the session of a visitor.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use rapport_engine::chat::{IdentityClaim, PageSeen, SessionRequest, WidgetConfig};
use serde::Deserialize;

use super::files::open_to_all;
use super::guard::{OwnPage, Small, Visiting, bearer};
use super::limits::Limits;
use super::problem::token_invalid;
use super::streams::Streams;
use crate::extract::{Knock, Params};
use crate::problem::Problem;
use crate::state::AppState;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyParams {
    key: String,
    #[serde(default)]
    host: Option<String>,
}

/// Asked by the loader from pages of any origin.
pub async fn launcher(
    State(state): State<AppState>,
    Extension(limits): Extension<Limits>,
    Knock(peer): Knock,
    params: Result<Params<KeyParams>, Problem>,
) -> Response {
    let looked_up = async {
        limits.page(peer.address, state.engine().now())?;
        let Params(params) = params?;
        Ok::<_, Problem>(Json(state.engine().chat_launcher(&params.key).await?))
    };
    let mut response = looked_up.await.into_response();
    if response.status().is_success() {
        let five_minutes = HeaderValue::from_static("public, max-age=300");
        response.headers_mut().insert(header::CACHE_CONTROL, five_minutes);
    }
    // Also on refusals, so that the loader can tell a wrong key from a server that is away.
    open_to_all(response.headers_mut());
    response
}

pub async fn config(
    State(state): State<AppState>,
    Extension(limits): Extension<Limits>,
    page: OwnPage,
    Params(params): Params<KeyParams>,
) -> Result<Json<WidgetConfig>, Problem> {
    limits.page(page.peer, state.engine().now())?;
    Ok(Json(state.engine().chat_config(&params.key, params.host.as_deref()).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenSession {
    key: String,
    #[serde(default)]
    host: Option<String>,
    #[serde(default)]
    page: Option<PageSeen>,
    #[serde(default)]
    identity: Option<IdentityClaim>,
}

/// 201 for a visitor who begins here, 200 for one who goes on.
pub async fn open(
    State(state): State<AppState>,
    Extension(limits): Extension<Limits>,
    page: OwnPage,
    headers: HeaderMap,
    Small(body): Small<OpenSession>,
) -> Result<Response, Problem> {
    limits.session(page.peer, state.engine().now())?;
    let token = match headers.contains_key(header::AUTHORIZATION) {
        true => Some(bearer(&headers).ok_or_else(token_invalid)?.to_owned()),
        false => None,
    };
    let request =
        SessionRequest { key: body.key, host: body.host, page: body.page, identity: body.identity, token };
    let opened = state.engine().chat_open_session(request).await?;
    let status = if opened.fresh { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, no_store(), Json(opened.session)).into_response())
}

pub async fn end(
    State(state): State<AppState>,
    Extension(streams): Extension<Streams>,
    visiting: Visiting,
) -> Result<StatusCode, Problem> {
    state.engine().chat_end_session(&visiting.visit).await?;
    streams.end_all(visiting.visit.token_key());
    Ok(StatusCode::NO_CONTENT)
}

/// What is one visitor's is kept by nobody in between.
pub fn no_store() -> [(header::HeaderName, &'static str); 1] {
    [(header::CACHE_CONTROL, "no-store")]
}
