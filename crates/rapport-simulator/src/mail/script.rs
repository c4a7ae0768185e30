//! How the provider treats a recipient: the part before the @ says which trouble is played.

use std::collections::HashMap;

use rapport_domain::Timestamp;

/// What happens to mail for a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    Deliver,
    /// 451 until some time has passed.
    Greylist,
    /// 550: there is no such mailbox.
    Unknown,
    /// 552 after the content: the mailbox is full.
    Full,
    /// The connection is cut after the final dot, before any answer.
    Cut,
    /// The answer to the content takes long.
    Slow,
    /// Accepted, and then a report says that it could not be delivered.
    Bounce,
    /// Another domain's mail: refused with 550, because this is no relay.
    Foreign,
}

impl Behaviour {
    pub fn of(recipient: &str, domains: &[String]) -> Self {
        let recipient = recipient.to_lowercase();
        let Some((local, domain)) = recipient.rsplit_once('@') else { return Self::Unknown };
        let ours = domains.iter().any(|ours| match ours.strip_prefix('.') {
            Some(parent) => domain == parent || domain.ends_with(ours.as_str()),
            None => domain == ours,
        });
        if !ours {
            return Self::Foreign;
        }
        match local.split('+').next().unwrap_or_default() {
            "greylist" => Self::Greylist,
            "unknown" => Self::Unknown,
            "full" => Self::Full,
            "cut" => Self::Cut,
            "slow" => Self::Slow,
            "bounce" => Self::Bounce,
            _ => Self::Deliver,
        }
    }
}

/// Remembers since when a sender has been trying a recipient.
#[derive(Default)]
pub(super) struct Greylist {
    first_tries: HashMap<(String, String), Timestamp>,
}

const MAX_REMEMBERED: usize = 1_000;

impl Greylist {
    /// Whether enough time has passed since the first try.
    pub fn lets_through(&mut self, sender: &str, recipient: &str, now: Timestamp, seconds: i64) -> bool {
        let pair = (domain(sender), recipient.to_lowercase());
        match self.first_tries.get(&pair) {
            Some(first) => first.plus_seconds(seconds) <= now,
            None => {
                if self.first_tries.len() >= MAX_REMEMBERED {
                    self.first_tries.clear();
                }
                self.first_tries.insert(pair, now);
                false
            }
        }
    }
}

/// Senders change their local part with every message, so only the domain is remembered.
fn domain(sender: &str) -> String {
    sender.rsplit_once('@').map_or(sender, |(_, domain)| domain).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_local_part_chooses_the_trouble_and_only_in_own_domains() {
        let domains = ["customers.example".to_owned(), ".example.org".to_owned()];
        for (address, expected) in [
            ("ana@customers.example", Behaviour::Deliver),
            ("Bounce+1@Customers.Example", Behaviour::Bounce),
            ("cut@example.org", Behaviour::Cut),
            ("cut@mail.example.org", Behaviour::Cut),
            ("ana@notexample.org", Behaviour::Foreign),
            ("full@elsewhere.test", Behaviour::Foreign),
            ("nonsense", Behaviour::Unknown),
        ] {
            assert_eq!(Behaviour::of(address, &domains), expected, "{address}");
        }
    }

    #[test]
    fn a_greylisted_sender_gets_through_after_a_while() {
        let mut greylist = Greylist::default();
        let start = Timestamp::from_millis(0);
        assert!(!greylist.lets_through("a@shop.example", "greylist@example.org", start, 10));
        assert!(!greylist.lets_through("b@shop.example", "greylist@example.org", start.plus_seconds(9), 10));
        assert!(greylist.lets_through("c@shop.example", "greylist@example.org", start.plus_seconds(10), 10));
        assert!(!greylist.lets_through(
            "a@other.example",
            "greylist@example.org",
            start.plus_seconds(99),
            10
        ));
    }
}
