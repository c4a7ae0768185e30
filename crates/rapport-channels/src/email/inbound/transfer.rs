//! Content transfer encodings: base64 with junk in it, quoted-printable with mistakes (RFC 2045 §6).

/// Decodes base64, passing over everything that is not of its alphabet.
pub(super) fn decode_base64(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(bytes.len() / 4 * 3 + 3);
    let mut buffer = 0_u32;
    let mut bits = 0_u32;
    for &byte in bytes {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            // Padding ends a group; some senders glue several encoded blocks together.
            b'=' => {
                (buffer, bits) = (0, 0);
                continue;
            }
            _ => continue,
        };
        buffer = (buffer << 6) | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            decoded.push((buffer >> bits) as u8);
            buffer &= (1 << bits) - 1;
        }
    }
    decoded
}

/// Decodes quoted-printable; what is not a valid escape stays as it is.
pub(super) fn decode_quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut position = 0;
    while position < bytes.len() {
        let Some(offset) = memchr::memchr(b'=', &bytes[position..]) else {
            decoded.extend_from_slice(&bytes[position..]);
            break;
        };
        decoded.extend_from_slice(&bytes[position..position + offset]);
        position += offset + 1;
        let rest = &bytes[position..];
        if let [high, low, ..] = rest
            && let (Some(high), Some(low)) = (hex_value(*high), hex_value(*low))
        {
            decoded.push(high << 4 | low);
            position += 2;
        } else if let Some(length) = soft_break_length(rest) {
            position += length;
        } else {
            decoded.push(b'=');
        }
    }
    decoded
}

/// The length of white space and line end after a `=` that joins two lines.
fn soft_break_length(rest: &[u8]) -> Option<usize> {
    let blanks = rest.iter().take(100).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    match rest.get(blanks..)? {
        [b'\r', b'\n', ..] => Some(blanks + 2),
        [b'\n', ..] => Some(blanks + 1),
        [] => Some(blanks),
        _ => None,
    }
}

pub(super) fn hex_value(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_through_junk() {
        assert_eq!(decode_base64(b"SGVs\r\nbG8="), b"Hello");
        assert_eq!(decode_base64(b"S!G V\ts*bG8"), b"Hello");
        assert_eq!(decode_base64(b"SGVs\nbG8=SGVsbG8="), b"HelloHello");
        assert_eq!(decode_base64(b"===="), b"");
    }

    #[test]
    fn quoted_printable_keeps_what_it_cannot_read() {
        assert_eq!(decode_quoted_printable(b"caf=C3=A9 =\r\nx"), "café x".as_bytes());
        assert_eq!(decode_quoted_printable(b"a=  \nb"), b"ab");
        assert_eq!(decode_quoted_printable(b"1=2 =zz ="), b"1=2 =zz ");
    }
}
