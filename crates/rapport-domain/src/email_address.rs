//! Email addresses as identities: one canonical form, so that one person is one contact.

/// The canonical form of a bare address, or `None` when it cannot be one.
///
/// Lower-cases the whole address: local parts are case-sensitive on paper (RFC 5321 §2.4) and nowhere in practice.
/// Sub-addresses (`+tag`) are kept, because they may belong to different people.
pub fn normalise(address: &str) -> Option<String> {
    let address = address.trim().trim_start_matches('<').trim_end_matches('>').trim();
    if address.len() > 320
        || address.chars().any(|character| character.is_control() || character.is_whitespace())
    {
        return None;
    }
    let (local, domain) = address.rsplit_once('@')?;
    let domain_is_valid = !domain.is_empty()
        && domain.split('.').all(|label| {
            !label.is_empty() && label.len() <= 63 && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        });
    let local_is_valid = !local.is_empty()
        && local.len() <= 64
        && !local.contains(['<', '>', '(', ')', ',', ';', ':', '\\', '"', '[', ']', '@']);
    (domain_is_valid && local_is_valid).then(|| format!("{}@{}", local.to_lowercase(), domain.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::normalise;

    #[test]
    fn case_and_brackets_do_not_make_another_person() {
        assert_eq!(normalise(" <Ana.K@Example.ORG> ").as_deref(), Some("ana.k@example.org"));
        assert_eq!(normalise("ana+shop@example.org").as_deref(), Some("ana+shop@example.org"));
        assert_eq!(normalise("ana@localhost").as_deref(), Some("ana@localhost"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "ana",
            "@example.org",
            "ana@",
            "a b@example.org",
            "\"a@evil\"@ok.org",
            "a@b\r\nBcc: c@d",
            "a@b..c",
        ] {
            assert_eq!(normalise(text), None, "{text:?}");
        }
    }
}
