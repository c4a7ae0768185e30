//! How the settings of a mailbox become connections to its servers.

use std::sync::Arc;
use std::time::Duration;

use rapport_channels::email::imap::{FirstSync, ImapSettings};
use rapport_channels::email::{Credentials, ServerSettings, SubmitSettings, SubmitTimeouts, TlsMode};
use rapport_domain::WorkspaceId;
use rapport_domain::clock::random_bytes;

use super::config::{AfterFetch, Authentication, InboundKind, OutboundKind, TlsSetting};
use super::oauth::MailboxTokens;
use super::query::EmailAccount;
use super::secrets::{INBOUND_PASSWORD, OUTBOUND_PASSWORD};
use crate::{Engine, Error};

/// Servers that cannot push are asked this often.
const POLL_INTERVAL: Duration = Duration::from_secs(60);
/// How far to look back when a mail server has renumbered its messages.
const RESYNC_DAYS: u32 = 14;

struct Server<'a> {
    host: &'a str,
    port: u16,
    tls: Option<TlsSetting>,
    verify_certificates: bool,
    username: Option<&'a str>,
    authentication: Option<Authentication>,
    password_name: &'a str,
}

impl EmailAccount {
    /// The domain in which we may make up addresses: that of a mailbox whose mail comes to our own listener.
    pub fn token_domain(&self) -> Option<String> {
        (self.config.inbound.kind == InboundKind::Listener)
            .then(|| self.config.address.rsplit_once('@').map(|(_, domain)| domain.to_owned()))
            .flatten()
    }

    /// How to send; `None` when the account only receives.
    pub fn submit_settings(
        &self,
        engine: &Engine,
        workspace: &WorkspaceId,
    ) -> Result<Option<SubmitSettings>, Error> {
        let outbound = &self.config.outbound;
        let (OutboundKind::Smtp, Some(host), Some(port)) =
            (outbound.kind, outbound.host.as_deref(), outbound.port)
        else {
            return Ok(None);
        };
        let server = Server {
            host,
            port,
            tls: outbound.tls,
            verify_certificates: outbound.verify_certificates,
            username: outbound.username.as_deref(),
            authentication: outbound.authentication,
            password_name: OUTBOUND_PASSWORD,
        };
        Ok(Some(SubmitSettings {
            server: self.server_settings(engine, workspace, server)?,
            helo_name: engine.config().mail_host_name.clone(),
            timeouts: SubmitTimeouts::default(),
        }))
    }

    /// Which mailbox to fetch; `None` when mail comes another way.
    pub fn imap_settings(
        &self,
        engine: &Engine,
        workspace: &WorkspaceId,
    ) -> Result<Option<ImapSettings>, Error> {
        let inbound = &self.config.inbound;
        let (InboundKind::Imap, Some(host), Some(port)) =
            (inbound.kind, inbound.host.as_deref(), inbound.port)
        else {
            return Ok(None);
        };
        let server = Server {
            host,
            port,
            tls: inbound.tls,
            verify_certificates: inbound.verify_certificates,
            username: inbound.username.as_deref(),
            authentication: inbound.authentication,
            password_name: INBOUND_PASSWORD,
        };
        let clock = engine.clone();
        Ok(Some(ImapSettings {
            server: self.server_settings(engine, workspace, server)?,
            mailbox: inbound.mailbox.clone().unwrap_or_else(|| "INBOX".to_owned()),
            first_sync: match inbound.first_sync_days {
                None | Some(0) => FirstSync::FromNow,
                Some(days) => FirstSync::LastDays(days),
            },
            mark_seen: inbound.after_fetch == Some(AfterFetch::Seen),
            max_message_bytes: engine.config().max_email_bytes,
            poll_interval: POLL_INTERVAL,
            resync_days: RESYNC_DAYS,
            jitter_seed: u64::from_be_bytes(random_bytes(engine.entropy())),
            clock: Arc::new(move || {
                jiff::Timestamp::from_millisecond(clock.now().as_millis()).unwrap_or_default()
            }),
        }))
    }

    fn server_settings(
        &self,
        engine: &Engine,
        workspace: &WorkspaceId,
        server: Server<'_>,
    ) -> Result<ServerSettings, Error> {
        let username = server.username.map(str::to_owned);
        let credentials = match server.authentication.unwrap_or_default() {
            Authentication::Password => {
                let mut secrets = engine.open_secrets(&self.account.id, &self.sealed_secrets)?;
                username
                    .zip(secrets.remove(server.password_name))
                    .map(|(username, password)| Credentials::Password { username, password })
            }
            Authentication::Oauth2 => username.map(|username| Credentials::AccessToken {
                username,
                tokens: Arc::new(MailboxTokens::new(engine, workspace, &self.account.id)),
            }),
        };
        Ok(ServerSettings {
            host: server.host.to_owned(),
            port: server.port,
            tls: match server.tls {
                Some(TlsSetting::Implicit) => TlsMode::Implicit,
                Some(TlsSetting::None) => TlsMode::None,
                Some(TlsSetting::Starttls) | None => TlsMode::StartTls,
            },
            verify_certificates: server.verify_certificates,
            additional_roots_pem: engine.config().additional_roots_pem.clone(),
            credentials,
        })
    }
}
