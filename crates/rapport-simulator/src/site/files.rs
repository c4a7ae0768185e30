//! The pages themselves, from files in this binary, each with the policy that it needs and no more.

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Site;

/// Scripts and styles come from our own files; mail is shown in frames that may do nothing.
const PLAY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; frame-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
/// The widget puts its own styles on the page, as it does on every shop's page.
const SHOP_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; frame-src 'self'; form-action 'none'; base-uri 'none'; \
    frame-ancestors 'none'";

const PLAY_PAGE: &str = include_str!("files/play.html");
const SHOP_PAGE: &str = include_str!("files/shop.html");

pub(super) async fn play_page() -> Response {
    page(PLAY_PAGE.to_owned(), PLAY_POLICY)
}

/// The shop embeds the widget as every site does, by a script tag with its key.
pub(super) async fn shop_page(State(site): State<Site>) -> Response {
    let settings = site.settings();
    let text = SHOP_PAGE
        .replace("{{shop_name}}", &escape(&settings.shop_name))
        .replace("{{support_address}}", &escape(&settings.support_address))
        .replace("{{widget_key}}", &escape(&settings.widget_key));
    page(text, SHOP_POLICY)
}

pub(super) async fn asset(Path(name): Path<String>) -> Response {
    let (media_type, content) = match name.as_str() {
        "play.css" => ("text/css; charset=utf-8", include_str!("files/play.css")),
        "play.js" => ("text/javascript; charset=utf-8", include_str!("files/play.js")),
        "mailbox.js" => ("text/javascript; charset=utf-8", include_str!("files/mailbox.js")),
        "shop.css" => ("text/css; charset=utf-8", include_str!("files/shop.css")),
        "shop.js" => ("text/javascript; charset=utf-8", include_str!("files/shop.js")),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    ([(header::CONTENT_TYPE, media_type)], content).into_response()
}

fn page(text: String, policy: &'static str) -> Response {
    let headers =
        [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, policy)];
    (headers, text).into_response()
}

/// Text as part of a page or of an attribute in it.
pub(super) fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, character| {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
        escaped
    })
}
