//! The write-only secrets of an account: sealed with the server's key, opened only where they are used.

use std::collections::BTreeMap;
use std::fmt;

use rapport_domain::{Channel, ChannelAccountId};

use crate::{Engine, Error, FieldError};

pub(super) const INBOUND_PASSWORD: &str = "inbound_password";
pub(super) const OUTBOUND_PASSWORD: &str = "outbound_password";
pub(super) const OAUTH_CLIENT_SECRET: &str = "oauth_client_secret";
pub(super) const OAUTH_REFRESH_TOKEN: &str = "oauth_refresh_token";
pub(super) const IDENTITY_SECRET: &str = "identity_secret";
pub(super) const IDENTITY_SECRET_PREVIOUS: &str = "identity_secret_previous";

const MAX_SECRET_BYTES: usize = 4096;

/// Secrets by name. Never shown, not even by `Debug`.
#[derive(Clone, Default)]
pub(super) struct Secrets(BTreeMap<String, String>);

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

impl Secrets {
    pub(super) fn open(engine: &Engine, id: &ChannelAccountId, sealed: &str) -> Result<Self, Error> {
        if sealed.is_empty() {
            return Ok(Self::default());
        }
        let plain = engine.keys().open(id.as_str(), sealed)?;
        serde_json::from_str(&plain)
            .map(Self)
            .map_err(|_| Error::Internal("stored secrets cannot be read".into()))
    }

    /// Bound to the account, so that a sealed text copied to another account's row does not open there.
    pub(super) fn seal(&self, engine: &Engine, id: &ChannelAccountId) -> Result<String, Error> {
        let plain = serde_json::to_string(&self.0)
            .map_err(|error| Error::Internal(format!("secrets have no JSON form: {error}")))?;
        engine.keys().seal(engine.entropy(), id.as_str(), &plain)
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    pub(super) fn set(&mut self, name: &str, value: String) {
        self.0.insert(name.to_owned(), value);
    }

    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    /// Sets those that have a value and removes those that are null or empty.
    pub(super) fn apply(
        &mut self,
        channel: Channel,
        changes: &BTreeMap<String, Option<String>>,
    ) -> Result<(), Error> {
        let mut errors = Vec::new();
        for (name, value) in changes {
            let value = value.as_deref().filter(|value| !value.is_empty());
            match refusal(channel, name, value) {
                Some(message) => {
                    errors.push(FieldError {
                        field: format!("secrets.{name}"),
                        code: "invalid",
                        message: message.into(),
                    });
                }
                None => match value {
                    Some(value) => self.set(name, value.to_owned()),
                    None => drop(self.take(name)),
                },
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(Error::Validation(errors)) }
    }
}

impl Engine {
    /// The secrets of an account in the clear, for the one who uses them.
    pub(crate) fn open_secrets(
        &self,
        id: &ChannelAccountId,
        sealed: &str,
    ) -> Result<BTreeMap<String, String>, Error> {
        Ok(Secrets::open(self, id, sealed)?.0)
    }
}

fn refusal(channel: Channel, name: &str, value: Option<&str>) -> Option<&'static str> {
    let settable = match (channel, name) {
        (
            Channel::Email,
            INBOUND_PASSWORD | OUTBOUND_PASSWORD | OAUTH_CLIENT_SECRET | OAUTH_REFRESH_TOKEN,
        ) => true,
        // The old one may be dropped as soon as the site uses the new one.
        (Channel::Chat, IDENTITY_SECRET_PREVIOUS) => value.is_none(),
        _ => false,
    };
    if !settable {
        return Some("This secret cannot be set.");
    }
    value
        .is_some_and(|value| value.len() > MAX_SECRET_BYTES || value.contains(['\r', '\n', '\0']))
        .then_some("A secret is one line of at most 4 KiB.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(name: &str, value: Option<&str>) -> BTreeMap<String, Option<String>> {
        BTreeMap::from([(name.to_owned(), value.map(str::to_owned))])
    }

    #[test]
    fn secrets_are_set_kept_and_removed_by_name() {
        let mut secrets = Secrets::default();
        secrets.apply(Channel::Email, &change(INBOUND_PASSWORD, Some("hunter2"))).expect("sets");
        secrets.apply(Channel::Email, &change(OUTBOUND_PASSWORD, Some("other"))).expect("sets");
        assert_eq!(secrets.names(), [INBOUND_PASSWORD, OUTBOUND_PASSWORD]);
        secrets.apply(Channel::Email, &change(INBOUND_PASSWORD, None)).expect("removes");
        assert_eq!(secrets.names(), [OUTBOUND_PASSWORD]);
        assert!(!format!("{secrets:?}").contains("other"));
    }

    #[test]
    fn generated_secrets_cannot_be_chosen() {
        let mut secrets = Secrets::default();
        for name in [IDENTITY_SECRET, IDENTITY_SECRET_PREVIOUS, "anything"] {
            secrets.apply(Channel::Chat, &change(name, Some("mine"))).expect_err(name);
        }
        secrets.apply(Channel::Email, &change(OUTBOUND_PASSWORD, Some("a\r\nb"))).expect_err("two lines");
    }
}
