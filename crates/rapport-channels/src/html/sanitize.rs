//! The allow-list for HTML that is shown to agents or sent to customers.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};

use super::markup::{decode_entities, read_tag};
use super::normalise::{RemoteImages, normalise};
use super::vocabulary::{ATTRIBUTES, ELEMENTS};

/// One megabyte of image data in base64.
pub(super) const MAX_DATA_URL_BYTES: usize = 1_400_000;

pub(super) const LINK_RELATION: &str = "noopener noreferrer nofollow";

/// HTML that is safe to show in a sandboxed frame.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SanitizedHtml {
    pub html: String,
    /// Some images carry their address in `data-remote-src` and are shown only when asked for.
    pub has_remote_images: bool,
    /// Content ids that images refer to, without `cid:`.
    pub cid_references: Vec<String>,
}

/// Properties that can change how text looks, but not where it is or what is loaded.
const STYLE_PROPERTIES: &[&str] = &[
    "background-color",
    "border",
    "border-bottom",
    "border-bottom-color",
    "border-bottom-style",
    "border-bottom-width",
    "border-collapse",
    "border-color",
    "border-left",
    "border-radius",
    "border-right",
    "border-spacing",
    "border-style",
    "border-top",
    "border-width",
    "color",
    "direction",
    "font",
    "font-family",
    "font-size",
    "font-style",
    "font-variant",
    "font-weight",
    "height",
    "letter-spacing",
    "line-height",
    "list-style-type",
    "margin",
    "margin-bottom",
    "margin-left",
    "margin-right",
    "margin-top",
    "max-width",
    "min-width",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "text-align",
    "text-decoration",
    "text-indent",
    "text-transform",
    "vertical-align",
    "white-space",
    "width",
    "word-break",
    "word-wrap",
];

static INCOMING: LazyLock<Builder<'static>> = LazyLock::new(|| builder(RemoteImages::HoldBack));
static OUTGOING: LazyLock<Builder<'static>> = LazyLock::new(|| builder(RemoteImages::Keep));

/// Cleans HTML that came from outside. Nothing in the result causes a network request by itself.
pub fn sanitize(html: &str) -> SanitizedHtml {
    let html = clean(&INCOMING, &normalise(html, RemoteImages::HoldBack));
    let (has_remote_images, cid_references) = images(&html);
    SanitizedHtml { html, has_remote_images, cid_references }
}

/// Cleans HTML from the composer before it is sent: the same allow-list, with images on the web kept.
pub fn sanitize_outgoing(html: &str) -> String {
    clean(&OUTGOING, &normalise(html, RemoteImages::Keep))
}

/// Reads in small pieces: with the text as one piece, each character reference costs time in
/// proportion to all that follows it.
fn clean(builder: &Builder<'_>, html: &str) -> String {
    // Reading from memory cannot fail, and an empty result would be safe.
    builder.clean_from_reader(html.as_bytes()).map(|document| document.to_string()).unwrap_or_default()
}

fn builder(remote_images: RemoteImages) -> Builder<'static> {
    let mut builder = Builder::empty();
    let by_element: HashMap<&str, HashSet<&str>> = HashMap::from([
        ("a", HashSet::from(["href", "target", "rel"])),
        ("blockquote", HashSet::from(["type"])),
        ("font", HashSet::from(["color", "face", "size"])),
        ("img", HashSet::from(["src", "alt", "data-remote-src"])),
        ("ol", HashSet::from(["start", "type"])),
    ]);
    let specific = ["href", "src", "alt", "data-remote-src", "face", "start", "type"];
    builder
        .tags(ELEMENTS.iter().copied().collect())
        .clean_content_tags(HashSet::from(["script", "style"]))
        .generic_attributes(ATTRIBUTES.iter().copied().filter(|name| !specific.contains(name)).collect())
        .tag_attributes(by_element)
        .link_rel(None)
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel", "cid", "data"]))
        .url_relative(UrlRelative::Deny)
        .filter_style_properties(STYLE_PROPERTIES.iter().copied().collect())
        .strip_comments(true)
        .attribute_filter(move |element, attribute, value| match (element, attribute) {
            ("a", "href") => has_scheme(value, &["http:", "https:", "mailto:", "tel:"]).then(|| value.into()),
            ("a", "target") => Some("_blank".into()),
            ("a", "rel") => Some(LINK_RELATION.into()),
            ("img", "src") => allowed_source(value, remote_images).then(|| value.into()),
            (_, "data-remote-src") => remote_source(value, remote_images),
            (_, "href" | "src") => None,
            (_, "style") => harmless_style(value).then(|| value.into()),
            (_, "data-quote") => matches!(value, "part" | "tail").then(|| value.into()),
            _ => Some(value.into()),
        });
    builder
}

fn has_scheme(value: &str, schemes: &[&str]) -> bool {
    let start: String = value.chars().filter(|c| !c.is_whitespace() && !c.is_control()).take(10).collect();
    let start = start.to_ascii_lowercase();
    schemes.iter().any(|scheme| start.starts_with(scheme))
}

fn allowed_source(value: &str, remote_images: RemoteImages) -> bool {
    let is_remote = has_scheme(value, &["http:", "https:"]);
    (is_remote && remote_images == RemoteImages::Keep)
        || has_scheme(value, &["cid:"])
        || is_raster_data(value)
}

fn remote_source(value: &str, remote_images: RemoteImages) -> Option<Cow<'_, str>> {
    (remote_images == RemoteImages::HoldBack && has_scheme(value, &["http:", "https:"]))
        .then(|| value.trim().into())
}

/// `data:` only for pixel formats: vector images and documents can hold scripts.
fn is_raster_data(value: &str) -> bool {
    if value.len() > MAX_DATA_URL_BYTES {
        return false;
    }
    let Some((head, body)) = value.trim().split_once(',') else { return false };
    let head = head.to_ascii_lowercase();
    let raster = [
        "data:image/png;base64",
        "data:image/jpeg;base64",
        "data:image/jpg;base64",
        "data:image/gif;base64",
        "data:image/webp;base64",
    ];
    raster.contains(&head.as_str())
        && body.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=') || byte.is_ascii_whitespace()
        })
}

/// Escapes hide functions from a simple search, and nobody needs them in a mail.
fn harmless_style(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    !["url(", "expression", "image(", "image-set(", "src(", "\\", "@", "/*", "var(", "attr("]
        .iter()
        .any(|bad| lower.contains(bad))
}

/// Whether images are held back, and which content ids are in use.
fn images(html: &str) -> (bool, Vec<String>) {
    let mut has_remote = false;
    let mut references = Vec::new();
    let mut position = 0;
    while let Some(offset) = memchr::memmem::find(&html.as_bytes()[position..], b"<img") {
        let start = position + offset;
        position = start + 4;
        let Some((tag, _)) = read_tag(&html[start..]) else { continue };
        has_remote |= tag.attribute("data-remote-src").is_some();
        let source = tag.attribute("src").unwrap_or_default();
        if let Some(reference) =
            source.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("cid:")).map(|_| &source[4..])
        {
            let reference = decode_entities(reference);
            if !references.contains(&reference) && references.len() < 1_000 {
                references.push(reference);
            }
        }
    }
    (has_remote, references)
}

#[cfg(test)]
#[path = "sanitize_tests.rs"]
mod tests;
