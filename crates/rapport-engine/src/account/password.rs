//! Hashing and checking passwords (argon2id), on blocking threads and few at a time, because each one is costly.

use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use rapport_domain::Entropy;
use rapport_domain::clock::random_bytes;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::Error;

/// Each computation takes about 20 MB and a core.
static SLOTS: Semaphore = Semaphore::const_new(2);
const PATIENCE: Duration = Duration::from_secs(10);

/// Checked for accounts that do not exist, so that they take as long as those that do. No password has this hash.
const NOBODYS_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

pub(super) async fn hash(entropy: &dyn Entropy, password: &str) -> Result<String, Error> {
    let salt: [u8; 16] = random_bytes(entropy);
    let password = password.to_owned();
    costly(move || {
        let hash: Result<PasswordHash, _> =
            Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
        hash.map(|hash| hash.to_string())
            .map_err(|error| Error::Internal(format!("a password could not be hashed: {error}")))
    })
    .await?
}

/// For each hash, whether the password is its. Without hashes, takes the time of one check.
pub(super) async fn verify(password: &str, mut hashes: Vec<String>) -> Result<Vec<bool>, Error> {
    let nobody = hashes.is_empty();
    if nobody {
        hashes.push(NOBODYS_HASH.to_owned());
    }
    let password = password.to_owned();
    let mut matches: Vec<bool> =
        costly(move || hashes.iter().map(|hash| matches(&password, hash)).collect()).await?;
    if nobody {
        matches.clear();
    }
    Ok(matches)
}

fn matches(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

async fn costly<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let slot: SemaphorePermit<'static> = tokio::time::timeout(PATIENCE, SLOTS.acquire())
        .await
        .map_err(|_| Error::RateLimited { retry_after_seconds: 5 })?
        .map_err(|_| Error::Internal("password checks have ended".into()))?;
    let run = move || {
        let value = work();
        drop(slot);
        value
    };
    tokio::task::spawn_blocking(run)
        .await
        .map_err(|error| Error::Internal(format!("a password check was cut off: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapport_domain::SystemEntropy;

    #[tokio::test]
    async fn a_password_matches_its_own_hash_only() {
        let own = hash(&SystemEntropy, "correct horse battery").await.expect("hashes");
        let other = hash(&SystemEntropy, "another password").await.expect("hashes");
        assert!(own.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{own}");
        let found = verify("correct horse battery", vec![other, own]).await.expect("checks");
        assert_eq!(found, [false, true]);
    }

    #[test]
    fn the_stand_in_for_unknown_accounts_is_a_hash_that_is_really_computed() {
        let parsed = PasswordHash::new(NOBODYS_HASH).expect("is well formed");
        assert!(parsed.salt.is_some() && parsed.hash.is_some());
        assert!(!matches("", NOBODYS_HASH));
    }
}
