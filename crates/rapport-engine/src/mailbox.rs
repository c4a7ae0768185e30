//! Keeps and tells the health of channel accounts, and what the mailbox readers ask of an email account.

use rapport_domain::{Actor, ChannelAccountId, Event, Timestamp, WorkspaceId};
use rapport_store::Tx;
use rapport_store::channel_account::{Half, MailboxCursor};

use crate::channel_account::{EmailAccount, InboundKind, shown};
use crate::ingest::MailboxPosition;
use crate::{Engine, Error, announce};

const LEASE_LOST: &str = "mailbox_lease_lost";

impl EmailAccount {
    pub(crate) fn reads_imap(&self) -> bool {
        self.config.inbound.kind == InboundKind::Imap
    }

    pub(crate) fn mailbox_name(&self) -> String {
        self.config
            .inbound
            .mailbox
            .clone()
            .filter(|name| !name.trim().is_empty())
            .unwrap_or_else(|| "INBOX".into())
    }
}

/// Moves the place where reading goes on, if the mailbox is still ours to read.
pub(crate) fn save_position(
    tx: &mut Tx<'_>,
    account: &ChannelAccountId,
    position: &MailboxPosition,
    now: Timestamp,
) -> Result<(), Error> {
    if !rapport_store::mailbox_lease::holds(tx, account, &position.lease)? {
        return Err(Error::conflict(LEASE_LOST, "Another server reads this mailbox by now."));
    }
    let cursor = MailboxCursor { uid_validity: position.uid_validity, last_uid: position.uid };
    rapport_store::channel_account::save_cursor(tx, account, &position.mailbox, cursor, now)?;
    Ok(())
}

/// Whether a write was refused because another server has taken over the mailbox.
pub(crate) fn is_lease_lost(error: &Error) -> bool {
    matches!(error, Error::Conflict { code: LEASE_LOST, .. })
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
        self.write(workspace, account.as_str(), move |tx| {
            note_health(tx, &engine, &account_, Half::Receiving, error.as_deref())
        })
        .await
    }
}

pub(crate) fn note_health(
    tx: &mut Tx<'_>,
    engine: &Engine,
    id: &ChannelAccountId,
    half: Half,
    error: Option<&str>,
) -> Result<(), Error> {
    let now: Timestamp = engine.now();
    if !rapport_store::channel_account::note_error(tx, id, half, error, now)? {
        return Ok(());
    }
    let Some(stored) = rapport_store::channel_account::find(tx, id)? else { return Ok(()) };
    let channel_account = Box::new(shown(engine, stored)?);
    let event = match channel_account.health.last_error {
        Some(_) => Event::ChannelAccountFailed { channel_account },
        None => Event::ChannelAccountRecovered { channel_account },
    };
    announce::general(tx, &Actor::system(), now, None, &event)
}
