//! The little formatting that the team's mails have: `**strong**`, paragraphs, and lists of lines that begin with `- `.

const LIST_MARK: &str = "- ";

/// Without marks; what stands in a list stays together.
pub fn plain(text: &str) -> String {
    text.replace("**", "").replace("\n\n- ", "\n- ")
}

pub fn html(text: &str) -> String {
    let mut html = String::new();
    let mut in_list = false;
    for paragraph in text.split("\n\n") {
        let item = paragraph.strip_prefix(LIST_MARK);
        if item.is_some() != in_list {
            html.push_str(if in_list { "</ul>" } else { "<ul>" });
            in_list = !in_list;
        }
        let (tag, content) = item.map_or(("p", paragraph), |item| ("li", item));
        html.push_str(&format!("<{tag}>{}</{tag}>", inline(content)));
    }
    if in_list {
        html.push_str("</ul>");
    }
    html
}

fn inline(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let parts: Vec<&str> = escaped.split("**").collect();
    let marked = parts.iter().enumerate().map(|(number, part)| match number % 2 {
        0 => (*part).to_owned(),
        _ => format!("<strong>{part}</strong>"),
    });
    marked.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_html_and_leave_the_plain_text() {
        let text = "Please **wait** & see:\n\n- one\n\n- two\n\nBye";
        assert_eq!(plain(text), "Please wait & see:\n- one\n- two\n\nBye");
        assert_eq!(
            html(text),
            "<p>Please <strong>wait</strong> &amp; see:</p><ul><li>one</li><li>two</li></ul><p>Bye</p>"
        );
        assert_eq!(html("- <a>"), "<ul><li>&lt;a&gt;</li></ul>");
    }
}
