//! How an email account's settings become connections, and how its health is kept and told.

use std::time::Duration;

use rapport_channels::email::imap::{FirstSync, ImapSettings};
use rapport_channels::email::{Credentials, ServerSettings, SubmitSettings, TlsMode};
use rapport_domain::clock::random_bytes;
use rapport_domain::{Actor, ChannelAccountId, Event, Timestamp, WorkspaceId};
use rapport_store::Tx;

use crate::channel_account::{EmailAccount, InboundKind, OutboundKind, TlsSetting, present};
use crate::{Engine, Error, announce};

/// IMAP servers that tell nothing are asked this often.
const POLL: Duration = Duration::from_secs(60);

impl EmailAccount {
    /// How to send. `None` when no server is set up for it.
    pub(crate) fn submit_settings(&self, engine: &Engine) -> Result<Option<SubmitSettings>, Error> {
        let outbound = &self.config.outbound;
        if outbound.kind != OutboundKind::Smtp {
            return Ok(None);
        }
        Ok(Some(SubmitSettings {
            server: self.server(
                engine,
                outbound.host.as_deref(),
                outbound.port,
                outbound.tls,
                outbound.verify_certificates,
                outbound.username.as_deref(),
                "outbound_password",
            )?,
            helo_name: engine.config().mail_host_name.clone(),
            timeouts: Default::default(),
        }))
    }

    pub(crate) fn reads_imap(&self) -> bool {
        self.config.inbound.kind == InboundKind::Imap
    }

    pub(crate) fn mailbox_name(&self) -> String {
        self.config.inbound.mailbox.clone().filter(|name| !name.trim().is_empty()).unwrap_or_else(|| "INBOX".into())
    }

    /// How to read. Only for accounts that are read by IMAP.
    pub(crate) fn imap_settings(&self, engine: &Engine) -> Result<ImapSettings, Error> {
        let inbound = &self.config.inbound;
        Ok(ImapSettings {
            server: self.server(
                engine,
                inbound.host.as_deref(),
                inbound.port,
                inbound.tls,
                inbound.verify_certificates,
                inbound.username.as_deref(),
                "inbound_password",
            )?,
            mailbox: self.mailbox_name(),
            first_sync: match inbound.first_sync_days {
                Some(0) | None => FirstSync::FromNow,
                Some(days) => FirstSync::LastDays(days),
            },
            mark_seen: inbound.mark_seen,
            max_message_bytes: engine.config().max_email_bytes,
            poll_interval: POLL,
            jitter_seed: u64::from_be_bytes(random_bytes(engine.entropy())),
        })
    }

    /// The domain of addresses that we may make up, because our own listener takes its mail.
    pub(crate) fn token_domain(&self) -> Option<String> {
        if self.config.inbound.kind != InboundKind::Listener {
            return None;
        }
        self.config.address.rsplit_once('@').map(|(_, domain)| domain.to_owned())
    }

    #[allow(clippy::too_many_arguments)]
    fn server(
        &self,
        engine: &Engine,
        host: Option<&str>,
        port: Option<u16>,
        tls: Option<TlsSetting>,
        verify_certificates: bool,
        username: Option<&str>,
        secret: &str,
    ) -> Result<ServerSettings, Error> {
        let missing = |what: &str| Error::Internal(format!("the mailbox has no {what}"));
        let mut secrets = engine.open_secrets(&self.account.id, &self.sealed_secrets)?;
        let credentials = match (username, secrets.remove(secret)) {
            (Some(username), Some(password)) => {
                Some(Credentials::Password { username: username.to_owned(), password })
            }
            _ => None,
        };
        Ok(ServerSettings {
            host: host.ok_or_else(|| missing("host"))?.to_owned(),
            port: port.ok_or_else(|| missing("port"))?,
            tls: match tls {
                Some(TlsSetting::None) => TlsMode::None,
                Some(TlsSetting::Starttls) => TlsMode::StartTls,
                _ => TlsMode::Implicit,
            },
            verify_certificates,
            additional_roots_pem: engine.config().additional_roots_pem.clone(),
            credentials,
        })
    }
}

impl Engine {
    /// Notes what is wrong with an account, or that nothing is, and tells it when that is news.
    pub(crate) async fn note_account_health(
        &self,
        workspace: &WorkspaceId,
        account: &ChannelAccountId,
        error: Option<String>,
    ) -> Result<(), Error> {
        let (engine, account_) = (self.clone(), account.clone());
        self.write(workspace, account.as_str(), move |tx| note_health(tx, &engine, &account_, error.as_deref()))
            .await
    }
}

pub(crate) fn note_health(
    tx: &mut Tx<'_>,
    engine: &Engine,
    id: &ChannelAccountId,
    error: Option<&str>,
) -> Result<(), Error> {
    let now: Timestamp = engine.now();
    if !rapport_store::channel_account::note_error(tx, id, error, now)? {
        return Ok(());
    }
    let Some(stored) = rapport_store::channel_account::find(tx, id)? else { return Ok(()) };
    let channel_account = Box::new(present(engine, stored)?);
    let event = match error {
        Some(_) => Event::ChannelAccountFailed { channel_account },
        None => Event::ChannelAccountRecovered { channel_account },
    };
    announce::general(tx, &Actor::system(), now, None, &event)
}
