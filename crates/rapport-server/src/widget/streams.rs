//! Which streams are open for which token, so that there are never too many and that ending a session ends them.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rapport_engine::Error;
use tokio::sync::oneshot;

use super::limits::network_of;

/// Tabs of one browser that listen at once.
const MAX_PER_TOKEN: usize = 5;
/// A whole office may share one address.
const MAX_PER_ADDRESS: usize = 500;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// A newer stream of the same token took its place.
    Replaced,
    /// The session is over.
    Revoked,
}

/// Cheap to clone; all clones are one register.
#[derive(Clone)]
pub struct Streams(Arc<Mutex<Register>>);

#[derive(Default)]
struct Register {
    last_id: u64,
    /// The oldest first.
    by_token: HashMap<String, VecDeque<(u64, oneshot::Sender<End>)>>,
    by_address: HashMap<IpAddr, usize>,
}

/// An open stream; dropping it takes it off the register.
pub struct Entry {
    streams: Streams,
    id: u64,
    token: String,
    address: Option<IpAddr>,
    pub ended: oneshot::Receiver<End>,
}

impl Streams {
    pub fn new() -> Self {
        Self(Arc::default())
    }

    pub fn enter(&self, token: &str, peer: Option<IpAddr>) -> Result<Entry, Error> {
        let address = peer.map(network_of);
        let mut register = self.lock();
        if let Some(address) = address {
            let count = register.by_address.entry(address).or_default();
            if *count >= MAX_PER_ADDRESS {
                return Err(Error::RateLimited { retry_after_seconds: 30 });
            }
            *count += 1;
        }
        register.last_id += 1;
        let id = register.last_id;
        let (end, ended) = oneshot::channel();
        let open = register.by_token.entry(token.to_owned()).or_default();
        if open.len() >= MAX_PER_TOKEN
            && let Some((_, oldest)) = open.pop_front()
        {
            // Whoever has gone meanwhile needs no end.
            let _ = oldest.send(End::Replaced);
        }
        open.push_back((id, end));
        Ok(Entry { streams: self.clone(), id, token: token.to_owned(), address, ended })
    }

    pub fn end_all(&self, token: &str) {
        let open = self.lock().by_token.remove(token).unwrap_or_default();
        for (_, end) in open {
            let _ = end.send(End::Revoked);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Register> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut register = self.streams.lock();
        if let Some(open) = register.by_token.get_mut(&self.token) {
            open.retain(|(id, _)| *id != self.id);
            if open.is_empty() {
                register.by_token.remove(&self.token);
            }
        }
        if let Some(address) = self.address
            && let Some(count) = register.by_address.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                register.by_address.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_stream_of_a_token_ends_the_first() {
        let streams = Streams::new();
        let mut open: Vec<Entry> = (0..6).map(|_| streams.enter("a", None).expect("is let in")).collect();
        assert_eq!(open[0].ended.try_recv(), Ok(End::Replaced));
        assert!(open[1].ended.try_recv().is_err());
        streams.end_all("a");
        assert!(open[1..].iter_mut().all(|entry| entry.ended.try_recv() == Ok(End::Revoked)));
    }

    #[test]
    fn closed_streams_leave_nothing_behind() {
        let streams = Streams::new();
        let peer = Some(IpAddr::from([203, 0, 113, 9]));
        let open: Vec<Entry> = (0..3).map(|_| streams.enter("a", peer).expect("is let in")).collect();
        drop(open);
        let register = streams.lock();
        assert!(register.by_token.is_empty() && register.by_address.is_empty());
    }
}
