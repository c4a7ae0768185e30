//! A tolerant reader for address lists as they really occur (RFC 5322 §3.4 and what clients make of it).
//! It is a single pass with bounded state: nesting and length cost nothing but the bytes themselves.

use rapport_domain::email_address;

use super::inbound::decode_words;
use super::types::EmailAddress;

const MAX_ADDRESS_BYTES: usize = 320;
const MAX_NAME_CHARACTERS: usize = 200;

/// Reads at most `limit` addresses; the flag says that there were more.
/// Encoded words in names are decoded. Entries without an address are left out.
pub fn parse_address_list(raw: &str, limit: usize) -> (Vec<EmailAddress>, bool) {
    let mut reader = ListReader { limit, ..ListReader::default() };
    for character in raw.chars() {
        reader.take(character);
        if reader.overflow {
            break;
        }
    }
    reader.finish_entry();
    (reader.found, reader.overflow)
}

#[derive(Default)]
struct ListReader {
    limit: usize,
    found: Vec<EmailAddress>,
    overflow: bool,
    /// Everything outside angle brackets and comments, with quotes.
    phrase: String,
    comment: String,
    angle: Option<String>,
    in_angle: bool,
    in_quotes: bool,
    escaped: bool,
    comment_depth: usize,
    /// `Doe, John <j@x>`: what stood before an unquoted comma.
    pending_name: String,
}

impl ListReader {
    fn take(&mut self, character: char) {
        if self.comment_depth > 0 {
            return self.take_in_comment(character);
        }
        if self.in_quotes {
            self.push(character);
            match character {
                _ if self.escaped => self.escaped = false,
                '\\' => self.escaped = true,
                '"' => self.in_quotes = false,
                _ => {}
            }
            return;
        }
        match character {
            '"' => {
                self.in_quotes = true;
                self.push(character);
            }
            '(' => self.comment_depth = 1,
            '<' if !self.in_angle => {
                self.in_angle = true;
                self.angle = Some(String::new());
            }
            '>' if self.in_angle => self.in_angle = false,
            ',' | ';' if !self.in_angle => self.finish_entry(),
            ':' if !self.in_angle && self.angle.is_none() && !self.phrase.contains('@') => {
                // What came so far was the name of a group.
                self.phrase.clear();
                self.pending_name.clear();
            }
            '\r' | '\n' | '\0' => self.push(' '),
            _ => self.push(character),
        }
    }

    fn take_in_comment(&mut self, character: char) {
        match character {
            _ if self.escaped => self.escaped = false,
            '\\' => self.escaped = true,
            '(' => self.comment_depth += 1,
            ')' => self.comment_depth -= 1,
            _ if self.comment.len() < 1_000 => self.comment.push(character),
            _ => {}
        }
    }

    fn push(&mut self, character: char) {
        let target = if self.in_angle { self.angle.get_or_insert_default() } else { &mut self.phrase };
        // Longer than any name or address; the rest could only serve to fill the memory.
        if target.len() < 4_000 {
            target.push(character);
        }
    }

    fn finish_entry(&mut self) {
        let phrase = std::mem::take(&mut self.phrase);
        let comment = std::mem::take(&mut self.comment);
        let angle = self.angle.take();
        (self.in_angle, self.in_quotes, self.escaped, self.comment_depth) = (false, false, false, 0);
        let (address, name) = match angle {
            Some(angle) => (normalize_address(&angle), phrase.as_str()),
            None if phrase.contains('@') => (normalize_address(&phrase), comment.as_str()),
            None => {
                if self.pending_name.len() < 1_000 {
                    self.pending_name.push_str(phrase.trim());
                }
                return;
            }
        };
        let pending = std::mem::take(&mut self.pending_name);
        let Some(address) = address.map(|address| readable_address(&address)) else { return };
        if self.found.len() >= self.limit {
            self.overflow = true;
            return;
        }
        let name = if pending.is_empty() { name.to_owned() } else { format!("{pending}, {}", name.trim()) };
        self.found.push(EmailAddress { name: clean_name(&name), address });
    }
}

/// Decodes and tidies a display name; `None` when nothing visible is left.
fn clean_name(raw: &str) -> Option<String> {
    let decoded = decode_words(&unquote(raw.trim()));
    let mut name = String::new();
    for word in decoded.split(|character: char| character.is_whitespace() || character.is_control()) {
        let visible = word.chars().filter(|character| !is_invisible(*character));
        let before = name.len();
        if !name.is_empty() {
            name.push(' ');
        }
        let start = name.len();
        name.extend(visible);
        if name.len() == start {
            name.truncate(before);
        }
    }
    let name: String = name.trim_matches(['"', '\'']).chars().take(MAX_NAME_CHARACTERS).collect();
    (!name.is_empty()).then_some(name)
}

/// Zero-width and direction characters, which serve only to make text look like other text.
pub(crate) fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{00ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn unquote(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut escaped = false;
    for character in text.chars() {
        match character {
            _ if escaped => {
                result.push(character);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => {}
            _ => result.push(character),
        }
    }
    result
}

/// The one spelling under which an address is known: no white space, lower-case domain, needless
/// quotes removed. `None` when it is not an address.
pub fn normalize_address(raw: &str) -> Option<String> {
    let trimmed = raw.trim().trim_start_matches('<').trim_end_matches('>').trim();
    // A source route `<@relay:user@host>` names relays that nobody uses any more.
    let trimmed = match trimmed.strip_prefix('@').and_then(|rest| rest.split_once(':')) {
        Some((_, target)) => target,
        None => trimmed,
    };
    let (local, domain) = trimmed.rsplit_once('@')?;
    let domain = domain.trim().trim_end_matches('.').to_lowercase();
    let valid_domain = !domain.is_empty()
        && !domain.starts_with('.')
        && !domain.contains("..")
        && domain.chars().all(|character| {
            character.is_alphanumeric() || matches!(character, '.' | '-' | '_' | '[' | ']' | ':')
        });
    let local = normalize_local_part(local.trim())?;
    let address = format!("{local}@{domain}");
    (valid_domain && address.len() <= MAX_ADDRESS_BYTES).then_some(address)
}

fn normalize_local_part(local: &str) -> Option<String> {
    let content = match local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => unquote(quoted),
        None => local.to_owned(),
    };
    if content.is_empty()
        || content.chars().any(|character| character.is_control() || is_invisible(character))
    {
        return None;
    }
    let is_atom = |character: char| {
        character.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(character) || !character.is_ascii()
    };
    if content.chars().all(is_atom) {
        return Some(content);
    }
    // Outside quotes such characters come only from broken input.
    local.starts_with('"').then(|| {
        let escaped = content.replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{escaped}\"")
    })
}

/// The address as it goes over the wire: a domain in another script in the spelling of the name system (A-labels).
/// The local part has no such spelling and stays (RFC 6531 §3.3). `None` when the domain cannot be one.
pub fn wire_address(address: &str) -> Option<String> {
    let (local, domain) = address.rsplit_once('@')?;
    if domain.is_ascii() {
        return Some(address.to_owned());
    }
    Some(format!("{local}@{}", email_address::wire_domain(domain)?))
}

/// The address with its domain in its own script, as people read it.
fn readable_address(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{local}@{}", email_address::readable_domain(domain)),
        None => address.to_owned(),
    }
}

/// The address with its domain in each way that it may be written: as given, as A-labels, in its own script.
pub fn spellings(address: &str) -> Vec<String> {
    let mut spellings = vec![address.to_owned()];
    for spelling in wire_address(address).into_iter().chain([readable_address(address)]) {
        if !spellings.contains(&spelling) {
            spellings.push(spelling);
        }
    }
    spellings
}

/// The part after the last @, lower case.
pub fn domain_of(address: &str) -> Option<String> {
    address.rsplit_once('@').map(|(_, domain)| domain.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> Vec<(Option<String>, String)> {
        parse_address_list(raw, 100).0.into_iter().map(|found| (found.name, found.address)).collect()
    }

    fn pair(name: &str, address: &str) -> (Option<String>, String) {
        ((!name.is_empty()).then(|| name.to_owned()), address.to_owned())
    }

    #[test]
    fn usual_and_odd_lists_are_read() {
        assert_eq!(read("Maria <Maria@Example.ORG>"), vec![pair("Maria", "Maria@example.org")]);
        assert_eq!(read("a@x.org, <b@y.org>"), vec![pair("", "a@x.org"), pair("", "b@y.org")]);
        assert_eq!(read("\"Doe, John\" <j@x.org>"), vec![pair("Doe, John", "j@x.org")]);
        assert_eq!(read("Doe, John <j@x.org>"), vec![pair("Doe, John", "j@x.org")]);
        assert_eq!(read("j@x.org (John (the) Doe)"), vec![pair("John the Doe", "j@x.org")]);
        assert_eq!(read("Team: a@x.org, b@y.org;"), vec![pair("", "a@x.org"), pair("", "b@y.org")]);
        assert_eq!(read("undisclosed-recipients:;"), vec![]);
        assert_eq!(read("=?utf-8?q?J=C3=B6rg=2C_X?= <j@x.org>"), vec![pair("Jörg, X", "j@x.org")]);
        assert_eq!(read("<@relay.org:a@x.org>"), vec![pair("", "a@x.org")]);
        assert_eq!(read("nobody"), vec![]);
        assert_eq!(read("j@XN--MLLER-kva.Example"), vec![pair("", "j@m\u{fc}ller.example")]);
    }

    #[test]
    fn the_address_in_brackets_is_the_identity() {
        assert_eq!(read("a@x.org <b@y.org>"), vec![pair("a@x.org", "b@y.org")]);
        assert_eq!(read("\"a@evil.org\"@ok.org"), vec![pair("", "\"a@evil.org\"@ok.org")]);
        assert_eq!(read("\"john\"@ok.org"), vec![pair("", "john@ok.org")]);
    }

    #[test]
    fn addresses_that_could_break_a_command_are_refused() {
        for raw in [
            "a\r\nRCPT TO:<x@y>@d",
            "a b@d.org",
            "a@d org",
            "a@",
            "@d",
            "a>@d.org",
            "\u{200b}@d.org",
            "a@d..org",
        ] {
            assert_eq!(normalize_address(raw), None, "{raw:?}");
        }
    }

    #[test]
    fn domains_of_other_scripts_have_two_spellings() {
        let (readable, wire) = ("j\u{f6}rg@m\u{fc}ller.example", "j\u{f6}rg@xn--mller-kva.example");
        assert_eq!(wire_address(readable).as_deref(), Some(wire));
        assert_eq!(wire_address(wire).as_deref(), Some(wire));
        assert_eq!(wire_address("a@x.org").as_deref(), Some("a@x.org"));
        assert_eq!(wire_address("a@[192.0.2.1]").as_deref(), Some("a@[192.0.2.1]"));
        assert_eq!(wire_address("a@\u{ad}"), None);
        assert_eq!(spellings(readable), [readable, wire]);
        assert_eq!(spellings(wire), [wire, readable]);
        assert_eq!(spellings("a@x.org"), ["a@x.org"]);
    }

    #[test]
    fn hostile_lists_are_cut() {
        let many = "a@x.org,".repeat(100_000);
        let (found, overflow) = parse_address_list(&many, 500);
        assert_eq!((found.len(), overflow), (500, true));
        assert!(read(&"(".repeat(1_000_000)).is_empty());
        assert!(read(&"\"".repeat(999_999)).is_empty());
        assert!(read(&"<".repeat(1_000_000)).is_empty());
    }
}
