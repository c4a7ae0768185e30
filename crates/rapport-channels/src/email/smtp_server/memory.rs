//! How much of the messages under way may be in memory, over all connections of a listener.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Each message has this much for itself, so that large ones never hold up small ones.
const OWN_BYTES: usize = 64 * 1024;
const STEP_BYTES: usize = 256 * 1024;
const UNIT_BYTES: usize = 1024;

#[derive(Clone)]
pub(super) struct Memory(Arc<Semaphore>);

impl Memory {
    /// At least one message of `message_bytes` fits in, whatever `bytes` says.
    pub fn new(bytes: usize, message_bytes: usize) -> Self {
        let units = bytes.max(message_bytes + 2 * STEP_BYTES) / UNIT_BYTES;
        Self(Arc::new(Semaphore::new(units.min(Semaphore::MAX_PERMITS))))
    }

    /// Whether a message of this size could be taken at the moment.
    pub fn has_room_for(&self, bytes: usize) -> bool {
        bytes <= OWN_BYTES + self.0.available_permits() * UNIT_BYTES
    }

    pub fn share(&self) -> Share {
        Share { memory: self.clone(), held: None, allowed: OWN_BYTES }
    }
}

/// What one message may use; given back when it is dropped.
pub(super) struct Share {
    memory: Memory,
    held: Option<OwnedSemaphorePermit>,
    allowed: usize,
}

impl Share {
    /// How many bytes the message may have by now, at least `needed`. `None` when there is no room.
    pub fn grow_to(&mut self, needed: usize) -> Option<usize> {
        if needed > self.allowed {
            // A large message grows in larger steps, or it would be moved too often.
            let step = (needed - self.allowed).max(STEP_BYTES).max(self.allowed / 4);
            let units = step.div_ceil(UNIT_BYTES);
            let more = self.memory.0.clone().try_acquire_many_owned(u32::try_from(units).ok()?).ok()?;
            match &mut self.held {
                Some(held) => held.merge(more),
                None => self.held = Some(more),
            }
            self.allowed += units * UNIT_BYTES;
        }
        Some(self.allowed)
    }

    pub fn give_back(&mut self) {
        self.held = None;
        self.allowed = OWN_BYTES;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_up_comes_back_and_small_messages_always_fit() {
        let memory = Memory::new(1024 * 1024, 0);
        let mut large = memory.share();
        assert!(large.grow_to(900 * 1024).is_some());
        let mut other = memory.share();
        assert_eq!(other.grow_to(OWN_BYTES), Some(OWN_BYTES));
        assert!(!memory.has_room_for(500 * 1024) && other.grow_to(500 * 1024).is_none());
        large.give_back();
        assert!(memory.has_room_for(500 * 1024) && other.grow_to(500 * 1024).is_some());
        drop(other);
        assert!(memory.has_room_for(1024 * 1024));
        assert!(Memory::new(0, 1024 * 1024).share().grow_to(1024 * 1024).is_some());
    }
}
