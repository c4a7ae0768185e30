//! The bytes that go over an SMTP connection and what its answers say.

/// What stands before the first empty line.
pub(super) fn header_of(message: &[u8]) -> &[u8] {
    let end = memchr::memmem::find(message, b"\r\n\r\n").unwrap_or(message.len());
    &message[..end]
}

/// Lines end with CRLF whatever the input had, a leading dot is doubled, and the end is a full line.
/// Nothing inside the message can therefore look like its end.
pub(super) fn dot_stuffed(message: &[u8]) -> Vec<u8> {
    let mut stuffed = Vec::with_capacity(message.len() + message.len() / 40 + 2);
    let mut at_line_start = true;
    let mut bytes = message.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' | b'\n' => {
                if byte == b'\r' && bytes.peek() == Some(&b'\n') {
                    bytes.next();
                }
                stuffed.extend_from_slice(b"\r\n");
                at_line_start = true;
            }
            _ => {
                if at_line_start && byte == b'.' {
                    stuffed.push(b'.');
                }
                stuffed.push(byte);
                at_line_start = false;
            }
        }
    }
    if !at_line_start {
        stuffed.extend_from_slice(b"\r\n");
    }
    stuffed
}

pub(super) fn queue_id(response: &str) -> Option<String> {
    let lower = response.to_ascii_lowercase();
    let start = ["queued as ", "queued mail for delivery ", "id="]
        .iter()
        .find_map(|marker| lower.find(marker).map(|position| position + marker.len()))
        .or_else(|| (lower.starts_with("ok ") && response.split_whitespace().count() == 2).then_some(3))?;
    let id: String = response
        .get(start..)?
        .trim_start_matches(['<', '(', '['])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '@'))
        .take(200)
        .collect();
    (!id.is_empty()).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_message_looks_like_its_end() {
        let cases: &[(&[u8], &[u8])] = &[
            (b"a\r\n.\r\nb", b"a\r\n..\r\nb\r\n"),
            (b"a\n.\nRCPT", b"a\r\n..\r\nRCPT\r\n"),
            (b"a\r.\rb", b"a\r\n..\r\nb\r\n"),
            (b".", b"..\r\n"),
            (b"", b""),
            (b"x\r\n", b"x\r\n"),
        ];
        for (input, expected) in cases {
            assert_eq!(dot_stuffed(input), *expected);
        }
    }

    #[test]
    fn queue_ids_are_found() {
        assert_eq!(queue_id("2.0.0 Ok: queued as 4AbC12").as_deref(), Some("4AbC12"));
        assert_eq!(queue_id("Ok 0100018f-abc-000000").as_deref(), Some("0100018f-abc-000000"));
        assert_eq!(queue_id("OK id=1rAbCd-0001"), Some("1rAbCd-0001".to_owned()));
        assert_eq!(queue_id("Message accepted"), None);
    }
}
