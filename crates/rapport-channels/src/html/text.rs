//! Plain text from HTML and back. A single pass over the markup without a tree, so depth costs nothing.

const MAX_OUTPUT_BYTES: usize = 4 * 1024 * 1024;
const MAX_ATTRIBUTES: usize = 100;

/// A readable plain text of an HTML document or fragment.
pub fn to_text(html: &str) -> String {
    let mut writer = TextWriter::default();
    let mut rest = html;
    while !rest.is_empty() && writer.output.len() < MAX_OUTPUT_BYTES {
        let Some(start) = rest.find('<') else {
            writer.text(rest);
            break;
        };
        writer.text(&rest[..start]);
        rest = &rest[start..];
        rest = writer.markup(rest);
    }
    writer.finish()
}

#[derive(Default)]
struct TextWriter {
    output: String,
    /// Line ends owed before the next text.
    breaks: usize,
    space: bool,
    quote_depth: usize,
    /// The depth of blank lines where a quote begins or ends.
    gap_depth: Option<usize>,
    preformatted: usize,
    head_seen: bool,
    link: Option<(String, usize)>,
}

impl TextWriter {
    /// Consumes one tag, comment or stray `<` and returns what follows.
    fn markup<'a>(&mut self, rest: &'a str) -> &'a str {
        if let Some(comment) = rest.strip_prefix("<!--") {
            return comment.find("-->").map_or("", |end| &comment[end + 3..]);
        }
        if rest.starts_with("<!") || rest.starts_with("<?") {
            return rest.find('>').map_or("", |end| &rest[end + 1..]);
        }
        let Some((tag, after)) = read_tag(rest) else {
            self.text("<");
            return &rest[1..];
        };
        if !tag.closing
            && matches!(
                tag.name.as_str(),
                "script" | "style" | "head" | "title" | "noscript" | "svg" | "math" | "template"
            )
        {
            // A document has one head; searching the end of more would only cost time.
            if tag.name == "head" && std::mem::replace(&mut self.head_seen, true) {
                return after;
            }
            return skip_element(after, &tag.name);
        }
        self.tag(&tag);
        after
    }

    fn tag(&mut self, tag: &Tag<'_>) {
        match (tag.name.as_str(), tag.closing) {
            ("br", _) => self.breaks += 1,
            ("p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "ul" | "ol" | "table", _) => self.owe(2),
            (
                "div" | "tr" | "section" | "article" | "header" | "footer" | "body" | "html" | "dt" | "dd",
                _,
            ) => self.owe(1),
            ("pre", closing) => {
                self.owe(1);
                self.preformatted =
                    if closing { self.preformatted.saturating_sub(1) } else { self.preformatted + 1 };
            }
            ("li", false) => {
                self.owe(1);
                self.flush_breaks();
                self.output.push_str("- ");
                self.space = false;
            }
            ("td" | "th", true) => self.space = true,
            ("hr", _) => {
                self.owe(1);
                self.text("----------");
                self.owe(1);
            }
            ("blockquote", closing) => {
                let inside =
                    if closing { self.quote_depth.saturating_sub(1) } else { (self.quote_depth + 1).min(20) };
                self.owe(2);
                self.gap_depth = Some(self.quote_depth.min(inside));
                self.quote_depth = inside;
            }
            ("img", _) => {
                if let Some(alternative) = tag.attribute("alt").filter(|text| !text.trim().is_empty()) {
                    let alternative = decode_entities(alternative);
                    self.text(&format!("[{}]", alternative.trim()));
                }
            }
            ("a", false) => {
                let target = tag.attribute("href").map(decode_entities).unwrap_or_default();
                self.link = is_web_link(&target).then(|| (target.trim().to_owned(), self.output.len()));
            }
            ("a", true) => self.close_link(),
            _ => {}
        }
    }

    /// A link's target follows its text, unless the text says it already.
    fn close_link(&mut self) {
        let Some((target, start)) = self.link.take() else { return };
        let shown = self.output.get(start..).unwrap_or_default().trim().to_owned();
        let bare = |text: &str| {
            let text = text.trim_end_matches('/');
            let text = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
            text.strip_prefix("mailto:").unwrap_or(text).to_owned()
        };
        if !shown.is_empty() && bare(&shown) != bare(&target) && target.len() < 500 {
            self.text(&format!(" ({target})"));
        }
    }

    fn owe(&mut self, breaks: usize) {
        self.breaks = self.breaks.max(breaks);
    }

    fn text(&mut self, raw: &str) {
        if raw.is_empty() {
            return;
        }
        let decoded = decode_entities(raw);
        if self.preformatted > 0 {
            for (index, line) in decoded.split('\n').enumerate() {
                if index > 0 {
                    self.breaks += 1;
                }
                let line = line.trim_end_matches('\r');
                if !line.is_empty() {
                    self.flush_breaks();
                    self.output.push_str(line);
                }
            }
            return;
        }
        let starts_with_space = decoded.starts_with(|character: char| character.is_ascii_whitespace());
        self.space |= starts_with_space;
        for word in decoded.split_ascii_whitespace() {
            self.flush_breaks();
            if self.space && !self.output.is_empty() && !self.output.ends_with(['\n', ' ']) {
                self.output.push(' ');
            }
            self.output.push_str(word);
            self.space = true;
        }
        self.space = decoded.ends_with(|character: char| character.is_ascii_whitespace());
    }

    fn flush_breaks(&mut self) {
        if self.breaks == 0 {
            return;
        }
        let at_start = self.output.is_empty();
        let gap_depth = self.gap_depth.take().unwrap_or(self.quote_depth);
        let breaks = if at_start { 1 } else { self.breaks.min(3) };
        for remaining in (0..breaks).rev() {
            if !at_start {
                self.output.push('\n');
            }
            let depth = if remaining == 0 { self.quote_depth } else { gap_depth };
            if depth > 0 {
                self.output.push_str(&">".repeat(depth));
                self.output.push(' ');
            }
        }
        self.breaks = 0;
        self.space = false;
    }

    fn finish(self) -> String {
        let lines: Vec<&str> = self.output.lines().map(str::trim_end).collect();
        lines.join("\n").trim().to_owned()
    }
}

fn is_web_link(target: &str) -> bool {
    let target = target.trim().to_ascii_lowercase();
    ["http://", "https://", "mailto:"].iter().any(|scheme| target.starts_with(scheme))
}

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

/// Escaped HTML of a plain text: paragraphs, line breaks, and links where an address is plain to see.
pub fn text_to_html(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + text.len() / 8 + 16);
    let normalized = text.replace("\r\n", "\n");
    for paragraph in normalized.trim_matches('\n').split("\n\n") {
        html.push_str("<p>");
        for (index, line) in paragraph.trim_matches('\n').split('\n').enumerate() {
            if index > 0 {
                html.push_str("<br>");
            }
            link_line(line, &mut html);
        }
        html.push_str("</p>");
    }
    html
}

fn link_line(line: &str, html: &mut String) {
    let mut rest = line;
    while let Some(start) = find_scheme(rest) {
        escape_into(&rest[..start], html);
        let candidate = &rest[start..];
        let end = candidate
            .find(|character: char| {
                character.is_whitespace() || matches!(character, '<' | '>' | '"' | '\'' | '`')
            })
            .unwrap_or(candidate.len());
        // Punctuation at the end belongs to the sentence.
        let link = candidate[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '}']);
        let host = link.split_once("://").map_or("", |(_, host)| host);
        if host.is_empty() || link.len() > 2_000 {
            escape_into(&candidate[..end], html);
        } else {
            html.push_str("<a href=\"");
            escape_into(link, html);
            html.push_str("\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">");
            escape_into(link, html);
            html.push_str("</a>");
            escape_into(&candidate[link.len()..end], html);
        }
        rest = &candidate[end..];
    }
    escape_into(rest, html);
}

fn find_scheme(text: &str) -> Option<usize> {
    // One search for the common start: two searches would each run to the end for every link.
    text.match_indices("http")
        .find(|(position, _)| {
            let rest = &text[position + 4..];
            rest.starts_with("://") || rest.starts_with("s://")
        })
        .map(|(position, _)| position)
}

pub(crate) fn escape_into(text: &str, html: &mut String) {
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            '\0' => {}
            _ => html.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structure_becomes_lines() {
        assert_eq!(to_text("<p>One</p><p>Two<br>Three</p>"), "One\n\nTwo\nThree");
        assert_eq!(to_text("<div>a</div><div>b &amp; c&nbsp;d</div>"), "a\nb & c\u{a0}d");
        assert_eq!(to_text("<ul><li>x<li>y</ul>z"), "- x\n- y\n\nz");
        assert_eq!(to_text("Hi<blockquote>old<br>er</blockquote>new"), "Hi\n\n> old\n> er\n\nnew");
        assert_eq!(to_text("<a href='https://x.org/a'>here</a>!"), "here (https://x.org/a)!");
        assert_eq!(to_text("<a href='https://x.org/'>x.org</a>"), "x.org");
        assert_eq!(to_text("<a href='javascript:alert(1)'>x</a>"), "x");
        assert_eq!(to_text("<pre>a\n  b</pre>"), "a\n  b");
        assert_eq!(to_text("<img alt='Logo'> a < b"), "[Logo] a < b");
    }

    #[test]
    fn what_is_not_text_is_left_out() {
        let html = "<html><head><title>t</title><style>p{}</style></head><body><script>1<2</script><!-- c -->x</body>";
        assert_eq!(to_text(html), "x");
        assert_eq!(to_text("<head><body>x"), "x");
        assert_eq!(to_text("a<b"), "a");
        assert_eq!(to_text("<p title='a>b'>x</p>"), "x");
    }

    #[test]
    fn text_is_escaped_and_links_are_marked() {
        let html = text_to_html("a <b> & \"c\"\nsee https://x.org/?a=1&b=2.\n\nhttp://");
        assert_eq!(
            html,
            "<p>a &lt;b&gt; &amp; &quot;c&quot;<br>see <a href=\"https://x.org/?a=1&amp;b=2\" target=\"_blank\" \
             rel=\"noopener noreferrer nofollow\">https://x.org/?a=1&amp;b=2</a>.</p><p>http://</p>"
        );
    }

    #[test]
    fn hostile_markup_is_read_in_linear_time() {
        for hostile in [
            "<div>".repeat(1_000_000),
            "<".repeat(1_000_000),
            "<!--".repeat(300_000),
            "<a href=".repeat(200_000),
            "&".repeat(1_000_000),
        ] {
            to_text(&hostile);
        }
        text_to_html(&"'http://a.b/c?d='".repeat(32_000));
    }
}
