//! Submission over SMTP (RFC 5321, RFC 4954) that knows exactly how far it came.
//! A connection cut after the final dot may or may not have delivered: that is its own outcome.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

use super::delivery::{
    DeliveryError, RefusedRecipient, Reply, SmtpFailure, SubmitReceipt, SubmitSettings, classify,
};
use super::wire::{dot_stuffed, header_of, queue_id};
use crate::email::address::wire_address;
use crate::email::tls::{MailStream, connect_tls};
use crate::email::types::{Credentials, Envelope, TlsMode};
use crate::guard::{self, OutboundPolicy};

const MAX_REPLY_LINE_BYTES: u64 = 4_096;
const MAX_REPLY_LINES: usize = 100;

/// Hands a composed message to the account's server.
pub async fn submit(
    settings: &SubmitSettings,
    envelope: &Envelope,
    message: &[u8],
    policy: &OutboundPolicy,
) -> Result<SubmitReceipt, DeliveryError> {
    let attempt = async {
        let mut session = Session::open(settings, policy).await?;
        let receipt = session.transfer(envelope, message).await?;
        session.quit().await;
        Ok(receipt)
    };
    attempt.await.map_err(classify)
}

/// Connects and logs in without sending anything.
pub(crate) async fn check_submission(
    settings: &SubmitSettings,
    policy: &OutboundPolicy,
) -> Result<(), SmtpFailure> {
    let mut session = Session::open(settings, policy).await?;
    session.quit().await;
    Ok(())
}

struct Session<'a> {
    stream: BufReader<MailStream>,
    settings: &'a SubmitSettings,
    capabilities: Vec<String>,
}

impl<'a> Session<'a> {
    /// A token that is refused although it should be good is exchanged once.
    async fn open(settings: &'a SubmitSettings, policy: &OutboundPolicy) -> Result<Session<'a>, SmtpFailure> {
        match Self::open_once(settings, policy).await {
            Err(SmtpFailure::LoginRefused(_))
                if matches!(settings.server.credentials, Some(Credentials::AccessToken { .. })) =>
            {
                Self::open_once(settings, policy).await
            }
            outcome => outcome,
        }
    }

    async fn open_once(
        settings: &'a SubmitSettings,
        policy: &OutboundPolicy,
    ) -> Result<Session<'a>, SmtpFailure> {
        let server = &settings.server;
        let socket = guard::connect(policy, &server.host, server.port, settings.timeouts.connect)
            .await
            .map_err(SmtpFailure::Guard)?;
        let stream = match server.tls {
            TlsMode::Implicit => within(settings.timeouts.connect, connect_tls(socket, server))
                .await?
                .map_err(SmtpFailure::Tls)?,
            TlsMode::StartTls | TlsMode::None => MailStream::Plain(socket),
        };
        let mut session = Session { stream: BufReader::new(stream), settings, capabilities: Vec::new() };
        session.expect_positive().await?;
        session.greet().await?;
        if server.tls == TlsMode::StartTls {
            session = session.start_tls().await?;
            session.greet().await?;
        }
        session.log_in().await?;
        Ok(session)
    }

    async fn greet(&mut self) -> Result<(), SmtpFailure> {
        let name: String = self
            .settings
            .helo_name
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || ".-[]:".contains(*c))
            .collect();
        let name = if name.is_empty() { "localhost" } else { &name };
        let reply = self.command(&format!("EHLO {name}")).await?;
        if reply.is_positive() {
            self.capabilities = reply.lines.iter().skip(1).map(|line| line.to_ascii_uppercase()).collect();
            return Ok(());
        }
        self.capabilities.clear();
        self.command_ok(&format!("HELO {name}")).await.map(|_| ())
    }

    fn has(&self, keyword: &str) -> bool {
        self.capabilities.iter().any(|line| line.split([' ', '=']).next() == Some(keyword))
    }

    async fn start_tls(mut self) -> Result<Session<'a>, SmtpFailure> {
        if !self.has("STARTTLS") {
            return Err(SmtpFailure::StartTlsMissing);
        }
        self.command_ok("STARTTLS").await?;
        // Anything that was sent before the handshake was not protected by it.
        if !self.stream.buffer().is_empty() {
            return Err(SmtpFailure::Protocol("text before the TLS handshake"));
        }
        let MailStream::Plain(socket) = self.stream.into_inner() else {
            return Err(SmtpFailure::Protocol("TLS was on already"));
        };
        let connect = connect_tls(socket, &self.settings.server);
        let stream = within(self.settings.timeouts.connect, connect).await?.map_err(SmtpFailure::Tls)?;
        Ok(Session { stream: BufReader::new(stream), settings: self.settings, capabilities: Vec::new() })
    }

    async fn log_in(&mut self) -> Result<(), SmtpFailure> {
        let Some(credentials) = &self.settings.server.credentials else { return Ok(()) };
        let mechanisms: Vec<String> = self
            .capabilities
            .iter()
            .filter_map(|line| line.strip_prefix("AUTH").and_then(|rest| rest.strip_prefix([' ', '='])))
            .flat_map(|rest| rest.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
            .collect();
        let offers = |name: &str| mechanisms.iter().any(|mechanism| mechanism == name);
        let reply = match credentials {
            Credentials::AccessToken { username, tokens } if offers("XOAUTH2") => {
                let token = tokens.token().await.map_err(SmtpFailure::Token)?;
                let text = format!("user={username}\x01auth=Bearer {token}\x01\x01");
                let reply = self.command(&format!("AUTH XOAUTH2 {}", BASE64.encode(text))).await?;
                // The server explains the refusal in a challenge that must be answered first.
                let reply = if reply.code == 334 { self.command("").await? } else { reply };
                if reply.code >= 500 {
                    tokens.forget(&token);
                }
                reply
            }
            Credentials::Password { username, password } if offers("PLAIN") => {
                let text = format!("\0{username}\0{password}");
                self.command(&format!("AUTH PLAIN {}", BASE64.encode(text))).await?
            }
            Credentials::Password { username, password } if offers("LOGIN") => {
                let mut reply = self.command("AUTH LOGIN").await?;
                for answer in [username, password] {
                    if reply.code != 334 {
                        break;
                    }
                    reply = self.command(&BASE64.encode(answer)).await?;
                }
                reply
            }
            _ => return Err(SmtpFailure::NoMechanism),
        };
        if reply.code == 235 { Ok(()) } else { Err(SmtpFailure::LoginRefused(reply)) }
    }

    async fn transfer(&mut self, envelope: &Envelope, message: &[u8]) -> Result<SubmitReceipt, SmtpFailure> {
        let sender = match envelope.sender.as_deref() {
            Some(sender) if !sender.is_empty() => on_the_wire(sender)?,
            _ => String::new(),
        };
        let recipients = envelope
            .recipients
            .iter()
            .map(|address| on_the_wire(address))
            .collect::<Result<Vec<String>, SmtpFailure>>()?;
        let beyond_ascii = recipients.iter().chain([&sender]).find(|address| !address.is_ascii());
        let international = beyond_ascii.is_some() || !header_of(message).is_ascii();
        if international && !self.has("SMTPUTF8") {
            return Err(SmtpFailure::NotInternational(beyond_ascii.cloned()));
        }
        self.send_envelope(&sender, message, international).await?;
        let mut refused = Vec::new();
        for (address, wire) in envelope.recipients.iter().zip(&recipients) {
            let reply = self.command(&format!("RCPT TO:<{wire}>")).await?;
            if reply.code == 421 {
                return Err(SmtpFailure::Refused(reply));
            }
            if !reply.is_positive() {
                refused.push(RefusedRecipient {
                    address: address.clone(),
                    code: reply.code,
                    enhanced: reply.enhanced(),
                    reason: reply.text(),
                    permanent: reply.code >= 500,
                });
            }
        }
        if refused.len() == envelope.recipients.len() {
            return Err(SmtpFailure::AllRecipientsRefused(refused));
        }
        let reply = self.command("DATA").await?;
        if reply.code != 354 {
            return Err(SmtpFailure::Refused(reply));
        }
        let reply = self.send_data(message).await?;
        if !reply.is_positive() {
            return Err(SmtpFailure::Refused(reply));
        }
        let response = reply.text();
        Ok(SubmitReceipt { remote_id: queue_id(&response), response, refused })
    }

    async fn send_envelope(
        &mut self,
        sender: &str,
        message: &[u8],
        international: bool,
    ) -> Result<(), SmtpFailure> {
        let limit = self
            .capabilities
            .iter()
            .find_map(|line| line.strip_prefix("SIZE ")?.trim().parse::<usize>().ok());
        if let Some(limit) = limit.filter(|limit| *limit > 0 && *limit < message.len()) {
            return Err(SmtpFailure::TooLarge { limit });
        }
        let mut command = format!("MAIL FROM:<{sender}>");
        if self.has("SIZE") {
            command.push_str(&format!(" SIZE={}", message.len()));
        }
        if self.has("8BITMIME") && !message.is_ascii() {
            command.push_str(" BODY=8BITMIME");
        }
        if international {
            command.push_str(" SMTPUTF8");
        }
        self.command_ok(&command).await.map(|_| ())
    }

    /// Everything before the final dot can fail without doubt; from the dot on, silence is doubt.
    async fn send_data(&mut self, message: &[u8]) -> Result<Reply, SmtpFailure> {
        let stuffed = dot_stuffed(message);
        for chunk in stuffed.chunks(64 * 1024) {
            let write = self.stream.get_mut().write_all(chunk);
            within(self.settings.timeouts.command, write).await?.map_err(|_| SmtpFailure::Cut)?;
        }
        let flush = self.stream.get_mut().flush();
        within(self.settings.timeouts.command, flush).await?.map_err(|_| SmtpFailure::Cut)?;
        let limit = self.settings.timeouts.completion;
        let finish = async {
            let stream = self.stream.get_mut();
            stream.write_all(b".\r\n").await.map_err(|_| SmtpFailure::Cut)?;
            stream.flush().await.map_err(|_| SmtpFailure::Cut)?;
            self.read_reply().await
        };
        match tokio::time::timeout(limit, finish).await {
            Err(_) => Err(SmtpFailure::CutAfterData("the server did not confirm in time")),
            Ok(Err(SmtpFailure::Cut)) => {
                Err(SmtpFailure::CutAfterData("the connection was closed before the confirmation"))
            }
            Ok(Err(_)) => Err(SmtpFailure::CutAfterData("the confirmation was not understood")),
            Ok(Ok(reply)) => Ok(reply),
        }
    }

    async fn command_ok(&mut self, line: &str) -> Result<Reply, SmtpFailure> {
        let reply = self.command(line).await?;
        if reply.is_positive() { Ok(reply) } else { Err(SmtpFailure::Refused(reply)) }
    }

    async fn expect_positive(&mut self) -> Result<(), SmtpFailure> {
        let reply = within(self.settings.timeouts.command, self.read_reply()).await??;
        if reply.is_positive() { Ok(()) } else { Err(SmtpFailure::Refused(reply)) }
    }

    async fn command(&mut self, line: &str) -> Result<Reply, SmtpFailure> {
        let limit = self.settings.timeouts.command;
        let exchange = async {
            let stream = self.stream.get_mut();
            stream.write_all(format!("{line}\r\n").as_bytes()).await.map_err(|_| SmtpFailure::Cut)?;
            stream.flush().await.map_err(|_| SmtpFailure::Cut)?;
            self.read_reply().await
        };
        within(limit, exchange).await?
    }

    async fn read_reply(&mut self) -> Result<Reply, SmtpFailure> {
        let mut lines = Vec::new();
        loop {
            let mut line = Vec::new();
            let mut limited = (&mut self.stream).take(MAX_REPLY_LINE_BYTES);
            limited.read_until(b'\n', &mut line).await.map_err(|_| SmtpFailure::Cut)?;
            if line.last() != Some(&b'\n') {
                return Err(if line.len() as u64 == MAX_REPLY_LINE_BYTES {
                    SmtpFailure::Protocol("an endless line")
                } else {
                    SmtpFailure::Cut
                });
            }
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end();
            let code: u16 = line
                .get(..3)
                .and_then(|code| code.parse().ok())
                .filter(|code| (200..600).contains(code))
                .ok_or(SmtpFailure::Protocol("no reply code"))?;
            lines.push(line.get(4..).unwrap_or_default().to_owned());
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(Reply { code, lines });
            }
            if lines.len() >= MAX_REPLY_LINES {
                return Err(SmtpFailure::Protocol("an endless reply"));
            }
        }
    }

    /// The message is accepted by now, so that whatever happens here changes nothing.
    async fn quit(&mut self) {
        let goodbye = async {
            let _ = self.stream.get_mut().write_all(b"QUIT\r\n").await;
            let _ = self.stream.get_mut().shutdown().await;
        };
        let _ = tokio::time::timeout(Duration::from_secs(2), goodbye).await;
    }
}

/// The address as it may stand in a command.
fn on_the_wire(address: &str) -> Result<String, SmtpFailure> {
    let forbidden = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>');
    let usable = (!address.contains(forbidden)).then(|| wire_address(address)).flatten();
    usable.ok_or_else(|| SmtpFailure::InvalidAddress(address.escape_default().to_string()))
}

async fn within<F: Future>(limit: Duration, future: F) -> Result<F::Output, SmtpFailure> {
    tokio::time::timeout(limit, future).await.map_err(|_| SmtpFailure::TimedOut)
}
