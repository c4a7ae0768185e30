//! The stories as text files. A story begins with a line of facts (`= name <address>; how long ago it ended; …`),
//! then a subject where the channel has one, then turns: `> …` by the customer, `key: …`, `key note: …` and
//! `key draft: …` by the team. `[file:…]`, `[inline:…]`, `[html:…]` and `[auto]` in a turn say what it carries.

use anyhow::{Context, Result, bail};
use rapport_domain::{Channel, Priority, Status};

/// A line break between paragraphs, so that a turn is one line of the file.
const PARAGRAPH: char = '¶';

#[derive(Debug)]
pub struct Story {
    pub channel: Channel,
    pub customer: Customer,
    /// How long ago the last turn was.
    pub last_seconds: i64,
    pub status: Status,
    pub priority: Option<Priority>,
    /// The customer was here before, in an earlier story.
    pub again: bool,
    /// Nobody has looked at it.
    pub unread: bool,
    pub subject: Option<String>,
    pub turns: Vec<Turn>,
}

#[derive(Debug)]
pub struct Customer {
    pub name: String,
    /// What stands in angle brackets: an email address or an id of another system.
    pub address: Option<String>,
    /// What stands in parentheses: the account at the shop.
    pub identity: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Turn {
    pub writer: Writer,
    pub text: String,
    pub files: Vec<String>,
    pub inline: Option<String>,
    pub html: Option<String>,
    pub automatic: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Writer {
    Customer,
    Answer(String),
    Note(String),
    Draft(String),
}

impl Story {
    pub fn ends_with_customer(&self) -> bool {
        self.turns
            .iter()
            .rev()
            .find(|turn| !matches!(turn.writer, Writer::Note(_) | Writer::Draft(_)))
            .is_some_and(|turn| turn.writer == Writer::Customer)
    }
}

pub fn parse(channel: Channel, text: &str) -> Result<Vec<Story>> {
    let mut stories: Vec<Story> = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = || format!("line {} of the {channel} stories", number + 1);
        if let Some(facts) = line.strip_prefix("= ") {
            stories.push(facts_of(channel, facts).with_context(place)?);
            continue;
        }
        let story = stories.last_mut().with_context(place)?;
        if story.turns.is_empty() && story.subject.is_none() && channel != Channel::Chat {
            story.subject = Some(line.to_owned());
        } else {
            story.turns.push(turn(line).with_context(place)?);
        }
    }
    Ok(stories)
}

fn facts_of(channel: Channel, line: &str) -> Result<Story> {
    let mut facts = line.split("; ");
    let customer = customer(facts.next().context("a story has a customer")?);
    let mut story = Story {
        channel,
        customer,
        last_seconds: seconds(facts.next().context("a story ended some time ago")?)?,
        status: Status::Open,
        priority: None,
        again: false,
        unread: false,
        subject: None,
        turns: Vec::new(),
    };
    for fact in facts {
        match fact {
            "again" => story.again = true,
            "unread" => story.unread = true,
            word => match (Status::parse(word), Priority::parse(word)) {
                (Some(status), _) => story.status = status,
                (None, Some(priority)) => story.priority = Some(priority),
                (None, None) => bail!("{word:?} says nothing about a story"),
            },
        }
    }
    Ok(story)
}

fn customer(text: &str) -> Customer {
    let bracketed = |open: char, close: char| {
        let (_, rest) = text.split_once(open)?;
        rest.split_once(close).map(|(inner, _)| inner.to_owned())
    };
    let name = text.split(['<', '(']).next().unwrap_or_default().trim().to_owned();
    Customer { name, address: bracketed('<', '>'), identity: bracketed('(', ')') }
}

fn seconds(text: &str) -> Result<i64> {
    let split = text.len().saturating_sub(1);
    let (number, unit) = text.split_at_checked(split).context("a span of time")?;
    let seconds = match unit {
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => bail!("{text:?} is no span of time such as 5m, 3h or 2d"),
    };
    Ok(number.parse::<i64>().with_context(|| format!("{text:?} is no span of time"))? * seconds)
}

fn turn(line: &str) -> Result<Turn> {
    let (writer, text) = match line.strip_prefix("> ") {
        Some(text) => (Writer::Customer, text),
        None => {
            let (who, text) = line.split_once(": ").context("a turn begins with > or a name and a colon")?;
            let writer = match who.split_once(' ') {
                None => Writer::Answer(who.to_owned()),
                Some((key, "note")) => Writer::Note(key.to_owned()),
                Some((key, "draft")) => Writer::Draft(key.to_owned()),
                Some(_) => bail!("{who:?} is nobody"),
            };
            (writer, text)
        }
    };
    let mut turn =
        Turn { writer, text: String::new(), files: Vec::new(), inline: None, html: None, automatic: false };
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        let (mark, behind) = after.split_once(']').context("a mark ends with ]")?;
        match mark.split_once(':') {
            Some(("file", name)) => turn.files.push(name.to_owned()),
            Some(("inline", name)) => turn.inline = Some(name.to_owned()),
            Some(("html", name)) => turn.html = Some(name.to_owned()),
            None if mark == "auto" => turn.automatic = true,
            _ => bail!("[{mark}] is no mark"),
        }
        turn.text.push_str(before);
        rest = behind.trim_start();
    }
    turn.text.push_str(rest);
    turn.text = turn.text.trim().replace(PARAGRAPH, "\n\n");
    Ok(turn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::cast::{FACTS, TEAM};

    #[test]
    fn a_story_is_read_with_all_its_facts() {
        let text = "= Ana H. <ana@example.org>; 3h; pending; high; again; unread\nRe: Peg\n> Look: [file:a.png] bent¶Bye\n\
                    sam note: Twice\nsam: Sorry\nsam draft: If\n";
        let story = parse(Channel::Email, text).expect("is a story").remove(0);
        assert_eq!(story.customer.name, "Ana H.");
        assert_eq!(story.customer.address.as_deref(), Some("ana@example.org"));
        assert_eq!(
            (story.last_seconds, story.status, story.priority),
            (10_800, Status::Pending, Some(Priority::High))
        );
        assert!(story.again && story.unread && !story.ends_with_customer());
        assert_eq!(story.subject.as_deref(), Some("Re: Peg"));
        assert_eq!(story.turns[0].text, "Look: bent\n\nBye");
        assert_eq!(story.turns[0].files, ["a.png"]);
        assert_eq!(story.turns[1].writer, Writer::Note("sam".into()));
        assert_eq!(story.turns[3].writer, Writer::Draft("sam".into()));
    }

    #[test]
    fn mistakes_are_found_and_placed() {
        for text in [
            "= Ana; 3x; open",
            "= Ana; 3h; opened",
            "> first",
            "= Ana; 3h\n> [fil:x] y",
            "= Ana; 3h\nsam sings: la",
        ] {
            let error = parse(Channel::Chat, text).expect_err(text);
            assert!(format!("{error:#}").contains("of the chat stories"), "{error:#}");
        }
    }

    #[test]
    fn the_files_hold_stories_of_every_kind_by_people_who_exist() {
        let stories = super::super::stories().expect("all are readable");
        assert!(stories.len() >= 130, "{} stories", stories.len());
        for status in Status::ALL {
            assert!(stories.iter().any(|story| story.status == *status), "no story is {status}");
        }
        for turn in stories.iter().flat_map(|story| &story.turns) {
            if let Writer::Answer(key) | Writer::Note(key) | Writer::Draft(key) = &turn.writer {
                assert!(TEAM.iter().any(|teammate| teammate.key == key), "{key} is not in the team");
            }
            for name in turn.files.iter().chain(&turn.inline) {
                super::super::files::find(name).expect("every file exists");
            }
        }
        assert!(stories.iter().all(|story| !story.turns.is_empty()));
        for (name, ..) in FACTS {
            assert!(stories.iter().any(|story| story.customer.name == *name), "{name} says nothing");
        }
    }
}
