//! Whether a site's signature over a visitor's user id is good.

use super::{ChatError, IdentityClaim};
use crate::keys::{constant_time_eq, hex, hmac_sha256};

const MAX_USER_ID_BYTES: usize = 256;

/// The user id is taken byte for byte: whatever differs in the least is somebody else.
pub(super) fn verify(secrets: &[String], claim: &IdentityClaim) -> Result<(), ChatError> {
    let id = &claim.user_id;
    let possible = !id.is_empty() && id.len() <= MAX_USER_ID_BYTES && !id.contains('\0');
    let given = claim.hash.as_deref().unwrap_or_default();
    let mut good = false;
    // Every secret is tried, so that the time says nothing about which one fits. An empty one would be anybody's.
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        let expected = hex(&hmac_sha256(secret.as_bytes(), id.as_bytes()));
        good |= constant_time_eq(expected.as_bytes(), given.as_bytes());
    }
    if possible && good { Ok(()) } else { Err(ChatError::IdentityInvalid) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "80eed30d4a0ee3aa4afcd593703d089aee128f9a138af32d457603f774b396ff";

    fn claim(user_id: &str, hash: Option<&str>) -> IdentityClaim {
        IdentityClaim { user_id: user_id.into(), hash: hash.map(str::to_owned), email: None, name: None }
    }

    #[test]
    fn the_current_and_the_previous_secret_are_good() {
        let secret = "widget_secret_example".to_owned();
        assert!(verify(std::slice::from_ref(&secret), &claim("user-42", Some(HASH))).is_ok());
        assert!(verify(&["newer".to_owned(), secret], &claim("user-42", Some(HASH))).is_ok());
    }

    #[test]
    fn everything_else_is_refused() {
        let secrets = ["widget_secret_example".to_owned()];
        for (user_id, hash) in [
            ("user-42", None),
            ("user-42", Some("")),
            ("user-42", Some(&HASH.to_uppercase()[..])),
            ("user-42", Some(&HASH[..63])),
            ("user-43", Some(HASH)),
            ("User-42", Some(HASH)),
            ("user-42 ", Some(HASH)),
            ("", Some(HASH)),
        ] {
            assert!(verify(&secrets, &claim(user_id, hash)).is_err(), "{user_id} {hash:?}");
        }
        assert!(verify(&["another".to_owned()], &claim("user-42", Some(HASH))).is_err());
        assert!(verify(&[], &claim("user-42", Some(HASH))).is_err());
        let with_empty_secret = hex(&hmac_sha256(b"", b"user-42"));
        assert!(verify(&[String::new()], &claim("user-42", Some(&with_empty_secret))).is_err());
    }
}
