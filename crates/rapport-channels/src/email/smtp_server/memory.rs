//! How much of the messages under way may be in memory, over all connections of a listener. One peer gets a part of
//! it only, so that a slow or malicious one cannot keep the others out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Each message has this much for itself, so that large ones never hold up small ones.
const OWN_BYTES: usize = 64 * 1024;
const STEP_BYTES: usize = 256 * 1024;
const UNIT_BYTES: usize = 1024;
/// The part of the whole that one peer may use, unless one message is larger.
const PART_OF_PEER: usize = 4;

#[derive(Clone)]
pub(super) struct Memory {
    whole: Arc<Semaphore>,
    units_of_peer: usize,
    peers: Arc<Mutex<HashMap<IpAddr, Weak<Semaphore>>>>,
}

impl Memory {
    /// At least one message of `message_bytes` fits in, for each peer too, whatever `bytes` says.
    pub fn new(bytes: usize, message_bytes: usize) -> Self {
        let one_message = message_bytes.saturating_add(2 * STEP_BYTES);
        let units = |bytes: usize| (bytes.max(one_message) / UNIT_BYTES).min(Semaphore::MAX_PERMITS);
        Self {
            whole: Arc::new(Semaphore::new(units(bytes))),
            units_of_peer: units(bytes / PART_OF_PEER),
            peers: Arc::default(),
        }
    }

    /// What all connections of this peer share.
    pub fn of_peer(&self, peer: IpAddr) -> PeerMemory {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        peers.retain(|_, part| part.strong_count() > 0);
        let part = peers.get(&peer).and_then(Weak::upgrade).unwrap_or_else(|| {
            let part = Arc::new(Semaphore::new(self.units_of_peer));
            peers.insert(peer, Arc::downgrade(&part));
            part
        });
        PeerMemory { whole: self.whole.clone(), part }
    }

    /// For a peer that hands over what comes from everybody.
    pub fn of_trusted_peer(&self) -> PeerMemory {
        PeerMemory { whole: self.whole.clone(), part: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)) }
    }
}

/// The memory as one peer sees it.
#[derive(Clone)]
pub(super) struct PeerMemory {
    whole: Arc<Semaphore>,
    part: Arc<Semaphore>,
}

impl PeerMemory {
    /// Whether a message of this size could be taken at the moment.
    pub fn has_room_for(&self, bytes: usize) -> bool {
        let units = self.whole.available_permits().min(self.part.available_permits());
        bytes <= units.saturating_mul(UNIT_BYTES).saturating_add(OWN_BYTES)
    }

    pub fn share(&self) -> Share {
        Share { memory: self.clone(), held: None, allowed: OWN_BYTES }
    }

    fn take(&self, units: u32) -> Option<[OwnedSemaphorePermit; 2]> {
        let part = self.part.clone().try_acquire_many_owned(units).ok()?;
        let whole = self.whole.clone().try_acquire_many_owned(units).ok()?;
        Some([part, whole])
    }
}

/// What one message may use; given back when it is dropped.
pub(super) struct Share {
    memory: PeerMemory,
    /// Of the peer's part and of the whole.
    held: Option<[OwnedSemaphorePermit; 2]>,
    allowed: usize,
}

impl Share {
    /// How many bytes the message may have by now, at least `needed`. `None` when there is no room.
    pub fn grow_to(&mut self, needed: usize) -> Option<usize> {
        if needed > self.allowed {
            // A large message grows in larger steps, or it would be moved too often.
            let step = (needed - self.allowed).max(STEP_BYTES).max(self.allowed / 4);
            let units = step.div_ceil(UNIT_BYTES);
            let more = self.memory.take(u32::try_from(units).ok()?)?;
            match &mut self.held {
                Some(held) => {
                    for (held, more) in held.iter_mut().zip(more) {
                        held.merge(more);
                    }
                }
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

    fn peer(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn what_is_used_up_comes_back_and_small_messages_always_fit() {
        let memory = Memory::new(1024 * 1024, 0).of_trusted_peer();
        let mut large = memory.share();
        assert!(large.grow_to(900 * 1024).is_some());
        let mut other = memory.share();
        assert_eq!(other.grow_to(OWN_BYTES), Some(OWN_BYTES));
        assert!(!memory.has_room_for(500 * 1024) && other.grow_to(500 * 1024).is_none());
        large.give_back();
        assert!(memory.has_room_for(500 * 1024) && other.grow_to(500 * 1024).is_some());
        drop(other);
        assert!(memory.has_room_for(1024 * 1024));
        assert!(Memory::new(0, 1024 * 1024).of_peer(peer(1)).share().grow_to(1024 * 1024).is_some());
    }

    #[test]
    fn one_peer_takes_a_quarter_at_most_over_all_its_connections() {
        let memory = Memory::new(4 * 1024 * 1024, 0);
        let [first, second] = [1, 1].map(|last| memory.of_peer(peer(last)));
        let mut held = first.share();
        assert!(held.grow_to(900 * 1024).is_some());
        assert!(!second.has_room_for(500 * 1024) && second.share().grow_to(500 * 1024).is_none());
        let others = [2, 3, 4].map(|last| {
            let mut share = memory.of_peer(peer(last)).share();
            assert!(share.grow_to(1024 * 1024).is_some(), "{last}");
            share
        });
        assert!(memory.of_peer(peer(5)).share().grow_to(1024 * 1024).is_none(), "the whole is used up");
        drop((held, others));
        assert!(second.has_room_for(1024 * 1024));
        drop((first, second));
        memory.of_peer(peer(6));
        assert_eq!(memory.peers.lock().unwrap().len(), 1, "who has left is forgotten");
    }
}
