//! The settings of a web chat widget.

use rapport_domain::text;

use super::{Checked, Findings, to_value};
use crate::Error;
use crate::channel_account::config::*;

const MAX_ORIGINS: usize = 50;
const MAX_PRE_CHAT_FIELDS: usize = 10;
const MAX_CHOICES: usize = 50;
const MAX_TEXT_CHARACTERS: usize = 2_000;

pub(super) fn check(mut config: ChatConfig) -> Result<Checked, Error> {
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

/// `scheme://host[:port]` and nothing else; the first label of a host may be `*`.
pub(super) fn is_origin(origin: &str) -> bool {
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
