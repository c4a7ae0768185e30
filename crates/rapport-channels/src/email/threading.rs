//! Message identifiers, reference chains and subjects: what ties e-mails together (RFC 5322 §3.6.4).
//! Finding the conversation is the engine's work; this only makes the values comparable.

/// Longer identifiers are not stored: real ones stay far below, and RFC 5322 lines end at 998 bytes.
const MAX_MESSAGE_ID_BYTES: usize = 900;
/// A References header keeps its first id and this many of its last ones.
const KEPT_LAST_REFERENCES: usize = 20;

const SUBJECT_PREFIXES: &[&str] = &[
    "re", "fw", "fwd", "aw", "wg", "sv", "vs", "vb", "antw", "antwort", "tr", "rv", "res", "enc", "odp",
    "ynt", "r", "i", "回复", "答复", "转发", "回覆", "轉寄",
];

/// Strips brackets and white space. `None` when nothing usable is left.
/// The case is kept: identifiers compare case-sensitively.
pub fn normalize_message_id(raw: &str) -> Option<String> {
    let id: String = raw
        .trim()
        .trim_start_matches('<')
        .trim_end_matches('>')
        .chars()
        .filter(|character| !character.is_whitespace() && !character.is_control())
        .collect();
    (!id.is_empty() && id.len() <= MAX_MESSAGE_ID_BYTES).then_some(id)
}

/// Reads an In-Reply-To or References value, also when brackets are missing or commas separate the ids.
/// With more than `limit` ids the first one and the newest are kept.
pub fn parse_message_ids(header: &str, limit: usize) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let bracketed = header.contains('<');
    let mut after_bracket = false;
    for piece in header.split_inclusive(is_id_separator) {
        let separator = piece.chars().next_back().filter(|character| is_id_separator(*character));
        let text = piece.strip_suffix(is_id_separator).unwrap_or(piece);
        // Old clients write phrases such as `Your message of Monday <id@host>`; only ids hold an @ then.
        if !text.is_empty()
            && (!bracketed || after_bracket || text.contains('@'))
            && let Some(id) = normalize_message_id(text)
            && seen.insert(id.clone())
        {
            ids.push(id);
        }
        after_bracket = separator == Some('<') || (after_bracket && text.is_empty());
    }
    keep_first_and_last(&mut ids, limit);
    ids
}

fn is_id_separator(character: char) -> bool {
    character.is_whitespace() || matches!(character, ',' | ';' | '<' | '>')
}

fn keep_first_and_last(ids: &mut Vec<String>, limit: usize) {
    if ids.len() > limit && limit > 1 {
        ids.drain(1..ids.len() - (limit - 1));
    } else {
        ids.truncate(limit.max(1));
    }
}

/// The subject without any number of reply and forward prefixes, for display and comparison only.
pub fn base_subject(subject: &str) -> &str {
    let mut rest = subject.trim();
    while let Some(stripped) = strip_prefix_once(rest) {
        rest = stripped;
    }
    rest
}

fn strip_prefix_once(subject: &str) -> Option<&str> {
    let colon = subject.find([':', '：'])?;
    let colon_length = subject[colon..].chars().next()?.len_utf8();
    let label = subject[..colon].trim_end();
    // Counters appear as `Re[2]:`, `Re(2):` and `Re 2:`.
    let word = label
        .trim_end_matches([']', ')'])
        .trim_end_matches(|character: char| character.is_ascii_digit())
        .trim_end_matches(['[', '(', '*', '^'])
        .trim_end();
    SUBJECT_PREFIXES
        .iter()
        .any(|prefix| word.to_lowercase() == *prefix)
        .then(|| subject[colon + colon_length..].trim_start())
}

/// `Re: ` in front of the subject, unless a prefix is already there.
pub fn reply_subject(subject: &str) -> String {
    let trimmed = subject.trim();
    if strip_prefix_once(trimmed).is_some() { trimmed.to_owned() } else { format!("Re: {trimmed}") }
}

/// Our own Message-ID, without brackets. Characters that an id may not hold are replaced.
pub fn message_id(conversation: &str, message: &str, domain: &str) -> String {
    let clean = |part: &str| -> String {
        part.chars()
            .map(|character| {
                if character.is_ascii_alphanumeric() || matches!(character, '-' | '_') {
                    character
                } else {
                    '-'
                }
            })
            .collect()
    };
    let domain = idna::domain_to_ascii(domain).unwrap_or_default();
    let domain: String =
        domain.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.')).collect();
    let domain = if domain.is_empty() { "localhost" } else { &domain };
    format!("{}.{}@{domain}", clean(conversation), clean(message))
}

/// The References of an answer to a message: its own chain plus its id (RFC 5322 §3.6.4).
/// A parent without References lends its In-Reply-To when that holds exactly one id.
pub fn reply_references(
    parent_references: &[String],
    parent_in_reply_to: &[String],
    parent_message_id: &str,
) -> Vec<String> {
    let mut chain: Vec<String> = if parent_references.is_empty() && parent_in_reply_to.len() == 1 {
        parent_in_reply_to.to_vec()
    } else {
        parent_references.to_vec()
    };
    chain.retain(|id| id != parent_message_id);
    chain.push(parent_message_id.to_owned());
    keep_first_and_last(&mut chain, KEPT_LAST_REFERENCES + 1);
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_from_well_and_badly_formed_lists() {
        let expected = vec!["a@x".to_owned(), "B@y".to_owned()];
        for header in
            ["<a@x> <B@y>", "<a@x>,<B@y>", "a@x B@y", "<a@x><B@y>", " <a@x>\r\n\t<B@y> ", "<a@x> B@y>"]
        {
            assert_eq!(parse_message_ids(header, 100), expected, "{header:?}");
        }
        assert_eq!(parse_message_ids("Your message of Monday <id@host>", 100), vec!["id@host"]);
        assert_eq!(parse_message_ids("<no-at-sign>", 100), vec!["no-at-sign"]);
        assert!(parse_message_ids("<> , ;", 100).is_empty());
    }

    #[test]
    fn long_chains_keep_the_first_and_the_newest() {
        let header: String = (0..1000).map(|n| format!("<{n}@x> ")).collect();
        let ids = parse_message_ids(&header, 100);
        assert_eq!(ids.len(), 100);
        assert_eq!(ids[0], "0@x");
        assert_eq!(ids[99], "999@x");
        let chain = reply_references(&ids, &[], "p@x");
        assert_eq!(chain.len(), 21);
        assert_eq!((chain[0].as_str(), chain[20].as_str()), ("0@x", "p@x"));
    }

    #[test]
    fn in_reply_to_stands_in_for_missing_references_only_when_single() {
        let two = vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(reply_references(&[], &two[..1], "p"), vec!["a", "p"]);
        assert_eq!(reply_references(&[], &two, "p"), vec!["p"]);
    }

    #[test]
    fn subject_prefixes_of_many_languages_are_stripped() {
        for subject in [
            "Hello",
            "Re: Hello",
            "AW: SV: Hello",
            "RE[2]: Hello",
            "Re(3): Fwd: Hello",
            "回复：Hello",
            "Antw: Hello",
        ] {
            assert_eq!(base_subject(subject), "Hello", "{subject:?}");
        }
        assert_eq!(base_subject("Invoice: 12"), "Invoice: 12");
        assert_eq!(reply_subject("Hello"), "Re: Hello");
        assert_eq!(reply_subject("AW: Hello"), "AW: Hello");
    }

    #[test]
    fn own_ids_hold_only_safe_characters() {
        assert_eq!(message_id("cnv_1", "msg_2", "mail.example"), "cnv_1.msg_2@mail.example");
        assert_eq!(message_id("a>\r\nBcc: x", "m", "d>\r\n"), "a---Bcc--x.m@d");
    }
}
