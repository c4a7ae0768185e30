//! The settings of a mailbox.

use rapport_domain::{email_address, text};

use super::{Checked, Findings, to_value};
use crate::Error;
use crate::channel_account::config::*;

const MAX_ADDITIONAL_ADDRESSES: usize = 100;
const MAX_SIGNATURE_BYTES: usize = 64 * 1024;
const MAX_FIRST_SYNC_DAYS: u32 = 3650;

pub(super) fn check(mut config: EmailConfig) -> Result<Checked, Error> {
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
    check_oauth(&mut config, &mut findings);
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
            authentication: None,
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
    inbound.authentication.get_or_insert_default();
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
            authentication: None,
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
    outbound.authentication.get_or_insert_default();
}

/// Kept also when no half of the account uses it, so that switching to a password and back loses nothing.
fn check_oauth(config: &mut EmailConfig, findings: &mut Findings) {
    let halves = [config.inbound.authentication, config.outbound.authentication];
    let needed = halves.contains(&Some(Authentication::Oauth2));
    if config.outbound.authentication == Some(Authentication::Oauth2) && config.outbound.username.is_none() {
        findings.add("config.outbound.username", "required", "This field is required.");
    }
    let Some(oauth) = &mut config.oauth else {
        if needed {
            findings.add("config.oauth", "required", "This field is required.");
        }
        return;
    };
    oauth.client_id = text::single_line(&oauth.client_id, 500);
    if oauth.client_id.is_empty() {
        findings.add("config.oauth.client_id", "required", "This field is required.");
    }
    oauth.token_endpoint = oauth.token_endpoint.trim().to_owned();
    if !is_token_endpoint(&oauth.token_endpoint) {
        findings.add(
            "config.oauth.token_endpoint",
            "invalid",
            "This is an address such as https://oauth2.googleapis.com/token.",
        );
    }
    oauth.scope =
        oauth.scope.take().map(|scope| text::single_line(&scope, 1000)).filter(|scope| !scope.is_empty());
}

/// Secrets go there, hence without TLS only to this machine.
pub(super) fn is_token_endpoint(address: &str) -> bool {
    let plain = address.len() <= 500 && address.bytes().all(|byte| byte.is_ascii_graphic());
    let (scheme, rest) = address.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let here = ["127.0.0.1", "localhost"].contains(&authority.split(':').next().unwrap_or_default());
    plain
        && !authority.is_empty()
        && !authority.contains('@')
        && (scheme == "https" || scheme == "http" && here)
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
