//! Growing pauses between attempts, spread so that several processes do not come back at the same moment.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

const FIRST_MS: u64 = 20;
const LONGEST_MS: u64 = 2_000;

#[derive(Default)]
pub(crate) struct Backoff {
    attempts: u32,
}

impl Backoff {
    /// Between half and all of a span that doubles each time.
    pub(crate) fn next_delay(&mut self) -> Duration {
        let span = (FIRST_MS << self.attempts.min(10)).min(LONGEST_MS);
        self.attempts += 1;
        // The standard library's hash keys are random, which is all that spreading needs.
        let random = RandomState::new().hash_one(self.attempts);
        Duration::from_millis(span / 2 + random % (span / 2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_bounded() {
        let mut backoff = Backoff::default();
        let delays: Vec<Duration> = (0..40).map(|_| backoff.next_delay()).collect();
        assert!(delays[0] < Duration::from_millis(FIRST_MS));
        assert!(delays[39] >= Duration::from_millis(LONGEST_MS / 2));
        assert!(delays.iter().all(|delay| *delay <= Duration::from_millis(LONGEST_MS)));
    }
}
