//! The structure of a message: header fields and the tree of parts, as slices of the raw bytes.
//! The walk keeps its own stack and stops at the limits, so that hostile nesting costs nothing.

use memchr::memmem::Finder;

use super::charset;
use super::words::parse_parameters;
use crate::email::types::ParseLimits;

const MAX_FIELDS: usize = 2_000;
const MAX_PART_HEADER_BYTES: usize = 64 * 1024;

/// One header block.
#[derive(Default)]
pub(super) struct Headers<'a> {
    fields: Vec<(&'a [u8], &'a [u8])>,
    pub truncated: bool,
}

impl<'a> Headers<'a> {
    /// Reads a header block and returns the rest after it. At most `limit` bytes are looked at
    /// for fields, while the end of the block is found wherever it is.
    pub fn parse(raw: &'a [u8], limit: usize) -> (Self, &'a [u8]) {
        let mut headers = Headers::default();
        let mut position = 0;
        let mut field_start: Option<usize> = None;
        loop {
            let line_end =
                memchr::memchr(b'\n', &raw[position..]).map_or(raw.len(), |offset| position + offset + 1);
            let line = &raw[position..line_end];
            let blank = line.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
            let continues = matches!(line.first(), Some(b' ' | b'\t')) && field_start.is_some();
            if !continues && let Some(start) = field_start.take() {
                headers.push(&raw[start..position], limit.saturating_sub(start));
            }
            if blank {
                return (headers, &raw[line_end..]);
            }
            if !continues {
                if is_field_start(line) {
                    field_start = Some(position);
                } else if !is_mailbox_mark(line, position) {
                    // The body began without a blank line.
                    return (headers, &raw[position..]);
                }
            }
            position = line_end;
            if position >= raw.len() {
                if let Some(start) = field_start {
                    headers.push(&raw[start..], limit.saturating_sub(start));
                }
                return (headers, &[]);
            }
        }
    }

    fn push(&mut self, field: &'a [u8], allowance: usize) {
        if allowance == 0 || self.fields.len() >= MAX_FIELDS {
            self.truncated = true;
            return;
        }
        self.truncated |= field.len() > allowance;
        let field = &field[..field.len().min(allowance)];
        if let Some(colon) = memchr::memchr(b':', field) {
            self.fields.push((field[..colon].trim_ascii(), &field[colon + 1..]));
        }
    }

    pub fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = String> + 's {
        self.fields
            .iter()
            .filter(move |(field, _)| field.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| unfold(value))
    }

    /// The first field of that name, unfolded but not decoded.
    pub fn first(&self, name: &str) -> Option<String> {
        self.all(name).next()
    }

    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(field, _)| field.eq_ignore_ascii_case(name.as_bytes()))
    }

    pub fn names(&self) -> impl Iterator<Item = &'a [u8]> {
        self.fields.iter().map(|(name, _)| *name)
    }
}

/// `From x@y Mon…` above the first field comes from mailbox files, `>From` from relays through them.
fn is_mailbox_mark(line: &[u8], position: usize) -> bool {
    line.starts_with(b">From ") || (position == 0 && line.starts_with(b"From "))
}

fn is_field_start(line: &[u8]) -> bool {
    let Some(colon) = memchr::memchr(b':', &line[..line.len().min(200)]) else { return false };
    let name = line[..colon].trim_ascii_end();
    !name.is_empty() && name.iter().all(|byte| *byte > b' ' && *byte != 0x7f)
}

/// Line ends go, raw 8-bit text is read as UTF-8 or windows-1252.
fn unfold(value: &[u8]) -> String {
    let text = charset::decode(value, None).text;
    let mut unfolded = String::with_capacity(text.len());
    for line in text.split(['\r', '\n']) {
        if unfolded.is_empty() {
            unfolded.push_str(line.trim_start());
        } else {
            unfolded.push_str(line);
        }
    }
    unfolded.truncate(unfolded.trim_end().len());
    unfolded
}

/// A node of the part tree.
pub(super) struct Part<'a> {
    pub headers: Headers<'a>,
    pub media_type: String,
    /// No Content-Type, or one that could not be read.
    pub type_missing: bool,
    pub parameters: Vec<(String, String)>,
    pub disposition: String,
    pub disposition_parameters: Vec<(String, String)>,
    pub encoding: String,
    pub body: &'a [u8],
    pub parent: Option<usize>,
}

impl Part<'_> {
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn file_name(&self) -> Option<&str> {
        let disposed = self.disposition_parameters.iter().find(|(key, _)| key == "filename");
        disposed
            .map(|(_, value)| value.as_str())
            .or_else(|| self.parameter("name"))
            .filter(|name| !name.is_empty())
    }

    pub fn is_multipart(&self) -> bool {
        self.media_type.starts_with("multipart/")
    }

    pub fn decoded(&self) -> std::borrow::Cow<'_, [u8]> {
        match self.encoding.as_str() {
            "base64" => super::transfer::decode_base64(self.body).into(),
            "quoted-printable" => super::transfer::decode_quoted_printable(self.body).into(),
            _ => self.body.into(),
        }
    }
}

/// All parts, parents before children, in the order of the message.
pub(super) struct Structure<'a> {
    pub parts: Vec<Part<'a>>,
    pub too_deep: bool,
    pub too_many: bool,
}

/// Takes the body apart below its already read headers.
pub(super) fn walk<'a>(headers: Headers<'a>, body: &'a [u8], limits: &ParseLimits) -> Structure<'a> {
    let mut structure = Structure { parts: Vec::new(), too_deep: false, too_many: false };
    let mut stack = vec![(part_of(headers, body, None, "text/plain"), 0_usize)];
    // Parts are pushed in reverse, so that they are taken off in the order of the message.
    while let Some((part, depth)) = stack.pop() {
        let index = structure.parts.len();
        if index >= limits.parts {
            structure.too_many = true;
            break;
        }
        if part.is_multipart() {
            if depth >= limits.depth {
                structure.too_deep = true;
            } else {
                let remaining = limits.parts.saturating_sub(index + stack.len());
                let (bodies, more) = split_multipart(&part, remaining);
                structure.too_many |= more;
                let default_type =
                    if part.media_type == "multipart/digest" { "message/rfc822" } else { "text/plain" };
                for raw in bodies.into_iter().rev() {
                    let (headers, body) = Headers::parse(raw, MAX_PART_HEADER_BYTES);
                    stack.push((part_of(headers, body, Some(index), default_type), depth + 1));
                }
            }
        }
        structure.parts.push(part);
    }
    structure
}

fn part_of<'a>(headers: Headers<'a>, body: &'a [u8], parent: Option<usize>, default_type: &str) -> Part<'a> {
    let (mut media_type, parameters) = parse_parameters(&headers.first("content-type").unwrap_or_default());
    let type_missing = !media_type.contains('/');
    if type_missing {
        media_type = default_type.to_owned();
    }
    let (disposition, disposition_parameters) =
        parse_parameters(&headers.first("content-disposition").unwrap_or_default());
    let encoding = headers.first("content-transfer-encoding").unwrap_or_default().trim().to_ascii_lowercase();
    Part {
        headers,
        media_type,
        type_missing,
        parameters,
        disposition,
        disposition_parameters,
        encoding,
        body,
        parent,
    }
}

/// Cuts a multipart body at its boundary; the flag says that more parts than `limit` follow.
fn split_multipart<'a>(part: &Part<'a>, limit: usize) -> (Vec<&'a [u8]>, bool) {
    let boundary = match part.parameter("boundary") {
        Some(boundary) if !boundary.trim().is_empty() => boundary.trim().as_bytes().to_vec(),
        _ => match guess_boundary(part.body) {
            Some(boundary) => boundary,
            None => return (Vec::new(), false),
        },
    };
    let delimiter = [b"--", boundary.as_slice()].concat();
    let finder = Finder::new(&delimiter);
    let body = part.body;
    let mut bodies = Vec::new();
    let mut open: Option<usize> = None;
    let mut position = 0;
    while let Some(offset) = finder.find(&body[position..]) {
        let start = position + offset;
        position = start + delimiter.len();
        let at_line_start = start == 0 || body[start - 1] == b'\n';
        let Some((content, closing)) = at_line_start.then(|| line_after(body, position)).flatten() else {
            continue;
        };
        if let Some(begin) = open.take() {
            if bodies.len() >= limit {
                return (bodies, true);
            }
            bodies.push(strip_line_end(&body[begin..start.max(begin)]));
        }
        if closing {
            return (bodies, false);
        }
        open = Some(content);
        position = content;
    }
    // The closing delimiter is missing: what is there counts.
    if let Some(begin) = open.filter(|begin| *begin < body.len()) {
        if bodies.len() >= limit {
            return (bodies, true);
        }
        bodies.push(&body[begin..]);
    }
    (bodies, false)
}

/// After a delimiter: where the part's content begins, and whether it was the closing one.
/// `None` when the line goes on, as with a longer boundary that starts alike.
fn line_after(body: &[u8], position: usize) -> Option<(usize, bool)> {
    let rest = &body[position..];
    let closing = rest.starts_with(b"--");
    let rest = if closing { &rest[2..] } else { rest };
    let blanks = rest.iter().take(200).take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
    let at = position + if closing { 2 } else { 0 } + blanks;
    match body.get(at) {
        None => Some((body.len(), closing)),
        Some(b'\n') => Some((at + 1, closing)),
        // Text after the closing delimiter on its line is seen in the wild and harmless.
        Some(_) if closing => Some((at, true)),
        Some(_) => None,
    }
}

fn strip_line_end(body: &[u8]) -> &[u8] {
    let body = body.strip_suffix(b"\n").unwrap_or(body);
    body.strip_suffix(b"\r").unwrap_or(body)
}

/// A multipart without boundary parameter: the first line that looks like a delimiter tells it.
fn guess_boundary(body: &[u8]) -> Option<Vec<u8>> {
    body[..body.len().min(4_096)]
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii_end)
        .find_map(|line| line.strip_prefix(b"--").filter(|rest| rest.len() >= 6 && !rest.contains(&b' ')))
        .map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts_of(raw: &str) -> Vec<(String, String)> {
        let (headers, body) = Headers::parse(raw.as_bytes(), 10_000);
        walk(headers, body, &ParseLimits::default())
            .parts
            .iter()
            .filter(|part| !part.is_multipart())
            .map(|part| (part.media_type.clone(), String::from_utf8_lossy(part.body).into_owned()))
            .collect()
    }

    #[test]
    fn fields_are_unfolded_and_the_body_found() {
        let (headers, body) =
            Headers::parse(b"From x@y Mon\r\nA: 1\r\n 2\r\nb : 3\r\nBad\xe9: \xe9\n\r\nbody\r\n", 1_000);
        assert_eq!(headers.first("a").as_deref(), Some("1 2"));
        assert_eq!(headers.first("B").as_deref(), Some("3"));
        assert_eq!(body, b"body\r\n");
        let (headers, body) = Headers::parse(b"A: 1\nno header here", 1_000);
        assert!(headers.has("a"));
        assert_eq!(body, b"no header here");
        assert!(Headers::parse(b"A: 1\nB: 2", 1_000).0.has("b"));
        assert_eq!(Headers::parse(b"", 1_000).0.names().count(), 0);
    }

    #[test]
    fn broken_multiparts_still_give_their_parts() {
        let expected =
            vec![("text/plain".to_owned(), "one".to_owned()), ("text/html".to_owned(), "two".to_owned())];
        let inner = "--b\r\n\r\none\r\n--b\r\nContent-Type: text/html\r\n\r\ntwo";
        let type_line = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
        assert_eq!(parts_of(&format!("{type_line}preamble\r\n{inner}\r\n--b--\r\nepilogue")), expected);
        assert_eq!(parts_of(&format!("{type_line}{inner}")), expected);
        assert_eq!(parts_of(&format!("{type_line}{inner}\r\n--b-- junk")), expected);
        let unnamed = inner.replace("--b", "--boundary");
        assert_eq!(
            parts_of(&format!("Content-Type: multipart/mixed\r\n\r\n{unnamed}\r\n--boundary--")),
            expected
        );
        let bare = format!("{type_line}{inner}\r\n--b--").replace("\r\n", "\n");
        assert_eq!(parts_of(&bare), expected);
    }

    #[test]
    fn a_longer_boundary_that_starts_alike_is_another_one() {
        let raw = "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/alternative; boundary=bb\n\n\
                   --bb\n\nx\n--bb--\n--b\n\ny\n--b--";
        let texts: Vec<String> = parts_of(raw).into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, vec!["x", "y"]);
    }

    #[test]
    fn limits_stop_the_walk() {
        let mut raw = String::new();
        for depth in 0..10_000 {
            raw.push_str(&format!("Content-Type: multipart/mixed; boundary=b{depth}\n\n--b{depth}\n"));
        }
        let (headers, body) = Headers::parse(raw.as_bytes(), 10_000);
        assert!(walk(headers, body, &ParseLimits::default()).too_deep);
        let raw = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\nx\n".repeat(1_000_000));
        let (headers, body) = Headers::parse(raw.as_bytes(), 10_000);
        let structure = walk(headers, body, &ParseLimits::default());
        assert!(structure.too_many);
        assert!(structure.parts.len() <= ParseLimits::default().parts);
    }
}
