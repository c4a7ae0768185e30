//! Mailboxes whose provider takes access tokens and no passwords.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rapport_domain::model::{ChannelAccount, HealthState, Message};
use rapport_domain::{Channel, ChannelAccountId, ConversationId, DeliveryStatus};
use rapport_engine::channel_account::{AccountChange, NewAccount};
use rapport_testkit::mail::MailServers;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::fixture::{Fixture, eventually, on_both_engines};

const HELP: (&str, &str) = ("help@company.test", "a password that is never used");
const MARIA: (&str, &str) = ("maria@customer.test", "secret of maria");

/// Grants tokens by the newest refresh token only, and tells mail servers which tokens are good.
#[derive(Default)]
struct Provider {
    refresh_token: String,
    granted: usize,
    good: HashSet<String>,
    revoked: bool,
    ill: bool,
}

type Shared = Arc<Mutex<Provider>>;

async fn provider() -> (SocketAddr, Shared) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let shared = Shared::default();
    shared.lock().expect("a lock").refresh_token = "refresh-0".into();
    let state = shared.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let state = state.clone();
            tokio::spawn(async move { drop(serve(stream, &state).await) });
        }
    });
    (address, shared)
}

async fn serve(mut stream: TcpStream, state: &Shared) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut buffer = [0_u8; 4096];
    loop {
        let count = stream.read(&mut buffer).await?;
        request.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&request).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            if count == 0 {
                return Ok(());
            }
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if count > 0 && body.len() < length.unwrap_or(0_usize) {
            continue;
        }
        let (status, answer) = answer(head, body, &mut state.lock().expect("a lock"));
        let answer = answer.to_string();
        let head = format!(
            "HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            answer.len()
        );
        return stream.write_all(format!("{head}{answer}").as_bytes()).await;
    }
}

fn answer(head: &str, body: &str, provider: &mut Provider) -> (u16, serde_json::Value) {
    let path = head.split(' ').nth(1).unwrap_or_default();
    if let Some(token) = path.strip_prefix("/tokeninfo?access_token=") {
        return match provider.good.contains(token) {
            true => (200, json!({"email": HELP.0})),
            false => (400, json!({"error": "invalid_token"})),
        };
    }
    let expected = format!(
        "grant_type=refresh_token&refresh_token={}&client_id=client+1&client_secret=s%26cret",
        provider.refresh_token
    );
    if provider.ill {
        return (503, json!({}));
    }
    if provider.revoked || path != "/token" || body != expected {
        return (400, json!({"error": "invalid_grant", "error_description": "Token has been revoked."}));
    }
    provider.granted += 1;
    let token = format!("access-{}", provider.granted);
    provider.good.insert(token.clone());
    provider.refresh_token = format!("refresh-{}", provider.granted);
    (200, json!({"access_token": token, "expires_in": 3600, "refresh_token": provider.refresh_token}))
}

async fn mailbox(app: &Fixture, servers: &MailServers, provider: SocketAddr) -> ChannelAccountId {
    let new = NewAccount {
        channel: Channel::Email,
        name: "Help".into(),
        active: true,
        config: json!({
            "address": HELP.0,
            "inbound": {
                "kind": "imap", "host": "127.0.0.1", "port": servers.dovecot.ports().imap, "tls": "none",
                "username": HELP.0, "authentication": "oauth2", "first_sync_days": 3650,
            },
            "outbound": {
                "kind": "smtp", "host": "127.0.0.1", "port": servers.postfix.ports().smtp, "tls": "starttls",
                "verify_certificates": false, "username": HELP.0, "authentication": "oauth2",
            },
            "oauth": {"client_id": "client 1", "token_endpoint": format!("http://{provider}/token")},
        }),
        secrets: [("oauth_client_secret", "s&cret"), ("oauth_refresh_token", "refresh-0")]
            .map(|(name, value)| (name.to_owned(), Some(value.to_owned())))
            .into(),
    };
    app.engine.create_channel_account(&app.alice, new).await.expect("an account").account.id
}

async fn account(app: &Fixture, id: &ChannelAccountId) -> ChannelAccount {
    app.engine.find_channel_account(&app.alice, id).await.expect("an account")
}

async fn send(app: &Fixture, conversation: &ConversationId, text: &str) -> Message {
    let sent = app.reply(&app.alice, conversation, text).await.expect("accepted");
    app.engine.drain_jobs().await.expect("jobs run");
    app.engine.find_message(&app.alice, conversation, &sent.id).await.expect("there")
}

fn status(message: &Message) -> DeliveryStatus {
    message.delivery.as_ref().expect("outbound").status
}

#[test]
fn a_mailbox_is_read_and_written_with_tokens_that_are_renewed_and_revoked() {
    on_both_engines(|app: Fixture| async move {
        let (address, provider) = provider().await;
        let granted = || provider.lock().expect("a lock").granted;
        let url = format!("http://{address}/tokeninfo?access_token=");
        let domains = ["customer.test", "company.test"];
        let servers = MailServers::start_with_tokens(&domains, &[HELP, MARIA], &url).expect("servers start");
        let id = mailbox(&app, &servers, address).await;

        let (stop, stopped) = watch::channel(false);
        let engine = app.engine.clone();
        let workers = tokio::spawn(async move { engine.run_workers(stopped).await });
        let help = servers.dovecot.mailbox(HELP.0).expect("a mailbox");
        let raw = "From: maria@customer.test\r\nTo: help@company.test\r\nSubject: Hi\r\nMessage-ID: <hi@customer.test>\r\n\r\nhi\r\n";
        rapport_testkit::mail::submit_raw(servers.postfix.smtp_address(), MARIA.0, &[HELP.0], raw.as_bytes())
            .await
            .expect("delivered");
        assert_eq!(help.address(), HELP.0);
        eventually("the mail is read", || async { app.texts().await.contains_key("hi") }).await;
        stop.send_replace(true);
        workers.await.expect("ends");
        let conversation = app.only_message().await.conversation_id;
        assert_eq!(granted(), 1);

        assert_eq!(status(&send(&app, &conversation, "one").await), DeliveryStatus::Sent);
        let maria = servers.dovecot.mailbox(MARIA.0).expect("a mailbox");
        maria.wait_for(|mail| mail.text().is_some_and(|text| text.contains("one"))).await.expect("arrives");
        assert_eq!(granted(), 1, "the token is kept for both ways");

        app.clock.advance_seconds(3600 - 60);
        assert_eq!(status(&send(&app, &conversation, "two").await), DeliveryStatus::Sent);
        assert_eq!(
            granted(),
            2,
            "shortly before it expires, a token is renewed, by the exchanged refresh token"
        );
        assert_eq!(account(&app, &id).await.version, 1, "an exchanged token is no change that people made");

        provider.lock().expect("a lock").good.clear();
        assert_eq!(status(&send(&app, &conversation, "three").await), DeliveryStatus::Sent);
        assert_eq!(granted(), 3, "a token that the server refuses is exchanged");

        app.clock.advance_seconds(3600);
        provider.lock().expect("a lock").ill = true;
        let waiting = send(&app, &conversation, "four").await;
        assert_eq!(status(&waiting), DeliveryStatus::Queued, "a provider that is away is waited for");
        provider.lock().expect("a lock").ill = false;
        provider.lock().expect("a lock").revoked = true;
        app.clock.advance_seconds(60);
        app.engine.drain_jobs().await.expect("jobs run");
        let failed = app.engine.find_message(&app.alice, &conversation, &waiting.id).await.expect("there");
        assert_eq!(status(&failed), DeliveryStatus::Failed);
        let health = account(&app, &id).await.health;
        assert_eq!(health.state, HealthState::Error);
        let error = health.last_error.expect("an error");
        assert!(
            error.contains("invalid_grant (Token has been revoked.)") && error.contains("Sign in again"),
            "{error}"
        );
        let checks = app.engine.test_channel_account(&app.alice, &id).await.expect("tested");
        let refused =
            checks.iter().filter(|check| !check.ok && check.detail.contains("invalid_grant")).count();
        assert_eq!(refused, 2, "{checks:?}");

        // Somebody signs in again.
        provider.lock().expect("a lock").revoked = false;
        provider.lock().expect("a lock").refresh_token = "fresh".into();
        let secrets = [("oauth_refresh_token".to_owned(), Some("fresh".to_owned()))].into();
        let change = AccountChange { secrets, ..AccountChange::default() };
        app.engine.update_channel_account(&app.alice, &id, change).await.expect("changed");
        app.engine.retry_message(&app.alice, &conversation, &waiting.id).await.expect("queued");
        app.engine.drain_jobs().await.expect("jobs run");
        let sent = app.engine.find_message(&app.alice, &conversation, &waiting.id).await.expect("there");
        assert_eq!(status(&sent), DeliveryStatus::Sent);
        assert_eq!(account(&app, &id).await.health.last_error, None);
    });
}
