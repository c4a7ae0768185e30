//! One connection: greeting, envelope, content, answer, until the peer leaves or errs too often.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::command::{self, Command};
use super::data::DataReader;
use super::{DeliveryVerdict, MailReceiver, Protocol, RecipientVerdict, SmtpServerSettings, shut_down};
use crate::email::tls::MailStream;
use crate::email::types::{Envelope, ReceivedEnvelope};

/// Long enough for every extension that is offered (RFC 5321 asks for 512, SMTPUTF8 adds more).
const MAX_LINE_BYTES: u64 = 2_048;

pub(super) struct Session<R> {
    settings: Arc<SmtpServerSettings>,
    receiver: Arc<R>,
    peer: IpAddr,
    shutdown: watch::Receiver<bool>,
    helo: Option<String>,
    transaction: Option<Transaction>,
    tls: bool,
    errors: usize,
    messages: usize,
}

struct Transaction {
    sender: Option<String>,
    recipients: Vec<String>,
    smtp_utf8: bool,
}

/// Why a connection ends.
enum End {
    Quit,
    /// The peer is gone or silent; nothing can be said to it.
    Gone,
}

enum Next {
    Continue,
    StartTls,
}

type Connection = BufReader<MailStream>;

impl<R: MailReceiver> Session<R> {
    pub fn new(
        settings: Arc<SmtpServerSettings>,
        receiver: Arc<R>,
        peer: IpAddr,
        shutdown: watch::Receiver<bool>,
    ) -> Self {
        Self {
            settings,
            receiver,
            peer,
            shutdown,
            helo: None,
            transaction: None,
            tls: false,
            errors: 0,
            messages: 0,
        }
    }

    pub async fn run(mut self, stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let limit = self.settings.limits.session_timeout;
        // A peer that drips commands for ever would hold its place for ever.
        let _ = tokio::time::timeout(limit, self.converse(stream)).await;
    }

    async fn converse(&mut self, stream: TcpStream) {
        let mut connection = BufReader::new(MailStream::Plain(stream));
        let protocol = match self.settings.protocol {
            Protocol::Smtp => "ESMTP",
            Protocol::Lmtp => "LMTP",
        };
        let greeting = format!("220 {} {protocol} ready", self.settings.host_name);
        if say(&mut connection, &greeting).await.is_err() {
            return;
        }
        loop {
            match self.one_command(&mut connection).await {
                Ok(Next::Continue) => {}
                Ok(Next::StartTls) => match self.upgrade(connection).await {
                    Some(upgraded) => connection = upgraded,
                    None => return,
                },
                Err(End::Quit) => {
                    let _ =
                        tokio::time::timeout(Duration::from_secs(5), connection.get_mut().shutdown()).await;
                    return;
                }
                Err(End::Gone) => return,
            }
        }
    }

    async fn one_command(&mut self, connection: &mut Connection) -> Result<Next, End> {
        let line = self.read_line(connection).await?;
        let Some(line) = line else {
            return self.fault(connection, "500 5.5.2 lines end with CRLF and are at most 2048 bytes").await;
        };
        match command::parse(&line) {
            Ok(Command::Data) => self.data(connection).await,
            Ok(Command::Quit) => {
                let _ = say(connection, "221 2.0.0 goodbye").await;
                Err(End::Quit)
            }
            Ok(Command::StartTls) => self.start_tls(connection).await,
            Ok(command) => self.simple(connection, command).await,
            Err(fault) => self.fault(connection, fault.0).await,
        }
    }

    /// `Ok(None)` is a line that breaks the rules.
    async fn read_line(&mut self, connection: &mut Connection) -> Result<Option<String>, End> {
        let mut line = Vec::new();
        let mut limited = connection.take(MAX_LINE_BYTES);
        let read = tokio::select! {
            read = tokio::time::timeout(self.settings.limits.command_timeout, limited.read_until(b'\n', &mut line)) => read,
            () = shut_down(&mut self.shutdown) => {
                let _ = say(connection, "421 4.3.2 the service is shutting down").await;
                return Err(End::Quit);
            }
        };
        match read {
            Err(_) => {
                let _ = say(connection, "421 4.4.2 timed out").await;
                Err(End::Quit)
            }
            Ok(Err(_) | Ok(0)) => Err(End::Gone),
            Ok(Ok(_)) => {
                let Some(content) = line.strip_suffix(b"\r\n") else {
                    // The tail of an endless line must not be taken for a command.
                    return if line.ends_with(b"\n") { Ok(None) } else { Err(End::Gone) };
                };
                Ok(std::str::from_utf8(content)
                    .ok()
                    .filter(|text| !text.contains(['\0', '\r']))
                    .map(str::to_owned))
            }
        }
    }

    async fn fault(&mut self, connection: &mut Connection, reply: &str) -> Result<Next, End> {
        self.errors += 1;
        if self.errors > self.settings.limits.errors {
            let _ = say(connection, "421 4.7.0 too many errors").await;
            return Err(End::Quit);
        }
        say(connection, reply).await?;
        Ok(Next::Continue)
    }

    async fn simple(&mut self, connection: &mut Connection, command: Command) -> Result<Next, End> {
        let reply = match command {
            Command::Ehlo(name) if self.settings.protocol == Protocol::Smtp => self.greet(name),
            Command::Lhlo(name) if self.settings.protocol == Protocol::Lmtp => self.greet(name),
            Command::Helo(name) if self.settings.protocol == Protocol::Smtp => {
                self.helo = Some(name);
                self.transaction = None;
                format!("250 {}", self.settings.host_name)
            }
            Command::Mail { sender, size, smtp_utf8 } => {
                return self.mail(connection, sender, size, smtp_utf8).await;
            }
            Command::Rcpt(address) => return self.recipient(connection, address).await,
            Command::Rset => {
                self.transaction = None;
                "250 2.0.0 reset".to_owned()
            }
            Command::Noop => "250 2.0.0 ok".to_owned(),
            Command::Verify => "252 2.5.2 send some mail and see".to_owned(),
            Command::Help => "214 2.0.0 see RFC 5321".to_owned(),
            _ => return self.fault(connection, "502 5.5.1 command not offered").await,
        };
        say(connection, &reply).await?;
        Ok(Next::Continue)
    }

    fn greet(&mut self, name: String) -> String {
        self.helo = Some(name);
        self.transaction = None;
        let mut reply =
            format!("250-{}\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n", self.settings.host_name);
        if self.settings.tls.is_some() && !self.tls {
            reply.push_str("250-STARTTLS\r\n");
        }
        reply
            .push_str(&format!("250-SIZE {}\r\n250 ENHANCEDSTATUSCODES", self.settings.limits.message_bytes));
        reply
    }

    async fn mail(
        &mut self,
        connection: &mut Connection,
        sender: Option<String>,
        size: Option<usize>,
        smtp_utf8: bool,
    ) -> Result<Next, End> {
        if self.helo.is_none() {
            return self.fault(connection, "503 5.5.1 say hello first").await;
        }
        if self.transaction.is_some() {
            return self.fault(connection, "503 5.5.1 a message is under way").await;
        }
        if self.messages >= self.settings.limits.messages_per_connection {
            let _ = say(connection, "421 4.7.0 too many messages on one connection").await;
            return Err(End::Quit);
        }
        if size.is_some_and(|size| size > self.settings.limits.message_bytes) {
            say(connection, "552 5.3.4 the message is too large").await?;
            return Ok(Next::Continue);
        }
        self.transaction = Some(Transaction { sender, recipients: Vec::new(), smtp_utf8 });
        say(connection, "250 2.1.0 ok").await?;
        Ok(Next::Continue)
    }

    async fn recipient(&mut self, connection: &mut Connection, address: String) -> Result<Next, End> {
        let Some(transaction) = &mut self.transaction else {
            return self.fault(connection, "503 5.5.1 name the sender first").await;
        };
        if transaction.recipients.len() >= self.settings.limits.recipients {
            say(connection, "452 4.5.3 too many recipients").await?;
            return Ok(Next::Continue);
        }
        match self.receiver.accepts(&address).await {
            RecipientVerdict::Accept => {
                transaction.recipients.push(address);
                say(connection, "250 2.1.5 ok").await?;
                Ok(Next::Continue)
            }
            // Counted as an error, so that nobody can try out addresses at leisure.
            RecipientVerdict::Unknown => self.fault(connection, "550 5.1.1 no such mailbox here").await,
            RecipientVerdict::TemporaryFailure => {
                say(connection, "451 4.3.0 try again later").await?;
                Ok(Next::Continue)
            }
        }
    }

    async fn start_tls(&mut self, connection: &mut Connection) -> Result<Next, End> {
        if self.settings.tls.is_none() || self.tls {
            return self.fault(connection, "502 5.5.1 command not offered").await;
        }
        // Commands sent along in clear text would be carried out as if they had been protected.
        if !connection.buffer().is_empty() {
            let _ = say(connection, "501 5.5.4 wait for the answer to STARTTLS").await;
            return Err(End::Quit);
        }
        say(connection, "220 2.0.0 ready").await?;
        Ok(Next::StartTls)
    }

    async fn upgrade(&mut self, connection: Connection) -> Option<Connection> {
        let tls = self.settings.tls.clone()?;
        if !connection.buffer().is_empty() {
            return None;
        }
        let MailStream::Plain(stream) = connection.into_inner() else { return None };
        let accepted = tokio::time::timeout(self.settings.limits.command_timeout, tls.accept(stream)).await;
        let stream = accepted.ok()?.ok()?;
        self.tls = true;
        self.helo = None;
        self.transaction = None;
        Some(BufReader::new(stream))
    }

    async fn data(&mut self, connection: &mut Connection) -> Result<Next, End> {
        if self.transaction.as_ref().is_none_or(|transaction| transaction.recipients.is_empty()) {
            return self.fault(connection, "503 5.5.1 name a recipient first").await;
        }
        let Some(transaction) = self.transaction.take() else { return Ok(Next::Continue) };
        say(connection, "354 go ahead, end with a line that holds only a dot").await?;
        let mut reader = DataReader::new(self.settings.limits.message_bytes);
        let read =
            tokio::time::timeout(self.settings.limits.data_timeout, read_content(connection, &mut reader))
                .await;
        match read {
            Ok(Ok(())) => {}
            Ok(Err(end)) => return Err(end),
            Err(_) => {
                let _ = say(connection, "421 4.4.2 timed out").await;
                return Err(End::Quit);
            }
        }
        self.messages += 1;
        if reader.smuggling {
            let _ = say(connection, "550 5.7.1 lines end with CRLF only").await;
            return Err(End::Quit);
        }
        if reader.too_large {
            self.answer_all(connection, transaction.recipients.len(), "552 5.3.4 the message is too large")
                .await?;
            if !reader.is_done() {
                return Err(End::Quit);
            }
            return Ok(Next::Continue);
        }
        self.deliver(connection, transaction, reader.into_message()).await
    }

    async fn answer_all(
        &self,
        connection: &mut Connection,
        recipients: usize,
        reply: &str,
    ) -> Result<(), End> {
        let count = if self.settings.protocol == Protocol::Lmtp { recipients } else { 1 };
        for _ in 0..count {
            say(connection, reply).await?;
        }
        Ok(())
    }

    async fn deliver(
        &mut self,
        connection: &mut Connection,
        transaction: Transaction,
        message: Vec<u8>,
    ) -> Result<Next, End> {
        let count = transaction.recipients.len();
        let envelope = ReceivedEnvelope {
            envelope: Envelope { sender: transaction.sender, recipients: transaction.recipients },
            peer: Some(self.peer),
            helo: self.helo.clone().unwrap_or_default(),
            tls: self.tls,
            smtp_utf8: transaction.smtp_utf8,
        };
        let mut verdicts = self.receiver.deliver(envelope, Bytes::from(message)).await;
        // A verdict that is missing must never count as stored.
        verdicts.resize(count, DeliveryVerdict::TemporaryFailure("no answer from the store".to_owned()));
        match self.settings.protocol {
            Protocol::Lmtp => {
                for verdict in &verdicts {
                    say(connection, &reply_for(verdict)).await?;
                }
            }
            Protocol::Smtp => say(connection, &reply_for(&joint_verdict(&verdicts))).await?,
        }
        Ok(Next::Continue)
    }
}

/// SMTP has one answer for all recipients. A retry brings the message again for those who have it,
/// which is recognised by its id; an answer of 250 would lose it for the others.
fn joint_verdict(verdicts: &[DeliveryVerdict]) -> DeliveryVerdict {
    let temporary = verdicts.iter().find(|verdict| matches!(verdict, DeliveryVerdict::TemporaryFailure(_)));
    let accepted = verdicts.iter().find(|verdict| matches!(verdict, DeliveryVerdict::Accept));
    let nobody = || DeliveryVerdict::TemporaryFailure("no recipient".to_owned());
    temporary.or(accepted).or(verdicts.first()).cloned().unwrap_or_else(nobody)
}

fn reply_for(verdict: &DeliveryVerdict) -> String {
    let printable =
        |reason: &str| -> String { reason.chars().filter(|c| (' '..='~').contains(c)).take(200).collect() };
    match verdict {
        DeliveryVerdict::Accept => "250 2.6.0 stored".to_owned(),
        DeliveryVerdict::TemporaryFailure(reason) => format!("451 4.3.0 {}", printable(reason)),
        DeliveryVerdict::Reject(reason) => format!("550 5.7.1 {}", printable(reason)),
    }
}

/// Reads to the end of the content; a peer that sends far beyond the limit is not read to the end.
async fn read_content(connection: &mut Connection, reader: &mut DataReader) -> Result<(), End> {
    let mut wasted = 0;
    while !reader.is_done() {
        let chunk = connection.fill_buf().await.map_err(|_| End::Gone)?;
        if chunk.is_empty() {
            return Err(End::Gone);
        }
        let used = reader.feed(chunk);
        connection.consume(used);
        if reader.too_large {
            wasted += used;
            if wasted > 64 * 1024 * 1024 {
                return Ok(());
            }
        }
    }
    Ok(())
}

async fn say(connection: &mut Connection, reply: &str) -> Result<(), End> {
    let write = async {
        let stream = connection.get_mut();
        stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
        stream.flush().await
    };
    match tokio::time::timeout(Duration::from_secs(60), write).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(End::Gone),
    }
}
