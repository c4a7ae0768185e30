//! Checks and completes the settings of an account, with the path of every field that is wrong.

use rapport_domain::{Channel, email_address, text};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::config::*;
use crate::{Error, FieldError};

const MAX_ADDITIONAL_ADDRESSES: usize = 100;
const MAX_ORIGINS: usize = 50;
const MAX_PRE_CHAT_FIELDS: usize = 10;
const MAX_CHOICES: usize = 50;
const MAX_SIGNATURE_BYTES: usize = 64 * 1024;
const MAX_FIRST_SYNC_DAYS: u32 = 3650;
const MAX_TEXT_CHARACTERS: usize = 2_000;

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
        Channel::Email => check_email(parse(config)?),
        Channel::Chat => check_chat(parse(config)?),
        Channel::Api => check_api(&parse(config)?),
        _ => Err(Error::invalid("channel", "Accounts of this channel cannot be created yet.")),
    }
}

fn parse<T: DeserializeOwned>(config: &Value) -> Result<T, Error> {
    serde_path_to_error::deserialize(config).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { "config".to_owned() } else { format!("config.{path}") };
        Error::invalid(field, error.into_inner().to_string())
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

fn check_email(mut config: EmailConfig) -> Result<Checked, Error> {
    let mut findings = Findings::default();
    let mut addresses = Vec::with_capacity(config.additional_addresses.len() + 1);
    if config.additional_addresses.len() > MAX_ADDITIONAL_ADDRESSES {
        findings.add(
            "config.additional_addresses",
            "too_many",
            format!("At most {MAX_ADDITIONAL_ADDRESSES}."),
        );
    }
    let named = std::iter::once(("config.address".to_owned(), &mut config.address)).chain(
        config
            .additional_addresses
            .iter_mut()
            .enumerate()
            .map(|(position, address)| (format!("config.additional_addresses.{position}"), address)),
    );
    for (field, address) in named {
        match email_address::normalise(address) {
            Some(canonical) => {
                canonical.clone_into(address);
                if !addresses.contains(&canonical) {
                    addresses.push(canonical);
                }
            }
            None => findings.add(field, "invalid", "This is not an email address."),
        }
    }
    config.display_name =
        config.display_name.map(|name| text::single_line(&name, 100)).filter(|name| !name.is_empty());
    if config.signature_html.as_ref().is_some_and(|html| html.len() > MAX_SIGNATURE_BYTES) {
        findings.add("config.signature_html", "too_long", "A signature has at most 64 KiB.");
    }
    check_inbound(&mut config.inbound, &mut findings);
    check_outbound(&mut config.outbound, &mut findings);
    findings.done()?;
    config.signature_html = config
        .signature_html
        .map(|html| rapport_channels::html::sanitize_outgoing(&html))
        .filter(|html| !html.is_empty());
    Ok(Checked {
        address: Some(config.address.clone()),
        config: to_value(&config)?,
        addresses,
        reply_email_account_id: None,
    })
}

fn check_inbound(inbound: &mut InboundConfig, findings: &mut Findings) {
    if inbound.kind != InboundKind::Imap {
        *inbound = InboundConfig {
            kind: inbound.kind,
            host: None,
            port: None,
            tls: None,
            username: None,
            verify_certificates: true,
            mailbox: None,
            first_sync_days: None,
            after_fetch: None,
        };
        return;
    }
    let tls = *inbound.tls.get_or_insert(TlsSetting::Implicit);
    inbound.port.get_or_insert(if tls == TlsSetting::Implicit { 993 } else { 143 });
    check_server("config.inbound", &mut inbound.host, inbound.port, findings);
    check_username("config.inbound.username", &mut inbound.username, findings);
    if inbound.username.is_none() {
        findings.add("config.inbound.username", "required", "This field is required.");
    }
    let mailbox =
        inbound.mailbox.take().filter(|name| !name.is_empty()).unwrap_or_else(|| "INBOX".to_owned());
    if mailbox.len() > 255 || mailbox.chars().any(char::is_control) {
        findings.add("config.inbound.mailbox", "invalid", "This is not the name of a mailbox.");
    }
    inbound.mailbox = Some(mailbox);
    inbound.after_fetch.get_or_insert_default();
    if inbound.first_sync_days.is_some_and(|days| days > MAX_FIRST_SYNC_DAYS) {
        findings.add(
            "config.inbound.first_sync_days",
            "invalid",
            format!("At most {MAX_FIRST_SYNC_DAYS} days."),
        );
    }
}

fn check_outbound(outbound: &mut OutboundConfig, findings: &mut Findings) {
    if outbound.kind == OutboundKind::None {
        *outbound = OutboundConfig {
            kind: OutboundKind::None,
            host: None,
            port: None,
            tls: None,
            username: None,
            verify_certificates: true,
        };
        return;
    }
    let tls = *outbound.tls.get_or_insert(TlsSetting::Starttls);
    outbound.port.get_or_insert(match tls {
        TlsSetting::Implicit => 465,
        TlsSetting::Starttls => 587,
        TlsSetting::None => 25,
    });
    check_server("config.outbound", &mut outbound.host, outbound.port, findings);
    check_username("config.outbound.username", &mut outbound.username, findings);
}

/// Whether it may be dialled is checked when it is.
fn check_server(path: &str, host: &mut Option<String>, port: Option<u16>, findings: &mut Findings) {
    let name = host.take().map(|name| name.trim().to_ascii_lowercase()).filter(|name| !name.is_empty());
    match &name {
        None => findings.add(format!("{path}.host"), "required", "This field is required."),
        Some(name) => {
            let plausible = name.len() <= 253
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':'));
            if !plausible {
                findings.add(format!("{path}.host"), "invalid", "This is not the name of a server.");
            }
        }
    }
    *host = name;
    if port == Some(0) {
        findings.add(format!("{path}.port"), "invalid", "Ports begin at 1.");
    }
}

fn check_username(field: &str, username: &mut Option<String>, findings: &mut Findings) {
    *username = username.take().filter(|name| !name.is_empty());
    if username.as_ref().is_some_and(|name| name.len() > 320 || name.chars().any(char::is_control)) {
        findings.add(field, "invalid", "This is not a user name.");
    }
}

fn check_chat(mut config: ChatConfig) -> Result<Checked, Error> {
    let mut findings = Findings::default();
    config.site_name = text::single_line(&config.site_name, 100);
    if config.site_name.is_empty() {
        findings.add("config.site_name", "required", "This field is required.");
    }
    for (field, value) in
        [("config.greeting", &config.greeting), ("config.offline_message", &config.offline_message)]
    {
        if value.chars().count() > MAX_TEXT_CHARACTERS {
            findings.add(field, "too_long", format!("At most {MAX_TEXT_CHARACTERS} characters."));
        }
    }
    let is_color = config
        .accent_color
        .strip_prefix('#')
        .is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if !is_color {
        findings.add("config.accent_color", "invalid", "A colour is written #rrggbb.");
    }
    config.accent_color.make_ascii_lowercase();
    if config.allowed_origins.len() > MAX_ORIGINS {
        findings.add("config.allowed_origins", "too_many", format!("At most {MAX_ORIGINS}."));
    }
    for (position, origin) in config.allowed_origins.iter_mut().enumerate() {
        *origin = origin.trim().trim_end_matches('/').to_ascii_lowercase();
        if !is_origin(origin) {
            findings.add(
                format!("config.allowed_origins.{position}"),
                "invalid",
                "An origin is written https://shop.example, or https://*.example.com for all below it.",
            );
        }
    }
    check_pre_chat_fields(&mut config.pre_chat_fields, &mut findings);
    findings.done()?;
    Ok(Checked {
        address: None,
        addresses: Vec::new(),
        reply_email_account_id: config.reply_email_account_id.clone(),
        config: to_value(&config)?,
    })
}

fn check_pre_chat_fields(fields: &mut [PreChatField], findings: &mut Findings) {
    if fields.len() > MAX_PRE_CHAT_FIELDS {
        findings.add("config.pre_chat_fields", "too_many", format!("At most {MAX_PRE_CHAT_FIELDS}."));
    }
    let mut names: Vec<String> = Vec::with_capacity(fields.len());
    for (position, field) in fields.iter_mut().enumerate() {
        let path = format!("config.pre_chat_fields.{position}");
        let well_formed = (1..=40).contains(&field.name.len())
            && field
                .name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !well_formed {
            findings.add(format!("{path}.name"), "invalid", "Lower-case letters, digits and _ only.");
        }
        if names.contains(&field.name) {
            findings.add(format!("{path}.name"), "duplicate", "Another field has this name.");
        }
        names.push(field.name.clone());
        field.label = text::single_line(&field.label, 100);
        if field.label.is_empty() {
            findings.add(format!("{path}.label"), "required", "This field is required.");
        }
        for choice in &mut field.choices {
            *choice = text::single_line(choice, 100);
        }
        field.choices.retain(|choice| !choice.is_empty());
        let is_choice = field.kind == PreChatFieldKind::Choice;
        if is_choice == field.choices.is_empty() || field.choices.len() > MAX_CHOICES {
            findings.add(
                format!("{path}.choices"),
                "invalid",
                format!("A choice has 1 to {MAX_CHOICES} choices, and other fields have none."),
            );
        }
    }
}

fn check_api(config: &ApiConfig) -> Result<Checked, Error> {
    Ok(Checked {
        address: None,
        addresses: Vec::new(),
        reply_email_account_id: None,
        config: to_value(config)?,
    })
}

/// `scheme://host[:port]` and nothing else; the first label of a host may be `*`.
fn is_origin(origin: &str) -> bool {
    let Some(authority) = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://")) else {
        return false;
    };
    let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
    let host = host.strip_prefix("*.").unwrap_or(host);
    port.parse::<u16>().is_ok_and(|port| port != 0)
        && host.len() <= 253
        && host.split('.').all(|label| {
            !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
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
            assert!(is_origin(good), "{good}");
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
            assert!(!is_origin(bad), "{bad}");
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
