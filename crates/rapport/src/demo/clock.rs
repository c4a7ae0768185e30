//! The clock of the demo: it stands in the past while the sample history is told, and then follows the present.

use std::sync::atomic::{AtomicI64, Ordering};

use rapport_domain::{Clock, SystemClock, Timestamp};

/// Begins in the present.
#[derive(Default)]
pub struct StoryClock {
    /// Milliseconds of the moment that is being told; 0 for the present.
    told: AtomicI64,
}

impl StoryClock {
    pub fn tell(&self, at: Timestamp) {
        self.told.store(at.as_millis(), Ordering::SeqCst);
    }

    pub fn follow_the_present(&self) {
        self.told.store(0, Ordering::SeqCst);
    }
}

impl Clock for StoryClock {
    fn now(&self) -> Timestamp {
        match self.told.load(Ordering::SeqCst) {
            0 => SystemClock.now(),
            told => Timestamp::from_millis(told),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_story_ends_in_the_present() {
        let clock = StoryClock::default();
        let before = clock.now();
        clock.tell(Timestamp::from_millis(1_000));
        assert_eq!(clock.now(), Timestamp::from_millis(1_000));
        clock.follow_the_present();
        assert!(clock.now() >= before);
    }
}
