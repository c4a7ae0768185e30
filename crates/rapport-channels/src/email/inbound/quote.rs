//! Finds the new text of an answer above, below or between what it quotes.
//! The full text is always kept elsewhere; this decides only what is folded away on screen.

/// The part of a text that its sender wrote now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VisibleText {
    pub visible: String,
    pub has_quote: bool,
}

/// Phrases that end the introduction of a quote, lower case, with the words it begins with.
const INTRODUCTIONS: &[(&str, &[&str])] = &[
    ("on ", &["wrote:", "wrote :"]),
    ("am ", &["schrieb:", "schrieb "]),
    ("le ", &["a écrit :", "a écrit:", "a ecrit :"]),
    ("el ", &["escribió:", "escribio:"]),
    ("il ", &["ha scritto:"]),
    ("em ", &["escreveu:"]),
    ("op ", &["schreef:", "schreef "]),
    ("den ", &["skrev:", "skrev "]),
    ("dne ", &["napsal:", "napsal(a):"]),
    ("w dniu ", &["napisał:", "napisał(a):", "pisze:"]),
    ("", &["写道：", "写道:", "のメール:", "wrote:", "schrieb:"]),
];

const SEPARATORS: &[&str] = &[
    "original message",
    "forwarded message",
    "ursprüngliche nachricht",
    "weitergeleitete nachricht",
    "message d'origine",
    "message original",
    "mensaje original",
    "messaggio originale",
    "oorspronkelijk bericht",
    "mensagem original",
    "原始邮件",
];

const SENT_FROM: &[&str] = &[
    "sent from my ",
    "sent from outlook",
    "get outlook for ",
    "von meinem ",
    "envoyé de mon ",
    "enviado desde mi ",
    "inviato da ",
    "verzonden vanaf mijn ",
    "gesendet von ",
];

const OUR_DELIMITER: &str = "reply above this line";

const MAX_LINES: usize = 20_000;

/// Takes quoted history, signature and "Sent from my …" away, and nothing when that leaves nothing.
pub fn visible_text(text: &str) -> VisibleText {
    let normalized = text.replace("\r\n", "\n");
    let lines: Vec<&str> = normalized.split('\n').take(MAX_LINES).collect();
    let (end, cut_tail) = quote_start(&lines).map_or((lines.len(), false), |start| (start, true));
    let (kept, dropped_lines) = drop_trailing_quotes(&lines[..end]);
    let without_signature = strip_signature(&kept);
    let visible = without_signature.join("\n").trim().to_owned();
    if visible.is_empty() {
        return VisibleText { visible: text.trim().to_owned(), has_quote: false };
    }
    VisibleText { visible, has_quote: cut_tail || dropped_lines }
}

/// The line where everything below is history.
fn quote_start(lines: &[&str]) -> Option<usize> {
    (0..lines.len()).find(|index| is_quote_start(lines, *index))
}

fn is_quote_start(lines: &[&str], index: usize) -> bool {
    let line = lines[index].trim();
    if line.len() > 1_000 || !may_start_quote(lines, index) {
        return false;
    }
    let lower = line.to_lowercase();
    if lower.contains(OUR_DELIMITER) && (lower.starts_with("##") || lower.starts_with("--")) {
        return true;
    }
    let dashed = lower.starts_with("---") || lower.starts_with("___") || lower.starts_with("begin forwarded");
    if dashed && SEPARATORS.iter().any(|separator| lower.contains(separator)) {
        return true;
    }
    if lower.starts_with("begin forwarded message") {
        return true;
    }
    is_header_block(lines, index) || introduction_before_tail(lines, index, &lower)
}

/// A cheap look before the thorough one, because most lines are ordinary: separators begin with a few characters,
/// headers hold a colon, and introductions end with one, on this line or one of the next two.
fn may_start_quote(lines: &[&str], index: usize) -> bool {
    let line = lines[index].trim_start();
    let ends_with_colon = |line: &&str| line.trim_end().ends_with([':', '：']);
    line.starts_with(['-', '_', '#', 'b', 'B'])
        || line.contains([':', '：'])
        || lines[index + 1..].iter().take(2).any(ends_with_colon)
}

/// Outlook writes the headers of the quoted mail as lines, with or without a rule above them.
fn is_header_block(lines: &[&str], index: usize) -> bool {
    const FIRST: &[&str] = &["from:", "von:", "de:", "da:", "van:", "från:", "od:", "发件人:", "发件人："];
    const OTHERS: &[&str] = &[
        "sent:",
        "date:",
        "to:",
        "subject:",
        "gesendet:",
        "datum:",
        "an:",
        "betreff:",
        "envoyé :",
        "envoyé:",
        "à :",
        "à:",
        "objet :",
        "objet:",
        "enviado:",
        "para:",
        "asunto:",
        "inviato:",
        "a:",
        "oggetto:",
        "verzonden:",
        "aan:",
        "onderwerp:",
        "cc:",
        "skickat:",
        "till:",
        "ämne:",
        "发送时间:",
        "发送时间：",
        "收件人:",
        "收件人：",
        "主题:",
        "主题：",
    ];
    let tidy = |line: &str| line.trim().trim_start_matches('*').to_lowercase().replace(":*", ":");
    let first = tidy(lines[index]);
    if !FIRST.iter().any(|start| first.starts_with(start)) {
        return false;
    }
    let following = lines[index + 1..].iter().take(6).filter(|line| {
        let line = tidy(line);
        OTHERS.iter().any(|start| line.starts_with(start))
    });
    following.count() >= 2
}

/// "On … wrote:" on up to three lines, followed by quoted lines or by nothing new.
fn introduction_before_tail(lines: &[&str], index: usize, lower: &str) -> bool {
    let mut joined = lower.to_owned();
    for extra in 0..3 {
        if extra > 0 {
            let Some(next) = lines.get(index + extra) else { return false };
            if joined.len() + next.len() > 1_000 || next.trim().is_empty() {
                return false;
            }
            joined.push(' ');
            joined.push_str(&next.trim().to_lowercase());
        }
        if is_introduction(&joined) {
            return is_history(&lines[index + extra + 1..]);
        }
    }
    false
}

fn is_introduction(joined: &str) -> bool {
    INTRODUCTIONS.iter().any(|(start, ends)| {
        let begins = !start.is_empty() && joined.starts_with(start);
        let dated = start.is_empty() && joined.chars().any(|character| character.is_ascii_digit());
        (begins || dated)
            && ends.iter().any(|end| {
                if end.ends_with(' ') {
                    joined.contains(end) && joined.ends_with(':')
                } else {
                    joined.ends_with(end)
                }
            })
    })
}

/// Below an introduction all is history, unless new text stands between or after quoted lines.
fn is_history(below: &[&str]) -> bool {
    let mut seen_quoted = false;
    let mut unquoted_after = false;
    // Looking further would only make hostile texts expensive.
    for line in below.iter().take(500).map(|line| line.trim()).filter(|line| !line.is_empty()) {
        if line.starts_with('>') {
            seen_quoted = true;
        } else if seen_quoted {
            unquoted_after = true;
            break;
        }
    }
    !(seen_quoted && unquoted_after)
}

/// Quoted lines at the end go; those with new text below them stay, as in answers between the lines.
fn drop_trailing_quotes<'a>(lines: &[&'a str]) -> (Vec<&'a str>, bool) {
    let is_droppable = |line: &&&str| line.trim().is_empty() || line.trim_start().starts_with('>');
    let trailing = lines.iter().rev().take_while(is_droppable).count();
    let kept = lines.len() - trailing;
    let dropped = lines[kept..].iter().any(|line| line.trim_start().starts_with('>'));
    (lines[..kept].to_vec(), dropped)
}

fn strip_signature<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let mut end = lines.len();
    if let Some(position) = lines.iter().rposition(|line| matches!(*line, "-- " | "--"))
        && lines.len() - position <= 15
    {
        end = position;
    }
    let sent_from = lines[..end].iter().rposition(|line| !line.trim().is_empty()).filter(|position| {
        let lower = lines[*position].trim().to_lowercase();
        lower.len() < 100 && SENT_FROM.iter().any(|start| lower.starts_with(start))
    });
    lines[..sent_from.unwrap_or(end)].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visible(text: &str) -> (String, bool) {
        let result = visible_text(text);
        (result.visible, result.has_quote)
    }

    #[test]
    fn history_below_an_introduction_is_folded() {
        let introductions = [
            "On Mon, 3 Mar 2025 at 10:00, Maria <maria@example.org> wrote:",
            "On Mon, 3 Mar 2025 at 10:00, Maria\n<maria@example.org>\nwrote:",
            "Am 03.03.2025 um 10:00 schrieb Maria <m@x.org>:",
            "Le lun. 3 mars 2025 à 10:00, Maria <m@x.org> a écrit :",
            "El lun, 3 mar 2025 a las 10:00, Maria (<m@x.org>) escribió:",
            "Il giorno lun 3 mar 2025 alle ore 10:00 Maria <m@x.org> ha scritto:",
            "Op ma 3 mrt 2025 om 10:00 schreef Maria <m@x.org>:",
            "在 2025年3月3日 Maria 写道：",
            "-----Original Message-----",
            "________________________________\nFrom: Maria\nSent: Monday\nTo: Support\nSubject: Hi",
            "From: Maria\nSent: Monday\nTo: Support\nSubject: Hi",
            "*Von:* Maria\n*Gesendet:* Montag\n*An:* Support\n*Betreff:* Hi",
            "## reply above this line ##",
        ];
        for introduction in introductions {
            let (text, has_quote) = visible(&format!("Thanks!\n\n{introduction}\n\n> old text\n> more\n"));
            assert!(text.starts_with("Thanks!") && !text.contains("old text"), "{introduction}: {text}");
            assert!(has_quote, "{introduction}");
        }
        assert_eq!(visible("Thanks!\n\n> old\n> more\n"), ("Thanks!".into(), true));
    }

    #[test]
    fn answers_between_and_below_the_lines_are_kept() {
        let between = "On 3 March Maria wrote:\n> When?\nTomorrow.\n> Where?\nHere.\n\n> tail";
        let (text, has_quote) = visible(between);
        assert!(text.contains("> When?\nTomorrow.") && text.ends_with("Here."), "{text}");
        assert!(has_quote);
        let below = "On 3 March Maria wrote:\n> When?\n\nTomorrow.";
        assert!(visible(below).0.ends_with("Tomorrow."));
    }

    #[test]
    fn signatures_go_and_nothing_never_remains() {
        assert_eq!(visible("Yes.\n\nSent from my iPhone").0, "Yes.");
        assert_eq!(visible("Yes.\n-- \nMaria\nSales").0, "Yes.");
        assert_eq!(visible("> only quoted"), ("> only quoted".into(), false));
        assert_eq!(visible("").0, "");
        assert_eq!(visible("I wrote: hello\nwhat now").0, "I wrote: hello\nwhat now");
        assert_eq!(visible("On the other hand it works.").0, "On the other hand it works.");
    }

    #[test]
    fn long_texts_are_read_in_linear_time() {
        let hostile = "on a\n".repeat(200_000);
        assert!(!visible(&hostile).0.is_empty());
        assert!(!visible(&"> ".repeat(500_000)).0.is_empty());
    }
}
