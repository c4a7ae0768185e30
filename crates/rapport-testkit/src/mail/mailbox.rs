//! Reads a mailbox by IMAP, as the person who owns it would.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use async_imap::Session;
use futures_util::TryStreamExt;
use mail_parser::{Message, MessageParser};
use tokio::net::TcpStream;

const PATIENCE: Duration = Duration::from_secs(20);

/// The inbox of one user.
#[derive(Clone, Debug)]
pub struct Mailbox {
    server: SocketAddr,
    address: String,
    password: String,
}

impl Mailbox {
    /// `server` speaks IMAP without TLS.
    pub fn new(server: SocketAddr, address: &str, password: &str) -> Self {
        Self { server, address: address.to_owned(), password: password.to_owned() }
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    pub fn password(&self) -> &str {
        &self.password
    }

    /// All messages of the inbox, the oldest first. Reading does not mark them as seen.
    pub async fn messages(&self) -> Result<Vec<StoredMail>> {
        let mut session = self.log_in().await?;
        let messages = fetch_all(&mut session).await?;
        session.logout().await?;
        Ok(messages)
    }

    /// Waits for a message that `wanted` accepts; the error lists what has arrived instead.
    pub async fn wait_for(&self, wanted: impl Fn(&StoredMail) -> bool) -> Result<StoredMail> {
        let deadline = Instant::now() + PATIENCE;
        let mut session = self.log_in().await?;
        loop {
            let messages = fetch_all(&mut session).await?;
            let subjects: Vec<String> = messages.iter().filter_map(|mail| mail.header("Subject")).collect();
            if let Some(found) = messages.into_iter().find(&wanted) {
                session.logout().await?;
                return Ok(found);
            }
            if Instant::now() > deadline {
                bail!(
                    "not in the mailbox of {} after {PATIENCE:?}; subjects there: {subjects:?}",
                    self.address
                );
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            session.noop().await?;
        }
    }

    pub async fn wait_for_subject(&self, subject: &str) -> Result<StoredMail> {
        self.wait_for(|mail| mail.header("Subject").as_deref() == Some(subject))
            .await
            .with_context(|| format!("waiting for the subject {subject:?}"))
    }

    /// Puts a message into the inbox directly, without any delivery.
    pub async fn append(&self, raw: &[u8]) -> Result<()> {
        let mut session = self.log_in().await?;
        session.append("INBOX", None, None, raw).await?;
        session.logout().await?;
        Ok(())
    }

    /// The number that changes when the ids of all messages have become meaningless.
    pub async fn uid_validity(&self) -> Result<u32> {
        let mut session = self.log_in().await?;
        let mailbox = session.examine("INBOX").await?;
        session.logout().await?;
        mailbox.uid_validity.context("the IMAP server gave no UIDVALIDITY")
    }

    async fn log_in(&self) -> Result<Session<TcpStream>> {
        let stream = TcpStream::connect(self.server).await.context("connecting to the IMAP server")?;
        let mut client = async_imap::Client::new(stream);
        client.read_response().await?.context("the IMAP server closed the connection without a greeting")?;
        let mut session = client
            .login(&self.address, &self.password)
            .await
            .map_err(|(error, _)| anyhow!("logging in as {}: {error}", self.address))?;
        session.select("INBOX").await?;
        Ok(session)
    }
}

async fn fetch_all(session: &mut Session<TcpStream>) -> Result<Vec<StoredMail>> {
    // A sequence range over an empty mailbox is an error in IMAP, a range of UIDs is not.
    let fetched: Vec<_> = session.uid_fetch("1:*", "(UID FLAGS BODY.PEEK[])").await?.try_collect().await?;
    let mut messages = Vec::with_capacity(fetched.len());
    for item in &fetched {
        // Changed flags arrive as FETCH responses too, but without a body.
        let (Some(uid), Some(body)) = (item.uid, item.body()) else { continue };
        let seen = item.flags().any(|flag| flag == async_imap::types::Flag::Seen);
        messages.push(StoredMail { uid, seen, raw: body.to_vec() });
    }
    messages.sort_by_key(|mail| mail.uid);
    Ok(messages)
}

/// A message as it lies in a mailbox.
#[derive(Clone, Debug)]
pub struct StoredMail {
    pub uid: u32,
    pub seen: bool,
    pub raw: Vec<u8>,
}

impl StoredMail {
    /// The first header of this name, unfolded and trimmed, with encoded words left as they are.
    pub fn header(&self, name: &str) -> Option<String> {
        let message = self.parsed()?;
        let raw = message.header_raw(name)?;
        Some(raw.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// The text that a mail program would show, from the plain part or else from the HTML.
    pub fn text(&self) -> Option<String> {
        Some(self.parsed()?.body_text(0)?.into_owned())
    }

    pub fn html(&self) -> Option<String> {
        Some(self.parsed()?.body_html(0)?.into_owned())
    }

    pub fn parsed(&self) -> Option<Message<'_>> {
        MessageParser::default().parse(&self.raw)
    }
}
