//! Puts the turns of all stories on one line of time, with what the team does around them.

use std::collections::{BTreeMap, HashSet};

use rapport_domain::{Channel, Priority, Status, Timestamp};

use super::script::{Story, Turn, Writer};
use crate::demo::cast;

/// What is younger stays where it is, or there would be nothing new in the morning.
const LATELY_SECONDS: i64 = 12 * 60 * 60;
const OPENING_HOUR: i64 = 8;
const CLOSING_HOUR: i64 = 18;
const HOUR_SECONDS: i64 = 60 * 60;
/// Hands work out and sorts what nobody has taken.
const SUPERVISOR: &str = "marek";

pub struct Act {
    pub at: Timestamp,
    /// Position of the story.
    pub story: usize,
    pub what: What,
    /// Where the story begins: how many stories have begun before.
    pub opening: Option<usize>,
}

pub enum What {
    Customer(Turn),
    Answer(Turn),
    Note(Turn),
    Draft(Turn),
    Take(String),
    Hand { by: String, to: String },
    Change { by: String, priority: Option<Priority>, status: Option<Status> },
}

/// Everything that happens, in its order.
fn acts(stories: &[Story], now: Timestamp) -> Vec<Act> {
    let mut acts: Vec<Act> = stories
        .iter()
        .enumerate()
        .flat_map(|(number, story)| {
            let acts = acts_of(number, story, now).into_iter();
            acts.map(move |(at, what)| Act { at, story: number, what, opening: None })
        })
        .collect();
    // Stable, so that what one story does at one moment keeps its order.
    acts.sort_by_key(|act| act.at);
    let mut begun = HashSet::new();
    for act in &mut acts {
        act.opening = Some(begun.len()).filter(|_| begun.insert(act.story));
    }
    acts
}

/// The same, apart for each customer. What one person says on several channels has to keep its order, because it
/// meets in one conversation.
pub fn scenes(stories: &[Story], now: Timestamp) -> Vec<Vec<Act>> {
    let mut scenes: BTreeMap<String, Vec<Act>> = BTreeMap::new();
    for act in acts(stories, now) {
        scenes.entry(person(act.story, &stories[act.story])).or_default().push(act);
    }
    scenes.into_values().collect()
}

/// What tells the customer of a story from all others.
fn person(number: usize, story: &Story) -> String {
    let account = story.customer.identity.as_deref();
    let known = account.and_then(|id| cast::personas().into_iter().find(|persona| persona.user_id == id));
    let address = story.customer.address.clone().or(known.map(|persona| persona.address));
    address.map_or_else(|| format!("visitor {number}"), |address| address.to_lowercase())
}

fn acts_of(number: usize, story: &Story, now: Timestamp) -> Vec<(Timestamp, What)> {
    let times = times(number, story, now);
    let mut acts = Vec::new();
    let mut holder: Option<&str> = None;
    for (position, (turn, at)) in story.turns.iter().zip(&times).enumerate() {
        if let Writer::Answer(key) | Writer::Note(key) = &turn.writer
            && holder.is_none()
        {
            let before = position.checked_sub(1).map_or(*at, |previous| times[previous]);
            acts.push((between(before, *at), taking(number, key)));
            holder = Some(key);
        }
        let turn = turn.clone();
        acts.push((
            *at,
            match &turn.writer {
                Writer::Customer => What::Customer(turn),
                Writer::Answer(_) => What::Answer(turn),
                Writer::Note(_) => What::Note(turn),
                Writer::Draft(_) => What::Draft(turn),
            },
        ));
    }
    let (Some(first), Some(last)) = (times.first(), times.last()) else { return acts };
    let by = holder.unwrap_or(SUPERVISOR).to_owned();
    if let Some(priority) = story.priority {
        let soon = first.plus_seconds((story.last_seconds / 20).min(180));
        acts.push((soon, What::Change { by: SUPERVISOR.to_owned(), priority: Some(priority), status: None }));
    }
    if story.status != Status::Open {
        let later = last.plus_seconds((story.last_seconds / 10).min(20 * 60));
        acts.push((later, What::Change { by, priority: None, status: Some(story.status) }));
    }
    acts
}

/// One in four is handed out by the supervisor, the others are taken by whoever answers.
fn taking(number: usize, key: &str) -> What {
    if number % 4 == 1 && key != SUPERVISOR {
        What::Hand { by: SUPERVISOR.to_owned(), to: key.to_owned() }
    } else {
        What::Take(key.to_owned())
    }
}

/// When each turn took place, counted back from the last.
fn times(number: usize, story: &Story, now: Timestamp) -> Vec<Timestamp> {
    let mut at = now.plus_seconds(-story.last_seconds);
    let mut times = Vec::with_capacity(story.turns.len());
    for (position, turn) in story.turns.iter().enumerate().rev() {
        let by_team = turn.writer != Writer::Customer;
        // Chats go on while both sides are there, so they are moved as a whole.
        let whole = story.channel == Channel::Chat && times.is_empty() && story.last_seconds > LATELY_SECONDS;
        if whole || (by_team && story.channel != Channel::Chat) {
            at = in_office_hours(at);
        }
        times.push(at);
        at = at.plus_seconds(-gap_seconds(number, position, story));
    }
    times.reverse();
    times
}

/// How long after the turn before this one came: people answer chats at once and mails when they find the time.
fn gap_seconds(number: usize, position: usize, story: &Story) -> i64 {
    let (least, most) = match (&story.turns[position].writer, story.channel) {
        (Writer::Note(_) | Writer::Draft(_), _) => (60, 240),
        (_, Channel::Chat) => (25, 150),
        (Writer::Customer, Channel::Email) => (15 * 60, 7 * 60 * 60),
        (_, Channel::Email) => (6 * 60, 150 * 60),
        _ => (5 * 60, 60 * 60),
    };
    // Spread like chance, and the same on every start.
    let spread = (number as i64 * 7_919 + position as i64 * 104_729) % 9_973;
    least + (most - least) * spread / 9_973
}

/// The last moment up to this one at which somebody is at work.
fn in_office_hours(at: Timestamp) -> Timestamp {
    let hour = at.as_millis().div_euclid(HOUR_SECONDS * 1000).rem_euclid(24);
    let hours_back = match hour {
        early if early < OPENING_HOUR => early + 25 - CLOSING_HOUR,
        late if late >= CLOSING_HOUR => late + 1 - CLOSING_HOUR,
        _ => 0,
    };
    at.plus_seconds(-hours_back * HOUR_SECONDS)
}

fn between(before: Timestamp, after: Timestamp) -> Timestamp {
    let middle = (after.as_millis() - before.as_millis()) * 2 / 3;
    before.plus_millis(middle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_happens_within_the_last_weeks_and_in_order() {
        let now = Timestamp::from_millis(1_800_000_000_000);
        let stories = super::super::stories().expect("all are readable");
        let acts = acts(&stories, now);
        assert!(acts.iter().all(|act| act.at <= now), "nothing lies in the future");
        assert!(acts.iter().all(|act| act.at > now.plus_seconds(-35 * 24 * 60 * 60)));
        assert!(acts.windows(2).all(|pair| pair[0].at <= pair[1].at));
        for number in 0..stories.len() {
            let first = acts.iter().find(|act| act.story == number).expect("every story happens");
            assert!(matches!(first.what, What::Customer(_)), "customers begin");
        }
    }

    #[test]
    fn scenes_hold_every_act_once_and_each_customer_in_one_of_them() {
        let now = Timestamp::from_millis(1_800_000_000_000);
        let stories = super::super::stories().expect("all are readable");
        let scenes = scenes(&stories, now);
        assert_eq!(scenes.iter().map(Vec::len).sum::<usize>(), acts(&stories, now).len());
        assert!(scenes.iter().all(|acts| acts.windows(2).all(|pair| pair[0].at <= pair[1].at)));
        let mut openings: Vec<(usize, Timestamp)> =
            scenes.iter().flatten().filter_map(|act| act.opening.map(|number| (number, act.at))).collect();
        openings.sort();
        assert_eq!(openings.len(), stories.len());
        assert!(openings.iter().enumerate().all(|(number, opening)| opening.0 == number));
        assert!(
            openings.windows(2).all(|pair| pair[0].1 <= pair[1].1),
            "stories begin in the order of their time"
        );
        let of = |name: &str| {
            let is_there = |acts: &&Vec<Act>| acts.iter().any(|act| stories[act.story].customer.name == name);
            scenes.iter().filter(is_there).count()
        };
        assert_eq!((of("Hanna Vogt"), of("Aoife Byrne")), (1, 1));
    }

    #[test]
    fn nobody_answers_mail_at_night() {
        let stories = super::super::stories().expect("all are readable");
        for hour in 0..24 {
            let now = Timestamp::from_millis(1_800_000_000_000).plus_seconds(hour * HOUR_SECONDS);
            let answers = acts(&stories, now).into_iter().filter(|act| matches!(act.what, What::Answer(_)));
            for act in answers.filter(|act| stories[act.story].channel == Channel::Email) {
                let hour = act.at.as_millis() / 1000 / HOUR_SECONDS % 24;
                assert!((OPENING_HOUR..CLOSING_HOUR).contains(&hour), "answered at {}", act.at);
            }
        }
    }

    #[test]
    fn a_customer_who_comes_again_comes_after_the_story_before() {
        let stories = super::super::stories().expect("all are readable");
        let now = Timestamp::from_millis(1_800_000_000_000);
        for (number, story) in stories.iter().enumerate().filter(|(_, story)| story.again) {
            let earlier = stories[..number].iter().position(|other| {
                other.channel == story.channel && other.customer.address == story.customer.address
            });
            let earlier = earlier.expect("there was a story before");
            let ended = acts_of(earlier, &stories[earlier], now).last().map(|(at, _)| *at).expect("has acts");
            let begins = acts_of(number, story, now)[0].0;
            assert!(begins > ended, "{} comes too early", story.customer.name);
            assert_eq!(stories[earlier].status, Status::Closed, "{}", story.customer.name);
        }
    }
}
