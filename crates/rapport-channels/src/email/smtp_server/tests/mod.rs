//! The listener and the submission client against each other, and against peers that misbehave.

use std::net::SocketAddr;
use std::sync::Mutex;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::email::types::{Envelope, ServerSettings, TlsMode};
use crate::email::{DeliveryError, SubmitSettings, SubmitTimeouts, submit};
use crate::guard::OutboundPolicy;

mod limits;
mod submission;
mod utf8;

/// Stores what it is given, and answers by the local part of the recipient.
#[derive(Default)]
struct Mailbox {
    stored: Mutex<Vec<(ReceivedEnvelope, Vec<u8>)>>,
    /// The recipients that somebody named, also those that are not here.
    asked: Mutex<Vec<String>>,
}

impl MailReceiver for Mailbox {
    async fn accepts(&self, recipient: &str) -> RecipientVerdict {
        self.asked.lock().unwrap().push(recipient.to_owned());
        match recipient.split('@').next() {
            Some("unknown") => RecipientVerdict::Unknown,
            Some("greylisted") => RecipientVerdict::TemporaryFailure,
            _ if recipient.ends_with("@ours.example") => RecipientVerdict::Accept,
            _ => RecipientVerdict::Unknown,
        }
    }

    async fn deliver(&self, envelope: ReceivedEnvelope, message: Bytes) -> Vec<DeliveryVerdict> {
        let verdicts = envelope
            .envelope
            .recipients
            .iter()
            .map(|recipient| match recipient.split('@').next() {
                Some("busy") => DeliveryVerdict::TemporaryFailure("database\r\n250 busy".to_owned()),
                Some("refusing") => DeliveryVerdict::Reject("no".to_owned()),
                _ => DeliveryVerdict::Accept,
            })
            .collect();
        self.stored.lock().unwrap().push((envelope, message.to_vec()));
        verdicts
    }
}

struct Server {
    address: SocketAddr,
    mailbox: Arc<Mailbox>,
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
    certificate_pem: String,
}

impl Server {
    async fn start(protocol: Protocol, limits: SmtpLimits) -> Self {
        let certificate = ServerTls::generate("localhost").unwrap();
        let tls = ServerTls::from_pem(&certificate.certificate_pem, &certificate.private_key_pem).unwrap();
        let settings =
            SmtpServerSettings { host_name: "mx.ours.example".into(), protocol, tls: Some(tls), limits };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mailbox = Arc::new(Mailbox::default());
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(serve(listener, settings, mailbox.clone(), stopped));
        Self { address, mailbox, stop, task, certificate_pem: certificate.certificate_pem }
    }

    async fn smtp() -> Self {
        Self::start(Protocol::Smtp, SmtpLimits::default()).await
    }

    fn stored(&self) -> usize {
        self.mailbox.stored.lock().unwrap().len()
    }

    /// Sends raw bytes and returns all that comes back until the server closes.
    async fn talk(&self, script: &[u8]) -> String {
        self.talk_from("127.0.0.1", script).await
    }

    async fn connect_from(&self, peer: &str) -> TcpStream {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::new(peer.parse().unwrap(), 0)).unwrap();
        socket.connect(self.address).await.unwrap()
    }

    async fn talk_from(&self, peer: &str, script: &[u8]) -> String {
        let mut stream = self.connect_from(peer).await;
        // The server may close early on purpose, so that writing can fail.
        let _ = stream.write_all(script).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }
}

fn settings_for(port: u16, tls: TlsMode) -> SubmitSettings {
    SubmitSettings {
        server: ServerSettings {
            host: "localhost".into(),
            port,
            tls,
            verify_certificates: true,
            additional_roots_pem: None,
            credentials: None,
        },
        helo_name: "client.example".into(),
        timeouts: SubmitTimeouts {
            connect: Duration::from_secs(5),
            command: Duration::from_secs(5),
            completion: Duration::from_secs(1),
        },
    }
}

fn policy() -> OutboundPolicy {
    OutboundPolicy { allow: vec!["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()] }
}

fn envelope(recipients: &[&str]) -> Envelope {
    Envelope {
        sender: Some("sender@client.example".into()),
        recipients: recipients.iter().map(|recipient| (*recipient).to_owned()).collect(),
    }
}

async fn send(
    server: &Server,
    recipients: &[&str],
    message: &[u8],
) -> Result<crate::email::SubmitReceipt, DeliveryError> {
    submit(&settings_for(server.address.port(), TlsMode::None), &envelope(recipients), message, &policy())
        .await
}

#[tokio::test]
async fn a_message_arrives_as_it_was_sent() {
    let server = Server::smtp().await;
    let message = b"Subject: x\r\n\r\n.dot\r\n..two\r\n.\r\nMAIL FROM:<evil@x>\r\n";
    let receipt = send(&server, &["a@ours.example", "b@ours.example"], message).await.unwrap();
    assert!(receipt.refused.is_empty());
    let stored = server.mailbox.stored.lock().unwrap();
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].1, message);
    assert_eq!(stored[0].0.envelope, envelope(&["a@ours.example", "b@ours.example"]));
    assert!(!stored[0].0.tls);
}

#[tokio::test]
async fn start_tls_protects_and_checks_the_certificate() {
    let server = Server::smtp().await;
    let mut settings = settings_for(server.address.port(), TlsMode::StartTls);
    let untrusted = submit(&settings, &envelope(&["a@ours.example"]), b"x\r\n", &policy()).await;
    assert!(matches!(untrusted, Err(DeliveryError::Retry { .. })), "{untrusted:?}");
    assert_eq!(server.stored(), 0);

    settings.server.additional_roots_pem = Some(server.certificate_pem.clone());
    submit(&settings, &envelope(&["a@ours.example"]), b"x\r\n", &policy()).await.unwrap();
    settings.server.host = "127.0.0.1".into();
    let wrong_name = submit(&settings, &envelope(&["a@ours.example"]), b"x\r\n", &policy()).await;
    assert!(matches!(wrong_name, Err(DeliveryError::Retry { .. })), "{wrong_name:?}");
    settings.server.verify_certificates = false;
    submit(&settings, &envelope(&["a@ours.example"]), b"x\r\n", &policy()).await.unwrap();
    let stored = server.mailbox.stored.lock().unwrap();
    assert_eq!(stored.len(), 2);
    assert!(stored.iter().all(|(received, _)| received.tls));
}

#[tokio::test]
async fn refusals_are_reported_for_each_recipient() {
    let server = Server::smtp().await;
    let receipt =
        send(&server, &["a@ours.example", "unknown@ours.example", "greylisted@ours.example"], b"x\r\n")
            .await
            .unwrap();
    assert_eq!(receipt.refused.len(), 2);
    assert_eq!((receipt.refused[0].code, receipt.refused[0].permanent), (550, true));
    assert_eq!(receipt.refused[0].enhanced.as_deref(), Some("5.1.1"));
    assert!(!receipt.refused[1].permanent);

    let unknown = send(&server, &["unknown@ours.example"], b"x\r\n").await;
    assert!(
        matches!(unknown, Err(DeliveryError::Permanent { ref code, .. }) if code.as_deref() == Some("5.1.1")),
        "{unknown:?}"
    );
    let relay = send(&server, &["someone@elsewhere.example"], b"x\r\n").await;
    assert!(matches!(relay, Err(DeliveryError::Permanent { .. })), "{relay:?}");
    let greylisted = send(&server, &["greylisted@ours.example", "unknown@ours.example"], b"x\r\n").await;
    assert!(
        matches!(greylisted, Err(DeliveryError::Retry { ref refused, .. }) if refused.len() == 2),
        "{greylisted:?}"
    );
    let busy = send(&server, &["busy@ours.example"], b"x\r\n").await;
    assert!(
        matches!(busy, Err(DeliveryError::Retry { ref code, .. }) if code.as_deref() == Some("4.3.0")),
        "{busy:?}"
    );
    let refusing = send(&server, &["refusing@ours.example"], b"x\r\n").await;
    assert!(matches!(refusing, Err(DeliveryError::Permanent { .. })), "{refusing:?}");
}

#[tokio::test]
async fn size_is_limited_before_and_while_reading() {
    let limits = SmtpLimits { message_bytes: 1_000, ..SmtpLimits::default() };
    let server = Server::start(Protocol::Smtp, limits).await;
    let large = send(&server, &["a@ours.example"], &b"x".repeat(2_000)).await;
    assert!(
        matches!(large, Err(DeliveryError::Permanent { ref code, .. }) if code.as_deref() == Some("5.3.4")),
        "{large:?}"
    );
    let mut script = b"EHLO c\r\nMAIL FROM:<s@c>\r\nRCPT TO:<a@ours.example>\r\nDATA\r\n".to_vec();
    script.extend(b"y".repeat(5_000));
    script.extend(b"\r\n.\r\nNOOP\r\nQUIT\r\n");
    let answer = server.talk(&script).await;
    assert!(
        answer.contains("552 5.3.4") && answer.ends_with("250 2.0.0 ok\r\n221 2.0.0 goodbye\r\n"),
        "{answer}"
    );
    assert!(server.talk(b"EHLO c\r\nMAIL FROM:<s@c> SIZE=5000\r\n").await.contains("552 5.3.4"));
    assert_eq!(server.stored(), 0);
}

#[tokio::test]
async fn a_second_message_cannot_be_smuggled_in() {
    let server = Server::smtp().await;
    for end in ["\n.\n", "\n.\r\n", "\r.\r", "\r\n.\n", "\r\n.\r", "\r.\r\n"] {
        let script = format!(
            "EHLO c\r\nMAIL FROM:<s@c>\r\nRCPT TO:<a@ours.example>\r\nDATA\r\nSubject: one\r\n\r\nx{end}\
             MAIL FROM:<evil@c>\r\nRCPT TO:<a@ours.example>\r\nDATA\r\nSubject: two\r\n\r\ny\r\n.\r\nQUIT\r\n"
        );
        let answer = server.talk(script.as_bytes()).await;
        assert!(answer.contains("550 5.7.1"), "{end:?}: {answer}");
    }
    assert_eq!(server.stored(), 0);
}

#[tokio::test]
async fn plain_text_commands_do_not_slip_into_the_protected_session() {
    let server = Server::smtp().await;
    let answer = server.talk(b"EHLO c\r\nSTARTTLS\r\nMAIL FROM:<evil@c>\r\n").await;
    assert!(answer.contains("501 5.5.4"), "{answer}");
    assert!(!answer.contains("220 2.0.0"), "{answer}");
}

#[tokio::test]
async fn pipelined_commands_are_answered_in_order() {
    let server = Server::smtp().await;
    let answer = server
        .talk(b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<A@OURS.example>\r\nDATA\r\nx\r\n.\r\nRSET\r\nQUIT\r\n")
        .await;
    let codes: Vec<&str> =
        answer.lines().filter(|line| line.as_bytes().get(3) == Some(&b' ')).map(|line| &line[..3]).collect();
    assert_eq!(codes, ["220", "250", "250", "250", "354", "250", "250", "221"]);
    let stored = server.mailbox.stored.lock().unwrap();
    assert_eq!(stored[0].0.envelope.sender, None);
    assert_eq!(stored[0].0.envelope.recipients, ["A@ours.example"]);
}

#[tokio::test]
async fn lmtp_answers_for_each_recipient() {
    let server = Server::start(Protocol::Lmtp, SmtpLimits::default()).await;
    let answer = server
        .talk(
            b"LHLO c\r\nMAIL FROM:<s@c>\r\nRCPT TO:<a@ours.example>\r\nRCPT TO:<busy@ours.example>\r\n\
              RCPT TO:<refusing@ours.example>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n",
        )
        .await;
    assert!(
        answer.contains("250 2.6.0 stored\r\n451 4.3.0 database250 busy\r\n550 5.7.1 no\r\n221"),
        "{answer}"
    );
    assert!(server.talk(b"EHLO c\r\n").await.contains("502"));
}

#[tokio::test]
async fn garbage_ends_the_connection_and_nothing_else() {
    let server = Server::smtp().await;
    let mut noise = Vec::new();
    let mut seed = 1_u32;
    for _ in 0..50_000 {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        noise.push((seed >> 24) as u8);
    }
    for script in [
        noise.clone(),
        b"\0".repeat(10_000),
        b"A".repeat(1_000_000),
        b"\n".repeat(1_000),
        b"\r\n".repeat(1_000),
    ] {
        server.talk(&script).await;
    }
    let mut in_data = b"EHLO c\r\nMAIL FROM:<s@c>\r\nRCPT TO:<a@ours.example>\r\nDATA\r\n".to_vec();
    in_data.extend(&noise);
    server.talk(&in_data).await;
    assert!(server.talk(&b"FOO\r\n".repeat(20)).await.contains("421 4.7.0 too many errors"));
    assert_eq!(server.stored(), 0);
    send(&server, &["a@ours.example"], b"still here\r\n").await.unwrap();
}

#[tokio::test]
async fn shutdown_says_goodbye_and_ends() {
    let server = Server::smtp().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let mut greeting = [0_u8; 64];
    assert!(stream.read(&mut greeting).await.unwrap() > 0);
    server.stop.send(true).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("421 4.3.2"), "{answer}");
    tokio::time::timeout(Duration::from_secs(5), server.task).await.unwrap().unwrap();
}
