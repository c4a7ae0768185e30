//! Whose words an answer repeats, and what its headers go on from.

use std::net::SocketAddr;

use rapport_domain::model::Recipient;
use rapport_domain::{ChannelAccountId, ConversationId, Direction};
use rapport_engine::message::NewMessage;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::fixture::{Fixture, Mail, on_both_engines};

const MARIA: &str = "maria@customers.example";
const SALES: &str = "sales@supplier.example";
const TO: &str = "help@bikes.example";

/// A mailbox with a mail server that takes everything and tells what.
struct Office {
    app: Fixture,
    help: ChannelAccountId,
    taken: mpsc::UnboundedReceiver<String>,
}

async fn listen(took: mpsc::UnboundedSender<String>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream, took.clone()));
        }
    });
    address
}

async fn converse(stream: TcpStream, took: mpsc::UnboundedSender<String>) -> std::io::Result<()> {
    let mut connection = BufReader::new(stream);
    connection.write_all(b"220 office.example\r\n").await?;
    let (mut line, mut mail) = (String::new(), None::<String>);
    loop {
        line.clear();
        if connection.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let answer = match (&mut mail, line.trim_end()) {
            (Some(_), ".") => {
                let _ = took.send(mail.take().unwrap_or_default());
                "250 taken"
            }
            (Some(mail), _) => {
                mail.push_str(&line);
                continue;
            }
            (None, "DATA") => {
                mail = Some(String::new());
                "354 go on"
            }
            (None, _) => "250 ok",
        };
        connection.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
}

impl Office {
    async fn new(app: Fixture) -> Self {
        let (took, taken) = mpsc::unbounded_channel();
        let server = listen(took).await;
        let config = json!({
            "address": TO, "inbound": { "kind": "http" },
            "outbound": { "kind": "smtp", "host": "127.0.0.1", "port": server.port(), "tls": "none" },
        });
        let help = app.email_account("Help", config).await;
        Self { app, help, taken }
    }

    async fn mail(&self, mail: Mail<'_>) -> ConversationId {
        self.app.clock.advance_seconds(1);
        let to = if mail.to == Mail::default().to { TO } else { mail.to };
        self.app.mail(&self.help, Mail { to, ..mail }).await.conversation_id
    }

    /// What goes out, as the mail server gets it.
    async fn send(&mut self, id: &ConversationId, new: NewMessage) -> String {
        self.app.clock.advance_seconds(1);
        let new = NewMessage { body_text: Some("Hello.".into()), ..new };
        self.app.engine.send_message(&self.app.alice, id, Direction::Outbound, new).await.expect("accepted");
        self.app.engine.drain_jobs().await.expect("jobs run");
        self.taken.try_recv().expect("sent")
    }

    async fn answer(&mut self, id: &ConversationId) -> String {
        self.send(id, NewMessage::default()).await
    }

    async fn write(&mut self, id: &ConversationId, to: &str) -> String {
        self.send(id, to_only(to)).await
    }
}

fn people(address: &str) -> Vec<Recipient> {
    vec![Recipient { name: None, address: address.into() }]
}

fn to_only(address: &str) -> NewMessage {
    NewMessage { to: Some(people(address)), cc: Some(Vec::new()), ..NewMessage::default() }
}

fn header(mail: &str, name: &str) -> Option<String> {
    let start = format!("{name}: ");
    mail.lines()
        .take_while(|line| !line.is_empty())
        .find_map(|line| line.strip_prefix(&start))
        .map(Into::into)
}

#[test]
fn a_mail_under_the_message_id_of_another_customers_mail_does_not_bring_its_words() {
    on_both_engines(|app: Fixture| async move {
        let mut office = Office::new(app).await;
        let secret = office.mail(Mail { body: "Rosebud is the word.", ..Mail::default() }).await;
        let eve = Mail { from: "Eve <eve@evil.example>", body: "Anything new today?", ..Mail::default() };
        let other = office.mail(eve).await;
        assert_ne!(other, secret);
        let sent = office.answer(&other).await;
        assert!(sent.contains("Anything new today?") && !sent.contains("Rosebud"), "{sent}");
        assert!(sent.contains("first@customers.example"), "the id that both mails have: {sent}");
        assert!(office.answer(&secret).await.contains("Rosebud"));
    });
}

#[test]
fn a_follow_up_repeats_the_words_of_the_conversation_that_it_continues() {
    on_both_engines(|app: Fixture| async move {
        let mut office = Office::new(app).await;
        let eve = Mail { from: "Eve <eve@evil.example>", body: "Anything new today?", ..Mail::default() };
        office.mail(eve).await;
        let id = office.mail(Mail { body: "Rosebud is the word.", ..Mail::default() }).await;
        let app = &office.app;
        app.engine.close(&app.alice, &id).await.expect("closed");
        let next = app.engine.create_follow_up(&app.alice, &id).await.expect("begun").id;
        let sent = office.answer(&next).await;
        assert!(sent.contains("Rosebud") && !sent.contains("Anything new"), "{sent}");
    });
}

#[test]
fn words_are_repeated_only_to_those_who_had_them() {
    on_both_engines(|app: Fixture| async move {
        let mut office = Office::new(app).await;
        let id = office.mail(Mail { body: "Rosebud is the word.", ..Mail::default() }).await;
        let asked = office.write(&id, SALES).await;
        assert!(!asked.contains("Rosebud"), "not told to the supplier: {asked}");
        assert_eq!(header(&asked, "In-Reply-To"), None);
        let asked_id = header(&asked, "Message-ID").expect("an id");
        let price = Mail {
            id: "price@supplier.example",
            from: "Sales <sales@supplier.example>",
            body: "Your price is a trifle.",
            in_reply_to: Some(asked_id.trim_matches(['<', '>'])),
            ..Mail::default()
        };
        assert_eq!(office.mail(price).await, id);

        let told = office.write(&id, MARIA).await;
        assert!(told.contains("Rosebud") && !told.contains("trifle"), "{told}");
        assert_eq!(header(&told, "In-Reply-To").as_deref(), Some("<first@customers.example>"));
        let thanked = office.write(&id, SALES).await;
        assert!(thanked.contains("trifle") && !thanked.contains("Rosebud"), "{thanked}");
        assert_eq!(header(&thanked, "In-Reply-To").as_deref(), Some("<price@supplier.example>"));
    });
}

#[test]
fn somebody_new_among_the_copies_is_told_nothing_and_the_thread_goes_on() {
    on_both_engines(|app: Fixture| async move {
        let mut office = Office::new(app).await;
        let extra = "Cc: jo@customers.example\r\n";
        let id = office.mail(Mail { body: "Rosebud is the word.", extra, ..Mail::default() }).await;
        let known = NewMessage { cc: Some(people("Jo@Customers.example")), ..to_only(MARIA) };
        let sent = office.send(&id, known).await;
        assert!(sent.contains("Rosebud"), "{sent}");
        let copy = NewMessage { cc: Some(people("new@elsewhere.example")), ..to_only(MARIA) };
        let blind = NewMessage { bcc: people("newer@elsewhere.example"), ..to_only(MARIA) };
        for new in [copy, blind] {
            let sent = office.send(&id, new).await;
            assert!(!sent.contains("Rosebud") && !sent.contains("wrote:"), "{sent}");
            assert!(header(&sent, "In-Reply-To").is_some(), "{sent}");
            assert_eq!(header(&sent, "Subject").as_deref(), Some("Re: Order 10234"));
        }
    });
}

#[test]
fn what_a_stranger_wrote_into_a_thread_is_repeated_to_nobody() {
    on_both_engines(|app: Fixture| async move {
        let mut office = Office::new(app).await;
        let id = office.mail(Mail { body: "Rosebud is the word.", ..Mail::default() }).await;
        let token = office.app.reply_address(&id, "bikes.example");
        let to = format!("{token}, {MARIA}");
        let paul = Mail {
            id: "1@elsewhere.example",
            from: "Paul <paul@elsewhere.example>",
            to: &to,
            body: "Pay into my account.",
            ..Mail::default()
        };
        assert_eq!(office.mail(paul).await, id);
        let sent = office.answer(&id).await;
        assert_eq!(header(&sent, "To").as_deref(), Some("Maria <maria@customers.example>"));
        assert!(sent.contains("Rosebud") && !sent.contains("Pay into"), "{sent}");
        let sent = office.write(&id, "paul@elsewhere.example").await;
        assert!(!sent.contains("Rosebud") && !sent.contains("Pay into"), "{sent}");
        assert_eq!(header(&sent, "In-Reply-To").as_deref(), Some("<1@elsewhere.example>"));
    });
}
