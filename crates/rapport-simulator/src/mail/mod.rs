//! The customers' mail provider: takes mail in by SMTP, keeps mailboxes, sends what customers write.

mod archive;
mod bounce;
mod compose;
mod mailbox;
mod script;
mod session;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use rapport_channels::email::{
    self, DeliveryError, Envelope, ServerSettings, SubmitSettings, SubmitTimeouts, TlsMode,
};
use rapport_channels::guard::OutboundPolicy;
use rapport_domain::clock::random_bytes;
use rapport_domain::{Clock, Entropy, Timestamp};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use archive::Archive;
pub use compose::{ComposeError, CustomerFile, CustomerMail, compose, reply_to, wire_date};
pub use mailbox::{Mail, MailSide, Mailboxes};
pub use script::Behaviour;

/// What a provider is started with.
pub struct ProviderSettings {
    pub host_name: String,
    /// Mail for these domains is taken in, all else is refused. A leading dot takes every domain below.
    pub domains: Vec<String>,
    /// Where customers' mail is delivered: the listener under test.
    pub destination: SocketAddr,
    /// How long a greylisted sender is put off.
    pub greylist_seconds: i64,
    /// How long the slow mailbox takes to answer.
    pub slow_reply: Duration,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
}

/// Cheap to clone; all clones are one provider.
#[derive(Clone)]
pub struct MailProvider(Arc<Inner>);

struct Inner {
    settings: ProviderSettings,
    state: Mutex<State>,
    changes: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    mailboxes: Mailboxes,
    greylist: script::Greylist,
    /// Where the mailboxes outlive the process; without it they are in memory only.
    archive: Option<Archive>,
}

/// Why a customer's mail did not leave.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    #[error(transparent)]
    Compose(#[from] ComposeError),
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
}

impl MailProvider {
    pub fn new(settings: ProviderSettings) -> Self {
        Self(Arc::new(Inner { settings, state: Mutex::default(), changes: watch::Sender::new(0) }))
    }

    /// Reads the mailboxes that an earlier process kept in this folder, and keeps them there from now on.
    pub fn keep_in(&self, folder: &Path) -> std::io::Result<()> {
        let archive = Archive::open(folder)?;
        let mut state = self.state();
        for (address, mail) in archive.read()? {
            for id in state.mailboxes.put(&address, Arc::new(mail)) {
                archive.remove(id);
            }
        }
        let last_id = state.mailboxes.last_id();
        state.archive = Some(archive);
        // A page that was open meanwhile must not take a count of this process for one of the last.
        self.0.changes.send_modify(|count| *count = last_id);
        Ok(())
    }

    /// Takes mail in until `shutdown` turns true.
    pub async fn serve(self, listener: TcpListener, mut shutdown: watch::Receiver<bool>) {
        let mut sessions = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        sessions.spawn(session::converse(self.clone(), stream));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the simulated mail provider cannot accept a connection");
                        tokio::time::sleep(Duration::from_millis(200)).await;
                    }
                },
                Some(_) = sessions.join_next(), if !sessions.is_empty() => {}
                () = stopped(&mut shutdown) => return,
            }
        }
    }

    /// Sends what a customer wrote and keeps it among their sent mail. Returns its Message-ID without brackets.
    pub async fn send(&self, mail: &CustomerMail) -> Result<String, SendError> {
        let message_id = self.new_message_id(&mail.from.address);
        let raw = compose(mail, &message_id, self.now())?;
        let recipients = mail.to.iter().chain(&mail.cc).map(|recipient| recipient.address.clone()).collect();
        let envelope = Envelope { sender: Some(mail.from.address.clone()), recipients };
        self.submit(&envelope, &raw).await?;
        self.keep_sent(&mail.from.address, Bytes::from(raw));
        Ok(message_id)
    }

    /// Puts a mail among those that the owner of this address has sent, as if it had been sent before.
    pub fn keep_sent(&self, owner: &str, raw: Bytes) {
        self.keep(owner, MailSide::Sent, raw);
    }

    /// The mail of an address, oldest first.
    pub fn mailbox(&self, address: &str) -> Vec<Arc<Mail>> {
        self.state().mailboxes.list(address)
    }

    pub fn find(&self, address: &str, id: u64) -> Option<Arc<Mail>> {
        self.state().mailboxes.find(address, id)
    }

    /// Every address that has mail, the most recently used first.
    pub fn addresses(&self) -> Vec<String> {
        self.state().mailboxes.addresses()
    }

    /// Counts up with every mail that is kept.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    /// An id that no other mail has, without brackets.
    pub fn new_message_id(&self, sender: &str) -> String {
        let bytes: [u8; 12] = random_bytes(self.0.settings.entropy.as_ref());
        let random: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let domain = email::domain_of(sender).unwrap_or_else(|| "customers.example".to_owned());
        format!("{random}@{domain}")
    }

    fn now(&self) -> Timestamp {
        self.0.settings.clock.now()
    }

    fn settings(&self) -> &ProviderSettings {
        &self.0.settings
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, owner: &str, side: MailSide, raw: Bytes) {
        let at = self.now();
        let mail = Mail::new(side, raw, at);
        {
            let mut state = self.state();
            let (mail, dropped) = state.mailboxes.keep(owner, mail);
            if let Some(archive) = &state.archive {
                archive.write(owner, &mail);
                dropped.into_iter().for_each(|id| archive.remove(id));
            }
        }
        self.0.changes.send_modify(|count| *count += 1);
    }

    async fn submit(&self, envelope: &Envelope, raw: &[u8]) -> Result<(), DeliveryError> {
        let destination = self.0.settings.destination;
        let settings = SubmitSettings {
            server: ServerSettings {
                host: destination.ip().to_string(),
                port: destination.port(),
                tls: TlsMode::None,
                verify_certificates: true,
                additional_roots_pem: None,
                credentials: None,
            },
            helo_name: self.0.settings.host_name.clone(),
            timeouts: SubmitTimeouts::default(),
        };
        // The one place that the provider may reach is the listener it was told.
        let only_there = format!("{}:{}", bracketed(destination), destination.port());
        let allow = only_there.parse().into_iter().collect();
        email::submit(&settings, envelope, raw, &OutboundPolicy { allow }).await.map(drop)
    }
}

/// Resolves when stopping is asked for, or when nobody is left who could ask.
async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|stop| *stop).await;
}

fn bracketed(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(address) => address.ip().to_string(),
        SocketAddr::V6(address) => format!("[{}]", address.ip()),
    }
}

#[cfg(test)]
mod tests;
