//! How often visitors may do things: per address before anything is looked up, then per visitor. In memory only.

use std::net::IpAddr;
use std::sync::Arc;

use rapport_domain::{Timestamp, VisitorId};
use rapport_engine::Error;
use rapport_engine::account::{Limiter, Rate};

/// Cheap to clone; all clones count together.
#[derive(Clone)]
pub struct Limits(Arc<Inner>);

struct Inner {
    requests: Limiter<Option<IpAddr>>,
    pages: Limiter<Option<IpAddr>>,
    sessions: Limiter<Option<IpAddr>>,
    messages: Limiter<VisitorId>,
    uploads: Limiter<VisitorId>,
    typing: Limiter<VisitorId>,
    reading: Limiter<VisitorId>,
}

/// What is counted for each visitor.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    Write,
    Upload,
    Type,
    Read,
}

const fn per_minute(count: u32) -> Rate {
    Rate { burst: count, millis_per_attempt: 60_000 / count as i64 }
}

impl Limits {
    pub fn new() -> Self {
        Self(Arc::new(Inner {
            // A whole office may share one address.
            requests: Limiter::new(per_minute(600)),
            pages: Limiter::new(per_minute(60)),
            sessions: Limiter::new(per_minute(20)),
            messages: Limiter::new(per_minute(30)),
            uploads: Limiter::new(per_minute(20)),
            typing: Limiter::new(Rate { burst: 3, millis_per_attempt: 1000 }),
            reading: Limiter::new(per_minute(120)),
        }))
    }

    /// Any request that shows a token; counted before the token is looked up, so that guessing is slow.
    pub fn request(&self, peer: Option<IpAddr>, now: Timestamp) -> Result<(), Error> {
        self.0.requests.attempt(peer.map(network_of), now)
    }

    /// A look at a widget's settings.
    pub fn page(&self, peer: Option<IpAddr>, now: Timestamp) -> Result<(), Error> {
        self.0.pages.attempt(peer.map(network_of), now)
    }

    pub fn session(&self, peer: Option<IpAddr>, now: Timestamp) -> Result<(), Error> {
        self.0.sessions.attempt(peer.map(network_of), now)
    }

    pub fn act(&self, visitor: &VisitorId, act: Act, now: Timestamp) -> Result<(), Error> {
        let limiter = match act {
            Act::Write => &self.0.messages,
            Act::Upload => &self.0.uploads,
            Act::Type => &self.0.typing,
            Act::Read => &self.0.reading,
        };
        limiter.attempt(visitor.clone(), now)
    }
}

/// One customer of a provider has a whole /64 of IPv6 addresses, which count as one.
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_sessions_from_one_network_is_stopped_and_others_go_on() {
        let limits = Limits::new();
        let now = Timestamp::from_millis(0);
        let peer = |network: u16, last: u16| Some(IpAddr::from([0x2001, 0xdb8, 0, network, 0, 0, 0, last]));
        for last in 0..20 {
            limits.session(peer(1, last), now).expect("within the burst");
        }
        limits.session(peer(1, 99), now).expect_err("the network used its sessions up");
        limits.session(peer(2, 0), now).expect("another network");
        limits.session(peer(1, 0), now.plus_seconds(4)).expect("one has drained");
    }
}
