//! From bytes in a claimed character set to text without NUL, whatever the claim is worth.

use encoding_rs::{EUC_KR, Encoding, GB18030, UTF_8, WINDOWS_1252};

/// Text with what went wrong on the way.
pub(super) struct Decoded {
    pub text: String,
    pub unknown_charset: bool,
    pub invalid: bool,
}

/// Tries the declared set, then UTF-8, then windows-1252, which can read every byte.
pub(super) fn decode(bytes: &[u8], declared: Option<&str>) -> Decoded {
    let label = declared.map(|name| name.trim().trim_matches(['"', '\'']).to_ascii_lowercase());
    let encoding = label.as_deref().and_then(encoding_for);
    let unknown_charset = encoding.is_none() && label.as_deref().is_some_and(|name| !name.is_empty());
    let mut invalid = false;
    let text = match encoding {
        // Senders label raw UTF-8 as ASCII or latin1 so often that valid UTF-8 wins over both;
        // real windows-1252 text is almost never valid UTF-8 by accident.
        Some(encoding) if encoding == WINDOWS_1252 || encoding == UTF_8 => {
            utf8_or_western(bytes, encoding, &mut invalid)
        }
        Some(encoding) => {
            let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
            if !had_errors {
                text.into_owned()
            } else if let Ok(text) = std::str::from_utf8(bytes) {
                text.to_owned()
            } else {
                invalid = true;
                text.into_owned()
            }
        }
        None => utf8_or_western(bytes, WINDOWS_1252, &mut invalid),
    };
    Decoded { text: without_nul(text), unknown_charset, invalid }
}

fn utf8_or_western(bytes: &[u8], declared: &'static Encoding, invalid: &mut bool) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        // A long text with few bad bytes is damaged UTF-8; anything else is a Western single-byte set.
        Err(_) if declared == UTF_8 && mostly_utf8(bytes) => {
            *invalid = true;
            String::from_utf8_lossy(bytes).into_owned()
        }
        Err(_) => {
            *invalid = declared == UTF_8;
            WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned()
        }
    }
}

fn mostly_utf8(bytes: &[u8]) -> bool {
    let mut good = 0_usize;
    let mut bad = 0_usize;
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().bytes().filter(|byte| *byte >= 0x80).count();
        bad += chunk.invalid().len();
    }
    good > bad * 4
}

fn encoding_for(label: &str) -> Option<&'static Encoding> {
    match label {
        "gb2312" | "gbk" | "gb_2312-80" | "cp936" | "ms936" => Some(GB18030),
        "ks_c_5601-1987" | "cp949" | "ms949" => Some(EUC_KR),
        "us-ascii" | "ascii" | "ansi_x3.4-1968" | "iso-8859-1" | "latin1" | "cp1252" | "8bit" | "7bit"
        | "binary" => Some(WINDOWS_1252),
        "utf8" | "utf-8" | "unicode-1-1-utf-8" | "utf-8mb4" => Some(UTF_8),
        // The decoder that the web standard maps these to yields nothing but a replacement character.
        "iso-2022-kr" | "iso-2022-cn" | "hz-gb-2312" | "utf-7" => None,
        _ => {
            let windows;
            let label = match label.strip_prefix("cp125") {
                Some(rest) => {
                    windows = format!("windows-125{rest}");
                    windows.as_str()
                }
                None => label,
            };
            Encoding::for_label_no_replacement(label.as_bytes())
        }
    }
}

/// Databases refuse NUL in text.
pub(super) fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_sets_and_their_common_lies_are_understood() {
        let cases: &[(&[u8], Option<&str>, &str)] = &[
            (b"caf\xe9", Some("iso-8859-1"), "café"),
            (b"\x93quoted\x94", Some("iso-8859-1"), "“quoted”"),
            (b"caf\xc3\xa9", Some("us-ascii"), "café"),
            (b"caf\xc3\xa9", None, "café"),
            (b"caf\xe9", None, "café"),
            (b"caf\xe9", Some("utf-8"), "café"),
            (b"\xc4\xe3\xba\xc3", Some("gb2312"), "你好"),
            (b"\xbe\xc8\xb3\xe7", Some("ks_c_5601-1987"), "안녕"),
            (b"\x1b$B$3\x1b(B", Some("ISO-2022-JP"), "こ"),
            (b"\xcf\xf0\xe8", Some("cp1251"), "При"),
            (b"a\0b", Some("utf-8"), "ab"),
            (b"abc", Some("x-unknown"), "abc"),
        ];
        for (bytes, declared, expected) in cases {
            assert_eq!(decode(bytes, *declared).text, *expected, "{declared:?}");
        }
        assert!(decode(b"x", Some("x-unknown")).unknown_charset);
        assert!(decode("gut\u{fffd}".as_bytes(), Some("utf-8")).text.starts_with("gut"));
    }

    #[test]
    fn damaged_utf8_stays_utf8() {
        let mut bytes = "Größe überall möglich, natürlich auch für Übergrößen".as_bytes().to_vec();
        bytes.push(0xff);
        let decoded = decode(&bytes, Some("utf-8"));
        assert!(decoded.invalid);
        assert!(decoded.text.starts_with("Größe"));
    }
}
