//! What strangers type, made fit to store and to show.

/// Characters that turn the direction of text around and cannot be seen. Marks (U+200E, U+200F, U+061C) stay.
fn turns_text(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text of a message: line breaks are line feeds, control characters and direction changes are gone.
pub(super) fn clean_body(text: &str) -> String {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .chars()
        .filter(|&c| c == '\n' || c == '\t' || !(c.is_control() || turns_text(c)))
        .collect::<String>()
        .trim_end()
        .to_owned()
}

const MAX_URL_BYTES: usize = 2048;

/// Scheme, host and path of a web address. What follows, and a name before the host, often is a secret.
pub(super) fn clean_url(url: &str) -> Option<String> {
    let url = url.trim();
    let (scheme, rest) = url.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    if !matches!(scheme.as_str(), "http" | "https") {
        return None;
    }
    let rest = &rest[..rest.find(['?', '#']).unwrap_or(rest.len())];
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if host.is_empty() || rest.chars().any(|c| c.is_control() || c.is_whitespace() || turns_text(c)) {
        return None;
    }
    let cleaned = format!("{scheme}://{host}{path}");
    let end = cleaned.floor_char_boundary(MAX_URL_BYTES);
    Some(cleaned[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_control_is_removed_and_marks_stay() {
        assert_eq!(clean_body("a\u{0}b\r\nc\u{202e}d\u{2067}e\u{200f}\u{7}\n\n"), "ab\ncde\u{200f}");
    }

    #[test]
    fn an_address_keeps_no_query_and_no_password() {
        assert_eq!(
            clean_url("https://ana:pw@shop.example/cart?token=1#x").as_deref(),
            Some("https://shop.example/cart")
        );
        assert_eq!(clean_url("HTTP://shop.example").as_deref(), Some("http://shop.example"));
        for url in ["javascript:alert(1)", "data:text/html,x", "https://", "https://a b/", "shop.example", ""]
        {
            assert_eq!(clean_url(url), None, "{url}");
        }
        let long = format!("https://shop.example/{}", "ü".repeat(3000));
        assert!(clean_url(&long).is_some_and(|url| url.len() <= MAX_URL_BYTES));
    }
}
