//! Fetches new mail from an IMAP mailbox for as long as it is told to, whatever the server does.
//! The position moves only together with what the sink has stored, so nothing is lost or skipped.

mod client;
mod error;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use tokio::sync::watch;

use self::client::{Client, FetchPart};
pub(crate) use self::error::ImapError;
use super::types::ServerSettings;
use crate::guard::OutboundPolicy;
use crate::oauth::TokenError;

/// Middleboxes forget silent connections after about ten minutes.
const LONGEST_IDLE: Duration = Duration::from_secs(9 * 60);
const SHORTEST_BACKOFF: Duration = Duration::from_secs(2);
const LONGEST_BACKOFF: Duration = Duration::from_secs(300);
const ATTEMPTS_BEFORE_QUARANTINE: u32 = 3;
const HEADER_BYTES: usize = 1024 * 1024;

#[derive(Clone)]
pub struct ImapSettings {
    pub server: ServerSettings,
    pub mailbox: String,
    pub first_sync: FirstSync,
    pub mark_seen: bool,
    /// Of larger messages only the header is fetched.
    pub max_message_bytes: usize,
    pub poll_interval: Duration,
    /// How far to look back when the server has renumbered its messages.
    pub resync_days: u32,
    /// Spreads reconnects of many accounts; any number that differs between them.
    pub jitter_seed: u64,
    pub clock: Clock,
}

pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstSync {
    FromNow,
    LastDays(u32),
    Everything,
}

/// All messages up to `last_uid` have been dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImapCursor {
    pub uid_validity: u32,
    pub last_uid: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedMessage {
    /// The position after this message; store both in one transaction.
    pub cursor: ImapCursor,
    pub uid: u32,
    pub raw: Vec<u8>,
    /// The message was larger than allowed: `raw` is its header.
    pub headers_only: bool,
    /// As announced by the server.
    pub size: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SinkError {
    /// The store is not available; the same message comes again later.
    #[error("{0}")]
    Temporary(String),
    /// This message cannot be stored; after three attempts it is quarantined.
    #[error("{0}")]
    Permanent(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImapStatus {
    Connected,
    Disconnected { reason: String, needs_reauthorisation: bool, retry_after: Duration },
}

/// Where fetched messages go. The same message may come twice and must then be recognised.
pub trait ImapSink: Send {
    /// Stores the message and its cursor in one transaction.
    fn store(&mut self, message: FetchedMessage) -> impl Future<Output = Result<(), SinkError>> + Send;

    /// Keeps a message that cannot be stored, with its cursor. `raw` is empty when it cannot be fetched either.
    fn quarantine(
        &mut self,
        message: FetchedMessage,
        reason: String,
    ) -> impl Future<Output = Result<(), SinkError>> + Send;

    /// Stores the cursor alone.
    fn advance(&mut self, cursor: ImapCursor) -> impl Future<Output = Result<(), SinkError>> + Send;

    fn status(&mut self, status: ImapStatus) -> impl Future<Output = ()> + Send;
}

/// Runs until `shutdown` turns true. Every failure ends in another attempt, later.
pub async fn run(
    settings: ImapSettings,
    cursor: Option<ImapCursor>,
    sink: impl ImapSink,
    policy: OutboundPolicy,
    mut shutdown: watch::Receiver<bool>,
) {
    let mut fetcher = Fetcher { settings, cursor, sink, policy, failing: None, failures: 0 };
    loop {
        let error = tokio::select! {
            error = fetcher.one_connection() => error,
            _ = shutdown.wait_for(|stop| *stop) => return,
        };
        fetcher.failures = fetcher.failures.saturating_add(1);
        let retry_after = backoff(fetcher.failures, fetcher.settings.jitter_seed);
        let needs_reauthorisation = matches!(
            error,
            FetchError::Imap(
                ImapError::LoginRefused(_)
                    | ImapError::NoMechanism
                    | ImapError::Token(TokenError::Refused(_))
            )
        );
        tracing::debug!(%error, failures = fetcher.failures, "the mailbox connection ended");
        let status =
            ImapStatus::Disconnected { reason: error.to_string(), needs_reauthorisation, retry_after };
        fetcher.sink.status(status).await;
        tokio::select! {
            () = tokio::time::sleep(retry_after) => {}
            _ = shutdown.wait_for(|stop| *stop) => return,
        }
    }
}

/// Logs in and opens the mailbox, without fetching anything.
pub(crate) async fn check_mailbox(settings: &ImapSettings, policy: &OutboundPolicy) -> Result<(), ImapError> {
    let mut client = Client::open(&settings.server, policy).await?;
    client.select(&settings.mailbox).await?;
    client.log_out().await;
    Ok(())
}

#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error(transparent)]
    Imap(#[from] ImapError),
    #[error("the message could not be stored: {0}")]
    Sink(#[from] SinkError),
}

struct Fetcher<S> {
    settings: ImapSettings,
    cursor: Option<ImapCursor>,
    sink: S,
    policy: OutboundPolicy,
    /// The message at which connections kept breaking, and how often.
    failing: Option<(u32, u32)>,
    failures: u32,
}

impl<S: ImapSink> Fetcher<S> {
    /// Works on one connection until it breaks, and tells why it did.
    async fn one_connection(&mut self) -> FetchError {
        let mut client = match Client::open(&self.settings.server, &self.policy).await {
            Ok(client) => client,
            Err(error) => return error.into(),
        };
        match self.serve(&mut client).await {
            Err(error) => {
                client.log_out().await;
                error
            }
            Ok(never) => match never {},
        }
    }

    async fn serve(&mut self, client: &mut Client) -> Result<std::convert::Infallible, FetchError> {
        let mut cursor = self.start_position(client).await?;
        self.sink.status(ImapStatus::Connected).await;
        loop {
            self.fetch_new(client, &mut cursor).await?;
            self.failures = 0;
            let pause = self.settings.poll_interval.min(LONGEST_IDLE);
            if client.has("IDLE") {
                client.idle(pause).await?;
            } else {
                tokio::time::sleep(pause).await;
                // Some servers show new messages only after a command that may tell of them.
                client.noop().await?;
            }
        }
    }

    async fn start_position(&mut self, client: &mut Client) -> Result<ImapCursor, FetchError> {
        let selected = client.select(&self.settings.mailbox).await?;
        if let Some(cursor) = self.cursor.filter(|cursor| cursor.uid_validity == selected.uid_validity) {
            return Ok(cursor);
        }
        let renumbered = self.cursor.is_some();
        let newest = match selected.uid_next {
            Some(next) => next.saturating_sub(1),
            None => client.highest_uid().await?,
        };
        let last_uid = match self.settings.first_sync {
            _ if renumbered => self.position_days_ago(client, self.settings.resync_days, newest).await?,
            FirstSync::FromNow => newest,
            FirstSync::LastDays(days) => self.position_days_ago(client, days, newest).await?,
            FirstSync::Everything => 0,
        };
        let cursor = ImapCursor { uid_validity: selected.uid_validity, last_uid };
        self.sink.advance(cursor).await?;
        self.cursor = Some(cursor);
        Ok(cursor)
    }

    async fn position_days_ago(
        &self,
        client: &mut Client,
        days: u32,
        newest: u32,
    ) -> Result<u32, FetchError> {
        let now = (self.settings.clock)();
        // One day more, because the server compares in its own time zone.
        let back = SignedDuration::from_hours(24 * (i64::from(days) + 1));
        let since = now.checked_sub(back).unwrap_or(Timestamp::UNIX_EPOCH);
        let date = since.to_zoned(TimeZone::UTC).strftime("%-d-%b-%Y").to_string();
        let first = client.first_uid_since(&date).await?;
        Ok(first.map_or(newest, |uid| uid.saturating_sub(1)))
    }

    async fn fetch_new(&mut self, client: &mut Client, cursor: &mut ImapCursor) -> Result<(), FetchError> {
        for (uid, size) in client.list_after(cursor.last_uid).await? {
            let next = ImapCursor { last_uid: uid, ..*cursor };
            if !self.fetch_one(client, next, size).await? {
                // The message is gone; the position moves with the next one that is there.
                *cursor = next;
                continue;
            }
            *cursor = next;
            self.cursor = Some(next);
            self.failing = None;
            if self.settings.mark_seen {
                client.mark_seen(uid).await?;
            }
        }
        if self.cursor != Some(*cursor) {
            self.sink.advance(*cursor).await?;
            self.cursor = Some(*cursor);
        }
        Ok(())
    }

    /// False when the message no longer exists.
    async fn fetch_one(
        &mut self,
        client: &mut Client,
        cursor: ImapCursor,
        size: u32,
    ) -> Result<bool, FetchError> {
        let uid = cursor.last_uid;
        let message = |raw, headers_only| FetchedMessage { cursor, uid, raw, headers_only, size };
        let attempts = match self.failing {
            Some((failing, attempts)) if failing == uid => attempts,
            _ => 0,
        };
        self.failing = Some((uid, attempts + 1));
        if attempts >= 2 * ATTEMPTS_BEFORE_QUARANTINE {
            let reason = "neither the message nor its header could be fetched".to_owned();
            self.sink.quarantine(message(Vec::new(), true), reason).await?;
            return Ok(true);
        }
        if attempts >= ATTEMPTS_BEFORE_QUARANTINE {
            let Some(header) = client.fetch(uid, FetchPart::Header, HEADER_BYTES).await? else {
                return Ok(false);
            };
            let reason = "the connection broke each time this message was fetched".to_owned();
            self.sink.quarantine(message(header, true), reason).await?;
            return Ok(true);
        }
        let limit = self.settings.max_message_bytes;
        let too_large = usize::try_from(size).unwrap_or(usize::MAX) > limit;
        let (part, limit) =
            if too_large { (FetchPart::Header, HEADER_BYTES) } else { (FetchPart::Whole, limit) };
        let Some(raw) = client.fetch(uid, part, limit).await? else { return Ok(false) };
        self.store(message(raw, too_large)).await?;
        Ok(true)
    }

    async fn store(&mut self, message: FetchedMessage) -> Result<(), SinkError> {
        let mut reason = String::new();
        for attempt in 0..ATTEMPTS_BEFORE_QUARANTINE {
            tokio::time::sleep(Duration::from_millis(100) * attempt).await;
            match self.sink.store(message.clone()).await {
                Ok(()) => return Ok(()),
                Err(SinkError::Permanent(cause)) => reason = cause,
                Err(error) => {
                    // The fault is not the message's, so it does not count against it.
                    self.failing = None;
                    return Err(error);
                }
            }
        }
        self.sink.quarantine(message, reason).await
    }
}

/// Doubles up to five minutes; half of it is spread by the seed.
fn backoff(failures: u32, seed: u64) -> Duration {
    let doubled =
        SHORTEST_BACKOFF.saturating_mul(1 << failures.saturating_sub(1).min(10)).min(LONGEST_BACKOFF);
    // A cheap mix of the bits (SplitMix64) is random enough to keep accounts apart.
    let mut mixed = seed.wrapping_add(u64::from(failures).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let fraction = (mixed >> 40) as f64 / (1_u64 << 24) as f64;
    doubled.mul_f64(0.5 + fraction / 2.0)
}

#[cfg(test)]
mod tests;
