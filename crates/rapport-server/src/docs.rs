//! The pages that show the API: our own files, served from here, so that nothing is loaded from elsewhere.

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;

const PAGE: &str = include_str!("docs/index.html");
const SCRIPT: &str = include_str!("docs/docs.js");
const STYLE: &str = include_str!("docs/docs.css");

pub async fn page() -> Response {
    answer("text/html; charset=utf-8", PAGE)
}

pub async fn asset(Path(file): Path<String>) -> Response {
    match file.as_str() {
        "docs.js" => answer("text/javascript; charset=utf-8", SCRIPT),
        "docs.css" => answer("text/css; charset=utf-8", STYLE),
        _ => Problem::not_found().into_response(),
    }
}

fn answer(content_type: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-cache")], text).into_response()
}
