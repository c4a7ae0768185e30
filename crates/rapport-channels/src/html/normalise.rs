//! A first pass that makes any markup small and well nested before a real HTML parser sees it:
//! parsers need time and memory that grow with the square of unclosed or deeply nested elements.
//! It is no sanitizer. What it lets through is still hostile.

use super::markup::{Tag, decode_entities, entity};
use super::pieces::{Piece, Pieces};
use super::vocabulary::{ATTRIBUTES, DROPPED, ELEMENTS, VOID};

const MAX_INPUT_BYTES: usize = 2 * 1024 * 1024;
const MAX_DEPTH: usize = 100;
/// Beyond this many tags only the text goes on.
const MAX_TAGS: usize = 40_000;
const MAX_ATTRIBUTE_BYTES: usize = 4 * 1024;
/// Real mails have hundreds of character references, and each costs the parser some time.
const MAX_REFERENCES: usize = 200_000;
/// Writing the cleaned text takes time that grows with the square of a run of text in which many
/// characters have to be looked at for escaping. Such runs are broken where a line may break too.
const MAX_RUN_BYTES: usize = 2_048;
const MAX_RUN_SPECIALS: usize = 100;

/// What to do with images that would be fetched from the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RemoteImages {
    /// The address moves to `data-remote-src`, so that nothing is fetched.
    HoldBack,
    Keep,
}

/// Rewrites the markup with all elements closed in order and nothing nested too deep.
pub(super) fn normalise(html: &str, remote_images: RemoteImages) -> String {
    let html = &html[..html.floor_char_boundary(MAX_INPUT_BYTES)];
    let mut writer = Writer {
        remote_images,
        output: String::with_capacity(html.len()),
        open: Vec::new(),
        tags: 0,
        references: 0,
        run_bytes: 0,
        run_specials: 0,
    };
    for piece in Pieces::new(html, DROPPED) {
        match piece {
            Piece::Text(text) => writer.text(text),
            Piece::Tag(tag) => writer.tag(&tag),
        }
    }
    while let Some(name) = writer.open.pop() {
        writer.close_tag(name);
    }
    writer.output
}

struct Writer {
    remote_images: RemoteImages,
    output: String,
    open: Vec<&'static str>,
    tags: usize,
    references: usize,
    /// Of the text since the last tag.
    run_bytes: usize,
    run_specials: usize,
}

impl Writer {
    fn text(&mut self, raw: &str) {
        let mut rest = raw;
        while !rest.is_empty() {
            let (piece, after) =
                rest.split_at(rest.floor_char_boundary(MAX_RUN_BYTES / 4).max(rest.ceil_char_boundary(1)));
            // A reference that the cut would halve goes to the next piece.
            let cut = piece
                .rfind('&')
                .filter(|position| *position > 0 && piece.len() - position < 33 && !after.is_empty());
            let (piece, after) = cut.map_or((piece, after), |position| rest.split_at(position));
            let start = self.output.len();
            self.escaped_text(piece);
            let written = &self.output.as_bytes()[start..];
            self.run_bytes += written.len();
            self.run_specials += written.iter().filter(|byte| matches!(byte, b'&' | 0xc2)).count();
            if self.run_bytes > MAX_RUN_BYTES && self.run_specials > MAX_RUN_SPECIALS {
                self.output.push_str("<wbr>");
                (self.run_bytes, self.run_specials) = (0, 0);
            }
            rest = after;
        }
    }

    /// Writes text or an attribute value. Known references become the characters they stand for,
    /// and only what would be markup is escaped again.
    fn escaped_text(&mut self, raw: &str) {
        let mut rest = raw;
        while let Some(position) = rest.find(['&', '<', '>', '"', '\0']) {
            self.output.push_str(&rest[..position]);
            rest = &rest[position..];
            let mut length = 1;
            match rest.as_bytes()[0] {
                b'&' => match read_reference(rest) {
                    Some((Some(character), consumed)) => {
                        length = consumed;
                        self.escaped(character);
                    }
                    // Rarer names are left to the parser, which knows all of them.
                    Some((None, consumed)) if self.references < MAX_REFERENCES => {
                        length = consumed;
                        self.references += 1;
                        self.output.push_str(&rest[..consumed]);
                    }
                    _ => self.escaped('&'),
                },
                b'\0' => {}
                byte => self.escaped(char::from(byte)),
            }
            rest = &rest[length..];
        }
        self.output.push_str(rest);
    }

    /// Past the limit, characters that look alike take the place of those that need escaping.
    fn escaped(&mut self, character: char) {
        let (reference, substitute) = match character {
            '&' => ("&amp;", '＆'),
            '<' => ("&lt;", '‹'),
            '>' => ("&gt;", '›'),
            '"' => ("&quot;", '”'),
            '\0' => return,
            _ => return self.output.push(character),
        };
        if self.references < MAX_REFERENCES {
            self.references += 1;
            self.output.push_str(reference);
        } else {
            self.output.push(substitute);
        }
    }

    fn tag(&mut self, tag: &Tag<'_>) {
        self.tags += 1;
        let Some(name) = ELEMENTS.iter().find(|known| **known == tag.name) else { return };
        if tag.closing {
            self.close(name);
        } else if self.tags <= MAX_TAGS {
            self.open(name, tag);
        }
    }

    fn close(&mut self, name: &'static str) {
        if VOID.contains(&name) || !self.open.contains(&name) {
            return;
        }
        while let Some(top) = self.open.pop() {
            self.close_tag(top);
            if top == name {
                return;
            }
        }
    }

    fn close_tag(&mut self, name: &str) {
        (self.run_bytes, self.run_specials) = (0, 0);
        self.output.push_str("</");
        self.output.push_str(name);
        self.output.push('>');
    }

    fn open(&mut self, name: &'static str, tag: &Tag<'_>) {
        // These end where the next one of their kind begins, which keeps long flat texts flat.
        if matches!(name, "p" | "li" | "td" | "th" | "tr" | "dt" | "dd") && self.open.last() == Some(&name) {
            self.open.pop();
            self.close_tag(name);
        }
        if self.open.len() >= MAX_DEPTH && !VOID.contains(&name) {
            return;
        }
        (self.run_bytes, self.run_specials) = (0, 0);
        self.output.push('<');
        self.output.push_str(name);
        let attributes = tag.all_attributes();
        // Fixed here, and enforced again by the allow-list.
        if name == "a" {
            self.attribute("target", "_blank");
            self.attribute("rel", super::sanitize::LINK_RELATION);
        }
        if let Some(mark) = quote_mark(name, &attributes) {
            self.attribute("data-quote", mark);
        }
        for (key, value) in attributes {
            if let Some(key) = ATTRIBUTES.iter().find(|known| key.eq_ignore_ascii_case(known)) {
                self.known_attribute(name, key, value);
            }
        }
        self.output.push('>');
        if !VOID.contains(&name) {
            self.open.push(name);
        }
    }

    fn known_attribute(&mut self, element: &str, name: &'static str, value: &str) {
        let is_image_source = element == "img" && name == "src";
        let limit = if is_image_source { super::sanitize::MAX_DATA_URL_BYTES } else { MAX_ATTRIBUTE_BYTES };
        let is_long = value.len() > MAX_ATTRIBUTE_BYTES;
        if value.len() > limit || (is_long && (!value.is_ascii() || value.contains('&'))) {
            return;
        }
        if is_image_source && self.remote_images == RemoteImages::HoldBack {
            // Data addresses are long and never remote; only their start needs decoding.
            let start = decode_entities(&value[..value.floor_char_boundary(2_000)]);
            let start = start
                .trim_start_matches(|character: char| character.is_whitespace() || character.is_control());
            if starts_with(start, "http:") || starts_with(start, "https:") {
                return self.attribute("data-remote-src", value);
            }
            if let Some(address) = start.strip_prefix("//") {
                return self
                    .attribute("data-remote-src", &format!("https://{}", address.replace('&', "&amp;")));
            }
        }
        self.attribute(name, value);
    }

    fn attribute(&mut self, name: &str, raw_value: &str) {
        self.output.push(' ');
        self.output.push_str(name);
        self.output.push_str("=\"");
        self.escaped_text(raw_value);
        self.output.push('"');
    }
}

/// A character reference at the start: what it stands for, if known, and its length.
fn read_reference(rest: &str) -> Option<(Option<char>, usize)> {
    let end = rest.bytes().take(33).position(|byte| byte == b';')?;
    let name = rest.get(1..end)?;
    if let Some(character) = entity(name) {
        return Some((Some(character), end + 1));
    }
    let plausible = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plausible.then_some((None, end + 1))
}

fn starts_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// How mail programs mark history: an element that holds it, or one after which it begins.
fn quote_mark(element: &str, attributes: &[(&str, &str)]) -> Option<&'static str> {
    let value_of = |wanted: &str| {
        attributes.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| *value)
    };
    if value_of("data-quote").is_some() {
        return None;
    }
    let classes = value_of("class").unwrap_or_default().to_ascii_lowercase();
    let has_class = |wanted: &[&str]| classes.split_ascii_whitespace().any(|class| wanted.contains(&class));
    let id = value_of("id").unwrap_or_default();
    if ["divRplyFwdMsg", "appendonsend"].iter().any(|known| id.ends_with(known)) {
        return Some("tail");
    }
    let holds = has_class(&[
        "gmail_quote",
        "gmail_quote_container",
        "yahoo_quoted",
        "moz-cite-prefix",
        "protonmail_quote",
        "zmail_extra",
    ]) || (element == "blockquote"
        && value_of("type").is_some_and(|kind| kind.eq_ignore_ascii_case("cite")));
    holds.then_some("part")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held_back(html: &str) -> String {
        normalise(html, RemoteImages::HoldBack)
    }

    #[test]
    fn elements_are_closed_in_order() {
        assert_eq!(held_back("<div><b>x</div>y</b>"), "<div><b>x</b></div>y");
        assert_eq!(held_back("<p>a<p>b</x></div>"), "<p>a</p><p>b</p>");
        assert_eq!(held_back("a<br>b<hr/>c"), "a<br>b<hr>c");
        assert_eq!(held_back("<o:p>kept</o:p><form><input>x</form>"), "keptx");
        assert_eq!(held_back("1 < 2 <!-- c --> <!doctype x> 3"), "1 &lt; 2   3");
        assert_eq!(held_back("<script>x</script><style>y</style><svg><b>z</b></svg>w"), "w");
    }

    #[test]
    fn depth_and_number_of_elements_are_limited() {
        let deep = held_back(&"<div>".repeat(200_000));
        assert_eq!(deep.matches("<div>").count(), MAX_DEPTH);
        assert_eq!(deep.matches("</div>").count(), MAX_DEPTH);
        let cheat = held_back(&"<div><table></div></table>".repeat(10_000));
        assert_eq!(cheat.matches("<div>").count(), cheat.matches("</div>").count());
        let many = held_back(&"<b>x</b>".repeat(100_000));
        assert!(many.matches("<b>").count() <= MAX_TAGS);
        assert!(many.ends_with("xx"));
    }

    #[test]
    fn references_are_few() {
        assert_eq!(
            held_back("a&nbsp;b &amp; &lt;c&gt; &zeta; &x &#0; \"q\""),
            "a\u{a0}b &amp; &lt;c&gt; &zeta; &amp;x &amp;#0; &quot;q&quot;"
        );
        assert_eq!(held_back("<p title='a\"b&quot;&lt;'>"), "<p title=\"a&quot;b&quot;&lt;\"></p>");
        let many = held_back(&"&<".repeat(200_000));
        assert!(many.matches('&').count() <= MAX_REFERENCES && many.ends_with("＆‹"));
        assert!(held_back(&"&zeta;".repeat(100_000)).matches("&zeta;").count() <= MAX_REFERENCES);
    }

    #[test]
    fn remote_images_lose_their_source() {
        assert_eq!(
            held_back("<img SRC=' https://x/y?a=1&amp;b'>"),
            "<img data-remote-src=\" https://x/y?a=1&amp;b\">"
        );
        assert_eq!(held_back("<img src=//x/y>"), "<img data-remote-src=\"https://x/y\">");
        assert_eq!(held_back("<img src=\"&#104;ttp://x\">"), "<img data-remote-src=\"http://x\">");
        assert_eq!(held_back("<img src=cid:a srcset='http://x' onerror=y>"), "<img src=\"cid:a\">");
        assert_eq!(normalise("<img src=http://x>", RemoteImages::Keep), "<img src=\"http://x\">");
    }
}
