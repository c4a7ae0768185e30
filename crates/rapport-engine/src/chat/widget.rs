//! Finds a widget by its public key and says what it looks like and where it may be shown.

use rapport_channels::capability::capabilities;
use rapport_domain::{Channel, Permission, WorkspaceId};
use rapport_store::Tx;
use serde::Serialize;

use super::ChatError;
use crate::channel_account::{ChatAccount, ChatConfig, LauncherPosition, PreChatField, load_chat};
use crate::{Engine, Error};

/// No key of ours is longer.
const MAX_KEY_BYTES: usize = 128;

#[derive(Clone, Debug, Serialize)]
pub struct WidgetLauncher {
    pub accent_color: String,
    pub launcher_position: LauncherPosition,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct UploadLimits {
    pub max_bytes: u64,
    pub max_count: i64,
}

#[derive(Clone, Debug, Serialize)]
pub struct WidgetConfig {
    pub site_name: String,
    pub greeting: String,
    pub accent_color: String,
    pub launcher_position: LauncherPosition,
    pub pre_chat_fields: Vec<PreChatField>,
    pub require_identity: bool,
    pub offline_message: String,
    /// At least one teammate who may answer is online.
    pub agents_online: bool,
    pub attachments: UploadLimits,
    /// In Unicode scalar values.
    pub max_message_length: i64,
}

impl Engine {
    pub async fn chat_launcher(&self, key: &str) -> Result<WidgetLauncher, ChatError> {
        let (_, account) = self.find_widget(key).await?;
        Ok(WidgetLauncher {
            accent_color: account.config.accent_color,
            launcher_position: account.config.launcher_position,
        })
    }

    pub async fn chat_config(&self, key: &str, host: Option<&str>) -> Result<WidgetConfig, ChatError> {
        let (workspace, account) = self.find_widget(key).await?;
        check_host(&account.config, host)?;
        let engine = self.clone();
        let agents_online = self.read(&workspace, move |tx| anybody_online(tx, &engine)).await?;
        let config = account.config;
        Ok(WidgetConfig {
            site_name: config.site_name,
            greeting: config.greeting,
            accent_color: config.accent_color,
            launcher_position: config.launcher_position,
            pre_chat_fields: config.pre_chat_fields,
            require_identity: config.require_identity,
            offline_message: config.offline_message,
            agents_online,
            attachments: UploadLimits {
                max_bytes: self.config().max_attachment_bytes,
                max_count: max_attachments(),
            },
            max_message_length: max_length(),
        })
    }

    /// Whether the page of the widget may be framed by `host`, or stand alone when that is absent.
    pub async fn chat_may_be_shown(&self, key: &str, host: Option<&str>) -> Result<(), ChatError> {
        let (_, account) = self.find_widget(key).await?;
        check_host(&account.config, host)
    }

    pub(super) async fn find_widget(&self, key: &str) -> Result<(WorkspaceId, ChatAccount), ChatError> {
        if key.is_empty() || key.len() > MAX_KEY_BYTES || key.contains('\0') {
            return Err(ChatError::WidgetNotFound);
        }
        let key = key.to_owned();
        let found = self
            .read_server(move |tx| {
                let found = rapport_store::channel_account::find_by_widget_key(tx, &key)?;
                let Some((workspace, id)) = found else { return Ok(None) };
                match load_chat(&mut tx.scoped(&workspace), &id) {
                    Ok(account) => Ok(Some((workspace, account))),
                    Err(Error::NotFound) => Ok(None),
                    Err(error) => Err(error),
                }
            })
            .await?;
        found.ok_or(ChatError::WidgetNotFound)
    }
}

pub(super) fn max_length() -> i64 {
    capabilities(Channel::Chat).and_then(|able| able.max_length).unwrap_or(10_000)
}

pub(super) fn max_attachments() -> i64 {
    capabilities(Channel::Chat).map_or(0, |able| able.max_attachments)
}

/// Whether somebody who may answer has the inbox open.
pub(super) fn anybody_online(tx: &mut Tx<'_>, engine: &Engine) -> Result<bool, Error> {
    let online = engine.presence().online_users(tx.workspace());
    for id in online {
        let user = rapport_store::user::find(tx, &id)?;
        if user.is_some_and(|user| user.active && user.role.may(Permission::ConversationReply)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether this origin may show the widget.
pub(super) fn check_host(config: &ChatConfig, host: Option<&str>) -> Result<(), ChatError> {
    if let Some(host) = host
        && !is_origin(host)
    {
        return Err(ChatError::OriginRefused);
    }
    if config.allowed_origins.is_empty() {
        return Ok(());
    }
    let host = host.ok_or(ChatError::OriginRefused)?.to_ascii_lowercase();
    let allowed = config.allowed_origins.iter().any(|allowed| covers(&allowed.to_ascii_lowercase(), &host));
    if allowed { Ok(()) } else { Err(ChatError::OriginRefused) }
}

/// `https://shop.example` stands for itself, `https://*.shop.example` for everything below it and not for itself.
fn covers(allowed: &str, host: &str) -> bool {
    match allowed.split_once("://*.") {
        Some((scheme, domain)) => host
            .strip_prefix(scheme)
            .and_then(|rest| rest.strip_prefix("://"))
            .and_then(|name| name.strip_suffix(domain))
            .and_then(|below| below.strip_suffix('.'))
            .is_some_and(|below| !below.is_empty()),
        None => allowed == host,
    }
}

/// `scheme://host[:port]` and nothing else, so that it can stand in a header as it is.
fn is_origin(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else { return false };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let name = !host.is_empty()
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
    let literal = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .is_some_and(|host| host.parse::<std::net::Ipv6Addr>().is_ok());
    matches!(scheme, "http" | "https")
        && text.len() <= 300
        && (name || literal)
        && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|number| number.to_string() == port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bare_origins_can_frame_the_panel() {
        for good in
            ["https://shop.example", "http://localhost:3000", "https://[::1]:8443", "https://a_b.example"]
        {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "",
            "null",
            "shop.example",
            "https://",
            "https://shop.example/",
            "https://shop.example;script-src *",
            "https://shop.example https://evil.example",
            "https://*.example",
            "javascript://x",
            "https://a:b@c",
            "https://shop.example:99999",
            "https://shop.example:+80",
            "https://[evil]",
            "https://é.example",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }

    #[test]
    fn a_star_stands_for_sub_domains_only() {
        assert!(covers("https://shop.example", "https://shop.example"));
        assert!(covers("https://*.example.com", "https://a.b.example.com"));
        for host in [
            "https://example.com",
            "https://evilexample.com",
            "http://a.example.com",
            "https://a.example.com.evil",
        ] {
            assert!(!covers("https://*.example.com", host), "{host}");
        }
    }
}
