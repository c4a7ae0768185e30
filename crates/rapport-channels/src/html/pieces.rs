//! Markup as a row of texts and tags, without a tree. Comments, declarations and the content of elements that are no
//! text for people are left out on the way.

use super::markup::{Tag, read_tag, skip_element};

pub(super) enum Piece<'a> {
    /// As written, with its character references.
    Text(&'a str),
    Tag(Tag<'a>),
}

pub(super) struct Pieces<'a> {
    rest: &'a str,
    /// Elements that go with all they contain.
    dropped: &'static [&'static str],
    head_seen: bool,
}

impl<'a> Pieces<'a> {
    pub fn new(html: &'a str, dropped: &'static [&'static str]) -> Self {
        Self { rest: html, dropped, head_seen: false }
    }

    /// Whether the element's content is passed over. A document has one head: searching the end of more would only
    /// cost time.
    fn drops(&mut self, tag: &Tag<'_>) -> bool {
        !tag.closing
            && self.dropped.contains(&tag.name.as_str())
            && (tag.name != "head" || !std::mem::replace(&mut self.head_seen, true))
    }

    fn text(&mut self, length: usize) -> Option<Piece<'a>> {
        let (text, rest) = self.rest.split_at(length);
        self.rest = rest;
        Some(Piece::Text(text))
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        while !self.rest.is_empty() {
            match memchr::memchr(b'<', self.rest.as_bytes()) {
                None => return self.text(self.rest.len()),
                Some(0) => {}
                Some(start) => return self.text(start),
            }
            if let Some(comment) = self.rest.strip_prefix("<!--") {
                self.rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            } else if self.rest.starts_with("<!") || self.rest.starts_with("<?") {
                self.rest = self.rest.find('>').map_or("", |end| &self.rest[end + 1..]);
            } else if let Some((tag, after)) = read_tag(self.rest) {
                self.rest = after;
                if !self.drops(&tag) {
                    return Some(Piece::Tag(tag));
                }
                self.rest = skip_element(after, &tag.name);
            } else {
                return self.text(1);
            }
        }
        None
    }
}
