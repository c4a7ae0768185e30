//! Reading tags, attributes and character references without building a tree.
//! Every function looks at each byte a bounded number of times, so hostile markup costs no more than its length.

const MAX_ATTRIBUTES: usize = 100;

pub(super) struct Tag<'a> {
    pub name: String,
    pub closing: bool,
    attributes: &'a str,
}

impl<'a> Tag<'a> {
    /// The raw value of an attribute, entities undecoded.
    pub fn attribute(&self, wanted: &str) -> Option<&'a str> {
        self.all_attributes()
            .into_iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value)
    }

    /// At most the first hundred attributes, as name and raw value.
    pub fn all_attributes(&self) -> Vec<(&'a str, &'a str)> {
        let mut found = Vec::new();
        let mut rest = self.attributes;
        while found.len() < MAX_ATTRIBUTES {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '='));
            if rest.is_empty() {
                break;
            }
            let name_end =
                rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | '/')).unwrap_or(rest.len());
            let name = &rest[..name_end];
            rest = rest[name_end..].trim_start();
            let mut value = "";
            if let Some(after) = rest.strip_prefix('=') {
                (value, rest) = read_value(after.trim_start());
            }
            found.push((name, value));
        }
        found
    }
}

fn read_value(rest: &str) -> (&str, &str) {
    match rest.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let inner = &rest[1..];
            let end = inner.find(quote).unwrap_or(inner.len());
            (&inner[..end], inner.get(end + 1..).unwrap_or(""))
        }
        _ => {
            let end = rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len());
            rest.split_at(end)
        }
    }
}

/// Reads a tag at the start of `rest`; `None` when the `<` is just a character.
pub(super) fn read_tag(rest: &str) -> Option<(Tag<'_>, &str)> {
    let inner = rest.strip_prefix('<')?;
    let (closing, inner) = inner.strip_prefix('/').map_or((false, inner), |inner| (true, inner));
    if !inner.starts_with(|character: char| character.is_ascii_alphabetic()) {
        return None;
    }
    let name_end = inner
        .find(|character: char| character.is_ascii_whitespace() || matches!(character, '>' | '/'))
        .unwrap_or(inner.len());
    let name = inner[..name_end.min(30)].to_ascii_lowercase();
    let mut quote: Option<u8> = None;
    let mut after_equals = false;
    for (offset, byte) in inner.bytes().enumerate().skip(name_end) {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') if after_equals => quote = Some(byte),
            (None, b'>') => {
                let tag = Tag { name, closing, attributes: &inner[name_end..offset] };
                return Some((tag, &inner[offset + 1..]));
            }
            _ => {}
        }
        after_equals = byte == b'=' || (after_equals && byte.is_ascii_whitespace());
    }
    // An unfinished tag at the end of the document is not shown by browsers either.
    Some((Tag { name, closing, attributes: "" }, ""))
}

/// What follows the end tag of an element whose content is not text.
pub(super) fn skip_element<'a>(rest: &'a str, name: &str) -> &'a str {
    let bytes = rest.as_bytes();
    let mut position = 0;
    while let Some(offset) = memchr::memmem::find(&bytes[position..], b"</") {
        let start = position + offset + 2;
        let matches = bytes
            .get(start..start + name.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()));
        if matches {
            let after = &rest[start + name.len()..];
            return after.find('>').map_or("", |end| &after[end + 1..]);
        }
        position = start;
    }
    // A head that is never closed ends where the body begins.
    if name == "head"
        && let Some(offset) = find_ignoring_case(bytes, b"<body")
    {
        return &rest[offset..];
    }
    ""
}

fn find_ignoring_case(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window.eq_ignore_ascii_case(needle))
}

/// Decodes numeric references and the named ones that occur in mail.
pub(super) fn decode_entities(raw: &str) -> String {
    let mut decoded = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(start) = rest.find('&') {
        decoded.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.bytes().take(12).position(|byte| byte == b';');
        match end.and_then(|end| Some((entity(rest.get(1..end)?)?, end))) {
            Some((character, end)) => {
                decoded.push(character);
                rest = &rest[end + 1..];
            }
            None => {
                decoded.push('&');
                rest = &rest[1..];
            }
        }
    }
    decoded.push_str(rest);
    decoded.replace(['\0', '\u{200c}', '\u{200b}', '\u{feff}', '\u{ad}'], "")
}

pub(super) fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).filter(|character| *character != '\0');
    }
    const NAMED: &[(&str, char)] = &[
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("apos", '\''),
        ("nbsp", '\u{a0}'),
        ("copy", '©'),
        ("reg", '®'),
        ("trade", '™'),
        ("euro", '€'),
        ("pound", '£'),
        ("yen", '¥'),
        ("cent", '¢'),
        ("sect", '§'),
        ("deg", '°'),
        ("middot", '·'),
        ("bull", '•'),
        ("hellip", '…'),
        ("ndash", '–'),
        ("mdash", '—'),
        ("lsquo", '‘'),
        ("rsquo", '’'),
        ("sbquo", '‚'),
        ("ldquo", '“'),
        ("rdquo", '”'),
        ("bdquo", '„'),
        ("laquo", '«'),
        ("raquo", '»'),
        ("lsaquo", '‹'),
        ("rsaquo", '›'),
        ("times", '×'),
        ("rarr", '→'),
        ("larr", '←'),
        ("auml", 'ä'),
        ("ouml", 'ö'),
        ("uuml", 'ü'),
        ("Auml", 'Ä'),
        ("Ouml", 'Ö'),
        ("Uuml", 'Ü'),
        ("szlig", 'ß'),
        ("agrave", 'à'),
        ("aacute", 'á'),
        ("acirc", 'â'),
        ("atilde", 'ã'),
        ("aring", 'å'),
        ("aelig", 'æ'),
        ("ccedil", 'ç'),
        ("egrave", 'è'),
        ("eacute", 'é'),
        ("ecirc", 'ê'),
        ("euml", 'ë'),
        ("igrave", 'ì'),
        ("iacute", 'í'),
        ("icirc", 'î'),
        ("iuml", 'ï'),
        ("ntilde", 'ñ'),
        ("ograve", 'ò'),
        ("oacute", 'ó'),
        ("ocirc", 'ô'),
        ("otilde", 'õ'),
        ("oslash", 'ø'),
        ("ugrave", 'ù'),
        ("uacute", 'ú'),
        ("ucirc", 'û'),
        ("Agrave", 'À'),
        ("Aacute", 'Á'),
        ("Aring", 'Å'),
        ("Ccedil", 'Ç'),
        ("Egrave", 'È'),
        ("Eacute", 'É'),
        ("Ntilde", 'Ñ'),
        ("Oacute", 'Ó'),
        ("Oslash", 'Ø'),
        ("iexcl", '¡'),
        ("iquest", '¿'),
        ("frac12", '½'),
        ("ensp", ' '),
        ("emsp", ' '),
        ("thinsp", ' '),
        ("zwnj", '\u{200c}'),
        ("shy", '\u{ad}'),
        ("check", '✓'),
    ];
    NAMED.iter().find(|(known, _)| *known == name).map(|(_, character)| *character)
}
