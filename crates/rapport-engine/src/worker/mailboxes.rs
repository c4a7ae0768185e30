//! Keeps one reader per IMAP mailbox running, and stops or restarts it when its account changes.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use rapport_channels::email::imap::{self, FetchedMessage, ImapCursor, ImapSink, ImapStatus, SinkError};
use rapport_domain::{Channel, ChannelAccountId, WorkspaceId};
use rapport_store::channel_account::MailboxCursor;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::channel_account::load_email;
use crate::ingest::{EmailSource, MailboxPosition};
use crate::{Engine, Error};

/// Account changes are looked for this often, besides right after a commit.
const CHECK: Duration = Duration::from_secs(10);

struct Reader {
    version: i64,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

pub(super) async fn supervise(engine: Engine, mut shutdown: watch::Receiver<bool>) {
    let mut readers: HashMap<ChannelAccountId, Reader> = HashMap::new();
    while !*shutdown.borrow() {
        match wanted(&engine).await {
            Ok(wanted) => adjust(&engine, &mut readers, wanted).await,
            Err(error) => tracing::warn!(%error, "the mailboxes to read cannot be listed"),
        }
        tokio::select! {
            _ = tokio::time::sleep(CHECK) => {}
            _ = engine.mailboxes_changed() => {}
            _ = shutdown.changed() => {}
        }
    }
    for (_, reader) in readers {
        let _ = reader.stop.send(true);
        let _ = tokio::time::timeout(Duration::from_secs(5), reader.task).await;
    }
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

async fn adjust(engine: &Engine, readers: &mut HashMap<ChannelAccountId, Reader>, wanted: Vec<Wanted>) {
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
            let _ = reader.stop.send(true);
            let _ = tokio::time::timeout(Duration::from_secs(5), reader.task).await;
        }
    }
    for wanted in wanted {
        if readers.contains_key(&wanted.id) {
            continue;
        }
        match start(engine, &wanted).await {
            Ok(reader) => {
                readers.insert(wanted.id, reader);
            }
            Err(error) => tracing::warn!(account = %wanted.id, %error, "a mailbox cannot be read"),
        }
    }
}

async fn start(engine: &Engine, wanted: &Wanted) -> Result<Reader, Error> {
    let id = wanted.id.clone();
    let (account, cursor) = engine
        .read(&wanted.workspace, move |tx| {
            let account = load_email(tx, &id)?;
            let cursor = rapport_store::channel_account::find_cursor(tx, &id, &account.mailbox_name())?;
            Ok((account, cursor))
        })
        .await?;
    let settings = account
        .imap_settings(engine)?
        .ok_or_else(|| Error::Internal("the mailbox has no IMAP server".into()))?;
    let cursor = cursor.map(|cursor| ImapCursor {
        uid_validity: cursor.uid_validity as u32,
        last_uid: cursor.last_uid as u32,
    });
    let sink = Sink {
        engine: engine.clone(),
        workspace: wanted.workspace.clone(),
        account: wanted.id.clone(),
        mailbox: account.mailbox_name(),
    };
    let (stop, stopped) = watch::channel(false);
    let policy = engine.config().outbound_policy.clone();
    let task = tokio::spawn(imap::run(settings, cursor, sink, policy, stopped));
    Ok(Reader { version: wanted.version, stop, task })
}

struct Sink {
    engine: Engine,
    workspace: WorkspaceId,
    account: ChannelAccountId,
    mailbox: String,
}

impl Sink {
    fn position(&self, cursor: ImapCursor) -> MailboxPosition {
        MailboxPosition {
            mailbox: self.mailbox.clone(),
            uid_validity: i64::from(cursor.uid_validity),
            uid: i64::from(cursor.last_uid),
        }
    }
}

impl ImapSink for Sink {
    async fn store(&mut self, message: FetchedMessage) -> Result<(), SinkError> {
        let source = EmailSource {
            recipients: Vec::new(),
            position: Some(self.position(message.cursor)),
            headers_only: message.headers_only,
        };
        let raw = Bytes::from(message.raw);
        match self.engine.ingest_email(&self.workspace, &self.account, raw, source).await {
            Ok(_) => Ok(()),
            Err(error) if is_passing(&error) => Err(SinkError::Temporary(error.to_string())),
            Err(error) => Err(SinkError::Permanent(error.to_string())),
        }
    }

    /// A mail that cannot be stored is kept raw and shown as a fault of the account, and the next ones go on.
    async fn quarantine(&mut self, message: FetchedMessage, reason: String) -> Result<(), SinkError> {
        let cursor = message.cursor;
        let uid = message.uid;
        let key = self
            .engine
            .blobs()
            .put(&self.workspace, Bytes::from(message.raw))
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
        let (account, mailbox, at) = (self.account.clone(), self.mailbox.clone(), self.engine.now());
        let cursor = MailboxCursor {
            uid_validity: i64::from(cursor.uid_validity),
            last_uid: i64::from(cursor.last_uid),
        };
        self.engine
            .write(&self.workspace, self.account.as_str(), move |tx| {
                rapport_store::channel_account::save_cursor(tx, &account, &mailbox, cursor, at)?;
                Ok(())
            })
            .await
            .map_err(temporary)
    }

    async fn status(&mut self, status: ImapStatus) {
        let error = match status {
            ImapStatus::Connected => None,
            ImapStatus::Disconnected { reason, .. } => Some(reason),
        };
        if let Err(error) = self.engine.note_account_health(&self.workspace, &self.account, error).await {
            tracing::warn!(account = %self.account, %error, "the state of a mailbox could not be noted");
        }
    }
}

/// Whether trying the same mail again later can help.
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
