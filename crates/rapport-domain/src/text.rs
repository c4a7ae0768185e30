//! Text as people see it in one line: previews and names without control characters.

/// The first `limit` characters of a text on one line, with an ellipsis when something was cut.
pub fn preview(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(limit.min(text.len()) + 3);
    let mut count = 0;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if count >= limit {
            out.push('…');
            return out;
        }
        if count > 0 {
            out.push(' ');
            count += 1;
        }
        for character in word.chars() {
            if count >= limit {
                out.push('…');
                return out;
            }
            out.push(character);
            count += 1;
        }
    }
    out
}

/// A single line fit for a name or subject: no control or direction-changing characters, at most `limit` characters.
pub fn single_line(text: &str, limit: usize) -> String {
    let cleaned: String = text
        .chars()
        .filter(|c| !matches!(*c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'))
        .collect();
    preview(&cleaned, limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preview_is_one_line_and_bounded() {
        assert_eq!(preview("Hello\r\n\r\n  there\u{0}!", 40), "Hello there !");
        assert_eq!(preview("abcdef", 3), "abc…");
        assert_eq!(preview("żółć gęś", 4), "żółć…");
    }

    #[test]
    fn names_cannot_turn_the_text_around() {
        assert_eq!(single_line("Ana\u{202e}gnp.exe", 40), "Anagnp.exe");
    }
}
