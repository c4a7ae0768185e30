//! Mails as the page shows them: lists, details, and bodies that can do no harm.

use rapport_channels::email::{EmailAddress, ParsedAttachment, ParsedEmail, threading};
use rapport_channels::html;
use rapport_domain::{Timestamp, text};
use serde::Serialize;

use super::files::escape;
use crate::mail::{Mail, MailSide};

const PREVIEW_CHARACTERS: usize = 120;

#[derive(Serialize)]
pub(super) struct Summary {
    id: u64,
    sent: bool,
    /// The other side of the mail.
    with: String,
    subject: String,
    /// The subject without `Re:`, by which the page puts mails together.
    thread: String,
    preview: String,
    at: Timestamp,
    files: usize,
}

#[derive(Serialize)]
pub(super) struct Detail {
    #[serde(flatten)]
    summary: Summary,
    from: String,
    to: Vec<String>,
    cc: Vec<String>,
    message_id: String,
    attachments: Vec<File>,
}

#[derive(Serialize)]
struct File {
    position: usize,
    file_name: String,
    media_type: String,
    size_bytes: usize,
}

pub(super) fn summary(mail: &Mail) -> Summary {
    let parsed = &mail.parsed;
    let sent = mail.side == MailSide::Sent;
    let with = if sent { parsed.to.first() } else { parsed.from.as_ref() };
    Summary {
        id: mail.id,
        sent,
        with: with
            .map(|address| address.name.clone().unwrap_or_else(|| address.address.clone()))
            .unwrap_or_default(),
        subject: parsed.subject.clone(),
        thread: threading::base_subject(&parsed.subject).to_lowercase(),
        preview: text::preview(&parsed.visible_text, PREVIEW_CHARACTERS),
        at: mail.at,
        files: attached(parsed).count(),
    }
}

pub(super) fn detail(mail: &Mail) -> Detail {
    let parsed = &mail.parsed;
    Detail {
        from: parsed.from.as_ref().map(shown).unwrap_or_default(),
        to: parsed.to.iter().map(shown).collect(),
        cc: parsed.cc.iter().map(shown).collect(),
        message_id: parsed.message_id.clone(),
        attachments: attached(parsed)
            .map(|(position, file)| File {
                position,
                file_name: file.file_name.clone(),
                media_type: file.media_type.clone(),
                size_bytes: file.bytes.len(),
            })
            .collect(),
        summary: summary(mail),
    }
}

/// The files that are not pictures inside the text, with their position among all.
fn attached(parsed: &ParsedEmail) -> impl Iterator<Item = (usize, &ParsedAttachment)> {
    parsed.attachments.iter().enumerate().filter(|(_, file)| !file.inline)
}

fn shown(address: &EmailAddress) -> String {
    match &address.name {
        Some(name) => format!("{name} <{}>", address.address),
        None => address.address.clone(),
    }
}

/// A page with the mail's text for a frame without any rights. Pictures inside the mail are put into it.
pub(super) fn body(mail: &Mail, files_path: &str) -> String {
    let parsed = &mail.parsed;
    let content = match &parsed.html {
        Some(original) => with_pictures(&html::sanitize(original).html, parsed, files_path),
        None => format!("<pre>{}</pre>", escape(&parsed.text)),
    };
    format!(
        "<!doctype html><meta charset=\"utf-8\"><base target=\"_blank\"><style>\
         :root{{color-scheme:light}}body{{margin:0;padding:10px 12px;font:15px/1.5 system-ui,sans-serif;color:#1c2430;\
         background:#fff;overflow-wrap:anywhere}}pre{{font:inherit;white-space:pre-wrap;margin:0}}\
         img{{max-width:100%;height:auto}}blockquote{{margin:.5em 0;padding-left:.8em;border-left:3px solid #d5dbe5;\
         color:#5b6675}}</style>{content}"
    )
}

fn with_pictures(sanitized: &str, parsed: &ParsedEmail, files_path: &str) -> String {
    let mut content = sanitized.to_owned();
    for (position, file) in parsed.attachments.iter().enumerate() {
        if let Some(id) = &file.content_id {
            content = content.replace(&format!("\"cid:{id}\""), &format!("\"{files_path}/{position}\""));
        }
    }
    content
}
