//! What a running server remembers about those who knock: the set-up code and recent attempts.
//!
//! Attempts are counted twice: in memory, which costs nothing and keeps a flood away from the database, and then in
//! the database, so that all servers on it let in no more together than one would, also after a restart.

use std::net::IpAddr;
use std::sync::Arc;

use rapport_domain::clock::random_bytes;
use rapport_domain::{Entropy, Timestamp};

use super::limiter::{Limiter, Rate};
use crate::keys::{constant_time_eq, token_hash};
use crate::{Engine, Error};

/// Letters and digits that are not mistaken for each other when read from a console.
const CODE_ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";

/// Attempts on one account from one address.
const PER_ACCOUNT: Rate = Rate { burst: 8, millis_per_attempt: 30_000 };
/// Attempts from one address on whatever account; a whole office may share one.
const PER_ADDRESS: Rate = Rate { burst: 60, millis_per_attempt: 2_000 };

/// From where somebody knocks.
#[derive(Clone, Debug, Default)]
pub struct Peer {
    pub address: Option<IpAddr>,
    pub user_agent: Option<String>,
}

/// Cheap to clone; all clones remember the same.
#[derive(Clone)]
pub struct Doorkeeper(Arc<Inner>);

struct Inner {
    setup_code: String,
    accounts: Limiter<(String, Option<IpAddr>)>,
    addresses: Limiter<Option<IpAddr>>,
}

impl Doorkeeper {
    pub fn new(entropy: &dyn Entropy) -> Self {
        let bytes: [u8; 20] = random_bytes(entropy);
        let setup_code = bytes.iter().map(|byte| char::from(CODE_ALPHABET[usize::from(byte % 32)])).collect();
        Self(Arc::new(Inner {
            setup_code,
            accounts: Limiter::new(PER_ACCOUNT),
            addresses: Limiter::new(PER_ADDRESS),
        }))
    }

    /// What whoever sets the server up has to show; only the console knows it.
    pub fn setup_code(&self) -> &str {
        &self.0.setup_code
    }

    pub(super) fn is_setup_code(&self, given: &str) -> bool {
        constant_time_eq(self.0.setup_code.as_bytes(), given.trim().as_bytes())
    }

    fn attempt(&self, account: &str, peer: &Peer, now: Timestamp) -> Result<(), Error> {
        let address = peer.address.map(network_of);
        self.0.addresses.attempt(address, now)?;
        self.0.accounts.attempt((account.to_owned(), address), now)
    }

    fn forgive(&self, account: &str, peer: &Peer) {
        let address = peer.address.map(network_of);
        self.0.addresses.forgive(&address);
        self.0.accounts.forgive(&(account.to_owned(), address));
    }
}

impl Engine {
    /// Counts an attempt before it is checked, so that parallel ones are counted too.
    pub(super) async fn knock(
        &self,
        doorkeeper: &Doorkeeper,
        account: &str,
        peer: &Peer,
    ) -> Result<(), Error> {
        let now = self.now();
        doorkeeper.attempt(account, peer, now)?;
        let buckets = buckets(account, peer);
        let wait = self
            .store()
            .write_server("door", move |tx| {
                for (key, Rate { burst, millis_per_attempt }) in &buckets {
                    let wait = rapport_store::attempt::count(tx, key, now, *burst, *millis_per_attempt)?;
                    if wait.is_some() {
                        return Ok::<_, Error>(wait);
                    }
                }
                Ok(None)
            })
            .await?;
        match wait {
            None => Ok(()),
            Some(millis) => {
                Err(Error::RateLimited { retry_after_seconds: (millis as u64).div_ceil(1000).max(1) })
            }
        }
    }

    /// Takes an attempt back, because it turned out to be a good one.
    pub(super) async fn forgive(
        &self,
        doorkeeper: &Doorkeeper,
        account: &str,
        peer: &Peer,
    ) -> Result<(), Error> {
        doorkeeper.forgive(account, peer);
        let buckets = buckets(account, peer);
        self.store()
            .write_server("door", move |tx| {
                for (key, rate) in &buckets {
                    rapport_store::attempt::forgive(tx, key, rate.millis_per_attempt)?;
                }
                Ok(())
            })
            .await
    }
}

/// Where an attempt counts in the database. The keys tell nothing about who knocked.
fn buckets(account: &str, peer: &Peer) -> [(String, Rate); 2] {
    let network = peer.address.map(network_of).map_or_else(String::new, |network| network.to_string());
    [
        (token_hash(&format!("address {network}")), PER_ADDRESS),
        (token_hash(&format!("account {network} {account}")), PER_ACCOUNT),
    ]
}

/// One customer of a provider has a whole /64 of IPv6 addresses, which count as one.
fn network_of(address: IpAddr) -> IpAddr {
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
    use rapport_domain::SystemEntropy;

    #[test]
    fn only_the_right_code_is_accepted() {
        let doorkeeper = Doorkeeper::new(&SystemEntropy);
        let code = doorkeeper.setup_code().to_owned();
        assert_eq!(code.len(), 20);
        assert!(doorkeeper.is_setup_code(&format!(" {code}\n")));
        assert!(!doorkeeper.is_setup_code(""));
        assert!(!doorkeeper.is_setup_code(&code[1..]));
    }

    #[test]
    fn addresses_of_one_ipv6_network_share_their_attempts() {
        let doorkeeper = Doorkeeper::new(&SystemEntropy);
        let now = Timestamp::from_millis(0);
        let peer = |last: u16| Peer {
            address: Some(IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last])),
            user_agent: None,
        };
        for last in 0..8 {
            doorkeeper.attempt("ana@example.org", &peer(last), now).expect("within the burst");
        }
        doorkeeper.attempt("ana@example.org", &peer(9), now).expect_err("the network used its attempts up");
        doorkeeper.attempt("ben@example.org", &peer(9), now).expect("another account");
    }
}
