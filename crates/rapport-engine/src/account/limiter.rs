//! Counts attempts in memory: each key has a bucket that fills with attempts and drains with time.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rapport_domain::Timestamp;

use crate::Error;

/// How many attempts at once, and how long one takes to be forgotten.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    pub burst: u32,
    pub millis_per_attempt: i64,
}

/// Beyond so many keys the ones that have drained are dropped.
const MAX_KEYS: usize = 50_000;

/// The moment at which each key's bucket will have drained. A key that is not there is empty.
pub struct Limiter<K> {
    rate: Rate,
    drained_at: Mutex<HashMap<K, Timestamp>>,
}

impl<K: Eq + Hash> Limiter<K> {
    pub fn new(rate: Rate) -> Self {
        Self { rate, drained_at: Mutex::default() }
    }

    /// Counts one attempt, or refuses it and says when the next one will be let in.
    pub fn attempt(&self, key: K, now: Timestamp) -> Result<(), Error> {
        let mut buckets = self.lock();
        if buckets.len() >= MAX_KEYS && !buckets.contains_key(&key) {
            buckets.retain(|_, drained_at| *drained_at > now);
            if buckets.len() >= MAX_KEYS {
                return Err(Error::RateLimited { retry_after_seconds: 60 });
            }
        }
        let drained_at = buckets.get(&key).copied().unwrap_or(now).max(now);
        let next = drained_at.plus_millis(self.rate.millis_per_attempt);
        let capacity = self.rate.millis_per_attempt.saturating_mul(self.rate.burst.into());
        let excess = next.as_millis() - now.as_millis() - capacity;
        if excess > 0 {
            return Err(Error::RateLimited { retry_after_seconds: (excess as u64).div_ceil(1000).max(1) });
        }
        buckets.insert(key, next);
        Ok(())
    }

    /// Takes one attempt back, because it turned out to be a good one.
    pub fn forgive(&self, key: &K) {
        if let Some(drained_at) = self.lock().get_mut(key) {
            *drained_at = drained_at.plus_millis(-self.rate.millis_per_attempt);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Timestamp>> {
        self.drained_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_millis(1_000_000);

    fn limiter() -> Limiter<&'static str> {
        Limiter::new(Rate { burst: 3, millis_per_attempt: 10_000 })
    }

    #[test]
    fn a_burst_is_let_in_and_then_one_for_each_interval() {
        let limiter = limiter();
        for _ in 0..3 {
            limiter.attempt("a", START).expect("within the burst");
        }
        let refused = limiter.attempt("a", START.plus_millis(1));
        assert!(matches!(refused, Err(Error::RateLimited { retry_after_seconds: 10 })), "{refused:?}");
        limiter.attempt("b", START).expect("another key has its own bucket");
        limiter.attempt("a", START.plus_seconds(10)).expect("one attempt has drained");
        limiter.attempt("a", START.plus_seconds(10)).expect_err("and only one");
    }

    #[test]
    fn a_forgiven_attempt_does_not_count() {
        let limiter = limiter();
        for _ in 0..20 {
            limiter.attempt("a", START).expect("each attempt was forgiven");
            limiter.forgive(&"a");
        }
    }
}
