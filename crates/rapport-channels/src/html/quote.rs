//! Marks the quoted history at the end of sanitised HTML, so that it can be folded away.
//! Quotes between new text keep their place: folding them would hide what is being answered.

use super::markup::read_tag;
use super::text::to_text;
use super::vocabulary::VOID;

/// A piece of quoted history, as byte positions.
#[derive(Debug, Clone, Copy)]
struct Range {
    start: usize,
    end: usize,
}

/// Wraps the quoted tail of sanitised HTML in `<div data-quote>…</div>`. Without a quoted tail, or
/// with nothing else than it, the HTML comes back unwrapped. Marks of the sanitizer are removed.
pub fn split_quote_html(sanitized: &str) -> String {
    let tail = find_tail(sanitized);
    let Some(Range { start, end }) = tail.filter(|tail| has_text(&sanitized[..tail.start])) else {
        return without_marks(sanitized);
    };
    format!(
        "{}<div data-quote>{}</div>{}",
        without_marks(&sanitized[..start]),
        without_marks(&sanitized[start..end]),
        without_marks(&sanitized[end..])
    )
}

/// The first range from which on everything visible is history. It lies within one parent.
fn find_tail(html: &str) -> Option<Range> {
    let ranges = quoted_ranges(html);
    let mut tail: Option<Range> = None;
    for range in ranges.iter().rev() {
        let following = tail.map_or(html.len(), |later| later.start);
        if has_text(html.get(range.end..following)?) {
            break;
        }
        // Neighbours are joined only when no element begins or ends between them.
        tail = match tail {
            Some(later) if is_balanced(html.get(range.start..later.end)?) => {
                Some(Range { start: range.start, end: later.end })
            }
            Some(later) => Some(later),
            None => Some(*range),
        };
    }
    tail
}

/// Outermost marked elements; a mark of kind `tail` reaches to the end of its parent.
fn quoted_ranges(html: &str) -> Vec<Range> {
    let mut ranges: Vec<Range> = Vec::new();
    let mut depth = 0_usize;
    let mut open: Option<(usize, usize, bool)> = None;
    let mut position = 0;
    while let Some(offset) = memchr::memchr(b'<', &html.as_bytes()[position..]) {
        let start = position + offset;
        let Some((tag, after)) = read_tag(&html[start..]) else {
            position = start + 1;
            continue;
        };
        position = html.len() - after.len();
        if VOID.contains(&tag.name.as_str()) {
            continue;
        }
        if tag.closing {
            depth = depth.saturating_sub(1);
            if let Some((from, level, is_tail)) = open {
                if is_tail && depth < level {
                    ranges.push(Range { start: from, end: start });
                    open = None;
                } else if !is_tail && depth == level {
                    ranges.push(Range { start: from, end: position });
                    open = None;
                }
            }
        } else {
            if open.is_none()
                && let Some(mark) = tag.attribute("data-quote")
            {
                open = Some((start, depth, mark == "tail"));
            }
            depth += 1;
        }
    }
    if let Some((from, _, _)) = open {
        ranges.push(Range { start: from, end: html.len() });
    }
    ranges
}

fn has_text(html: &str) -> bool {
    html.contains("<img") || !to_text(html).trim().is_empty()
}

fn is_balanced(html: &str) -> bool {
    let mut depth = 0_i64;
    let mut position = 0;
    while let Some(offset) = memchr::memchr(b'<', &html.as_bytes()[position..]) {
        let start = position + offset;
        let Some((tag, after)) = read_tag(&html[start..]) else { return false };
        position = html.len() - after.len();
        if !VOID.contains(&tag.name.as_str()) {
            depth += if tag.closing { -1 } else { 1 };
            if depth < 0 {
                return false;
            }
        }
    }
    depth == 0
}

fn without_marks(html: &str) -> String {
    html.replace(" data-quote=\"part\"", "").replace(" data-quote=\"tail\"", "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::sanitize;

    fn split(html: &str) -> String {
        split_quote_html(&sanitize(html).html)
    }

    #[test]
    fn history_at_the_end_is_wrapped() {
        assert_eq!(
            split("<p>New</p><div class=gmail_quote>On … wrote:<blockquote>old</blockquote></div>"),
            "<p>New</p><div data-quote><div>On … wrote:<blockquote>old</blockquote></div></div>"
        );
        assert_eq!(
            split("<p>New</p><div class=moz-cite-prefix>Am …:</div><blockquote type=cite>old</blockquote>"),
            "<p>New</p><div data-quote><div>Am …:</div><blockquote type=\"cite\">old</blockquote></div>"
        );
        assert_eq!(
            split(
                "<div>New<div id=appendonsend></div><hr><div id=divRplyFwdMsg>From: x</div><p>old</p></div>"
            ),
            "<div>New<div data-quote><div></div><hr><div>From: x</div><p>old</p></div></div>"
        );
    }

    #[test]
    fn answers_between_quotes_stay_readable() {
        assert_eq!(
            split("<blockquote type=cite>a?</blockquote><p>yes</p><blockquote type=cite>b?</blockquote>"),
            "<blockquote type=\"cite\">a?</blockquote><p>yes</p><div data-quote><blockquote type=\"cite\">b?</blockquote></div>"
        );
        assert_eq!(
            split("<blockquote type=cite>a?</blockquote><p>yes</p>"),
            "<blockquote type=\"cite\">a?</blockquote><p>yes</p>"
        );
    }

    #[test]
    fn nothing_but_a_quote_is_not_folded() {
        assert_eq!(split("<div class=gmail_quote>forwarded</div>"), "<div>forwarded</div>");
        assert_eq!(split("<p>plain</p>"), "<p>plain</p>");
    }
}
