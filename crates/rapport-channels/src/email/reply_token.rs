//! Addresses that carry a signed id: `reply+<token>@domain` for answers, `bounces+<token>@domain` for VERP.
//! A token is the id and a truncated HMAC in base32, because mail systems fold the case of local parts.

use data_encoding::BASE32_NOPAD;
use hmac::digest::{Digest, Key};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

const ID_BYTES: usize = 16;
/// 80 bits: guessing one needs more mails than any server would take.
const MAC_BYTES: usize = 10;
const TOKEN_BYTES: usize = ID_BYTES + MAC_BYTES;
const TOKEN_CHARACTERS: usize = 42;

/// What an address is for. Tokens of one purpose are worthless for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenPurpose {
    Reply,
    Bounce,
    Unsubscribe,
}

impl TokenPurpose {
    fn local_part(self) -> &'static str {
        match self {
            TokenPurpose::Reply => "reply",
            TokenPurpose::Bounce => "bounces",
            TokenPurpose::Unsubscribe => "unsub",
        }
    }
}

/// The character between local part and token; some mail systems drop everything after a plus sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Separator {
    #[default]
    Plus,
    Minus,
    Equals,
}

impl Separator {
    fn as_char(self) -> char {
        match self {
            Separator::Plus => '+',
            Separator::Minus => '-',
            Separator::Equals => '=',
        }
    }
}

/// Makes and checks token addresses with one secret key.
#[derive(Clone)]
pub struct AddressTokens {
    key: Hmac<Sha256>,
}

impl AddressTokens {
    /// Any key length is accepted; 32 random bytes are right.
    pub fn new(key: &[u8]) -> Self {
        // Hashing first gives the key a fixed size, so that no length has to be refused.
        let mut block = Key::<Hmac<Sha256>>::default();
        let digest = Sha256::digest(key);
        block[..digest.len()].copy_from_slice(&digest);
        Self { key: Hmac::<Sha256>::new(&block) }
    }

    /// `audience` binds the token to one reader: the address of a colleague who is notified, or
    /// empty for the customer side of a conversation.
    pub fn address(
        &self,
        purpose: TokenPurpose,
        id: [u8; ID_BYTES],
        audience: &str,
        domain: &str,
        separator: Separator,
    ) -> String {
        let token = self.token(purpose, id, audience);
        format!("{}{}{token}@{domain}", purpose.local_part(), separator.as_char())
    }

    /// The token alone, 42 lower-case characters.
    pub fn token(&self, purpose: TokenPurpose, id: [u8; ID_BYTES], audience: &str) -> String {
        let mut bytes = [0_u8; TOKEN_BYTES];
        bytes[..ID_BYTES].copy_from_slice(&id);
        bytes[ID_BYTES..].copy_from_slice(&self.mac(purpose, &id, audience));
        BASE32_NOPAD.encode(&bytes).to_ascii_lowercase()
    }

    /// Finds a valid token at the end of an address' local part, whatever stands in front of it.
    pub fn find(&self, purpose: TokenPurpose, address: &str, audience: &str) -> Option<[u8; ID_BYTES]> {
        self.verify(purpose, token_of(address)?, audience)
    }

    /// The id inside a token, when its signature is ours.
    pub fn verify(&self, purpose: TokenPurpose, token: &str, audience: &str) -> Option<[u8; ID_BYTES]> {
        if token.len() != TOKEN_CHARACTERS {
            return None;
        }
        let bytes = BASE32_NOPAD.decode(token.to_ascii_uppercase().as_bytes()).ok()?;
        let (id, mac) = bytes.split_at_checked(ID_BYTES)?;
        let id: [u8; ID_BYTES] = id.try_into().ok()?;
        let expected = self.mac(purpose, &id, audience);
        bool::from(expected.ct_eq(mac)).then_some(id)
    }

    fn mac(&self, purpose: TokenPurpose, id: &[u8; ID_BYTES], audience: &str) -> [u8; MAC_BYTES] {
        let mut mac = self.key.clone();
        mac.update(purpose.local_part().as_bytes());
        mac.update(&[0]);
        mac.update(id);
        mac.update(audience.trim().to_lowercase().as_bytes());
        let full = mac.finalize().into_bytes();
        let mut short = [0_u8; MAC_BYTES];
        short.copy_from_slice(&full[..MAC_BYTES]);
        short
    }
}

/// The part of an address that may be a token. It proves nothing by itself.
pub(crate) fn token_of(address: &str) -> Option<&str> {
    let local = address.rsplit_once('@').map_or(address, |(local, _)| local).trim().trim_matches('"');
    let start = local.len().checked_sub(TOKEN_CHARACTERS)?;
    let token = local.get(start..)?;
    token.bytes().all(|byte| byte.is_ascii_alphabetic() || (b'2'..=b'7').contains(&byte)).then_some(token)
}

/// The unverified token of a bounce address, such as `bounces+<token>@domain`.
pub(crate) fn bounce_token_of(address: &str) -> Option<&str> {
    let starts_right = address
        .get(..TokenPurpose::Bounce.local_part().len())
        .is_some_and(|start| start.eq_ignore_ascii_case(TokenPurpose::Bounce.local_part()));
    starts_right.then(|| token_of(address)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: [u8; 16] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255];

    #[test]
    fn tokens_survive_what_mail_systems_do_to_addresses() {
        let tokens = AddressTokens::new(b"secret");
        for separator in [Separator::Plus, Separator::Minus, Separator::Equals] {
            let address = tokens.address(TokenPurpose::Reply, ID, "", "mail.example", separator);
            assert!(address.split('@').next().unwrap().len() <= 64);
            for form in [address.clone(), address.to_uppercase(), address.replacen("reply", "support", 1)] {
                assert_eq!(tokens.find(TokenPurpose::Reply, &form, ""), Some(ID), "{form}");
            }
        }
        let bare = format!("{}@mail.example", tokens.token(TokenPurpose::Reply, ID, ""));
        assert_eq!(tokens.find(TokenPurpose::Reply, &bare, ""), Some(ID));
    }

    #[test]
    fn a_token_is_bound_to_key_purpose_and_audience() {
        let tokens = AddressTokens::new(b"secret");
        let address = tokens.address(TokenPurpose::Reply, ID, "alice@example.org", "d", Separator::Plus);
        assert_eq!(tokens.find(TokenPurpose::Reply, &address, "Alice@Example.org"), Some(ID));
        assert_eq!(tokens.find(TokenPurpose::Reply, &address, "bob@example.org"), None);
        assert_eq!(tokens.find(TokenPurpose::Reply, &address, ""), None);
        assert_eq!(tokens.find(TokenPurpose::Bounce, &address, "alice@example.org"), None);
        assert_eq!(
            AddressTokens::new(b"other").find(TokenPurpose::Reply, &address, "alice@example.org"),
            None
        );
    }

    #[test]
    fn every_changed_character_breaks_the_token() {
        let tokens = AddressTokens::new(b"secret");
        let token = tokens.token(TokenPurpose::Bounce, ID, "");
        for position in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[position] = if changed[position] == b'a' { b'b' } else { b'a' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(tokens.verify(TokenPurpose::Bounce, &changed, ""), None, "position {position}");
        }
        for address in ["", "@", "reply+@d", "é".repeat(30).as_str(), "reply+tooshort@d"] {
            assert_eq!(tokens.find(TokenPurpose::Bounce, address, ""), None);
        }
    }
}
