//! Parts that are kept as files: safe names, and types told from the content rather than the claim.

use super::mime::Part;
use crate::email::address::is_invisible;
use crate::email::types::{AttachmentKind, ParseLimits, ParseWarning, ParsedAttachment};

const MAX_NAME_BYTES: usize = 200;

/// Collects every leaf part that is not shown as body.
pub(super) fn collect(
    parts: &[Part<'_>],
    used: &[usize],
    html: Option<&str>,
    limits: &ParseLimits,
    warnings: &mut Vec<ParseWarning>,
) -> Vec<ParsedAttachment> {
    let mut attachments = Vec::new();
    let mut total = 0;
    for (index, part) in parts.iter().enumerate() {
        if part.is_multipart() || used.contains(&index) || is_report_detail(parts, part) {
            continue;
        }
        let estimate = if part.encoding == "base64" { part.body.len() / 4 * 3 } else { part.body.len() };
        if attachments.len() >= limits.attachments || total + estimate > limits.attachment_bytes {
            warnings.push(ParseWarning::AttachmentsDropped);
            break;
        }
        let bytes = part.decoded().into_owned();
        // An empty part without name carries nothing.
        if bytes.is_empty() && part.file_name().is_none() {
            continue;
        }
        total += bytes.len();
        let attachment = build(part, bytes, html, attachments.len() + 1);
        if attachment.kind == AttachmentKind::Encrypted && !warnings.contains(&ParseWarning::Encrypted) {
            warnings.push(ParseWarning::Encrypted);
        }
        attachments.push(attachment);
    }
    attachments
}

/// The machine-readable part of a report is shown as a status, not as a file. That of a report which somebody
/// passes on is a file like any other.
fn is_report_detail(parts: &[Part<'_>], part: &Part<'_>) -> bool {
    let in_report = part.parent == Some(0) && parts[0].media_type == "multipart/report";
    in_report
        && matches!(
            part.media_type.as_str(),
            "message/delivery-status"
                | "message/global-delivery-status"
                | "message/feedback-report"
                | "message/disposition-notification"
        )
}

fn build(part: &Part<'_>, bytes: Vec<u8>, html: Option<&str>, number: usize) -> ParsedAttachment {
    let declared = (!part.type_missing).then(|| part.media_type.clone());
    let sniffed = sniff(&bytes);
    let media_type = match sniffed {
        Some(found) if !same_container(found, &part.media_type) => found.to_owned(),
        _ if claims_a_shown_type(&part.media_type) && sniffed.is_none() => {
            "application/octet-stream".to_owned()
        }
        _ => tidy_media_type(&part.media_type),
    };
    let content_id = part
        .headers
        .first("content-id")
        .map(|id| id.trim().trim_start_matches('<').trim_end_matches('>').to_owned())
        .filter(|id| !id.is_empty() && id.len() < 500);
    let referenced = content_id.as_deref().is_some_and(|id| html.is_some_and(|html| refers_to(html, id)));
    let kind = kind_of(part, &media_type);
    ParsedAttachment {
        file_name: match part.file_name() {
            Some(name) => safe_file_name(name, number),
            None => default_name(part, &media_type, number),
        },
        inline: referenced || (part.disposition == "inline" && media_type.starts_with("image/")),
        media_type,
        declared_media_type: declared,
        content_id,
        kind,
        bytes,
    }
}

fn refers_to(html: &str, content_id: &str) -> bool {
    let needle = format!("cid:{content_id}");
    memchr::memmem::find(html.as_bytes(), needle.as_bytes()).is_some()
}

fn kind_of(part: &Part<'_>, media_type: &str) -> AttachmentKind {
    match part.media_type.as_str() {
        "message/rfc822" | "message/global" => AttachmentKind::Message,
        "text/calendar" | "application/ics" => AttachmentKind::Calendar,
        "application/ms-tnef" | "application/vnd.ms-tnef" => AttachmentKind::Tnef,
        "application/pgp-encrypted" => AttachmentKind::Encrypted,
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => AttachmentKind::Encrypted,
        "application/pgp-signature" | "application/pkcs7-signature" | "application/x-pkcs7-signature" => {
            AttachmentKind::Signature
        }
        _ if media_type == "application/ms-tnef" => AttachmentKind::Tnef,
        _ if part.file_name().is_some_and(|name| name.eq_ignore_ascii_case("winmail.dat")) => {
            AttachmentKind::Tnef
        }
        _ => AttachmentKind::File,
    }
}

fn default_name(part: &Part<'_>, media_type: &str, number: usize) -> String {
    let subject = (part.media_type == "message/rfc822")
        .then(|| {
            super::mime::Headers::parse(&part.body[..part.body.len().min(16_384)], 16_384).0.first("subject")
        })
        .flatten()
        .map(|raw| super::words::decode_words(&raw));
    if let Some(subject) = subject.filter(|subject| !subject.trim().is_empty()) {
        return safe_file_name(&format!("{}.eml", subject.chars().take(80).collect::<String>()), number);
    }
    format!("attachment-{number}.{}", extension_for(media_type))
}

fn extension_for(media_type: &str) -> &'static str {
    match media_type {
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/gif" => "gif",
        "image/webp" => "webp",
        "application/pdf" => "pdf",
        "application/zip" => "zip",
        "text/plain" => "txt",
        "text/html" => "html",
        "text/calendar" => "ics",
        "text/csv" => "csv",
        "message/rfc822" => "eml",
        _ => "bin",
    }
}

/// A name without path, control, invisible or direction characters, dots and spaces at its ends,
/// at most 200 bytes long with its extension kept.
pub(crate) fn safe_file_name(raw: &str, number: usize) -> String {
    let last = raw.rsplit(['/', '\\', '\0']).find(|piece| !piece.trim().is_empty()).unwrap_or_default();
    let cleaned: String = last
        .chars()
        .filter(|character| !character.is_control() && !is_invisible(*character))
        .map(|character| match character {
            ':' | '*' | '?' | '"' | '<' | '>' | '|' => '_',
            '\u{2028}' | '\u{2029}' | '\u{a0}' => ' ',
            _ => character,
        })
        .collect();
    let trimmed = cleaned.trim_matches(|character: char| character.is_whitespace() || character == '.');
    if trimmed.is_empty() {
        return format!("attachment-{number}");
    }
    if trimmed.len() <= MAX_NAME_BYTES {
        return trimmed.to_owned();
    }
    let extension =
        trimmed.rsplit_once('.').map(|(_, extension)| extension).filter(|e| e.len() <= 16).unwrap_or("");
    let room = MAX_NAME_BYTES - extension.len() - 1;
    let stem = &trimmed[..trimmed.floor_char_boundary(room)];
    if extension.is_empty() { stem.to_owned() } else { format!("{stem}.{extension}") }
}

/// Types that a browser would show in place must be proved by the content.
fn claims_a_shown_type(declared: &str) -> bool {
    ["image/", "audio/", "video/"].iter().any(|prefix| declared.starts_with(prefix))
        || declared == "application/pdf"
}

/// The sniffed type is only the container of the more exact declared one.
fn same_container(sniffed: &str, declared: &str) -> bool {
    match sniffed {
        "application/zip" => {
            declared.contains("openxmlformats")
                || declared.contains("opendocument")
                || declared.ends_with("+zip")
                || declared == "application/java-archive"
        }
        "application/x-ole-storage" => {
            declared.starts_with("application/vnd.ms-") || declared == "application/msword"
        }
        "video/mp4" => {
            matches!(declared, "audio/mp4" | "audio/x-m4a" | "video/quicktime" | "video/3gpp" | "audio/3gpp")
        }
        "application/ogg" => declared.starts_with("audio/ogg") || declared.starts_with("video/ogg"),
        "video/webm" => declared == "audio/webm",
        _ => false,
    }
}

fn tidy_media_type(declared: &str) -> String {
    let valid = declared.len() <= 127
        && declared.split('/').count() == 2
        && declared.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&^_.+-/".contains(&byte));
    if valid { declared.to_owned() } else { "application/octet-stream".to_owned() }
}

/// The type that the first bytes prove, if any.
pub(crate) fn sniff(bytes: &[u8]) -> Option<&'static str> {
    const MAGIC: &[(&[u8], &str)] = &[
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"%PDF-", "application/pdf"),
        (b"PK\x03\x04", "application/zip"),
        (b"PK\x05\x06", "application/zip"),
        (b"\x1f\x8b", "application/gzip"),
        (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
        (b"Rar!\x1a\x07", "application/vnd.rar"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
        (b"MZ", "application/vnd.microsoft.portable-executable"),
        (b"\x7fELF", "application/x-elf"),
        (b"OggS", "application/ogg"),
        (b"ID3", "audio/mpeg"),
        (b"\xff\xfb", "audio/mpeg"),
        (b"fLaC", "audio/flac"),
        (b"#!AMR", "audio/amr"),
        (b"\x1a\x45\xdf\xa3", "video/webm"),
        (b"\x78\x9f\x3e\x22", "application/ms-tnef"),
    ];
    if let Some((_, media_type)) = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Some(media_type);
    }
    match (bytes.get(..4), bytes.get(4..12)) {
        (Some(b"RIFF"), Some(rest)) if rest.ends_with(b"WEBP") => Some("image/webp"),
        (Some(b"RIFF"), Some(rest)) if rest.ends_with(b"WAVE") => Some("audio/wav"),
        (Some(_), Some(rest)) if rest.starts_with(b"ftyp") => {
            Some(if rest.ends_with(b"avif") { "image/avif" } else { "video/mp4" })
        }
        _ => sniff_markup(bytes),
    }
}

/// Markup under another name is the classic way to have a script shown from a trusted origin.
fn sniff_markup(bytes: &[u8]) -> Option<&'static str> {
    let head = bytes[..bytes.len().min(512)].to_ascii_lowercase();
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head).trim_ascii_start();
    let has = |needle: &[u8]| memchr::memmem::find(head, needle).is_some();
    if head.starts_with(b"<svg") || (head.starts_with(b"<?xml") && has(b"<svg")) {
        return Some("image/svg+xml");
    }
    let is_html = [b"<!doctype html".as_slice(), b"<html", b"<script", b"<body", b"<head", b"<iframe"]
        .iter()
        .any(|start| head.starts_with(start));
    is_html.then_some("text/html")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_cannot_harm() {
        let cases = [
            ("report.pdf", "report.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\temp\\x.exe", "x.exe"),
            ("\u{200b}.htaccess", "htaccess"),
            ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
            ("a\r\nb\0.txt", ".txt"),
            ("name. . ", "name"),
            ("..", "attachment-3"),
            ("", "attachment-3"),
            ("a\"; filename=\"x.html", "a_; filename=_x.html"),
        ];
        for (raw, expected) in cases {
            let expected = if raw.contains('\0') { "txt" } else { expected };
            assert_eq!(safe_file_name(raw, 3), expected, "{raw:?}");
        }
        let long = format!("{}.pdf", "é".repeat(300));
        let name = safe_file_name(&long, 1);
        assert!(name.len() <= 200 && name.ends_with(".pdf"));
    }

    #[test]
    fn content_proves_its_type() {
        assert_eq!(sniff(b"\x89PNG\r\n\x1a\nxxxx"), Some("image/png"));
        assert_eq!(sniff(b"RIFF\0\0\0\0WEBPVP8 "), Some("image/webp"));
        assert_eq!(sniff(b"  <?xml version='1.0'?><SVG onload=x>"), Some("image/svg+xml"));
        assert_eq!(sniff(b"<!DOCTYPE HTML><p>"), Some("text/html"));
        assert_eq!(sniff(b"hello"), None);
        assert_eq!(sniff(b""), None);
    }
}
