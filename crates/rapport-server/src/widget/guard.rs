//! Who a request of the panel comes from: from our own page, with the token of a visitor who may use the widget.

use std::net::IpAddr;

use axum::body::Body;
use axum::extract::{FromRef, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use rapport_engine::chat::Visit;
use serde::de::DeserializeOwned;

use super::limits::{Act, Limits};
use super::problem::{origin_refused, token_invalid};
use crate::extract::{PeerAddress, SameOrigin, parse_json, read_bytes};
use crate::problem::Problem;
use crate::state::AppState;

/// Messages are at most 10,000 characters; nothing that the panel sends comes near this.
const MAX_JSON_BYTES: usize = 64 * 1024;

/// A request that no page of another origin sent, and the address that it came from.
pub struct OwnPage {
    pub peer: Option<IpAddr>,
}

impl<S: Send + Sync> FromRequestParts<S> for OwnPage
where
    AppState: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        SameOrigin::from_request_parts(parts, state).await.map_err(|_| origin_refused())?;
        Ok(Self { peer: parts.extensions.get::<PeerAddress>().and_then(|peer| peer.0) })
    }
}

/// A visitor whose token is good now, with what the widget asks of visitors checked.
pub struct Visiting {
    pub visit: Visit,
    limits: Limits,
}

impl Visiting {
    /// Counts what the visitor does.
    pub fn count(&self, state: &AppState, act: Act) -> Result<(), Problem> {
        Ok(self.limits.act(&self.visit.visitor.id, act, state.engine().now())?)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visiting
where
    AppState: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let page = OwnPage::from_request_parts(parts, state).await?;
        let state = AppState::from_ref(state);
        let limits = parts.extensions.get::<Limits>().cloned();
        let limits = limits.ok_or_else(|| Problem::internal("the widget's limits are not set up"))?;
        limits.request(page.peer, state.engine().now())?;
        let token = bearer(&parts.headers).ok_or_else(token_invalid)?;
        let visit = state.engine().chat_visit(token).await?;
        Ok(Self { visit, limits })
    }
}

/// The token of the request. Cookies are not looked at.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// A small JSON body.
pub struct Small<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Small<T> {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = read_bytes(&parts.headers, body, MAX_JSON_BYTES).await?;
        parse_json(&parts.headers, &bytes).map(Self)
    }
}
