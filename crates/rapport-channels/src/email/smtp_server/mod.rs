//! A listener that takes in mail over SMTP (RFC 5321) or LMTP (RFC 2033) for addresses that the
//! receiver knows. It never relays, and says 250 only after the receiver has stored the message.

mod command;
mod data;
mod memory;
mod session;
mod transfer;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::types::ReceivedEnvelope;
pub use crate::email::tls::{GeneratedCertificate, ServerTls};
use memory::Memory;
use session::Session;

/// Decides about recipients and stores messages.
pub trait MailReceiver: Send + Sync + 'static {
    /// Asked for every RCPT, with the address as given and its domain in lower case.
    fn accepts(&self, recipient: &str) -> impl Future<Output = RecipientVerdict> + Send;

    /// Returns when the message is stored or refused: one verdict per recipient, in their order.
    fn deliver(
        &self,
        envelope: ReceivedEnvelope,
        message: Bytes,
    ) -> impl Future<Output = Vec<DeliveryVerdict>> + Send;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecipientVerdict {
    Accept,
    Unknown,
    TemporaryFailure,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryVerdict {
    Accept,
    TemporaryFailure(String),
    Reject(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Smtp,
    Lmtp,
}

#[derive(Clone)]
pub struct SmtpServerSettings {
    pub host_name: String,
    pub protocol: Protocol,
    /// Offers STARTTLS when present.
    pub tls: Option<ServerTls>,
    pub limits: SmtpLimits,
}

#[derive(Debug, Clone, Copy)]
pub struct SmtpLimits {
    pub message_bytes: usize,
    /// Of all messages under way together. One peer may use a quarter, or as much as one message may have.
    pub memory_bytes: usize,
    pub recipients: usize,
    pub connections: usize,
    pub connections_per_address: usize,
    pub messages_per_connection: usize,
    /// Refused or unknown commands before the connection is closed.
    pub errors: usize,
    pub command_timeout: Duration,
    pub data_timeout: Duration,
    pub session_timeout: Duration,
    /// How long open connections may take to end after shutdown began.
    pub shutdown_grace: Duration,
}

impl Default for SmtpLimits {
    fn default() -> Self {
        Self {
            message_bytes: 50 * 1024 * 1024,
            memory_bytes: 128 * 1024 * 1024,
            recipients: 100,
            connections: 200,
            connections_per_address: 20,
            messages_per_connection: 100,
            errors: 10,
            command_timeout: Duration::from_secs(120),
            data_timeout: Duration::from_secs(300),
            session_timeout: Duration::from_secs(1_800),
            shutdown_grace: Duration::from_secs(10),
        }
    }
}

/// Serves until `shutdown` turns true, then tells open connections goodbye and waits for them.
pub async fn serve<R: MailReceiver>(
    listener: TcpListener,
    settings: SmtpServerSettings,
    receiver: Arc<R>,
    mut shutdown: watch::Receiver<bool>,
) {
    let settings = Arc::new(settings);
    let memory = Memory::new(settings.limits.memory_bytes, settings.limits.message_bytes);
    let counters = Arc::new(ConnectionCounters::default());
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shut_down(&mut shutdown) => break,
            Some(ended) = connections.join_next(), if !connections.is_empty() => {
                if let Err(error) = ended && error.is_panic() {
                    tracing::error!("a mail connection ended with a panic");
                }
                continue;
            }
        };
        match accepted {
            Ok((stream, peer)) => {
                let Some(slot) = counters.clone().enter(network_of(peer.ip()), &settings.limits) else {
                    connections.spawn(turn_away(stream));
                    continue;
                };
                let memory = match settings.protocol {
                    Protocol::Smtp => memory.of_peer(network_of(peer.ip())),
                    // The one mail server on this machine brings everybody's mail.
                    Protocol::Lmtp => memory.of_trusted_peer(),
                };
                let session =
                    Session::new(settings.clone(), receiver.clone(), memory, peer.ip(), shutdown.clone());
                connections.spawn(async move {
                    session.run(stream).await;
                    drop(slot);
                });
            }
            Err(error) => {
                // Out of file descriptors, mostly; trying again at once would only burn the processor.
                tracing::warn!(%error, "a mail connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
    drop(listener);
    let drain = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(settings.limits.shutdown_grace, drain).await.is_err() {
        connections.shutdown().await;
    }
}

/// Resolves when shutdown is asked for, or when nobody is left who could ask.
pub(super) async fn shut_down(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|stop| *stop).await;
}

/// One customer of a provider has a whole /64 of IPv6 addresses, which count as one.
fn network_of(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
    }
}

async fn turn_away(mut stream: TcpStream) {
    let farewell = async {
        let _ = stream.write_all(b"421 4.7.0 too many connections, try again later\r\n").await;
        let _ = stream.shutdown().await;
    };
    let _ = tokio::time::timeout(Duration::from_secs(5), farewell).await;
}

#[derive(Default)]
struct ConnectionCounters {
    open: Mutex<HashMap<IpAddr, usize>>,
}

/// Counts one open connection for as long as it lives.
struct ConnectionSlot {
    counters: Arc<ConnectionCounters>,
    peer: IpAddr,
}

impl ConnectionCounters {
    fn enter(self: Arc<Self>, peer: IpAddr, limits: &SmtpLimits) -> Option<ConnectionSlot> {
        {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            let total: usize = open.values().sum();
            let from_peer = open.get(&peer).copied().unwrap_or(0);
            if total >= limits.connections || from_peer >= limits.connections_per_address {
                return None;
            }
            open.insert(peer, from_peer + 1);
        }
        Some(ConnectionSlot { counters: self, peer })
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        let mut open = self.counters.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.peer);
            }
        }
    }
}

#[cfg(test)]
mod tests;
