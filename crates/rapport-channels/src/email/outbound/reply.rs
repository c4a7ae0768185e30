//! The quoted previous message below an answer, as plain text and as HTML.

use crate::html;

const MAX_QUOTED_TEXT_BYTES: usize = 64 * 1024;

/// The message that an answer quotes.
#[derive(Debug, Clone)]
pub struct QuotedMessage {
    pub author: String,
    /// The date as the reader should see it.
    pub date_text: String,
    pub text: String,
    /// Already sanitised.
    pub html: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quoted {
    pub text: String,
    pub html: String,
}

/// "On …, … wrote:" with the message below it; append it to the answer's text and HTML.
pub fn quote_previous(previous: &QuotedMessage) -> Quoted {
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let introduction = format!("On {}, {} wrote:", one_line(&previous.date_text), one_line(&previous.author));
    let cut = &previous.text[..previous.text.floor_char_boundary(MAX_QUOTED_TEXT_BYTES)];
    let mut text = format!("\n\n{introduction}\n");
    for line in cut.trim_end().lines() {
        text.push_str(if line.starts_with('>') { ">" } else { "> " });
        text.push_str(line);
        text.push('\n');
    }
    let mut rich = String::from("<div data-quote><p>");
    html::escape_into(&introduction, &mut rich);
    rich.push_str("</p><blockquote type=\"cite\">");
    match &previous.html {
        Some(sanitised) => rich.push_str(sanitised),
        None => rich.push_str(&html::text_to_html(cut)),
    }
    rich.push_str("</blockquote></div>");
    Quoted { text, html: rich }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::email::visible_text;

    #[test]
    fn our_own_quote_is_recognised_when_it_comes_back() {
        let quoted = quote_previous(&QuotedMessage {
            author: "Maria <maria@example.org>".to_owned(),
            date_text: "Mon, 3 Mar 2025 at 10:00".to_owned(),
            text: "first\n> older\n<b>".to_owned(),
            html: None,
        });
        assert_eq!(
            quoted.text,
            "\n\nOn Mon, 3 Mar 2025 at 10:00, Maria <maria@example.org> wrote:\n> first\n>> older\n> <b>\n"
        );
        assert!(quoted.html.contains("Maria &lt;maria@example.org&gt; wrote:"));
        assert!(quoted.html.contains("&lt;b&gt;"));
        assert_eq!(visible_text(&format!("Thanks{}", quoted.text)).visible, "Thanks");
    }
}
