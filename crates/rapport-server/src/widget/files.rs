//! The loader that web pages of others run, and the files of the panel.

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;
use crate::static_files;

const FIVE_MINUTES: &str = "public, max-age=300";
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// The only file that pages of other origins load.
pub async fn loader(headers: HeaderMap) -> Response {
    let Some(mut response) = static_files::file("widget/widget.js", &headers, FIVE_MINUTES) else {
        return Problem::not_found().into_response();
    };
    open_to_all(response.headers_mut());
    response
}

pub async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    static_files::file(&format!("widget/assets/{path}"), &headers, FOR_EVER)
        .unwrap_or_else(|| Problem::not_found().into_response())
}

/// Lets pages of any origin read the answer, which is the same for all of them.
pub fn open_to_all(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
}
