//! The web interface inside the binary: hashed files for ever, pages never, and the app for every other path.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::problem::{self, Problem};

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
struct Built;

const APP: &str = "agent";
const APP_PAGE: &str = "agent/index.html";
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const CHECK_FIRST: &str = "no-cache";
const NOT_BUILT: &str = include_str!("docs/not-built.html");

/// Files of the agent app; every path that looks like one of its screens is its page.
pub async fn app(request: Request) -> Response {
    let path = request.uri().path();
    if path.starts_with("/api/") || path == "/api" {
        return problem::no_route().await.into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return problem::no_method().await.into_response();
    }
    let name = format!("{APP}{path}");
    if path != "/"
        && let Some(response) = file(&name, request.headers(), caching(path))
    {
        return response;
    }
    // A file that is gone must not be answered with a page: a browser would take it for a script.
    if path.rsplit('/').next().is_some_and(|last| last.contains('.')) {
        return Problem::not_found().into_response();
    }
    file(APP_PAGE, request.headers(), CHECK_FIRST).unwrap_or_else(not_built)
}

fn caching(path: &str) -> &'static str {
    if path.starts_with("/assets/") { FOR_EVER } else { CHECK_FIRST }
}

fn not_built() -> Response {
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, CHECK_FIRST)];
    (StatusCode::SERVICE_UNAVAILABLE, headers, NOT_BUILT).into_response()
}

/// A built file, in the smallest form that the client takes. `None` when there is none.
pub fn file(name: &str, request: &HeaderMap, caching: &'static str) -> Option<Response> {
    if name.split('/').any(|part| part == ".." || part == "." || part.contains('\\')) {
        return None;
    }
    let plain = Built::get(name)?;
    let accepted =
        request.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let packed = [("br", "br"), ("gzip", "gz")].into_iter().find_map(|(encoding, extension)| {
        let takes =
            accepted.split(',').any(|offer| offer.split(';').next().unwrap_or_default().trim() == encoding);
        takes.then(|| Built::get(&format!("{name}.{extension}"))).flatten().map(|file| (encoding, file))
    });
    let etag = etag(&plain);
    let unchanged =
        request.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let (encoding, found) = packed.map_or((None, plain), |(encoding, file)| (Some(encoding), file));
    let mut response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(Body::from(found.data.into_owned()))
    };
    let headers = response.headers_mut();
    if let Some(encoding) = encoding.filter(|_| !unchanged) {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::CONTENT_TYPE, content_type(name));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    Some(response)
}

fn etag(file: &EmbeddedFile) -> String {
    let digits: String = file.metadata.sha256_hash()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\"{digits}\"")
}

fn content_type(name: &str) -> HeaderValue {
    let guessed = mime_guess::from_path(name).first_or_octet_stream();
    let text = match (guessed.type_().as_str(), guessed.subtype().as_str()) {
        ("text", _) | ("application", "javascript" | "json" | "manifest+json") => {
            format!("{guessed}; charset=utf-8")
        }
        _ => guessed.to_string(),
    };
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("application/octet-stream"))
}
