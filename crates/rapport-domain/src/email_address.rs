//! Email addresses as identities: one canonical form, so that one person is one contact.

/// The canonical form of a bare address, or `None` when it cannot be one.
///
/// A domain in another script is spelled in that script, however it was given.
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
    let wire = wire_domain(domain)?;
    let domain_is_valid = wire.split('.').all(|label| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    });
    let local_is_valid = !local.is_empty()
        && local.len() <= 64
        && !local.contains(['<', '>', '(', ')', ',', ';', ':', '\\', '"', '[', ']', '@']);
    (domain_is_valid && local_is_valid)
        .then(|| format!("{}@{}", local.to_lowercase(), readable_domain(domain)))
}

/// The domain as the name system spells it (A-labels, RFC 5891). `None` when it has no such spelling.
pub fn wire_domain(domain: &str) -> Option<String> {
    if domain.is_ascii() {
        return Some(domain.to_ascii_lowercase());
    }
    idna::domain_to_ascii(domain).ok().filter(|domain| !domain.is_empty())
}

/// The domain as people read it: in lower case and in its own script. What only looks encoded stays as it is.
pub fn readable_domain(domain: &str) -> String {
    let (readable, outcome) = idna::domain_to_unicode(domain);
    if outcome.is_ok() && !readable.is_empty() { readable } else { domain.to_lowercase() }
}

/// The canonical address with its domain as the name system spells it, where that is another spelling.
pub fn wire_spelling(canonical: &str) -> Option<String> {
    let (local, domain) = canonical.rsplit_once('@').filter(|(_, domain)| !domain.is_ascii())?;
    wire_domain(domain).map(|domain| format!("{local}@{domain}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_brackets_do_not_make_another_person() {
        assert_eq!(normalise(" <Ana.K@Example.ORG> ").as_deref(), Some("ana.k@example.org"));
        assert_eq!(normalise("ana+shop@example.org").as_deref(), Some("ana+shop@example.org"));
        assert_eq!(normalise("ana@localhost").as_deref(), Some("ana@localhost"));
    }

    #[test]
    fn a_domain_in_another_script_has_one_canonical_spelling() {
        for text in [
            "m\u{fc}ller@b\u{fc}cher.example",
            "M\u{dc}LLER@XN--BCHER-KVA.example",
            "m\u{fc}ller@bu\u{308}cher.Example",
        ] {
            assert_eq!(normalise(text).as_deref(), Some("m\u{fc}ller@b\u{fc}cher.example"), "{text}");
        }
        assert_eq!(wire_spelling("a@b\u{fc}cher.example").as_deref(), Some("a@xn--bcher-kva.example"));
        assert_eq!(wire_spelling("a@b.example"), None);
        // Vowel signs are no letters, and yet part of a domain.
        let hindi = normalise("a@xn--h2brj9c").expect("a domain");
        assert_eq!(normalise(&hindi).as_deref(), Some(hindi.as_str()));
        assert_eq!(normalise("a@xn--a.example").as_deref(), Some("a@xn--a.example"), "encodes nothing");
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
