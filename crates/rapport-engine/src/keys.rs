//! Keys derived from the server's one secret: sealing stored passwords, signing links and reply addresses.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hmac::Mac;
use rapport_domain::Entropy;
use rapport_domain::clock::random_bytes;
use sha2::{Digest, Sha256};

use crate::Error;

type HmacSha256 = hmac::Hmac<Sha256>;

/// The server's secret, never stored in the database.
pub(crate) struct Keys {
    sealing: [u8; 32],
    signing: [u8; 32],
    addresses: [u8; 32],
}

impl Keys {
    pub fn derive(secret: &[u8]) -> Self {
        let derive = |purpose: &str| hmac_sha256(secret, purpose.as_bytes());
        Self { sealing: derive("sealing"), signing: derive("signing"), addresses: derive("addresses") }
    }

    /// The key of reply and bounce addresses.
    pub fn addresses(&self) -> &[u8] {
        &self.addresses
    }

    /// Encrypts a secret. `context` ties it to its place, so that it cannot be copied to another one.
    pub fn seal(&self, entropy: &dyn Entropy, context: &str, plain: &str) -> Result<String, Error> {
        let nonce: [u8; 12] = random_bytes(entropy);
        let cipher = ChaCha20Poly1305::new(&Key::from(self.sealing));
        let sealed = cipher
            .encrypt(&Nonce::from(nonce), Payload { msg: plain.as_bytes(), aad: context.as_bytes() })
            .map_err(|_| Error::Internal("a secret could not be sealed".into()))?;
        let mut bytes = nonce.to_vec();
        bytes.extend_from_slice(&sealed);
        Ok(BASE64.encode(bytes))
    }

    pub fn open(&self, context: &str, sealed: &str) -> Result<String, Error> {
        let failed = || Error::Internal("a stored secret does not belong to this server's key".into());
        let bytes = BASE64.decode(sealed).map_err(|_| failed())?;
        let (nonce, sealed) = bytes.split_at_checked(12).ok_or_else(failed)?;
        let nonce: [u8; 12] = nonce.try_into().map_err(|_| failed())?;
        let cipher = ChaCha20Poly1305::new(&Key::from(self.sealing));
        let plain = cipher
            .decrypt(&Nonce::from(nonce), Payload { msg: sealed, aad: context.as_bytes() })
            .map_err(|_| failed())?;
        String::from_utf8(plain).map_err(|_| failed())
    }

    /// A signature over a text, as 43 characters fit for an address line.
    pub fn sign(&self, text: &str) -> String {
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hmac_sha256(&self.signing, text.as_bytes()))
    }

    pub fn verify(&self, text: &str, signature: &str) -> bool {
        constant_time_eq(self.sign(text).as_bytes(), signature.as_bytes())
    }
}

pub(crate) fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length, so this cannot fail; an empty result would verify nothing.
    match <HmacSha256 as hmac::KeyInit>::new_from_slice(key) {
        Ok(mut mac) => {
            mac.update(message);
            mac.finalize().into_bytes().into()
        }
        Err(_) => [0; 32],
    }
}

pub(crate) fn constant_time_eq(left: &[u8], right: &[u8]) -> bool {
    use subtle::ConstantTimeEq;
    left.ct_eq(right).into()
}

/// How a token is stored: whoever reads the database cannot log in with it.
pub(crate) fn token_hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A secret of 192 random bits with a prefix that says what it is.
pub(crate) fn random_token(entropy: &dyn Entropy, prefix: &str) -> String {
    let bytes: [u8; 24] = random_bytes(entropy);
    format!("{prefix}{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapport_domain::SystemEntropy;

    #[test]
    fn a_sealed_secret_opens_only_in_its_place_and_with_its_key() {
        let keys = Keys::derive(b"one");
        let sealed = keys.seal(&SystemEntropy, "cha_1", "hunter2").expect("seals");
        assert!(!sealed.contains("hunter2"));
        assert_eq!(keys.open("cha_1", &sealed).expect("opens"), "hunter2");
        assert!(keys.open("cha_2", &sealed).is_err());
        assert!(Keys::derive(b"two").open("cha_1", &sealed).is_err());
    }

    #[test]
    fn a_changed_text_does_not_verify() {
        let keys = Keys::derive(b"one");
        let signature = keys.sign("att_1:user");
        assert!(keys.verify("att_1:user", &signature));
        assert!(!keys.verify("att_2:user", &signature));
        assert!(!keys.verify("att_1:user", ""));
    }
}
