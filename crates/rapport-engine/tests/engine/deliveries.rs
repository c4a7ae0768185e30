//! How far a message has come, told by whoever knows best.

use std::net::SocketAddr;

use rapport_domain::model::Message;
use rapport_domain::{ChannelAccountId, DeliveryStatus};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::fixture::{Fixture, Mail, on_both_engines};

/// A mail server that answers the final dot only when it is told to, with the words that it is told.
struct SlowServer {
    address: SocketAddr,
    taken: mpsc::UnboundedReceiver<()>,
    answers: mpsc::UnboundedSender<&'static str>,
}

impl SlowServer {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (took, taken) = mpsc::unbounded_channel();
        let (answers, mut wanted) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = converse(stream, &took, &mut wanted).await;
            }
        });
        Self { address, taken, answers }
    }
}

async fn converse(
    stream: TcpStream,
    took: &mpsc::UnboundedSender<()>,
    wanted: &mut mpsc::UnboundedReceiver<&'static str>,
) -> std::io::Result<()> {
    let mut connection = BufReader::new(stream);
    connection.write_all(b"220 slow.example\r\n").await?;
    let (mut line, mut in_data) = (String::new(), false);
    loop {
        line.clear();
        if connection.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let answer = match (in_data, line.trim_end()) {
            (true, ".") => {
                in_data = false;
                let _ = took.send(());
                wanted.recv().await.unwrap_or("421 the test is over")
            }
            (true, _) => continue,
            (false, "DATA") => {
                in_data = true;
                "354 go on"
            }
            (false, _) => "250 ok",
        };
        connection.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
}

async fn mailbox(app: &Fixture, server: SocketAddr) -> ChannelAccountId {
    let config = json!({
        "address": "help@bikes.example", "inbound": { "kind": "http" },
        "outbound": { "kind": "smtp", "host": "127.0.0.1", "port": server.port(), "tls": "none" },
    });
    app.email_account("Help", config).await
}

async fn status(app: &Fixture, message: &Message) -> DeliveryStatus {
    let found = app.engine.find_message(&app.alice, &message.conversation_id, &message.id).await;
    found.expect("there").delivery.expect("outbound").status
}

/// An answer is on its way when its job is taken over; then the server answers its first holder.
async fn answered_late(app: &Fixture, words: &'static str) -> (SlowServer, Message) {
    let mut server = SlowServer::start().await;
    let account = mailbox(app, server.address).await;
    let id = app.mail(&account, Mail { to: "help@bikes.example", ..Mail::default() }).await.conversation_id;
    let message = app.reply(&app.alice, &id, "On its way.").await.expect("accepted");
    let engine = app.engine.clone();
    let holder = tokio::spawn(async move { engine.drain_jobs().await });
    server.taken.recv().await.expect("submitted");

    app.clock.advance_seconds(60);
    app.engine.drain_jobs().await.expect("jobs run");
    assert_eq!(status(app, &message).await, DeliveryStatus::Unknown, "the next holder can only guess");
    server.answers.send(words).expect("listens");
    holder.await.expect("ends").expect("jobs run");
    (server, message)
}

#[test]
fn an_outcome_that_comes_after_its_claim_ran_out_is_still_believed() {
    on_both_engines(|app: Fixture| async move {
        let (_server, message) = answered_late(&app, "250 2.0.0 queued as ABC123").await;
        assert_eq!(status(&app, &message).await, DeliveryStatus::Sent);
        assert_eq!(app.conversation(&message.conversation_id).await.requires_action, None);
        app.clock.advance_seconds(9 * 60 * 60);
        assert_eq!(app.engine.drain_jobs().await.expect("jobs run"), 0, "nothing is sent again");
    });
}

#[test]
fn a_refusal_that_comes_late_fails_the_message_or_tries_it_again() {
    on_both_engines(|app: Fixture| async move {
        let (_server, message) = answered_late(&app, "550 5.7.1 no").await;
        assert_eq!(status(&app, &message).await, DeliveryStatus::Failed);
    });
    on_both_engines(|app: Fixture| async move {
        let (server, message) = answered_late(&app, "451 4.7.1 later").await;
        assert_eq!(status(&app, &message).await, DeliveryStatus::Queued);
        server.answers.send("250 2.0.0 ok").expect("listens");
        app.clock.advance_seconds(9 * 60 * 60);
        assert_eq!(app.engine.drain_jobs().await.expect("jobs run"), 1);
        assert_eq!(status(&app, &message).await, DeliveryStatus::Sent);
    });
}
