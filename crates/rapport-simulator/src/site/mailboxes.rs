//! Reading a customer's mailbox and writing from it, as their mail program would.

use std::sync::Arc;

use axum::Json;
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rapport_channels::email::{EmailAddress, normalize_address};
use rapport_channels::file;
use serde::Deserialize;

use super::{Refusal, Site, show};
use crate::mail::{CustomerFile, CustomerMail, Mail, MailProvider, SendError, reply_to};

/// All parts of one mail together.
pub(super) const MAX_MAIL_BYTES: usize = 30 * 1024 * 1024;
const MAX_TEXT_BYTES: usize = 256 * 1024;
const MAX_FILES: usize = 10;
/// A form on a foreign page cannot set headers, so it cannot write in a customer's name.
const OWN_REQUEST_HEADER: &str = "x-demo";
/// Bodies run in a frame without rights, whatever a mail holds.
const BODY_POLICY: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src 'self'; \
    style-src 'unsafe-inline'; frame-ancestors 'self'";
const FILE_POLICY: &str = "sandbox; default-src 'none'";

#[derive(Deserialize)]
pub(super) struct Known {
    /// The count of the answer that the page has already.
    revision: Option<u64>,
}

pub(super) async fn addresses(State(site): State<Site>) -> Json<Vec<String>> {
    Json(site.provider().addresses())
}

/// 204 when nothing has come since the page last asked.
pub(super) async fn list(
    State(site): State<Site>,
    Path(address): Path<String>,
    Query(known): Query<Known>,
) -> Response {
    let revision = *site.provider().subscribe().borrow();
    if known.revision == Some(revision) {
        return StatusCode::NO_CONTENT.into_response();
    }
    let mails: Vec<_> =
        site.provider().mailbox(&address).iter().rev().map(|mail| show::summary(mail)).collect();
    Json(serde_json::json!({ "revision": revision, "mails": mails })).into_response()
}

pub(super) async fn show(State(site): State<Site>, Path((address, id)): Path<(String, u64)>) -> Response {
    match find(site.provider(), &address, id) {
        Ok(mail) => Json(show::detail(&mail)).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

pub(super) async fn body(State(site): State<Site>, Path((address, id)): Path<(String, u64)>) -> Response {
    match find(site.provider(), &address, id) {
        Ok(mail) => {
            // A relative path would be resolved against the frame's address, which is this one.
            let page = show::body(&mail, "files");
            let headers = [
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                (header::CONTENT_SECURITY_POLICY, BODY_POLICY),
            ];
            (headers, page).into_response()
        }
        Err(refusal) => refusal.into_response(),
    }
}

pub(super) async fn raw(State(site): State<Site>, Path((address, id)): Path<(String, u64)>) -> Response {
    match find(site.provider(), &address, id) {
        Ok(mail) => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], mail.raw.clone()).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

pub(super) async fn file(
    State(site): State<Site>,
    Path((address, id, position)): Path<(String, u64, usize)>,
) -> Response {
    let mail = match find(site.provider(), &address, id) {
        Ok(mail) => mail,
        Err(refusal) => return refusal.into_response(),
    };
    let Some(found) = mail.parsed.attachments.get(position) else {
        return Refusal::not_found().into_response();
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(FILE_POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let is_picture =
        matches!(found.media_type.as_str(), "image/png" | "image/jpeg" | "image/gif" | "image/webp");
    let (media_type, disposition) = if is_picture {
        (found.media_type.as_str(), "inline")
    } else {
        ("application/octet-stream", "attachment")
    };
    let name: String = found.file_name.bytes().map(percent_encoded).collect();
    for (key, value) in [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CONTENT_DISPOSITION, format!("{disposition}; filename*=UTF-8''{name}")),
        // The frame that shows the pictures has no origin of its own.
        (header::HeaderName::from_static("cross-origin-resource-policy"), "cross-origin".to_owned()),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(key, value);
        }
    }
    (headers, found.bytes.clone()).into_response()
}

fn percent_encoded(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

fn find(provider: &MailProvider, address: &str, id: u64) -> Result<Arc<Mail>, Refusal> {
    provider.find(address, id).ok_or_else(Refusal::not_found)
}

/// What the page's form holds.
#[derive(Default)]
struct Form {
    to: Option<String>,
    subject: String,
    text: String,
    /// The id of the mail that this one answers.
    reply_to: Option<u64>,
    files: Vec<CustomerFile>,
}

pub(super) async fn send(
    State(site): State<Site>,
    Path(address): Path<String>,
    headers: HeaderMap,
    parts: Multipart,
) -> Response {
    if !headers.contains_key(OWN_REQUEST_HEADER) {
        return Refusal(StatusCode::FORBIDDEN, "Only the demo's own page may write mail.".to_owned())
            .into_response();
    }
    match try_send(&site, &address, parts).await {
        Ok(message_id) => {
            (StatusCode::CREATED, Json(serde_json::json!({ "message_id": message_id }))).into_response()
        }
        Err(refusal) => refusal.into_response(),
    }
}

async fn try_send(site: &Site, address: &str, parts: Multipart) -> Result<String, Refusal> {
    let from = normalize_address(address).ok_or_else(|| Refusal::bad_request("This is not an address."))?;
    let from = site.person(&from);
    let form = read_form(parts).await?;
    if form.text.trim().is_empty() && form.files.is_empty() {
        return Err(Refusal::bad_request("Write something first."));
    }
    let mut mail = match form.reply_to {
        Some(id) => reply_to(&*find(site.provider(), &from.address, id)?, from, &form.text),
        None => {
            let to = form.to.unwrap_or_else(|| site.settings().support_address.clone());
            CustomerMail::new(from, EmailAddress::new(to), form.subject, form.text)
        }
    };
    mail.files = form.files;
    site.provider().send(&mail).await.map_err(|error| match error {
        SendError::Compose(error) => Refusal::bad_request(error.to_string()),
        SendError::Delivery(error) => {
            Refusal(StatusCode::BAD_GATEWAY, format!("Rapport did not take the mail: {error}"))
        }
    })
}

async fn read_form(mut parts: Multipart) -> Result<Form, Refusal> {
    let mut form = Form::default();
    while let Some(field) = parts.next_field().await.map_err(broken)? {
        match field.name().unwrap_or_default() {
            "to" => form.to = Some(text(field).await?).filter(|to| !to.trim().is_empty()),
            "subject" => form.subject = text(field).await?,
            "text" => form.text = text(field).await?,
            "reply_to" => form.reply_to = text(field).await?.trim().parse().ok(),
            "file" => {
                if let Some(found) = read_file(field).await? {
                    form.files.push(found);
                }
            }
            _ => {}
        }
        if form.files.len() > MAX_FILES {
            return Err(Refusal::bad_request(format!("At most {MAX_FILES} files.")));
        }
    }
    Ok(form)
}

/// `None` for the empty part that browsers send when no file was chosen.
async fn read_file(field: Field<'_>) -> Result<Option<CustomerFile>, Refusal> {
    let name = field.file_name().unwrap_or_default().to_owned();
    let declared = field.content_type().unwrap_or("application/octet-stream").to_owned();
    let bytes = field.bytes().await.map_err(broken)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    Ok(Some(CustomerFile {
        file_name: file::safe_name(&name),
        media_type: file::media_type(&bytes, &declared),
        content_id: None,
        bytes: bytes.to_vec(),
    }))
}

async fn text(field: Field<'_>) -> Result<String, Refusal> {
    let text = field.text().await.map_err(broken)?;
    if text.len() > MAX_TEXT_BYTES { Err(Refusal::bad_request("The text is too long.")) } else { Ok(text) }
}

fn broken(error: MultipartError) -> Refusal {
    Refusal(error.status(), error.body_text())
}
