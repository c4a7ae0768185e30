//! The fetch loop as it is run here, and what it tells of.

use std::net::SocketAddr;

use tokio::sync::mpsc;

use super::super::*;
use crate::email::types::{Credentials, TlsMode};

#[derive(Debug, PartialEq)]
pub(super) enum Seen {
    Stored { uid: u32, raw: String, headers_only: bool },
    Quarantined { uid: u32, raw: String },
    Advanced(u32, u32),
    Connected,
    Disconnected { needs_reauthorisation: bool },
}

pub(super) struct Sink {
    events: mpsc::UnboundedSender<Seen>,
    /// Answers of the next calls of `store`, last one first.
    failures: Vec<SinkError>,
}

impl ImapSink for Sink {
    async fn store(&mut self, message: FetchedMessage) -> Result<(), SinkError> {
        if let Some(failure) = self.failures.pop() {
            return Err(failure);
        }
        assert_eq!(message.cursor.last_uid, message.uid);
        let raw = String::from_utf8(message.raw).unwrap();
        let _ = self.events.send(Seen::Stored { uid: message.uid, raw, headers_only: message.headers_only });
        Ok(())
    }

    async fn quarantine(&mut self, message: FetchedMessage, _reason: String) -> Result<(), SinkError> {
        let raw = String::from_utf8(message.raw).unwrap();
        let _ = self.events.send(Seen::Quarantined { uid: message.uid, raw });
        Ok(())
    }

    async fn advance(&mut self, cursor: ImapCursor) -> Result<(), SinkError> {
        let _ = self.events.send(Seen::Advanced(cursor.uid_validity, cursor.last_uid));
        Ok(())
    }

    async fn status(&mut self, status: ImapStatus) {
        let _ = self.events.send(match status {
            ImapStatus::Connected => Seen::Connected,
            ImapStatus::Disconnected { needs_reauthorisation, .. } => {
                Seen::Disconnected { needs_reauthorisation }
            }
        });
    }
}

pub(super) fn settings(address: SocketAddr) -> ImapSettings {
    ImapSettings {
        server: ServerSettings {
            host: address.ip().to_string(),
            port: address.port(),
            tls: TlsMode::None,
            verify_certificates: true,
            additional_roots_pem: None,
            credentials: Some(Credentials::Password { username: "us\"er".into(), password: "pass".into() }),
        },
        mailbox: "INBOX".into(),
        first_sync: FirstSync::Everything,
        mark_seen: false,
        max_message_bytes: 1_000,
        poll_interval: Duration::from_millis(20),
        resync_days: 6,
        jitter_seed: 7,
        clock: Arc::new(|| Timestamp::UNIX_EPOCH),
    }
}

pub(super) struct Run {
    events: mpsc::UnboundedReceiver<Seen>,
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl Run {
    pub(super) fn start(
        settings: ImapSettings,
        cursor: Option<ImapCursor>,
        failures: Vec<SinkError>,
    ) -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        let (stop, stopped) = watch::channel(false);
        let policy = OutboundPolicy { allow: vec!["127.0.0.1".parse().unwrap()] };
        let task = tokio::spawn(run(settings, cursor, Sink { events: sender, failures }, policy, stopped));
        Self { events, stop, task }
    }

    pub(super) async fn next(&mut self) -> Seen {
        tokio::time::timeout(Duration::from_secs(60), self.events.recv()).await.unwrap().unwrap()
    }

    /// The next event that is not about the connection.
    pub(super) async fn next_message(&mut self) -> Seen {
        loop {
            match self.next().await {
                Seen::Connected | Seen::Disconnected { .. } => {}
                seen => return seen,
            }
        }
    }

    pub(super) async fn stop(self) {
        self.stop.send(true).unwrap();
        tokio::time::timeout(Duration::from_secs(5), self.task).await.unwrap().unwrap();
    }
}

pub(super) fn stored(uid: u32) -> Seen {
    Seen::Stored { uid, raw: format!("Subject: {uid}\r\n\r\nbody {uid}"), headers_only: false }
}
