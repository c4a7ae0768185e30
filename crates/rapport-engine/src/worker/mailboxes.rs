//! Keeps one reader per IMAP mailbox running, on one server of all that work on the database, and stops or restarts it
//! when its account changes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rapport_channels::email::imap::{self, FetchedMessage, ImapCursor, ImapSink, ImapStatus, SinkError};
use rapport_domain::clock::random_bytes;
use rapport_domain::{Channel, ChannelAccountId, WorkspaceId};
use rapport_store::mailbox_lease::{self, MailboxLease};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::channel_account::load_email;
use crate::ingest::{EmailSource, MailboxPosition};
use crate::keys::hex;
use crate::{Engine, Error, mailbox};

/// Account changes are looked for this often, besides right after a commit. Leases are renewed at the same time.
const CHECK: Duration = Duration::from_secs(10);
/// How long the mailboxes of a server that died wait for another one.
const LEASE_SECONDS: i64 = 30;

struct Reader {
    workspace: WorkspaceId,
    version: i64,
    lease: MailboxLease,
    stop: Arc<watch::Sender<bool>>,
    task: JoinHandle<()>,
}

impl Reader {
    async fn end(self, engine: &Engine, id: &ChannelAccountId) {
        self.stop.send_replace(true);
        if tokio::time::timeout(Duration::from_secs(5), self.task).await.is_err() {
            // It may still be storing a mail: its lease runs out by itself.
            return;
        }
        let (account, lease) = (id.clone(), self.lease);
        let released = engine
            .write(&self.workspace, id.as_str(), move |tx| Ok(mailbox_lease::release(tx, &account, &lease)?))
            .await;
        if let Err(error) = released {
            tracing::debug!(account = %id, %error, "a mailbox waits until its lease runs out");
        }
    }
}

pub(super) async fn supervise(engine: Engine, mut shutdown: watch::Receiver<bool>) {
    let holder = hex(&random_bytes::<16>(engine.entropy()));
    release_abandoned(&engine).await;
    let mut readers: HashMap<ChannelAccountId, Reader> = HashMap::new();
    while !*shutdown.borrow() {
        match keep_leases(&engine, &holder, &mut readers).await {
            Ok(()) => match wanted(&engine).await {
                Ok(wanted) => adjust(&engine, &holder, &mut readers, wanted).await,
                Err(error) => tracing::warn!(%error, "the mailboxes to read cannot be listed"),
            },
            // Nobody else can take them over either as long as the database is away.
            Err(error) => tracing::warn!(%error, "the leases of mailboxes cannot be renewed"),
        }
        tokio::select! {
            _ = tokio::time::sleep(CHECK) => {}
            _ = engine.mailboxes_changed() => {}
            _ = shutdown.changed() => {}
        }
    }
    for (id, reader) in readers {
        reader.end(&engine, &id).await;
    }
}

/// One server alone works on an SQLite file, so whoever had leases when it starts has died.
async fn release_abandoned(engine: &Engine) {
    if engine.store().engine() != rapport_store::Engine::Sqlite {
        return;
    }
    let released =
        engine.store().write_server("mailboxes", |tx| Ok::<_, Error>(mailbox_lease::release_all(tx)?)).await;
    if let Err(error) = released {
        tracing::warn!(%error, "mailboxes of an earlier run wait until their leases run out");
    }
}

/// Renews what is ours and stops the readers of what another server has taken over.
async fn keep_leases(
    engine: &Engine,
    holder: &str,
    readers: &mut HashMap<ChannelAccountId, Reader>,
) -> Result<(), Error> {
    if readers.is_empty() {
        return Ok(());
    }
    let (holder, until) = (holder.to_owned(), engine.now().plus_seconds(LEASE_SECONDS));
    let held: HashMap<ChannelAccountId, i64> = engine
        .store()
        .write_server("mailboxes", move |tx| Ok::<_, Error>(mailbox_lease::renew_all(tx, &holder, until)?))
        .await?
        .into_iter()
        .collect();
    readers.retain(|id, reader| {
        let ours = held.get(id) == Some(&reader.lease.fence);
        if !ours {
            tracing::info!(account = %id, "another server reads this mailbox by now");
            reader.stop.send_replace(true);
        }
        ours
    });
    Ok(())
}

struct Wanted {
    workspace: WorkspaceId,
    id: ChannelAccountId,
    version: i64,
}

/// The active email accounts that are read by IMAP.
async fn wanted(engine: &Engine) -> Result<Vec<Wanted>, Error> {
    let accounts = engine
        .read_server(|tx| Ok(rapport_store::channel_account::list_active_of_channel(tx, Channel::Email)?))
        .await?;
    let mut wanted = Vec::new();
    for (workspace, id) in accounts {
        let id_ = id.clone();
        match engine.read(&workspace, move |tx| load_email(tx, &id_)).await {
            Ok(account) if account.reads_imap() => {
                wanted.push(Wanted { workspace, id, version: account.account.version });
            }
            Ok(_) => {}
            // One broken account must not keep the others from being read.
            Err(error) => tracing::warn!(account = %id, %error, "an email account cannot be loaded"),
        }
    }
    Ok(wanted)
}

async fn adjust(
    engine: &Engine,
    holder: &str,
    readers: &mut HashMap<ChannelAccountId, Reader>,
    wanted: Vec<Wanted>,
) {
    let stale: Vec<ChannelAccountId> = readers
        .iter()
        .filter(|(id, reader)| {
            reader.task.is_finished()
                || !wanted.iter().any(|wanted| wanted.id == **id && wanted.version == reader.version)
        })
        .map(|(id, _)| id.clone())
        .collect();
    for id in stale {
        if let Some(reader) = readers.remove(&id) {
            reader.end(engine, &id).await;
        }
    }
    for wanted in wanted {
        if readers.contains_key(&wanted.id) {
            continue;
        }
        match start(engine, holder, &wanted).await {
            Ok(Some(reader)) => {
                readers.insert(wanted.id, reader);
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(account = %wanted.id, %error, "a mailbox cannot be read"),
        }
    }
}

/// `None` when another server reads the mailbox.
async fn start(engine: &Engine, holder: &str, wanted: &Wanted) -> Result<Option<Reader>, Error> {
    let Some(lease) = claim(engine, holder, wanted).await? else { return Ok(None) };
    let id = wanted.id.clone();
    // Only now, because whoever had the mailbox before may have moved the position until then.
    let (account, cursor) = engine
        .read(&wanted.workspace, move |tx| {
            let account = load_email(tx, &id)?;
            let cursor = rapport_store::channel_account::find_cursor(tx, &id, &account.mailbox_name())?;
            Ok((account, cursor))
        })
        .await?;
    let settings = account
        .imap_settings(engine, &wanted.workspace)?
        .ok_or_else(|| Error::Internal("the mailbox has no IMAP server".into()))?;
    let cursor = cursor.map(|cursor| ImapCursor {
        uid_validity: cursor.uid_validity as u32,
        last_uid: cursor.last_uid as u32,
    });
    let (stop, stopped) = watch::channel(false);
    let stop = Arc::new(stop);
    let sink = Sink {
        engine: engine.clone(),
        workspace: wanted.workspace.clone(),
        account: wanted.id.clone(),
        mailbox: account.mailbox_name(),
        lease: lease.clone(),
        stop: stop.clone(),
    };
    let policy = engine.config().outbound_policy.clone();
    let task = tokio::spawn(imap::run(settings, cursor, sink, policy, stopped));
    Ok(Some(Reader { workspace: wanted.workspace.clone(), version: wanted.version, lease, stop, task }))
}

async fn claim(engine: &Engine, holder: &str, wanted: &Wanted) -> Result<Option<MailboxLease>, Error> {
    let (id, holder, now) = (wanted.id.clone(), holder.to_owned(), engine.now());
    let until = now.plus_seconds(LEASE_SECONDS);
    engine
        .write(&wanted.workspace, wanted.id.as_str(), move |tx| {
            Ok(mailbox_lease::claim(tx, &id, &holder, now, until)?)
        })
        .await
}

struct Sink {
    engine: Engine,
    workspace: WorkspaceId,
    account: ChannelAccountId,
    mailbox: String,
    lease: MailboxLease,
    stop: Arc<watch::Sender<bool>>,
}

impl Sink {
    fn position(&self, cursor: ImapCursor) -> MailboxPosition {
        MailboxPosition {
            mailbox: self.mailbox.clone(),
            uid_validity: i64::from(cursor.uid_validity),
            uid: i64::from(cursor.last_uid),
            lease: self.lease.clone(),
        }
    }

    /// Whether trying the same mail again later can help. Where another server reads the mailbox by now, this
    /// reader ends.
    fn refusal(&self, error: &Error) -> SinkError {
        if mailbox::is_lease_lost(error) {
            self.stop.send_replace(true);
            return SinkError::Temporary(error.to_string());
        }
        if is_passing(error) {
            SinkError::Temporary(error.to_string())
        } else {
            SinkError::Permanent(error.to_string())
        }
    }
}

impl ImapSink for Sink {
    async fn store(&mut self, message: FetchedMessage) -> Result<(), SinkError> {
        let source = EmailSource {
            envelope: None,
            position: Some(self.position(message.cursor)),
            headers_only: message.headers_only,
        };
        let raw = Bytes::from(message.raw);
        match self.engine.ingest_email(&self.workspace, &self.account, raw, source).await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.refusal(&error)),
        }
    }

    /// A mail that cannot be stored is kept raw and shown as a fault of the account, and the next ones go on.
    async fn quarantine(&mut self, message: FetchedMessage, reason: String) -> Result<(), SinkError> {
        let cursor = message.cursor;
        let uid = message.uid;
        let key = self
            .engine
            .blobs()
            .set_aside(&self.workspace, Bytes::from(message.raw))
            .await
            .map_err(|error| SinkError::Temporary(error.to_string()))?;
        tracing::error!(account = %self.account, uid, %key, %reason, "a mail could not be taken in and was set aside");
        let text = format!("A mail (UID {uid}) could not be taken in: {reason}. It is kept as {key}.");
        self.engine
            .note_account_health(&self.workspace, &self.account, Some(text))
            .await
            .map_err(temporary)?;
        self.advance(cursor).await
    }

    async fn advance(&mut self, cursor: ImapCursor) -> Result<(), SinkError> {
        let (account, position, at) = (self.account.clone(), self.position(cursor), self.engine.now());
        self.engine
            .write(&self.workspace, self.account.as_str(), move |tx| {
                mailbox::save_position(tx, &account, &position, at)
            })
            .await
            .map_err(|error| match self.refusal(&error) {
                SinkError::Permanent(reason) | SinkError::Temporary(reason) => SinkError::Temporary(reason),
            })
    }

    async fn status(&mut self, status: ImapStatus) {
        if *self.stop.borrow() {
            // The mailbox is another server's, and so is what there is to say about it.
            return;
        }
        let error = match status {
            ImapStatus::Connected => None,
            ImapStatus::Disconnected { reason, .. } => Some(reason),
        };
        if let Err(error) = self.engine.note_account_health(&self.workspace, &self.account, error).await {
            tracing::warn!(account = %self.account, %error, "the state of a mailbox could not be noted");
        }
    }
}

fn is_passing(error: &Error) -> bool {
    use rapport_store::Error as StoreError;
    match error {
        Error::Store(error) => {
            matches!(error, StoreError::Unavailable(_) | StoreError::Retryable(_) | StoreError::Closed)
        }
        Error::Blob(_) | Error::SendRefused { .. } => true,
        _ => false,
    }
}

fn temporary(error: Error) -> SinkError {
    SinkError::Temporary(error.to_string())
}
