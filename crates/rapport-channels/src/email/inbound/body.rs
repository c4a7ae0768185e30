//! Chooses and joins the parts that make up the text and the HTML of a message.

use super::charset;
use super::mime::Part;
use crate::email::types::ParseWarning;
use crate::html;

#[derive(Default)]
pub(super) struct Body {
    pub text: String,
    pub html: Option<String>,
    /// Indexes of the parts that were used and so are no attachments.
    pub used: Vec<usize>,
    pub warnings: Vec<ParseWarning>,
}

/// Parts that say the same thing in different forms share a group.
struct Piece {
    group: usize,
    is_html: bool,
    content: String,
}

pub(super) fn assemble(parts: &[Part<'_>], limit: usize) -> Body {
    let mut body = Body::default();
    let mut pieces: Vec<Piece> = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let alternative = enclosing_alternative(parts, index);
        if !is_body_part(part, alternative.is_some()) {
            continue;
        }
        let is_html = part.media_type == "text/html";
        let group = alternative.unwrap_or(index);
        if alternative.is_some()
            && pieces.iter().any(|piece| piece.group == group && piece.is_html == is_html)
        {
            continue;
        }
        body.used.push(index);
        let content = read_text(part, limit, &mut body.warnings);
        pieces.push(Piece { group, is_html, content });
    }
    join(&pieces, limit, &mut body);
    body
}

fn is_body_part(part: &Part<'_>, in_alternative: bool) -> bool {
    let is_text = matches!(part.media_type.as_str(), "text/plain" | "text/html");
    let named = part.file_name().is_some() && !in_alternative;
    is_text && part.disposition != "attachment" && !named
}

/// Whether the part came along as a file, and is not one of the forms of what the mail itself says.
pub(super) fn is_file(parts: &[Part<'_>], index: usize) -> bool {
    let is_form = parts[index].parent.is_none() || enclosing_alternative(parts, index).is_some();
    !is_form || parts[index].disposition == "attachment"
}

fn enclosing_alternative(parts: &[Part<'_>], index: usize) -> Option<usize> {
    let mut current = parts[index].parent;
    let mut outermost = None;
    while let Some(parent) = current {
        if parts[parent].media_type == "multipart/alternative" {
            outermost = Some(parent);
        }
        current = parts[parent].parent;
    }
    outermost
}

fn read_text(part: &Part<'_>, limit: usize, warnings: &mut Vec<ParseWarning>) -> String {
    let mut bytes = part.decoded();
    if bytes.len() > limit {
        warnings.push(ParseWarning::BodyTruncated);
        bytes = bytes[..limit].to_vec().into();
    }
    let declared = part
        .parameter("charset")
        .map(str::to_owned)
        .or_else(|| (part.media_type == "text/html").then(|| html_charset(&bytes)).flatten());
    let decoded = charset::decode(&bytes, declared.as_deref());
    if decoded.unknown_charset {
        warnings.push(ParseWarning::UnknownCharset);
    }
    if decoded.invalid {
        warnings.push(ParseWarning::InvalidText);
    }
    let text = decoded.text.replace("\r\n", "\n").replace('\r', "\n");
    let flowed = part.parameter("format").is_some_and(|format| format.eq_ignore_ascii_case("flowed"));
    if flowed && part.media_type == "text/plain" {
        let deletes_space = part.parameter("delsp").is_some_and(|value| value.eq_ignore_ascii_case("yes"));
        return unflow(&text, deletes_space);
    }
    text
}

/// The character set that an HTML document names in its head.
fn html_charset(bytes: &[u8]) -> Option<String> {
    let head = bytes[..bytes.len().min(1_024)].to_ascii_lowercase();
    let start = memchr::memmem::find(&head, b"charset=")? + "charset=".len();
    let name: String = head[start..]
        .iter()
        .skip_while(|byte| matches!(byte, b'"' | b'\'' | b' '))
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        .map(|byte| char::from(*byte))
        .collect();
    (!name.is_empty()).then_some(name)
}

/// Joins the lines that `format=flowed` broke (RFC 3676).
fn unflow(text: &str, deletes_space: bool) -> String {
    let mut output = String::with_capacity(text.len());
    let mut open_depth: Option<usize> = None;
    for line in text.split('\n') {
        let depth = line.bytes().take_while(|byte| *byte == b'>').count();
        let content = line[depth..].strip_prefix(' ').unwrap_or(&line[depth..]);
        if open_depth == Some(depth) && content != "-- " {
            output.push_str(content);
        } else {
            if open_depth.is_some() {
                output.push('\n');
            }
            if depth > 0 {
                output.push_str(&line[..depth]);
                output.push(' ');
            }
            output.push_str(content);
        }
        if content.ends_with(' ') && content != "-- " {
            if deletes_space {
                output.pop();
            }
            open_depth = Some(depth);
        } else {
            output.push('\n');
            open_depth = None;
        }
    }
    output.truncate(output.trim_end_matches('\n').len());
    output
}

fn join(pieces: &[Piece], limit: usize, body: &mut Body) {
    let any_html = pieces.iter().any(|piece| piece.is_html);
    let mut html_output = String::new();
    let mut groups: Vec<usize> = Vec::new();
    for piece in pieces {
        if !groups.contains(&piece.group) {
            groups.push(piece.group);
        }
    }
    for group in groups {
        let of_kind = |is_html: bool| {
            pieces
                .iter()
                .find(|piece| piece.group == group && piece.is_html == is_html)
                .map(|piece| piece.content.as_str())
        };
        let (text, rich) = (of_kind(false), of_kind(true));
        // Some senders leave the plain alternative empty.
        let plain = match (text.filter(|text| !text.trim().is_empty()), rich) {
            (Some(text), _) => text.to_owned(),
            (None, Some(rich)) => html::to_text(rich),
            (None, None) => String::new(),
        };
        if !body.text.is_empty() && !plain.trim().is_empty() {
            body.text.push_str("\n\n");
        }
        body.text.push_str(plain.trim_end());
        if any_html {
            match (rich, text) {
                (Some(rich), _) => html_output.push_str(rich),
                (None, Some(text)) => html_output.push_str(&html::text_to_html(text)),
                (None, None) => {}
            }
        }
    }
    for output in [&mut body.text, &mut html_output] {
        if output.len() > limit {
            body.warnings.push(ParseWarning::BodyTruncated);
            output.truncate(output.floor_char_boundary(limit));
        }
    }
    body.html = any_html.then_some(html_output);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flowed_lines_are_joined() {
        assert_eq!(unflow("a long \nline\nend", false), "a long line\nend");
        assert_eq!(unflow("> quoted \n> on\nmine", false), "> quoted on\nmine");
        assert_eq!(unflow("ab \ncd", true), "abcd");
        assert_eq!(unflow("x\n-- \nsig", false), "x\n-- \nsig");
        assert_eq!(unflow(" >not a quote", false), ">not a quote");
    }

    #[test]
    fn the_character_set_in_the_head_is_found() {
        assert_eq!(html_charset(b"<meta charset=\"GB2312\">").as_deref(), Some("gb2312"));
        assert_eq!(html_charset(b"<p>x"), None);
    }
}
