//! The provider against the product's own client, and the product's own server as its destination.

use std::time::Instant;

use rapport_channels::email::smtp_server::{
    self, DeliveryVerdict, MailReceiver, Protocol, RecipientVerdict, SmtpLimits, SmtpServerSettings,
};
use rapport_channels::email::{EmailAddress, ParseContext, ReceivedEnvelope};
use rapport_domain::SystemEntropy;
use rapport_domain::clock::FixedClock;

use super::*;

/// Takes every mail and shows it to the test.
struct Inbox(tokio::sync::mpsc::UnboundedSender<(ReceivedEnvelope, Bytes)>);

impl MailReceiver for Inbox {
    async fn accepts(&self, _recipient: &str) -> RecipientVerdict {
        RecipientVerdict::Accept
    }

    async fn deliver(&self, envelope: ReceivedEnvelope, message: Bytes) -> Vec<DeliveryVerdict> {
        let count = envelope.envelope.recipients.len();
        let _ = self.0.send((envelope, message));
        vec![DeliveryVerdict::Accept; count]
    }
}

struct Play {
    provider: MailProvider,
    address: SocketAddr,
    clock: Arc<FixedClock>,
    inbox: tokio::sync::mpsc::UnboundedReceiver<(ReceivedEnvelope, Bytes)>,
    _stop: watch::Sender<bool>,
}

impl Play {
    async fn start() -> Self {
        let (stop, shutdown) = watch::channel(false);
        let (seen, inbox) = tokio::sync::mpsc::unbounded_channel();
        let destination = TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let destination_address = destination.local_addr().expect("has an address");
        let settings = SmtpServerSettings {
            host_name: "shop.example".into(),
            protocol: Protocol::Smtp,
            tls: None,
            limits: SmtpLimits::default(),
        };
        tokio::spawn(smtp_server::serve(destination, settings, Arc::new(Inbox(seen)), shutdown.clone()));
        let clock = Arc::new(FixedClock::at(Timestamp::from_millis(1_700_000_000_000)));
        let provider = MailProvider::new(ProviderSettings {
            host_name: "mx.customers.example".into(),
            domains: vec!["customers.example".into(), "example.org".into()],
            destination: destination_address,
            greylist_seconds: 10,
            slow_reply: Duration::from_millis(300),
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let address = listener.local_addr().expect("has an address");
        tokio::spawn(provider.clone().serve(listener, shutdown));
        Self { provider, address, clock, inbox, _stop: stop }
    }

    /// What the product's delivery does with an answer to this recipient.
    async fn deliver_to(&self, recipient: &str) -> Result<(), DeliveryError> {
        let settings = SubmitSettings {
            server: ServerSettings {
                host: self.address.ip().to_string(),
                port: self.address.port(),
                tls: TlsMode::None,
                verify_certificates: true,
                additional_roots_pem: None,
                credentials: None,
            },
            helo_name: "shop.example".into(),
            timeouts: SubmitTimeouts::default(),
        };
        let envelope = Envelope {
            sender: Some("bounces+token@shop.example".into()),
            recipients: vec![recipient.to_owned()],
        };
        let raw = format!(
            "From: Shop <help@shop.example>\r\nTo: {recipient}\r\nSubject: Your order\r\nMessage-ID: <answer-1@shop.example>\r\n\r\n\
             It is on its way.\r\n..two dots\r\n"
        );
        let policy = OutboundPolicy { allow: vec!["127.0.0.1".parse().expect("is a rule")] };
        email::submit(&settings, &envelope, raw.as_bytes(), &policy).await.map(drop)
    }
}

#[tokio::test]
async fn a_folder_gives_the_mailboxes_back_to_the_next_process_and_forgets_what_they_forget() {
    let folder = tempfile::tempdir().expect("makes a folder");
    let first = Play::start().await;
    first.provider.keep_in(folder.path()).expect("keeps");
    first.deliver_to("ana@customers.example").await.expect("is taken");
    let sent = "From: ana@customers.example\r\nSubject: Mine\r\n\r\nOne.\nTwo.";
    for _ in 0..200 {
        first.provider.keep_sent("Ana@customers.example", sent.into());
    }
    let before = first.provider.mailbox("ana@customers.example");
    assert_eq!(before.len(), 200, "the answer was the oldest and had to go");
    std::fs::write(folder.path().join("7000.mail"), "not a label").expect("writes");
    let second = Play::start().await;
    second.provider.keep_in(folder.path()).expect("reads");
    let after = second.provider.mailbox("ana@customers.example");
    let told = |mails: &[Arc<Mail>]| -> Vec<_> {
        mails.iter().map(|mail| (mail.id, mail.side, mail.at, mail.raw.clone())).collect()
    };
    assert_eq!(told(&after), told(&before));
    assert_eq!(*second.provider.subscribe().borrow(), 201, "counts go on where they were");
    second.provider.keep_sent("ana@customers.example", sent.into());
    assert_eq!(second.provider.mailbox("ana@customers.example").last().map(|mail| mail.id), Some(202));
    let files = std::fs::read_dir(folder.path()).expect("lists").count();
    assert_eq!(files, 201, "200 mails, and the file that is none");
}

#[tokio::test]
async fn mail_arrives_byte_for_byte_in_the_mailbox_of_its_recipient() {
    let play = Play::start().await;
    let mut changes = play.provider.subscribe();
    play.deliver_to("Ana+orders@customers.example").await.expect("is taken");
    assert!(changes.has_changed().expect("the provider lives"));
    changes.borrow_and_update();
    let mails = play.provider.mailbox("ana@customers.example");
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].side, MailSide::Received);
    assert!(
        mails[0].raw.ends_with(b"It is on its way.\r\n..two dots\r\n"),
        "dots are doubled on the wire only"
    );
    assert_eq!(mails[0].parsed.subject, "Your order");
}

#[tokio::test]
async fn each_trouble_is_understood_for_what_it_is() {
    let play = Play::start().await;
    let unknown = play.deliver_to("unknown@example.org").await.expect_err("is refused");
    assert!(
        matches!(&unknown, DeliveryError::Permanent { code: Some(code), .. } if code == "5.1.1"),
        "{unknown:?}"
    );
    let full = play.deliver_to("full@example.org").await.expect_err("is refused");
    assert!(
        matches!(&full, DeliveryError::Permanent { code: Some(code), .. } if code == "5.2.2"),
        "{full:?}"
    );
    let foreign = play.deliver_to("ana@elsewhere.test").await.expect_err("is refused");
    assert!(matches!(foreign, DeliveryError::Permanent { .. }), "{foreign:?}");
    let cut = play.deliver_to("cut@example.org").await.expect_err("has no answer");
    assert!(matches!(cut, DeliveryError::UnknownOutcome { .. }), "{cut:?}");
    assert_eq!(play.provider.mailbox("cut@example.org").len(), 1, "the mail did arrive, nobody said so");
    for untouched in ["unknown@example.org", "full@example.org", "ana@elsewhere.test"] {
        assert!(play.provider.mailbox(untouched).is_empty(), "{untouched}");
    }
}

#[tokio::test]
async fn a_greylisted_sender_is_put_off_and_then_let_through() {
    let play = Play::start().await;
    let first = play.deliver_to("greylist@example.org").await.expect_err("is put off");
    assert!(matches!(first, DeliveryError::Retry { .. }), "{first:?}");
    play.clock.advance_seconds(11);
    play.deliver_to("greylist@example.org").await.expect("is let through");
    assert_eq!(play.provider.mailbox("greylist@example.org").len(), 1);
}

#[tokio::test]
async fn a_slow_server_is_waited_for() {
    let play = Play::start().await;
    let started = Instant::now();
    play.deliver_to("slow@example.org").await.expect("is taken in the end");
    assert!(started.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_bounce_is_a_report_to_the_envelopes_sender() {
    let mut play = Play::start().await;
    play.deliver_to("bounce@customers.example").await.expect("is taken at first");
    let (envelope, raw) = play.inbox.recv().await.expect("a report comes");
    assert_eq!(envelope.envelope.sender, None);
    assert_eq!(envelope.envelope.recipients, ["bounces+token@shop.example"]);
    let report = email::parse(&raw, &ParseContext::default());
    let dsn = report.dsn.expect("is a delivery report");
    assert_eq!(dsn.original_message_id.as_deref(), Some("answer-1@shop.example"));
    assert_eq!(dsn.recipients.len(), 1);
    assert_eq!(dsn.recipients[0].address, "bounce@customers.example");
    assert!(dsn.recipients[0].is_permanent_failure());
    assert!(play.provider.mailbox("bounce@customers.example").is_empty());
}

#[tokio::test]
async fn a_customers_answer_stays_in_its_thread_and_carries_its_files() {
    let mut play = Play::start().await;
    play.deliver_to("ana@customers.example").await.expect("is taken");
    let original = play.provider.mailbox("ana@customers.example").remove(0);
    let ana = EmailAddress::named("Ana Horvat", "ana@customers.example");
    let mut answer = reply_to(&original, ana, "Hvala, Šefe!");
    answer.files.push(CustomerFile {
        file_name: "račun.pdf".into(),
        media_type: "application/pdf".into(),
        content_id: None,
        bytes: b"%PDF-1.4 test".to_vec(),
    });
    let message_id = play.provider.send(&answer).await.expect("is sent");
    let (envelope, raw) = play.inbox.recv().await.expect("arrives");
    assert_eq!(envelope.envelope.sender.as_deref(), Some("ana@customers.example"));
    let parsed = email::parse(&raw, &ParseContext::default());
    assert_eq!(parsed.message_id, message_id);
    assert_eq!(parsed.in_reply_to, ["answer-1@shop.example"]);
    assert_eq!(parsed.references, ["answer-1@shop.example"]);
    assert_eq!(parsed.visible_text.trim(), "Hvala, Šefe!");
    assert!(parsed.has_quote);
    assert_eq!(parsed.attachments.len(), 1);
    assert_eq!(parsed.attachments[0].file_name, "račun.pdf");
    assert_eq!(parsed.attachments[0].bytes, b"%PDF-1.4 test");
    let mailbox = play.provider.mailbox("ana@customers.example");
    assert_eq!(mailbox.iter().filter(|mail| mail.side == MailSide::Sent).count(), 1);
}

#[tokio::test]
async fn a_mail_to_nobody_in_particular_is_refused_before_it_leaves() {
    let play = Play::start().await;
    let from = EmailAddress::new("ana@customers.example");
    let mail = CustomerMail::new(from, EmailAddress::new("nobody"), "Hello", "Hello");
    assert!(matches!(play.provider.send(&mail).await, Err(SendError::Compose(ComposeError::Address(_)))));
    assert!(play.provider.mailbox("ana@customers.example").is_empty());
}
