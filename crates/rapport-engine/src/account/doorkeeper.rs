//! What a running server remembers about those who knock: the set-up code and recent attempts. In memory only.

use std::net::IpAddr;
use std::sync::Arc;

use rapport_domain::clock::random_bytes;
use rapport_domain::{Entropy, Timestamp};

use super::limiter::{Limiter, Rate};
use crate::Error;
use crate::keys::constant_time_eq;

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

    /// Counts an attempt before it is checked, so that parallel ones are counted too.
    pub(super) fn attempt(&self, account: &str, peer: &Peer, now: Timestamp) -> Result<(), Error> {
        let address = peer.address.map(network_of);
        self.0.addresses.attempt(address, now)?;
        self.0.accounts.attempt((account.to_owned(), address), now)
    }

    pub(super) fn forgive(&self, account: &str, peer: &Peer) {
        let address = peer.address.map(network_of);
        self.0.addresses.forgive(&address);
        self.0.accounts.forgive(&(account.to_owned(), address));
    }
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
