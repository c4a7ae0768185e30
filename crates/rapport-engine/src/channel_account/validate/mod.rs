//! Checks and completes the settings of an account, with the path of every field that is wrong.

mod chat;
mod email;

use rapport_domain::Channel;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::config::ApiConfig;
use crate::{Error, FieldError};

/// Settings that were found good, completed with their defaults.
pub(super) struct Checked {
    pub config: Value,
    /// What contacts write to.
    pub address: Option<String>,
    /// In canonical form, all that mail to this account is addressed to.
    pub addresses: Vec<String>,
    pub reply_email_account_id: Option<rapport_domain::ChannelAccountId>,
}

pub(super) fn check(channel: Channel, config: &Value) -> Result<Checked, Error> {
    match channel {
        Channel::Email => email::check(parse(config)?),
        Channel::Chat => chat::check(parse(config)?),
        Channel::Api => check_api(&parse(config)?),
        _ => Err(Error::invalid("channel", "Accounts of this channel cannot be created yet.")),
    }
}

fn parse<T: DeserializeOwned>(config: &Value) -> Result<T, Error> {
    serde_path_to_error::deserialize(config).map_err(|error| {
        let path = error.path().to_string();
        let message = error.into_inner().to_string();
        let found = FieldError::of_deserialiser(&path, &message);
        let about_all = found.field == "body";
        let found =
            if about_all { FieldError { field: "config".into(), ..found } } else { found.within("config") };
        Error::Validation(vec![found])
    })
}

#[derive(Default)]
struct Findings(Vec<FieldError>);

impl Findings {
    fn add(&mut self, field: impl Into<String>, code: &'static str, message: impl Into<String>) {
        self.0.push(FieldError { field: field.into(), code, message: message.into() });
    }

    fn done(self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Validation(self.0)) }
    }
}

fn to_value<T: serde::Serialize>(config: &T) -> Result<Value, Error> {
    serde_json::to_value(config)
        .map_err(|error| Error::Internal(format!("settings have no JSON form: {error}")))
}

fn check_api(config: &ApiConfig) -> Result<Checked, Error> {
    Ok(Checked {
        address: None,
        addresses: Vec::new(),
        reply_email_account_id: None,
        config: to_value(config)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(error: Error) -> Vec<String> {
        match error {
            Error::Validation(errors) => errors.into_iter().map(|error| error.field).collect(),
            other => panic!("not a validation error: {other:?}"),
        }
    }

    fn wrong(channel: Channel, config: Value) -> Vec<String> {
        fields(check(channel, &config).err().expect("these settings are refused"))
    }

    #[test]
    fn a_mailbox_gets_the_usual_ports_and_canonical_addresses() {
        let config = json!({
            "address": "Help@Example.org", "additional_addresses": ["help@example.org", "sales@example.org"],
            "inbound": {"kind": "imap", "host": " Mail.Example.org ", "username": "help"},
            "outbound": {"kind": "smtp", "host": "mail.example.org"},
        });
        let checked = check(Channel::Email, &config).expect("is good");
        assert_eq!(checked.addresses, ["help@example.org", "sales@example.org"]);
        assert_eq!(checked.config["inbound"]["port"], 993);
        assert_eq!(checked.config["inbound"]["host"], "mail.example.org");
        assert_eq!(checked.config["inbound"]["mailbox"], "INBOX");
        assert_eq!(checked.config["outbound"]["port"], 587);
        assert_eq!(checked.config["outbound"]["tls"], "starttls");
    }

    #[test]
    fn every_wrong_field_of_a_mailbox_is_named_at_once() {
        let config = json!({
            "address": "help", "inbound": {"kind": "imap", "host": "a b"}, "outbound": {"kind": "smtp"},
        });
        let found = wrong(Channel::Email, config);
        for field in
            ["config.address", "config.inbound.host", "config.inbound.username", "config.outbound.host"]
        {
            assert!(found.iter().any(|found| found == field), "{field} is missing in {found:?}");
        }
    }

    #[test]
    fn a_mailbox_without_a_password_needs_to_know_where_tokens_come_from() {
        let half = json!({"host": "mail.example.org", "authentication": "oauth2"});
        let with = |kind: &str, oauth: Value| {
            let mut half = half.clone();
            half["kind"] = kind.into();
            let (inbound, outbound) = match kind {
                "imap" => (half, json!({"kind": "none"})),
                _ => (json!({"kind": "http"}), half),
            };
            json!({"address": "a@b.org", "inbound": inbound, "outbound": outbound, "oauth": oauth})
        };
        for (kind, username) in [("imap", "config.inbound.username"), ("smtp", "config.outbound.username")] {
            assert_eq!(wrong(Channel::Email, with(kind, Value::Null)), [username, "config.oauth"]);
        }
        for endpoint in
            ["", "http://oauth.example/token", "https://", "https://a@b/", "ftp://x", "https://x y"]
        {
            let oauth = json!({"client_id": " ", "token_endpoint": endpoint});
            let found = wrong(Channel::Email, with("smtp", oauth));
            for field in ["config.oauth.client_id", "config.oauth.token_endpoint"] {
                assert!(found.iter().any(|found| found == field), "{field} is missing in {found:?}");
            }
        }
        for endpoint in ["https://oauth2.googleapis.com/token", "http://127.0.0.1:8080/token"] {
            assert!(email::is_token_endpoint(endpoint), "{endpoint}");
        }
    }

    #[test]
    fn unknown_and_mistyped_settings_are_refused_with_their_path() {
        let mistyped = json!({
            "address": "a@b.org", "inbound": {"kind": "imap", "port": "many"}, "outbound": {"kind": "none"},
        });
        assert_eq!(wrong(Channel::Email, mistyped), ["config.inbound.port"]);
        let unknown = json!({
            "address": "a@b.org", "inbound": {"kind": "http"}, "outbound": {"kind": "none"}, "verified": true,
        });
        assert_eq!(wrong(Channel::Email, unknown), ["config.verified"]);
        assert_eq!(wrong(Channel::Sms, json!({})), ["channel"]);
    }

    #[test]
    fn only_bare_origins_may_show_the_widget() {
        for good in ["https://shop.example", "http://localhost:3000", "https://*.example.com"] {
            assert!(chat::is_origin(good), "{good}");
        }
        for bad in [
            "*",
            "https://",
            "shop.example",
            "https://a.example/path",
            "https://*",
            "javascript://x",
            "https://a@b",
        ] {
            assert!(!chat::is_origin(bad), "{bad}");
        }
    }

    #[test]
    fn a_choice_needs_choices() {
        let config = json!({"site_name": "Shop", "pre_chat_fields": [
            {"name": "topic", "label": "Topic", "type": "choice"},
            {"name": "topic", "label": "", "type": "text"},
        ]});
        let found = wrong(Channel::Chat, config);
        assert_eq!(
            found,
            [
                "config.pre_chat_fields.0.choices",
                "config.pre_chat_fields.1.name",
                "config.pre_chat_fields.1.label"
            ]
        );
    }
}
