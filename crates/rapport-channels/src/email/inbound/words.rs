//! Encoded words in headers (RFC 2047) and encoded parameters (RFC 2231).

use super::charset;
use super::transfer::{decode_base64, hex_value};

/// Decodes all encoded words of an unfolded header. Neighbouring words of one character set are
/// joined before decoding, because senders split them inside a character.
pub(crate) fn decode_words(raw: &str) -> String {
    if !raw.contains("=?") {
        return without_controls(raw);
    }
    let mut output = String::with_capacity(raw.len());
    let mut pending: Option<(String, Vec<u8>)> = None;
    let mut rest = raw;
    while let Some(start) = rest.find("=?") {
        let Some((charset_name, bytes, length)) = read_word(&rest[start..]) else {
            flush(&mut output, &mut pending);
            output.push_str(&rest[..start + 2]);
            rest = &rest[start + 2..];
            continue;
        };
        let between = &rest[..start];
        // White space between two encoded words is not part of the text.
        if pending.is_none() || !between.chars().all(char::is_whitespace) {
            flush(&mut output, &mut pending);
            output.push_str(between);
        }
        match &mut pending {
            Some((name, collected)) if name.eq_ignore_ascii_case(charset_name) => collected.extend(bytes),
            _ => {
                flush(&mut output, &mut pending);
                pending = Some((charset_name.to_owned(), bytes));
            }
        }
        rest = &rest[start + length..];
    }
    flush(&mut output, &mut pending);
    output.push_str(rest);
    without_controls(&output)
}

fn flush(output: &mut String, pending: &mut Option<(String, Vec<u8>)>) {
    if let Some((charset_name, bytes)) = pending.take() {
        output.push_str(&charset::decode(&bytes, Some(&charset_name)).text);
    }
}

/// Reads `=?charset?encoding?text?=` at the start; the answer holds the length in bytes.
fn read_word(text: &str) -> Option<(&str, Vec<u8>, usize)> {
    let inner = text.strip_prefix("=?")?;
    let (charset_name, after_charset) = limited_split(inner, 60)?;
    let (encoding, after_encoding) = limited_split(after_charset, 2)?;
    // Real words are at most 75 characters; broken clients send whole subjects in one.
    let window = &after_encoding.as_bytes()[..after_encoding.len().min(8_192)];
    let end = memchr::memmem::find(window, b"?=")?;
    let encoded = after_encoding.get(..end)?;
    let bytes = match encoding {
        "B" | "b" => decode_base64(encoded.as_bytes()),
        "Q" | "q" => decode_q(encoded.as_bytes()),
        _ => return None,
    };
    let length = text.len() - after_encoding.len() + end + 2;
    // A language may follow the character set: `utf-8*en`.
    let charset_name = charset_name.split('*').next().unwrap_or(charset_name);
    Some((charset_name, bytes, length))
}

fn limited_split(text: &str, limit: usize) -> Option<(&str, &str)> {
    let position = text.bytes().take(limit).position(|byte| byte == b'?')?;
    Some((text.get(..position)?, text.get(position + 1..)?))
}

fn decode_q(encoded: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut position = 0;
    while let Some(&byte) = encoded.get(position) {
        position += 1;
        match byte {
            b'_' => bytes.push(b' '),
            b'=' => {
                let high = encoded.get(position).copied().and_then(hex_value);
                let low = encoded.get(position + 1).copied().and_then(hex_value);
                if let (Some(high), Some(low)) = (high, low) {
                    bytes.push(high << 4 | low);
                    position += 2;
                } else {
                    bytes.push(byte);
                }
            }
            _ => bytes.push(byte),
        }
    }
    bytes
}

fn without_controls(text: &str) -> String {
    text.chars()
        .map(|character| if matches!(character, '\r' | '\n' | '\t') { ' ' } else { character })
        .filter(|character| !character.is_control())
        .collect()
}

/// Splits `value; name=text; name*0*=…` into the value and its parameters, continuations joined.
/// At most 50 parameters are read.
pub(super) fn parse_parameters(raw: &str) -> (String, Vec<(String, String)>) {
    let mut pieces = split_outside_quotes(raw);
    let value = pieces.next().unwrap_or_default();
    let value = value.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    let mut plain: Vec<(String, String)> = Vec::new();
    let mut segments: Vec<Segment> = Vec::new();
    for piece in pieces.take(50) {
        let Some((name, text)) = piece.split_once('=') else { continue };
        let name = name.trim().to_ascii_lowercase();
        let text = unquote_parameter(text.trim());
        match name.split_once('*') {
            None => plain.push((name, decode_words(&text))),
            Some((base, suffix)) => {
                let encoded = suffix.is_empty() || suffix.ends_with('*');
                let index = suffix.trim_end_matches('*').parse().unwrap_or(0);
                segments.push(Segment { base: base.to_owned(), index, encoded, text });
            }
        }
    }
    segments.sort_by(|left, right| left.base.cmp(&right.base).then(left.index.cmp(&right.index)));
    for group in segments.chunk_by(|left, right| left.base == right.base) {
        let text = join_segments(group);
        // The extended form wins over the plain one that stands beside it for old readers.
        plain.retain(|(name, _)| *name != group[0].base);
        plain.push((group[0].base.clone(), text));
    }
    (value, plain)
}

struct Segment {
    base: String,
    index: u32,
    encoded: bool,
    text: String,
}

fn join_segments(group: &[Segment]) -> String {
    let mut bytes = Vec::new();
    let mut charset_name = None;
    for (position, segment) in group.iter().enumerate() {
        let mut text = segment.text.as_str();
        if position == 0 && segment.encoded {
            let mut fields = text.splitn(3, '\'');
            if let (Some(name), Some(_), Some(rest)) = (fields.next(), fields.next(), fields.next()) {
                charset_name = Some(name.to_owned());
                text = rest;
            }
        }
        if segment.encoded {
            decode_percent(text.as_bytes(), &mut bytes);
        } else {
            bytes.extend_from_slice(text.as_bytes());
        }
    }
    without_controls(&charset::decode(&bytes, charset_name.as_deref()).text)
}

fn decode_percent(text: &[u8], bytes: &mut Vec<u8>) {
    let mut position = 0;
    while let Some(&byte) = text.get(position) {
        position += 1;
        let high = text.get(position).copied().and_then(hex_value);
        let low = text.get(position + 1).copied().and_then(hex_value);
        match (byte, high, low) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(high << 4 | low);
                position += 2;
            }
            _ => bytes.push(byte),
        }
    }
}

fn split_outside_quotes(raw: &str) -> impl Iterator<Item = &str> {
    let mut in_quotes = false;
    let mut escaped = false;
    raw.split(move |character: char| {
        match character {
            _ if escaped => escaped = false,
            '\\' if in_quotes => escaped = true,
            '"' => in_quotes = !in_quotes,
            ';' => return !in_quotes,
            _ => {}
        }
        false
    })
}

fn unquote_parameter(text: &str) -> String {
    let Some(quoted) = text.strip_prefix('"') else {
        return text.split_whitespace().collect::<Vec<_>>().join(" ");
    };
    let mut result = String::with_capacity(quoted.len());
    let mut escaped = false;
    for character in quoted.chars() {
        match character {
            _ if escaped => {
                result.push(character);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => break,
            _ => result.push(character),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_joined_before_they_are_decoded() {
        assert_eq!(decode_words("=?utf-8?B?w?= =?utf-8?B?6Q==?="), "é");
        assert_eq!(decode_words("=?utf-8?Q?caf=C3?= =?UTF-8?Q?=A9_x?="), "café x");
        assert_eq!(decode_words("A =?iso-8859-1?Q?=E9?= b"), "A é b");
        assert_eq!(decode_words("=?utf-8?Q?a?= =?iso-8859-1?Q?=E9?="), "aé");
        assert_eq!(decode_words("=?utf-8*en?Q?a?="), "a");
        assert_eq!(decode_words("=?broken"), "=?broken");
        assert_eq!(decode_words("=?x?Z?y?= z"), "=?x?Z?y?= z");
        assert_eq!(decode_words("=?utf-8?Q?a=0D=0ABcc:_x?="), "a  Bcc: x");
    }

    #[test]
    fn parameters_are_read_in_all_their_forms() {
        let (value, parameters) =
            parse_parameters("Text/Plain; charset=\"utf-8\"; name*=UTF-8''caf%C3%A9.txt; name=cafe.txt");
        assert_eq!(value, "text/plain");
        assert_eq!(parameters, vec![("charset".into(), "utf-8".into()), ("name".into(), "café.txt".into())]);
        let (_, parameters) = parse_parameters("attachment; filename*1*=%A9.txt; filename*0*=utf-8''caf%C3");
        assert_eq!(parameters, vec![("filename".into(), "café.txt".into())]);
        let (_, parameters) = parse_parameters("a; filename=\"x;y\\\"z.txt\"; filename2=a b");
        assert_eq!(parameters[0].1, "x;y\"z.txt");
        assert_eq!(parameters[1].1, "a b");
        let (_, parameters) = parse_parameters("a; filename=\"=?utf-8?Q?caf=C3=A9?=\"");
        assert_eq!(parameters[0].1, "café");
    }

    #[test]
    fn hostile_headers_cost_little() {
        assert!(decode_words(&"=?".repeat(100_000)).len() >= 200_000);
        assert!(!decode_words(&"=?utf-8?Q?".repeat(20_000)).is_empty());
        assert_eq!(parse_parameters(&";a=b".repeat(100_000)).1.len(), 50);
    }
}
