//! Reading mailboxes of a real IMAP server: at once, by one server at a time, and handed over.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rapport_channels::email::imap::{
    self, FetchedMessage, FirstSync, ImapCursor, ImapSettings, ImapSink, ImapStatus, SinkError,
};
use rapport_channels::email::{Credentials, ServerSettings, TlsMode};
use rapport_channels::guard::OutboundPolicy;
use rapport_domain::ChannelAccountId;
use rapport_engine::channel_account::NewAccount;
use rapport_engine::ingest::{EmailSource, MailboxPosition};
use rapport_engine::{Engine, Error};
use rapport_store::Engine as Database;
use rapport_store::mailbox_lease::{self, MailboxLease};
use rapport_testkit::mail::{Dovecot, Mailbox};
use serde_json::json;
use tokio::sync::{mpsc, watch};

use crate::fixture::{Fixture, Mail, eventually, on_both_engines, on_engine};

const HELP: (&str, &str) = ("help@company.test", "secret of help");
const SALES: (&str, &str) = ("sales@company.test", "secret of sales");

/// Hands on the subjects of what was fetched.
struct Subjects(mpsc::UnboundedSender<String>);

impl ImapSink for Subjects {
    async fn store(&mut self, message: FetchedMessage) -> Result<(), SinkError> {
        let raw = String::from_utf8_lossy(&message.raw).into_owned();
        let subject = raw.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap_or_default();
        self.0.send(subject.to_owned()).map_err(|_| SinkError::Temporary("the test is over".into()))
    }

    async fn quarantine(&mut self, _: FetchedMessage, reason: String) -> Result<(), SinkError> {
        panic!("{reason}")
    }

    async fn advance(&mut self, _: ImapCursor) -> Result<(), SinkError> {
        Ok(())
    }

    async fn status(&mut self, status: ImapStatus) {
        if let ImapStatus::Disconnected { reason, .. } = status {
            panic!("{reason}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_is_fetched_when_the_server_announces_it_and_not_only_when_it_is_asked() {
    let dovecot = Dovecot::start(&[HELP]).expect("Dovecot starts");
    let settings = ImapSettings {
        server: ServerSettings {
            host: "127.0.0.1".into(),
            port: dovecot.ports().imap,
            tls: TlsMode::None,
            verify_certificates: true,
            additional_roots_pem: None,
            credentials: Some(Credentials::Password { username: HELP.0.into(), password: HELP.1.into() }),
        },
        mailbox: "INBOX".into(),
        first_sync: FirstSync::Everything,
        mark_seen: false,
        max_message_bytes: 1_000_000,
        // By asking alone, nothing would come before the test has long failed.
        poll_interval: Duration::from_secs(60 * 60),
        resync_days: 14,
        jitter_seed: 1,
        clock: Arc::new(|| jiff::Timestamp::UNIX_EPOCH),
    };
    let policy = OutboundPolicy { allow: vec!["127.0.0.1".parse().expect("an address")] };
    let (subjects, mut fetched) = mpsc::unbounded_channel();
    let (stop, stopped) = watch::channel(false);
    let reader = tokio::spawn(imap::run(settings, None, Subjects(subjects), policy, stopped));
    let mailbox = dovecot.mailbox(HELP.0).expect("a mailbox");
    // The first one may be there before the reader looks for the first time. Each later one comes after the reader
    // has asked for the last time, so that only the announcement can bring it.
    for subject in ["one", "two", "three", "four"] {
        mailbox.append(letter(subject).as_bytes()).await.expect("delivered");
        let next = tokio::time::timeout(Duration::from_secs(60), fetched.recv()).await;
        assert_eq!(next.expect("announced").as_deref(), Some(subject));
    }
    stop.send_replace(true);
    reader.await.expect("ends");
}

fn letter(key: &str) -> String {
    format!(
        "From: {key}@customers.example\r\nTo: {}\r\nSubject: {key}\r\nMessage-ID: <{key}@customers.example>\r\n\r\n{key}\r\n",
        HELP.0
    )
}

fn imap_config(dovecot: &Dovecot, (address, _): (&str, &str)) -> serde_json::Value {
    json!({
        "address": address,
        "inbound": {
            "kind": "imap", "host": "127.0.0.1", "port": dovecot.ports().imap, "tls": "none",
            "username": address, "first_sync_days": 3650,
        },
        "outbound": { "kind": "none" },
    })
}

async fn imap_account(
    app: &Fixture,
    engine: &Engine,
    dovecot: &Dovecot,
    user: (&str, &str),
) -> ChannelAccountId {
    let new = NewAccount {
        channel: rapport_domain::Channel::Email,
        name: user.0.into(),
        active: true,
        config: imap_config(dovecot, user),
        secrets: [("inbound_password".to_owned(), Some(user.1.to_owned()))].into(),
    };
    engine.create_channel_account(&app.alice, new).await.expect("an account").account.id
}

async fn arrives(app: &Fixture, mailbox: &Mailbox, key: &str) {
    mailbox.append(letter(key).as_bytes()).await.expect("delivered");
    eventually(key, || async { app.texts().await.contains_key(key) }).await;
}

/// How often somebody has logged in to read this mailbox, besides the test itself, which logs in once for each mail.
fn readers(dovecot: &Dovecot, (address, _): (&str, &str), deliveries: usize) -> usize {
    let log = dovecot.log();
    let wanted = format!("Login: user=<{address}>");
    log.lines().filter(|line| line.contains(&wanted)).count() - deliveries
}

#[test]
fn one_of_two_servers_reads_a_mailbox_and_the_other_one_takes_over() {
    on_engine(Database::Postgres, &|app: Fixture| async move {
        let dovecot = Dovecot::start(&[HELP, SALES]).expect("Dovecot starts");
        let (help, sales) =
            (dovecot.mailbox(HELP.0).expect("a mailbox"), dovecot.mailbox(SALES.0).expect("a mailbox"));
        imap_account(&app, &app.engine, &dovecot, HELP).await;
        // A computer of its own, which can die.
        let first =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (_stop_first, stopped) = watch::channel(false);
        let engine = app.engine.clone();
        first.spawn(async move { engine.run_workers(stopped).await });
        arrives(&app, &help, "one").await;
        assert_eq!(readers(&dovecot, HELP, 1), 1);

        let second = app.second_engine();
        let (stop_second, stopped) = watch::channel(false);
        let workers = tokio::spawn({
            let second = second.clone();
            async move { second.run_workers(stopped).await }
        });
        // When it reads the new mailbox, it has already looked at the other one.
        imap_account(&app, &second, &dovecot, SALES).await;
        arrives(&app, &sales, "two").await;
        arrives(&app, &help, "three").await;
        assert_eq!(readers(&dovecot, HELP, 2), 1, "the second server leaves the mailbox to the first");

        first.shutdown_background();
        app.clock.advance_seconds(31);
        arrives(&app, &help, "four").await;
        assert_eq!(readers(&dovecot, HELP, 3), 2, "the second server has taken over");
        let texts = app.texts().await;
        assert_eq!(texts.values().copied().collect::<Vec<_>>(), [1, 1, 1, 1], "{texts:?}");

        stop_second.send_replace(true);
        workers.await.expect("ends");
    });
}

#[test]
fn a_server_that_ends_lets_go_of_its_mailboxes() {
    on_both_engines(|app: Fixture| async move {
        let dovecot = Dovecot::start(&[HELP]).expect("Dovecot starts");
        let help = dovecot.mailbox(HELP.0).expect("a mailbox");
        imap_account(&app, &app.engine, &dovecot, HELP).await;
        for key in ["one", "two"] {
            let (stop, stopped) = watch::channel(false);
            let engine = app.engine.clone();
            let workers = tokio::spawn(async move { engine.run_workers(stopped).await });
            // The clock stands still, so that a lease that was kept would never run out.
            arrives(&app, &help, key).await;
            stop.send_replace(true);
            workers.await.expect("ends");
        }
    });
}

#[test]
fn a_reader_that_is_late_can_store_nothing() {
    on_both_engines(|app: Fixture| async move {
        let claim = |holder: &'static str| {
            let (account, now) = (app.support.clone(), rapport_domain::Timestamp::from_millis(0));
            let until = rapport_domain::Timestamp::from_millis(0);
            app.engine
                .store()
                .write(&app.workspace, "k", move |tx| mailbox_lease::claim(tx, &account, holder, now, until))
        };
        let store = |lease: &MailboxLease, key: &str, uid: i64| {
            let id = format!("{key}@customers.example");
            let raw = Bytes::from(Mail { id: &id, body: key, ..Mail::default() }.raw());
            let position =
                MailboxPosition { mailbox: "INBOX".into(), uid_validity: 1, uid, lease: lease.clone() };
            let source = EmailSource { position: Some(position), ..EmailSource::default() };
            let (engine, workspace, account) =
                (app.engine.clone(), app.workspace.clone(), app.support.clone());
            async move { engine.ingest_email(&workspace, &account, raw, source).await }
        };
        let first = claim("one").await.expect("an answer").expect("free");
        store(&first, "in time", 1).await.expect("stored");
        let second = claim("two").await.expect("an answer").expect("it has run out");
        let refused = store(&first, "late", 2).await;
        assert!(matches!(refused, Err(Error::Conflict { code: "mailbox_lease_lost", .. })), "{refused:?}");
        store(&second, "by the next one", 2).await.expect("stored");
        let texts: Vec<String> = app.texts().await.into_keys().collect();
        assert_eq!(texts, ["by the next one", "in time"]);
    });
}
