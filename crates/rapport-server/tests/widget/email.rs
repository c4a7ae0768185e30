//! Answers that a visitor did not wait for go on by email, once.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use rapport_channels::email::smtp_server::{
    DeliveryVerdict, MailReceiver, Protocol, RecipientVerdict, SmtpServerSettings, serve,
};
use rapport_channels::email::{Envelope, ParseContext, ParsedEmail, ReceivedEnvelope, parse};
use rapport_domain::model::Delivery;
use rapport_domain::{Channel, ChannelAccountId, ConversationId};
use rapport_engine::channel_account::NewAccount;
use rapport_engine::ingest::{EmailSource, Listener};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use super::fixture::{App, Visitor, fresh_client_id, on_both};

/// A mail server that keeps what it takes: everything, unless it is told its answers.
#[derive(Default)]
struct Outbox {
    kept: Mutex<Vec<(ReceivedEnvelope, Bytes)>>,
    told: Option<Told>,
}

/// Answers only when it is told to.
struct Told {
    asked: mpsc::UnboundedSender<()>,
    answers: tokio::sync::Mutex<mpsc::UnboundedReceiver<DeliveryVerdict>>,
}

impl MailReceiver for Outbox {
    async fn accepts(&self, _: &str) -> RecipientVerdict {
        RecipientVerdict::Accept
    }

    async fn deliver(&self, envelope: ReceivedEnvelope, message: Bytes) -> Vec<DeliveryVerdict> {
        let mut verdict = DeliveryVerdict::Accept;
        if let Some(told) = &self.told {
            let _ = told.asked.send(());
            verdict = told.answers.lock().await.recv().await.expect("the test says what to answer");
        }
        let verdicts = envelope.envelope.recipients.iter().map(|_| verdict.clone()).collect();
        if verdict == DeliveryVerdict::Accept {
            self.kept.lock().unwrap_or_else(PoisonError::into_inner).push((envelope, message));
        }
        verdicts
    }
}

struct Post {
    outbox: Arc<Outbox>,
    mailbox: ChannelAccountId,
    /// Dropping it stops the mail server.
    _stop: watch::Sender<bool>,
}

impl Post {
    async fn of(app: &App) -> Self {
        Self::with(app, Outbox::default()).await
    }

    async fn with(app: &App, outbox: Outbox) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let outbox = Arc::new(outbox);
        let (stop, stopped) = watch::channel(false);
        let settings = SmtpServerSettings {
            host_name: "mx.customers.example".into(),
            protocol: Protocol::Smtp,
            tls: None,
            limits: Default::default(),
        };
        tokio::spawn(serve(listener, settings, outbox.clone(), stopped));
        let config = json!({
            "address": "support@bikes.example", "display_name": "Harbour Bikes",
            "inbound": { "kind": "listener" },
            "outbound": { "kind": "smtp", "host": "127.0.0.1", "port": port, "tls": "none" },
        });
        let new = NewAccount {
            channel: Channel::Email,
            name: "Support".into(),
            active: true,
            config,
            secrets: Default::default(),
        };
        let created = app.engine.create_channel_account(&app.alice, new).await.expect("a mailbox");
        Self { outbox, mailbox: created.account.id, _stop: stop }
    }

    fn mails(&self) -> Vec<(ReceivedEnvelope, ParsedEmail)> {
        let kept = self.outbox.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().map(|(envelope, raw)| (envelope.clone(), parse(raw, &ParseContext::default()))).collect()
    }
}

/// Leaves a message with an address and goes.
async fn leave(app: &App, email: &str) -> (Visitor, ConversationId) {
    let visitor = app.stranger().await;
    let body =
        json!({ "client_id": fresh_client_id(), "email": email, "name": "Ana", "body_text": "Is it ready?" });
    let left = app.post("/widget/v1/offline", &visitor, body).await;
    let conversation = super::fixture::conversation_of(&left);
    (visitor, conversation)
}

fn to_listener(recipient: &str) -> ReceivedEnvelope {
    let sender = Some("ana@customers.example".to_owned());
    ReceivedEnvelope {
        envelope: Envelope { sender, recipients: vec![recipient.to_owned()] },
        peer: None,
        helo: "customers.example".into(),
        tls: false,
        smtp_utf8: false,
    }
}

async fn wait_until_due(app: &App) {
    app.clock.advance_seconds(3600);
    app.engine.drain_jobs().await.expect("jobs");
}

#[test]
fn unread_answers_go_out_in_one_mail_and_the_reply_comes_back_to_the_conversation() {
    on_both(|app: App| async move {
        let post = Post::of(&app).await;
        let (visitor, conversation) = leave(&app, "ana@customers.example").await;
        app.reply(&app.bob, &conversation, "Tomorrow at noon.").await;
        app.note(&app.bob, &conversation, "CANARY: she is impatient").await;
        app.reply(&app.alice, &conversation, "Bring your receipt.").await;
        app.engine.drain_jobs().await.expect("jobs");
        assert!(post.mails().is_empty(), "the visitor is given some time first");
        wait_until_due(&app).await;
        wait_until_due(&app).await;
        let mails = post.mails();
        assert_eq!(mails.len(), 1, "two answers, one mail");
        let (envelope, mail) = &mails[0];
        assert_eq!(envelope.envelope.recipients, ["ana@customers.example"]);
        assert_eq!(mail.from.as_ref().expect("a sender").address, "support@bikes.example");
        assert!(mail.text.contains("Bob:") && mail.text.contains("Tomorrow at noon."), "{}", mail.text);
        assert!(mail.text.contains("Bring your receipt.") && !mail.text.contains("CANARY"), "{}", mail.text);
        let codes: Vec<Option<String>> = app
            .messages(&conversation)
            .await
            .into_iter()
            .filter_map(|message| message.delivery.map(|delivery| delivery.code))
            .collect();
        assert_eq!(codes, [Some("emailed".to_owned()), Some("emailed".to_owned())]);

        let reply_to = &mail.reply_to[0].address;
        assert!(reply_to.starts_with("reply+") && reply_to.ends_with("@bikes.example"), "{reply_to}");
        // Once by the address that was given out, once by the headers alone.
        let listener = Listener::new(app.engine.clone());
        for (id, to, headers) in [
            ("r1@customers.example", reply_to.as_str(), String::new()),
            (
                "r2@customers.example",
                "support@bikes.example",
                format!("In-Reply-To: <{}>\r\n", mail.message_id),
            ),
        ] {
            let raw = format!(
                "From: Ana <ana@customers.example>\r\nTo: {to}\r\nSubject: Re: Your chat\r\nMessage-ID: <{id}>\r\n{headers}\r\nThank you!\r\n"
            );
            let before = app.messages(&conversation).await.len();
            assert_eq!(listener.accepts(to).await, RecipientVerdict::Accept, "{to}");
            assert_eq!(listener.deliver(to_listener(to), raw.into()).await, [DeliveryVerdict::Accept]);
            assert_eq!(app.messages(&conversation).await.len(), before + 1, "{id}");
        }
        // What came by mail is not part of what the visitor's browser shows.
        assert!(!app.session(&visitor).await.texts().contains(&"Thank you!"));
    });
}

#[test]
fn answers_that_were_read_in_the_chat_are_not_mailed() {
    on_both(|app: App| async move {
        let post = Post::of(&app).await;
        let (visitor, conversation) = leave(&app, "ana@customers.example").await;
        let answer = app.reply(&app.bob, &conversation, "Tomorrow at noon.").await;
        app.post("/widget/v1/read", &visitor, json!({ "message_id": answer.id })).await;
        wait_until_due(&app).await;
        assert!(post.mails().is_empty());
        // Only what came after is.
        app.reply(&app.bob, &conversation, "Or on Friday.").await;
        wait_until_due(&app).await;
        let mails = post.mails();
        assert_eq!(mails.len(), 1);
        assert!(mails[0].1.text.contains("Or on Friday.") && !mails[0].1.text.contains("noon"));
    });
}

#[test]
fn a_mail_whose_sender_died_half_way_is_not_sent_again() {
    on_both(|app: App| async move {
        let post = Post::of(&app).await;
        let (_, conversation) = leave(&app, "ana@customers.example").await;
        let answer = app.reply(&app.bob, &conversation, "Tomorrow at noon.").await;
        let (id, now) = (answer.id.clone(), app.engine.now());
        app.engine
            .store()
            .write(&app.workspace, "test", move |tx| {
                let stored = rapport_store::message::find(tx, &id)?.expect("is there");
                let sent = stored.message.delivery.expect("is outbound");
                let marked = Delivery { code: Some("emailing".into()), updated_at: now, ..sent };
                rapport_store::message::save_delivery(tx, &id, &marked, None)
            })
            .await
            .expect("is marked");
        wait_until_due(&app).await;
        assert!(post.mails().is_empty());
        assert_eq!(code(&app, &conversation).await.as_deref(), Some("email_unknown"));
    });
}

/// How the only answer fared by email.
async fn code(app: &App, conversation: &ConversationId) -> Option<String> {
    let messages = app.messages(conversation).await;
    messages.into_iter().find_map(|message| message.delivery).expect("an answer").code
}

/// A mail is on its way when its job is taken over; then the server answers its first holder.
async fn answered_late(
    app: &App,
    verdict: DeliveryVerdict,
) -> (Post, mpsc::UnboundedSender<DeliveryVerdict>, ConversationId) {
    let (asked, mut was_asked) = mpsc::unbounded_channel();
    let (tell, answers) = mpsc::unbounded_channel();
    let told = Told { asked, answers: answers.into() };
    let post = Post::with(app, Outbox { told: Some(told), ..Outbox::default() }).await;
    let (_, conversation) = leave(app, "ana@customers.example").await;
    app.reply(&app.bob, &conversation, "Tomorrow at noon.").await;
    app.clock.advance_seconds(3600);
    let engine = app.engine.clone();
    let holder = tokio::spawn(async move { engine.drain_jobs().await });
    was_asked.recv().await.expect("submitted");
    assert_eq!(code(app, &conversation).await.as_deref(), Some("emailing"));

    app.clock.advance_seconds(60);
    app.engine.drain_jobs().await.expect("jobs");
    assert_eq!(code(app, &conversation).await.as_deref(), Some("email_unknown"), "it can only be guessed");
    tell.send(verdict).expect("listens");
    holder.await.expect("ends").expect("jobs");
    (post, tell, conversation)
}

#[test]
fn what_the_mail_server_said_too_late_is_still_believed() {
    on_both(|app: App| async move {
        let (post, _tell, conversation) = answered_late(&app, DeliveryVerdict::Accept).await;
        assert_eq!(code(&app, &conversation).await.as_deref(), Some("emailed"));
        wait_until_due(&app).await;
        assert_eq!(post.mails().len(), 1, "nothing is sent again");
    });
    on_both(|app: App| async move {
        let refused = DeliveryVerdict::Reject("no such mailbox".into());
        let (_post, _tell, conversation) = answered_late(&app, refused).await;
        assert_eq!(code(&app, &conversation).await.as_deref(), Some("email_failed"));
    });
    on_both(|app: App| async move {
        let busy = DeliveryVerdict::TemporaryFailure("busy".into());
        let (post, tell, conversation) = answered_late(&app, busy).await;
        assert_eq!(code(&app, &conversation).await, None, "it surely has not arrived");
        tell.send(DeliveryVerdict::Accept).expect("listens");
        wait_until_due(&app).await;
        assert_eq!(code(&app, &conversation).await.as_deref(), Some("emailed"));
        wait_until_due(&app).await;
        assert_eq!(post.mails().len(), 1, "it is sent again once");
    });
}

#[test]
fn an_address_that_belongs_to_somebody_else_draws_none_of_their_mail() {
    on_both(|app: App| async move {
        let post = Post::of(&app).await;
        let mail = |id: &str, body: &str| {
            format!(
                "From: Victoria <victoria@customers.example>\r\nTo: support@bikes.example\r\nSubject: Order\r\nMessage-ID: <{id}>\r\n\r\n{body}\r\n"
            )
        };
        let take = |raw: String| {
            app.engine.ingest_email(&app.workspace, &post.mailbox, raw.into(), EmailSource::default())
        };
        let own = take(mail("v1@customers.example", "Mine")).await.expect("is taken").conversation_id;
        let (_, conversation) = leave(&app, "victoria@customers.example").await;
        assert_ne!(conversation, own);
        app.reply(&app.bob, &conversation, "For whoever asked").await;
        wait_until_due(&app).await;
        assert_eq!(post.mails().len(), 1);
        let next = take(mail("v2@customers.example", "Mine again")).await.expect("is taken").conversation_id;
        assert_eq!(next, own);
    });
}

#[test]
fn without_an_address_or_a_mailbox_nothing_is_sent_and_nothing_fails() {
    on_both(|app: App| async move {
        let (_, conversation) = leave(&app, "ana@customers.example").await;
        app.reply(&app.bob, &conversation, "No mailbox").await;
        wait_until_due(&app).await;
        let post = Post::of(&app).await;
        let visitor = app.stranger().await;
        let silent = super::fixture::conversation_of(&app.say(&visitor, "Hello").await);
        app.reply(&app.bob, &silent, "No address").await;
        wait_until_due(&app).await;
        assert!(post.mails().is_empty());
        let dead = app
            .engine
            .store()
            .read(&app.workspace, |tx| rapport_store::jobs::list_jobs(tx, "dead", None, 10))
            .await
            .expect("jobs");
        assert!(dead.is_empty(), "{dead:?}");
    });
}
