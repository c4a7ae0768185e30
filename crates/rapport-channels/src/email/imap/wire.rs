//! Responses of an IMAP server (RFC 9051 §7) as bounded values. Only what fetching mail needs is
//! understood; anything else is carried as text and ignored.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};

use super::error::ImapError;

/// A long SEARCH answer is one line; half a million identifiers fit.
const MAX_LINE_BYTES: u64 = 4 * 1024 * 1024;
const MAX_PIECES: usize = 200;
const MAX_DEPTH: usize = 20;

/// One response: runs of text, each but the last followed by a literal.
#[derive(Debug, Default)]
pub(super) struct Response {
    pieces: Vec<(String, Option<Vec<u8>>)>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Word(String),
    Bytes(Vec<u8>),
    List(Vec<Value>),
}

impl Value {
    pub fn as_number(&self) -> Option<u32> {
        match self {
            Value::Word(word) => word.parse().ok(),
            _ => None,
        }
    }

    pub fn into_bytes(self) -> Option<Vec<u8>> {
        match self {
            Value::Bytes(bytes) => Some(bytes),
            Value::Word(word) if word.eq_ignore_ascii_case("NIL") => None,
            Value::Word(word) => Some(word.into_bytes()),
            Value::List(_) => None,
        }
    }
}

impl Response {
    /// Reads one response; all its literals together hold at most `max_literal_bytes`.
    pub async fn read<S: AsyncRead + Unpin>(
        stream: &mut BufReader<S>,
        max_literal_bytes: usize,
        timeout: Duration,
    ) -> Result<Self, ImapError> {
        let mut response = Response::default();
        let mut allowance = max_literal_bytes;
        loop {
            let line = read_line(stream, timeout).await?;
            let Some(length) = literal_length(&line) else {
                response.pieces.push((line, None));
                return Ok(response);
            };
            if response.pieces.len() >= MAX_PIECES {
                return Err(ImapError::Protocol("too many literals in one response"));
            }
            allowance = allowance.checked_sub(length).ok_or(ImapError::TooLarge)?;
            let literal = read_literal(stream, length, timeout).await?;
            response.pieces.push((line, Some(literal)));
        }
    }

    /// The text up to the first literal.
    pub fn text(&self) -> &str {
        self.pieces.first().map_or("", |(text, _)| text)
    }

    pub fn is_continuation(&self) -> bool {
        self.text().starts_with('+')
    }

    /// What follows the `* ` of an untagged response.
    pub fn untagged(&self) -> Option<&str> {
        self.text().strip_prefix("* ")
    }

    /// `* 12 EXISTS` gives `(12, "EXISTS")`.
    pub fn numbered(&self) -> Option<(u32, &str)> {
        let (number, rest) = self.untagged()?.split_once(' ')?;
        let word = rest.split([' ', '(']).next().unwrap_or_default();
        Some((number.parse().ok()?, word))
    }

    /// The attributes of `* n FETCH (…)` as name and value.
    pub fn into_fetch(self) -> Option<Vec<(String, Value)>> {
        if !self.numbered()?.1.eq_ignore_ascii_case("FETCH") {
            return None;
        }
        let list = self.into_values().into_iter().find_map(|value| match value {
            Value::List(list) => Some(list),
            _ => None,
        })?;
        let mut attributes = Vec::new();
        let mut values = list.into_iter();
        while let (Some(Value::Word(name)), Some(value)) = (values.next(), values.next()) {
            attributes.push((name.to_ascii_uppercase(), value));
        }
        Some(attributes)
    }

    fn into_values(self) -> Vec<Value> {
        let mut stack: Vec<Vec<Value>> = vec![Vec::new()];
        for (text, literal) in self.pieces {
            let text = if literal.is_some() { without_literal_mark(&text) } else { &text };
            tokenize(text, &mut stack);
            if let (Some(bytes), Some(top)) = (literal, stack.last_mut()) {
                top.push(Value::Bytes(bytes));
            }
        }
        while stack.len() > 1 {
            close(&mut stack);
        }
        stack.pop().unwrap_or_default()
    }
}

async fn read_line<S: AsyncRead + Unpin>(
    stream: &mut BufReader<S>,
    timeout: Duration,
) -> Result<String, ImapError> {
    let mut line = Vec::new();
    let mut limited = stream.take(MAX_LINE_BYTES);
    tokio::time::timeout(timeout, limited.read_until(b'\n', &mut line))
        .await
        .map_err(|_| ImapError::TimedOut)?
        .map_err(|_| ImapError::Cut)?;
    if line.last() != Some(&b'\n') {
        return Err(if line.len() as u64 >= MAX_LINE_BYTES {
            ImapError::Protocol("an endless line")
        } else {
            ImapError::Cut
        });
    }
    while matches!(line.last(), Some(b'\r' | b'\n')) {
        line.pop();
    }
    Ok(String::from_utf8_lossy(&line).into_owned())
}

/// Memory grows with what really arrives, not with what the server announces.
async fn read_literal<S: AsyncRead + Unpin>(
    stream: &mut BufReader<S>,
    length: usize,
    timeout: Duration,
) -> Result<Vec<u8>, ImapError> {
    let mut literal = Vec::with_capacity(length.min(64 * 1024));
    while literal.len() < length {
        let mut limited = (&mut *stream).take((length - literal.len()).min(64 * 1024) as u64);
        let read = tokio::time::timeout(timeout, limited.read_buf(&mut literal))
            .await
            .map_err(|_| ImapError::TimedOut)?
            .map_err(|_| ImapError::Cut)?;
        if read == 0 {
            return Err(ImapError::Cut);
        }
    }
    Ok(literal)
}

/// The number in a `{123}` at the end of a line.
fn literal_length(line: &str) -> Option<usize> {
    let inner = line.strip_suffix('}')?;
    let digits = inner[inner.rfind('{')? + 1..].trim_end_matches('+');
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| digits.parse().unwrap_or(usize::MAX))
}

fn without_literal_mark(line: &str) -> &str {
    line.rfind('{').map_or(line, |position| &line[..position])
}

fn close(stack: &mut Vec<Vec<Value>>) {
    if stack.len() > 1
        && let Some(list) = stack.pop()
        && let Some(top) = stack.last_mut()
    {
        top.push(Value::List(list));
    }
}

fn tokenize(text: &str, stack: &mut Vec<Vec<Value>>) {
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let value = match character {
            ' ' => continue,
            '(' => {
                // Deeper structures do not occur in what is asked for.
                if stack.len() < MAX_DEPTH {
                    stack.push(Vec::new());
                }
                continue;
            }
            ')' => {
                close(stack);
                continue;
            }
            '"' => Value::Bytes(read_quoted(&mut characters).into_bytes()),
            _ => {
                let mut word = String::from(character);
                let mut in_brackets = character == '[';
                while let Some(next) =
                    characters.next_if(|next| in_brackets || !matches!(next, ' ' | '(' | ')' | '"'))
                {
                    match next {
                        '[' => in_brackets = true,
                        ']' => in_brackets = false,
                        _ => {}
                    }
                    word.push(next);
                }
                Value::Word(word)
            }
        };
        if let Some(top) = stack.last_mut() {
            top.push(value);
        }
    }
}

fn read_quoted(characters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    let mut text = String::new();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => text.extend(characters.next()),
            _ => text.push(character),
        }
    }
    text
}

/// A mailbox name in modified UTF-7 (RFC 3501 §5.1.3).
pub(super) fn encode_mailbox(name: &str) -> String {
    let mut encoded = String::new();
    let mut pending: Vec<u16> = Vec::new();
    for character in name.chars() {
        if (' '..='~').contains(&character) {
            flush_utf7(&mut encoded, &mut pending);
            encoded.push(character);
            if character == '&' {
                encoded.push('-');
            }
        } else {
            let mut buffer = [0_u16; 2];
            pending.extend_from_slice(character.encode_utf16(&mut buffer));
        }
    }
    flush_utf7(&mut encoded, &mut pending);
    encoded
}

fn flush_utf7(encoded: &mut String, pending: &mut Vec<u16>) {
    use base64::Engine as _;
    if pending.is_empty() {
        return;
    }
    let bytes: Vec<u8> = pending.drain(..).flat_map(u16::to_be_bytes).collect();
    let text = base64::engine::general_purpose::STANDARD_NO_PAD.encode(bytes).replace('/', ",");
    encoded.push('&');
    encoded.push_str(&text);
    encoded.push('-');
}

/// A quoted string; `None` when the text cannot be one line.
pub(super) fn quote(text: &str) -> Option<String> {
    if text.chars().any(char::is_control) {
        return None;
    }
    Some(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(raw: &[u8]) -> Result<Response, ImapError> {
        Response::read(&mut BufReader::new(raw), 1_000, Duration::from_secs(1)).await
    }

    #[tokio::test]
    async fn a_fetched_message_is_found_among_its_attributes() {
        let raw = b"* 3 FETCH (FLAGS (\\Seen \"x\") UID 7 BODY[HEADER.FIELDS (A B)] {5}\r\na(\")b RFC822.SIZE 9 X \"q\\\"q\")\r\n";
        let attributes = read(raw).await.unwrap().into_fetch().unwrap();
        let names: Vec<&str> = attributes.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["FLAGS", "UID", "BODY[HEADER.FIELDS (A B)]", "RFC822.SIZE", "X"]);
        assert_eq!(attributes[1].1.as_number(), Some(7));
        assert_eq!(attributes[2].1, Value::Bytes(b"a(\")b".to_vec()));
        assert_eq!(attributes[4].1, Value::Bytes(b"q\"q".to_vec()));
    }

    #[tokio::test]
    async fn lies_about_sizes_cost_nothing() {
        assert!(matches!(
            read(b"* 1 FETCH (BODY[] {99999999999999999999}\r\nx").await,
            Err(ImapError::TooLarge)
        ));
        assert!(matches!(read(b"* 1 FETCH (BODY[] {2000}\r\nx").await, Err(ImapError::TooLarge)));
        assert!(matches!(read(b"* 1 FETCH (BODY[] {900}\r\nx").await, Err(ImapError::Cut)));
        assert!(matches!(read(b"* OK no line end").await, Err(ImapError::Cut)));
        assert!(
            read(format!("* 1 FETCH {}\r\n", "(".repeat(100_000)).as_bytes())
                .await
                .unwrap()
                .into_fetch()
                .is_some()
        );
        assert!(read(b"* 1 FETCH\r\n").await.unwrap().into_fetch().is_none());
        assert!(read(b"\r\n").await.unwrap().numbered().is_none());
    }

    #[test]
    fn mailbox_names_are_encoded() {
        assert_eq!(encode_mailbox("INBOX"), "INBOX");
        assert_eq!(encode_mailbox("Entwürfe & mehr"), "Entw&APw-rfe &- mehr");
        assert_eq!(encode_mailbox("台北"), "&U,BTFw-");
        assert_eq!(quote("a\"b\\c").as_deref(), Some("\"a\\\"b\\\\c\""));
        assert_eq!(quote("a\r\nb"), None);
    }
}
