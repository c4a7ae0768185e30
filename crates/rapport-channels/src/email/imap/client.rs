//! The few IMAP commands that fetching mail needs, over a connection that may be TLS.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tokio::io::{AsyncWriteExt, BufReader};

use super::error::ImapError;
use super::wire::{Response, Value, encode_mailbox, quote};
use crate::email::tls::{MailStream, connect_tls};
use crate::email::types::{Credentials, ServerSettings, TlsMode};
use crate::guard::{self, OutboundPolicy};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
const READ_TIMEOUT: Duration = Duration::from_secs(60);
const SMALL_LITERALS: usize = 64 * 1024;
/// A server that keeps talking without answering is not worth listening to.
const MAX_RESPONSES: usize = 2_000_000;

pub(super) struct Selected {
    pub uid_validity: u32,
    pub uid_next: Option<u32>,
}

pub(super) struct Client {
    stream: BufReader<MailStream>,
    next_tag: u32,
    capabilities: Vec<String>,
    /// The server has told of a message since the last listing began. It tells only once, with any command's answer.
    news: bool,
}

impl Client {
    /// Connects, protects the connection as configured and logs in. A token that is refused although it should be
    /// good is exchanged once.
    pub async fn open(server: &ServerSettings, policy: &OutboundPolicy) -> Result<Self, ImapError> {
        match Self::open_once(server, policy).await {
            Err(ImapError::LoginRefused(_))
                if matches!(server.credentials, Some(Credentials::AccessToken { .. })) =>
            {
                Self::open_once(server, policy).await
            }
            outcome => outcome,
        }
    }

    async fn open_once(server: &ServerSettings, policy: &OutboundPolicy) -> Result<Self, ImapError> {
        let socket = guard::connect(policy, &server.host, server.port, CONNECT_TIMEOUT).await?;
        let stream = match server.tls {
            TlsMode::Implicit => timed(connect_tls(socket, server)).await??,
            TlsMode::StartTls | TlsMode::None => MailStream::Plain(socket),
        };
        let mut client =
            Client { stream: BufReader::new(stream), next_tag: 1, capabilities: Vec::new(), news: false };
        let greeting = client.read(SMALL_LITERALS).await?;
        let text = greeting.untagged().ok_or(ImapError::Protocol("no greeting"))?;
        let preauthenticated = starts_with(text, "PREAUTH");
        if !preauthenticated && !starts_with(text, "OK") {
            return Err(ImapError::Bye(printable(text)));
        }
        if server.tls == TlsMode::StartTls {
            // A server that claims we are logged in already would keep the connection unprotected.
            if preauthenticated {
                return Err(ImapError::StartTlsMissing);
            }
            client = client.start_tls(server).await?;
        }
        client.read_capabilities().await?;
        if !preauthenticated && let Some(credentials) = &server.credentials {
            client.log_in(credentials).await?;
            client.read_capabilities().await?;
        }
        Ok(client)
    }

    pub fn has(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|known| known == capability)
    }

    async fn start_tls(mut self, server: &ServerSettings) -> Result<Self, ImapError> {
        self.read_capabilities().await?;
        if !self.has("STARTTLS") {
            return Err(ImapError::StartTlsMissing);
        }
        self.command("STARTTLS").await?;
        // Anything that was sent before the handshake was not protected by it.
        if !self.stream.buffer().is_empty() {
            return Err(ImapError::Protocol("text before the TLS handshake"));
        }
        let MailStream::Plain(socket) = self.stream.into_inner() else {
            return Err(ImapError::Protocol("TLS was on already"));
        };
        let stream = timed(connect_tls(socket, server)).await??;
        let stream = BufReader::new(stream);
        Ok(Client { stream, next_tag: self.next_tag, capabilities: Vec::new(), news: false })
    }

    async fn read_capabilities(&mut self) -> Result<(), ImapError> {
        self.capabilities.clear();
        for response in self.command("CAPABILITY").await? {
            if let Some(list) = response.untagged().filter(|text| starts_with(text, "CAPABILITY")) {
                self.capabilities =
                    list.split_whitespace().skip(1).take(200).map(str::to_ascii_uppercase).collect();
            }
        }
        Ok(())
    }

    async fn log_in(&mut self, credentials: &Credentials) -> Result<(), ImapError> {
        let result = match credentials {
            Credentials::AccessToken { username, tokens } if self.has("AUTH=XOAUTH2") => {
                let token = tokens.token().await?;
                let text = format!("user={username}\x01auth=Bearer {token}\x01\x01");
                let result = self.authenticate("XOAUTH2", &BASE64.encode(text)).await;
                if matches!(result, Err(ImapError::Refused(_))) {
                    tokens.forget(&token);
                }
                result
            }
            Credentials::AccessToken { .. } => return Err(ImapError::NoMechanism),
            Credentials::Password { username, password } if self.has("AUTH=PLAIN") => {
                let text = format!("\0{username}\0{password}");
                self.authenticate("PLAIN", &BASE64.encode(text)).await
            }
            Credentials::Password { username, password } => {
                if self.has("LOGINDISABLED") {
                    return Err(ImapError::NoMechanism);
                }
                let unusable =
                    || ImapError::LoginRefused("the user name or password holds line breaks".to_owned());
                let username = quote(username).ok_or_else(unusable)?;
                let password = quote(password).ok_or_else(unusable)?;
                self.command(&format!("LOGIN {username} {password}")).await.map(|_| ())
            }
        };
        match result {
            // A server that is only busy must not make anyone type a password again.
            Err(ImapError::Refused(reason)) if reason.contains("UNAVAILABLE") || reason.contains("INUSE") => {
                Err(ImapError::Refused(reason))
            }
            Err(ImapError::Refused(reason)) => Err(ImapError::LoginRefused(reason)),
            other => other,
        }
    }

    async fn authenticate(&mut self, mechanism: &str, initial: &str) -> Result<(), ImapError> {
        let tag = self.send(&format!("AUTHENTICATE {mechanism}")).await?;
        let mut answered = false;
        loop {
            let response = self.read(SMALL_LITERALS).await?;
            if response.is_continuation() {
                // A second challenge carries the reason of a refusal and wants an empty answer.
                self.write(if answered { "" } else { initial }).await?;
                answered = true;
            } else if let Some(result) = finished(&response, &tag) {
                return result;
            }
        }
    }

    pub async fn select(&mut self, mailbox: &str) -> Result<Selected, ImapError> {
        let name = quote(&encode_mailbox(mailbox))
            .ok_or(ImapError::Protocol("the mailbox name holds line breaks"))?;
        let mut uid_validity = None;
        let mut uid_next = None;
        for response in self.command(&format!("SELECT {name}")).await? {
            let text = response.text();
            uid_validity = uid_validity.or_else(|| status_number(text, "[UIDVALIDITY "));
            uid_next = uid_next.or_else(|| status_number(text, "[UIDNEXT "));
        }
        let uid_validity = uid_validity.ok_or(ImapError::Protocol("the mailbox has no UIDVALIDITY"))?;
        Ok(Selected { uid_validity, uid_next })
    }

    /// Identifier and announced size of every message above `last_uid`, ascending.
    pub async fn list_after(&mut self, last_uid: u32) -> Result<Vec<(u32, u32)>, ImapError> {
        self.news = false;
        let Some(first) = last_uid.checked_add(1) else { return Ok(Vec::new()) };
        let mut found = self.fetch_numbers(&format!("UID FETCH {first}:* (UID RFC822.SIZE)")).await?;
        // `n:*` returns the last message even when its identifier is below n.
        found.retain(|(uid, _)| *uid > last_uid);
        found.sort_unstable();
        found.dedup_by_key(|(uid, _)| *uid);
        Ok(found)
    }

    /// The highest identifier in the mailbox, for servers that do not announce the next one.
    pub async fn highest_uid(&mut self) -> Result<u32, ImapError> {
        let found = self.fetch_numbers("UID FETCH * (UID RFC822.SIZE)").await;
        match found {
            Ok(found) => Ok(found.into_iter().map(|(uid, _)| uid).max().unwrap_or(0)),
            // Some servers refuse `*` in an empty mailbox.
            Err(ImapError::Refused(_)) => Ok(0),
            Err(error) => Err(error),
        }
    }

    async fn fetch_numbers(&mut self, command: &str) -> Result<Vec<(u32, u32)>, ImapError> {
        let tag = self.send(command).await?;
        let mut found = Vec::new();
        for _ in 0..MAX_RESPONSES {
            let response = self.read(SMALL_LITERALS).await?;
            if let Some(result) = finished(&response, &tag) {
                return result.map(|()| found);
            }
            if let Some(attributes) = response.into_fetch() {
                let number = |name: &str| {
                    attributes.iter().find(|(key, _)| key == name).and_then(|(_, v)| v.as_number())
                };
                if let Some(uid) = number("UID") {
                    found.push((uid, number("RFC822.SIZE").unwrap_or(0)));
                }
            }
        }
        Err(ImapError::Protocol("an endless answer"))
    }

    /// The lowest identifier of messages that arrived on `date` or later, such as `3-Mar-2025`.
    pub async fn first_uid_since(&mut self, date: &str) -> Result<Option<u32>, ImapError> {
        let mut lowest: Option<u32> = None;
        for response in self.command(&format!("UID SEARCH SINCE {date}")).await? {
            let Some(list) = response.untagged().filter(|text| starts_with(text, "SEARCH")) else { continue };
            let found = list.split_whitespace().skip(1).filter_map(|number| number.parse().ok()).min();
            lowest = [lowest, found].into_iter().flatten().min();
        }
        Ok(lowest)
    }

    /// The message, or only its header; `None` when it is gone.
    pub async fn fetch(
        &mut self,
        uid: u32,
        part: FetchPart,
        max_bytes: usize,
    ) -> Result<Option<Vec<u8>>, ImapError> {
        let section = match part {
            FetchPart::Whole => "BODY.PEEK[]",
            FetchPart::Header => "BODY.PEEK[HEADER]",
        };
        let tag = self.send(&format!("UID FETCH {uid} (UID {section})")).await?;
        let mut content = None;
        for _ in 0..MAX_RESPONSES {
            let response = self.read(max_bytes.saturating_add(SMALL_LITERALS)).await?;
            if let Some(result) = finished(&response, &tag) {
                return result.map(|()| content);
            }
            let Some(attributes) = response.into_fetch() else { continue };
            let belongs =
                attributes.iter().any(|(name, value)| name == "UID" && value.as_number() == Some(uid));
            let body = attributes.into_iter().find(|(name, _)| name.starts_with("BODY["));
            if belongs && content.is_none() {
                content = body.and_then(|(_, value): (String, Value)| value.into_bytes());
            }
        }
        Err(ImapError::Protocol("an endless answer"))
    }

    pub async fn mark_seen(&mut self, uid: u32) -> Result<(), ImapError> {
        match self.command(&format!("UID STORE {uid} +FLAGS.SILENT (\\Seen)")).await {
            // A read-only mailbox is no reason to stop.
            Ok(_) | Err(ImapError::Refused(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    pub async fn noop(&mut self) -> Result<(), ImapError> {
        self.command("NOOP").await.map(|_| ())
    }

    /// Waits until the server tells of a new message, or for `limit`. Does not wait when it has told already.
    pub async fn idle(&mut self, limit: Duration) -> Result<(), ImapError> {
        if self.news {
            return Ok(());
        }
        let tag = self.send("IDLE").await?;
        loop {
            let response = self.read(SMALL_LITERALS).await?;
            if response.is_continuation() {
                break;
            }
            if let Some(result) = finished(&response, &tag) {
                return result;
            }
        }
        // Cancelled reads lose nothing that matters: the next listing sees every message.
        let news = async {
            while !self.news {
                self.read_within(SMALL_LITERALS, limit + READ_TIMEOUT).await?;
            }
            Ok::<(), ImapError>(())
        };
        if let Ok(result) = tokio::time::timeout(limit, news).await {
            result?;
        }
        self.write("DONE").await?;
        self.read_until_finished(&tag).await.map(|_| ())
    }

    pub async fn log_out(&mut self) {
        let _ = tokio::time::timeout(Duration::from_secs(2), self.write("A0 LOGOUT")).await;
        let _ = tokio::time::timeout(Duration::from_secs(2), self.stream.get_mut().shutdown()).await;
    }

    /// Sends a command and collects its untagged responses.
    async fn command(&mut self, text: &str) -> Result<Vec<Response>, ImapError> {
        let tag = self.send(text).await?;
        self.read_until_finished(&tag).await
    }

    async fn read_until_finished(&mut self, tag: &str) -> Result<Vec<Response>, ImapError> {
        let mut responses = Vec::new();
        for _ in 0..10_000 {
            let response = self.read(SMALL_LITERALS).await?;
            if let Some(result) = finished(&response, tag) {
                return result.map(|()| responses);
            }
            responses.push(response);
        }
        Err(ImapError::Protocol("an endless answer"))
    }

    async fn read(&mut self, max_literal_bytes: usize) -> Result<Response, ImapError> {
        self.read_within(max_literal_bytes, READ_TIMEOUT).await
    }

    async fn read_within(
        &mut self,
        max_literal_bytes: usize,
        patience: Duration,
    ) -> Result<Response, ImapError> {
        let response = Response::read(&mut self.stream, max_literal_bytes, patience).await?;
        check_bye(&response)?;
        self.news |= response
            .numbered()
            .is_some_and(|(_, word)| matches!(word.to_ascii_uppercase().as_str(), "EXISTS" | "RECENT"));
        Ok(response)
    }

    async fn send(&mut self, text: &str) -> Result<String, ImapError> {
        let tag = format!("R{}", self.next_tag);
        self.next_tag = self.next_tag.wrapping_add(1);
        self.write(&format!("{tag} {text}")).await?;
        Ok(tag)
    }

    async fn write(&mut self, line: &str) -> Result<(), ImapError> {
        let stream = self.stream.get_mut();
        let write = async {
            stream.write_all(format!("{line}\r\n").as_bytes()).await?;
            stream.flush().await
        };
        timed(write).await?.map_err(|_| ImapError::Cut)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FetchPart {
    Whole,
    Header,
}

async fn timed<F: Future>(future: F) -> Result<F::Output, ImapError> {
    tokio::time::timeout(READ_TIMEOUT, future).await.map_err(|_| ImapError::TimedOut)
}

/// The result of the command with this tag, when the response is its last one.
fn finished(response: &Response, tag: &str) -> Option<Result<(), ImapError>> {
    let rest = response.text().strip_prefix(tag)?.strip_prefix(' ')?;
    Some(if starts_with(rest, "OK") { Ok(()) } else { Err(ImapError::Refused(printable(rest))) })
}

fn check_bye(response: &Response) -> Result<(), ImapError> {
    match response.untagged() {
        Some(text) if starts_with(text, "BYE") => Err(ImapError::Bye(printable(text))),
        _ => Ok(()),
    }
}

fn starts_with(text: &str, word: &str) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

fn status_number(text: &str, marker: &str) -> Option<u32> {
    let upper = text.to_ascii_uppercase();
    let start = upper.find(marker)? + marker.len();
    upper[start..].split(']').next()?.trim().parse().ok()
}

fn printable(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(300).collect()
}
