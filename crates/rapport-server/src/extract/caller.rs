//! Who calls: by a session cookie from our own pages, or by a token. Cookies from other pages are refused.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use rapport_engine::account::Presented;
use rapport_engine::{Caller, Error};

use crate::problem::Problem;
use crate::state::AppState;

const COOKIE: &str = "rapport_session";
/// Browsers keep a cookie of this name to this very host.
const SECURE_COOKIE: &str = "__Host-rapport_session";
/// Other sites cannot send it without asking first, and we never say yes.
const CSRF_HEADER: &str = "x-rapport-csrf";

/// A caller whose session or token is good now, with what proved it.
pub struct Authenticated {
    pub caller: Caller,
    pub presented: Presented,
}

impl<S: Send + Sync> FromRequestParts<S> for Authenticated
where
    AppState: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let state = AppState::from_ref(state);
        let presented = presented(&parts.headers, &state).ok_or(Error::Unauthenticated)?;
        let caller = state.engine().authenticate(&presented).await?;
        if presented.is_session() {
            require_own_page(parts, &state)?;
        }
        Ok(Self { caller, presented })
    }
}

/// A person who is logged in, not a program with their token.
pub struct SessionCaller(pub Caller);

impl<S: Send + Sync> FromRequestParts<S> for SessionCaller
where
    AppState: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Authenticated { caller, .. } = Authenticated::from_request_parts(parts, state).await?;
        if caller.session.is_none() {
            let detail = "This is for people who are logged in, not for tokens.";
            return Err(Problem::new(StatusCode::FORBIDDEN, "session_required", detail));
        }
        Ok(Self(caller))
    }
}

/// A request of somebody who has not logged in yet, and not sent by another site's page.
pub struct SameOrigin;

impl<S: Send + Sync> FromRequestParts<S> for SameOrigin
where
    AppState: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        require_own_origin(&parts.headers, &AppState::from_ref(state)).map(|()| Self)
    }
}

fn presented(headers: &HeaderMap, state: &AppState) -> Option<Presented> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then(|| Presented::token(token.trim())).flatten();
    }
    Presented::session(session_cookie(headers, state)?)
}

/// The secret of the session cookie.
pub fn session_cookie<'h>(headers: &'h HeaderMap, state: &AppState) -> Option<&'h str> {
    let name = cookie_name(state);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find_map(|(found, value)| (found == name).then_some(value))
}

fn require_own_page(parts: &Parts, state: &AppState) -> Result<(), Problem> {
    require_own_origin(&parts.headers, state)?;
    let changes = !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
    let has_header = parts.headers.get(CSRF_HEADER).is_some_and(|value| value.as_bytes() == b"1");
    if changes && !has_header { Err(foreign_page()) } else { Ok(()) }
}

/// Browsers name the page's origin; programs do not.
fn require_own_origin(headers: &HeaderMap, state: &AppState) -> Result<(), Problem> {
    if headers.get("sec-fetch-site").is_some_and(|site| site.as_bytes() == b"cross-site") {
        return Err(foreign_page());
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().map_err(|_| foreign_page())?;
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    let is_own =
        origin == origin_of(&state.engine().config().public_url) || (host.is_some() && authority == host);
    if is_own { Ok(()) } else { Err(foreign_page()) }
}

/// Scheme and authority of an address.
fn origin_of(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find('/').map_or(url.len(), |at| start + at);
    &url[..end]
}

fn foreign_page() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "csrf", "This request did not come from a page of this server.")
}

fn cookie_name(state: &AppState) -> &'static str {
    if state.is_https() { SECURE_COOKIE } else { COOKIE }
}

/// Adds the cookie of a new session, or prolongs that of a running one.
pub fn with_session(state: &AppState, secret: &str, mut response: Response) -> Response {
    let seconds = state.engine().config().session_days * 86_400;
    set_cookie(state, secret, seconds, &mut response);
    response
}

/// Takes the cookie away.
pub fn without_session(state: &AppState, mut response: Response) -> Response {
    set_cookie(state, "", 0, &mut response);
    response
}

fn set_cookie(state: &AppState, value: &str, seconds: i64, response: &mut Response) {
    let secure = if state.is_https() { "; Secure" } else { "" };
    let name = cookie_name(state);
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::origin_of;

    #[test]
    fn the_origin_of_an_address_is_its_scheme_and_authority() {
        assert_eq!(origin_of("https://inbox.example"), "https://inbox.example");
        assert_eq!(origin_of("http://localhost:7700/rapport/"), "http://localhost:7700");
    }
}
