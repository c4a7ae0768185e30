//! Plain text from HTML and back. A single pass over the markup without a tree, so depth costs nothing.

use super::markup::{Tag, decode_entities};
use super::pieces::{Piece, Pieces};

const MAX_OUTPUT_BYTES: usize = 4 * 1024 * 1024;
/// Fewer than are left out of what is shown: a text that nobody can see as HTML is better than none.
const DROPPED: &[&str] = &["script", "style", "head", "title", "noscript", "svg", "math", "template"];

/// A readable plain text of an HTML document or fragment.
pub fn to_text(html: &str) -> String {
    let mut writer = TextWriter::default();
    for piece in Pieces::new(html, DROPPED) {
        match piece {
            Piece::Text(text) => writer.text(text),
            Piece::Tag(tag) => writer.tag(&tag),
        }
        if writer.output.len() >= MAX_OUTPUT_BYTES {
            break;
        }
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
    link: Option<(String, usize)>,
}

impl TextWriter {
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
