//! Attachments and remote images under signed paths. Nothing that could run is ever shown in place.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use rapport_channels::file::may_show_inline;
use rapport_engine::signed_url::OpenedFile;

use crate::problem::Problem;
use crate::state::AppState;

/// A browser that opens the file by itself gives it no origin, no scripts and no network.
const CONFINED: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; media-src 'self'; sandbox";
const AN_HOUR: &str = "private, max-age=3600, immutable";

pub async fn file(State(state): State<AppState>, Path(token): Path<String>) -> Result<Response, Problem> {
    let OpenedFile { attachment, bytes } = state.engine().open_file(&token).await?;
    let shown = may_show_inline(&attachment.media_type);
    let media_type = if shown || is_harmless(&attachment.media_type) {
        attachment.media_type.as_str()
    } else {
        "application/octet-stream"
    };
    Ok(confined(media_type, &disposition(shown, &attachment.file_name), Body::from(bytes)))
}

pub async fn image(State(state): State<AppState>, Path(token): Path<String>) -> Result<Response, Problem> {
    let url = state.engine().open_image(&token).await?;
    let client = state.images().ok_or_else(Problem::not_found)?;
    // Why it cannot be fetched is nothing to tell: it may say something about our network.
    let image = client.fetch_image(&url).await.map_err(|_| Problem::not_found())?;
    if !may_show_inline(image.media_type) {
        return Err(Problem::not_found());
    }
    Ok(confined(image.media_type, "inline", Body::from(image.bytes)))
}

/// Types whose download a browser or system will not run.
fn is_harmless(media_type: &str) -> bool {
    matches!(
        media_type,
        "text/plain" | "text/csv" | "application/pdf" | "application/zip" | "application/json"
    )
}

fn confined(media_type: &str, disposition: &str, body: Body) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    let octets = HeaderValue::from_static("application/octet-stream");
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(media_type).unwrap_or(octets));
    if let Ok(value) = HeaderValue::from_str(disposition) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONFINED));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(AN_HOUR));
    response
}

/// `Content-Disposition` with a plain name for old readers and the real one for all others (RFC 6266, RFC 8187).
fn disposition(shown: bool, file_name: &str) -> String {
    let kind = if shown { "inline" } else { "attachment" };
    let plain: String = file_name
        .chars()
        .map(|character| match character {
            '"' | '\\' | '%' | '/' => '_',
            character if character.is_ascii_graphic() || character == ' ' => character,
            _ => '_',
        })
        .collect();
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{}", percent_encoded(file_name))
}

fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::disposition;

    #[test]
    fn names_cannot_leave_their_quotes_or_their_header() {
        let header = disposition(false, "a\"; filename=x.html\r\nSet-Cookie: a=b ✓.pdf");
        assert_eq!(
            header,
            "attachment; filename=\"a_; filename=x.html__Set-Cookie: a=b _.pdf\"; \
             filename*=UTF-8''a%22%3B%20filename%3Dx.html%0D%0ASet-Cookie%3A%20a%3Db%20%E2%9C%93.pdf"
        );
        assert!(axum::http::HeaderValue::from_str(&header).is_ok());
    }
}
