//! Repeatable moments: the seed is printed, so that a run that failed can be repeated.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// SplitMix64 (Steele, Lea and Flood, 2014).
pub struct Random(u64);

impl Random {
    /// From `RAPPORT_FAULT_SEED`, or from a seed that has never been.
    pub fn for_test(name: &str) -> Self {
        let given = std::env::var("RAPPORT_FAULT_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| RandomState::new().build_hasher().finish());
        println!("{name}: RAPPORT_FAULT_SEED={seed}");
        Self(seed)
    }

    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Milliseconds from `low` to `high`.
    pub fn pause(&mut self, low: u64, high: u64) -> Duration {
        Duration::from_millis(low + self.number() % (high - low + 1))
    }
}
