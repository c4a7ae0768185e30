//! What web pages of others load: the script that brings the chat widget, and the widget's files.

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::problem::Problem;
use crate::state::AppState;
use crate::static_files;

const FIVE_MINUTES: &str = "public, max-age=300";
const FOR_EVER: &str = "public, max-age=31536000, immutable";

pub fn router() -> Router<AppState> {
    Router::new().route("/widget.js", get(loader)).route("/widget/assets/{*path}", get(asset))
}

/// The only file that pages of other origins load.
async fn loader(headers: HeaderMap) -> Response {
    let Some(mut response) = static_files::file("widget/widget.js", &headers, FIVE_MINUTES) else {
        return Problem::not_found().into_response();
    };
    let any = HeaderValue::from_static("*");
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any);
    response
        .headers_mut()
        .insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin"));
    response
}

async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    static_files::file(&format!("widget/assets/{path}"), &headers, FOR_EVER)
        .unwrap_or_else(|| Problem::not_found().into_response())
}
