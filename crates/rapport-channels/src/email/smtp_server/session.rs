//! One connection: greeting, envelope, content, answer, until the peer leaves or errs too often.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::command::{self, Command};
use super::memory::PeerMemory;
use super::transfer::NO_ROOM;
use super::{MailReceiver, Protocol, RecipientVerdict, SmtpServerSettings, shut_down};
use crate::email::tls::MailStream;

/// Long enough for every extension that is offered (RFC 5321 asks for 512, SMTPUTF8 adds more).
const MAX_LINE_BYTES: u64 = 2_048;
/// Of a longer line, the rest is read and dropped up to here; beyond, the connection ends.
const MAX_SKIPPED_BYTES: usize = 1024 * 1024;
const BAD_LINE: &str = "500 5.5.2 a line is UTF-8 and ends with CRLF";
const LONG_LINE: &str = "500 5.5.2 line too long, it has at most 2048 bytes";
const NEEDS_SMTPUTF8: &str = "553 5.6.7 an address beyond ASCII needs SMTPUTF8";

pub(super) struct Session<R> {
    pub(super) settings: Arc<SmtpServerSettings>,
    pub(super) receiver: Arc<R>,
    pub(super) memory: PeerMemory,
    pub(super) peer: IpAddr,
    shutdown: watch::Receiver<bool>,
    pub(super) helo: Option<String>,
    /// Greeted with EHLO or LHLO, so that extensions may be used.
    extended: bool,
    pub(super) transaction: Option<Transaction>,
    pub(super) tls: bool,
    errors: usize,
    pub(super) messages: usize,
}

pub(super) struct Transaction {
    pub sender: Option<String>,
    pub recipients: Vec<String>,
    pub smtp_utf8: bool,
}

/// Why a connection ends.
pub(super) enum End {
    Quit,
    /// The peer is gone or silent; nothing can be said to it.
    Gone,
}

pub(super) enum Next {
    Continue,
    StartTls,
}

pub(super) type Connection = BufReader<MailStream>;

impl<R: MailReceiver> Session<R> {
    pub fn new(
        settings: Arc<SmtpServerSettings>,
        receiver: Arc<R>,
        memory: PeerMemory,
        peer: IpAddr,
        shutdown: watch::Receiver<bool>,
    ) -> Self {
        Self {
            settings,
            receiver,
            memory,
            peer,
            shutdown,
            helo: None,
            extended: false,
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
        let line = match self.read_line(connection).await? {
            Ok(line) => line,
            Err(reply) => return self.fault(connection, reply).await,
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

    /// The inner error is the reply to a line that breaks the rules.
    async fn read_line(&mut self, connection: &mut Connection) -> Result<Result<String, &'static str>, End> {
        let read = tokio::select! {
            read = tokio::time::timeout(self.settings.limits.command_timeout, read_bytes(connection)) => read,
            () = shut_down(&mut self.shutdown) => {
                let _ = say(connection, "421 4.3.2 the service is shutting down").await;
                return Err(End::Quit);
            }
        };
        let line = match read {
            Err(_) => {
                let _ = say(connection, "421 4.4.2 timed out").await;
                return Err(End::Quit);
            }
            Ok(Err(_)) => return Err(End::Gone),
            Ok(Ok(Line::Complete(line))) => line,
            Ok(Ok(Line::TooLong)) => return Ok(Err(LONG_LINE)),
            Ok(Ok(Line::Endless)) => {
                let _ = say(connection, LONG_LINE).await;
                return Err(End::Quit);
            }
        };
        let text = line.strip_suffix(b"\r\n").and_then(|line| std::str::from_utf8(line).ok());
        Ok(text.filter(|text| !text.contains(['\0', '\r'])).map(str::to_owned).ok_or(BAD_LINE))
    }

    pub(super) async fn fault(&mut self, connection: &mut Connection, reply: &str) -> Result<Next, End> {
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
                self.extended = false;
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
        self.extended = true;
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
        if smtp_utf8 && !self.extended {
            return self.fault(connection, "555 5.5.4 say EHLO to use SMTPUTF8").await;
        }
        if !smtp_utf8 && sender.as_deref().is_some_and(|sender| !sender.is_ascii()) {
            return self.fault(connection, NEEDS_SMTPUTF8).await;
        }
        if size.is_some_and(|size| size > self.settings.limits.message_bytes) {
            say(connection, "552 5.3.4 the message is too large").await?;
            return Ok(Next::Continue);
        }
        if size.is_some_and(|size| !self.memory.has_room_for(size)) {
            say(connection, NO_ROOM).await?;
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
        if !transaction.smtp_utf8 && !address.is_ascii() {
            return self.fault(connection, NEEDS_SMTPUTF8).await;
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
}

enum Line {
    /// With its line end.
    Complete(Vec<u8>),
    /// Read to its end, so that its tail is not taken for a command.
    TooLong,
    /// So long that nobody waits for its end.
    Endless,
}

async fn read_bytes(connection: &mut Connection) -> io::Result<Line> {
    let mut line = Vec::new();
    let read = connection.take(MAX_LINE_BYTES).read_until(b'\n', &mut line).await?;
    if line.ends_with(b"\n") {
        return Ok(Line::Complete(line));
    }
    if (read as u64) < MAX_LINE_BYTES {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut skipped = 0;
    while skipped < MAX_SKIPPED_BYTES {
        let chunk = connection.fill_buf().await?;
        if chunk.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let end = memchr::memchr(b'\n', chunk);
        let used = end.map_or(chunk.len(), |position| position + 1);
        connection.consume(used);
        skipped += used;
        if end.is_some() {
            return Ok(Line::TooLong);
        }
    }
    Ok(Line::Endless)
}

pub(super) async fn say(connection: &mut Connection, reply: &str) -> Result<(), End> {
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
