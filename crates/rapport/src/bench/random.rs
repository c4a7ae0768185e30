//! Repeatable randomness: one seed gives the same data on every machine and with every version of every crate.

use std::sync::{Mutex, PoisonError};

use rapport_domain::Entropy;

/// SplitMix64 (Steele, Lea and Flood, 2014): small, fast and good enough for sample data.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A generator of its own for part `index` of the data, so that parts can be made in any order.
    pub fn for_part(seed: u64, index: u64) -> Self {
        let mut random = Self(seed ^ index.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        random.next();
        random
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to, but without, `bound`. The bias of the multiplication is of no account here.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// From 0.0 up to, but without, 1.0.
    pub fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        self.fraction() < probability
    }

    /// Exponentially distributed with this mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.fraction()).ln()
    }

    /// One of the choices, each as likely as its weight.
    pub fn weighted<T: Copy>(&mut self, choices: &[(T, u64)]) -> Option<T> {
        let total = choices.iter().map(|(_, weight)| weight).sum();
        let mut point = self.below(total);
        for (choice, weight) in choices {
            if point < *weight {
                return Some(*choice);
            }
            point -= weight;
        }
        None
    }
}

/// Repeatable bytes where the program asks for random ones. Only for data that is made up.
pub struct SeededEntropy(Mutex<Random>);

impl SeededEntropy {
    pub fn new(random: Random) -> Self {
        Self(Mutex::new(random))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        let mut random = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for part in buffer.chunks_mut(8) {
            part.copy_from_slice(&random.next().to_le_bytes()[..part.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_sequence_and_parts_differ() {
        let take = |mut random: Random| [random.next(), random.next(), random.next()];
        assert_eq!(take(Random::for_part(7, 3)), take(Random::for_part(7, 3)));
        assert_ne!(take(Random::for_part(7, 3)), take(Random::for_part(7, 4)));
    }

    #[test]
    fn weights_are_kept() {
        let mut random = Random::new(1);
        let heavy = (0..10_000).filter(|_| random.weighted(&[('a', 9), ('b', 1)]) == Some('a')).count();
        assert!((8_800..9_200).contains(&heavy), "{heavy}");
    }
}
