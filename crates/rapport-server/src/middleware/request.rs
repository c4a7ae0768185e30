//! Gives each request an id and one line in the log, without anything secret: no query, no token, no body.

use std::net::SocketAddr;
use std::time::Instant;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;
use rapport_domain::clock::random_bytes;

use crate::extract::{PeerAddress, peer_address};
use crate::state::AppState;

const HEADER: &str = "x-request-id";

#[derive(Clone, Debug, Default)]
pub struct RequestId(String);

impl RequestId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

pub async fn identify(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let bytes: [u8; 12] = random_bytes(state.engine().entropy());
    let id = RequestId(bytes.iter().map(|byte| format!("{byte:02x}")).collect());
    let socket = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let peer = peer_address(socket, request.headers(), &state.options().trusted_proxies);
    request.extensions_mut().insert(id.clone());
    request.extensions_mut().insert(PeerAddress(peer));
    let method = request.method().clone();
    // The pattern, not the path: a path can hold a secret, such as that of an invitation.
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let started = Instant::now();
    let mut response = next.run(request).await;
    tracing::debug!(
        request_id = id.as_str(),
        %method,
        route = route.as_deref().unwrap_or("-"),
        status = response.status().as_u16(),
        elapsed_ms = started.elapsed().as_millis() as u64,
        "request"
    );
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}
