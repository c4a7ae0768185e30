//! The event stream: nothing is missed, nothing is told that may not be seen.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use futures_util::StreamExt;
use rapport_domain::Role;
use rapport_testkit::app::{Client, PASSWORD, TestApp};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::on_both_engines;
use crate::support::{id_of, office, talk};

on_both_engines! {
    what_happens_is_told_at_once_and_in_order,
    a_stream_that_resumes_misses_nothing,
    a_stream_from_another_database_starts_anew,
    drafts_of_others_are_not_told,
    nobody_hears_of_another_workspace,
    a_stream_ends_with_its_session,
    a_limited_token_hears_what_it_may_read,
    an_answer_and_its_event_show_files_and_pictures_alike,
}

/// An open stream, read frame by frame.
struct Listener {
    frames: futures_util::stream::BoxStream<'static, Result<bytes::Bytes, axum::Error>>,
    text: String,
}

#[derive(Debug)]
struct Frame {
    id: Option<i64>,
    name: String,
    data: Value,
}

async fn listen(app: &TestApp, cookie: &str, query: &str) -> Listener {
    let request = Request::get(format!("/api/v1/events{query}")).header("cookie", cookie);
    open(app, request.body(Body::empty()).unwrap()).await
}

async fn open(app: &TestApp, request: Request<Body>) -> Listener {
    let response = app.router().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    Listener { frames: response.into_body().into_data_stream().boxed(), text: String::new() }
}

impl Listener {
    /// The next frame, or `None` when the stream has ended.
    async fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some((frame, rest)) = self.text.clone().split_once("\n\n") {
                self.text = rest.to_owned();
                if frame.starts_with(':') {
                    continue;
                }
                let field =
                    |name: &str| frame.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                return Some(Frame {
                    id: field("id: ").map(|id| id.parse().unwrap()),
                    name: field("event: ").unwrap_or_default(),
                    data: serde_json::from_str(&field("data: ").unwrap_or_default()).unwrap(),
                });
            }
            let next = tokio::time::timeout(Duration::from_secs(10), self.frames.next()).await;
            let bytes = next.expect("something is told within ten seconds")?;
            self.text.push_str(std::str::from_utf8(&bytes.unwrap()).unwrap());
        }
    }

    /// The next frame that is kept in the log.
    async fn next_durable(&mut self) -> Frame {
        loop {
            let frame = self.next().await.expect("the stream goes on");
            if frame.id.is_some() {
                return frame;
            }
        }
    }

    /// The names of the kept events up to and with this one.
    async fn names_until(&mut self, last: &str) -> Vec<(i64, String)> {
        let mut names = Vec::new();
        loop {
            let frame = self.next_durable().await;
            names.push((frame.id.unwrap(), frame.name.clone()));
            if frame.name == last {
                return names;
            }
        }
    }
}

async fn cookie_of(app: &TestApp, email: &str) -> String {
    let body = json!({"email": email, "password": PASSWORD});
    app.stranger().post("/api/v1/auth/login", &body).await.cookie().unwrap()
}

async fn create_contact(client: &Client, name: &str) {
    client.post("/api/v1/contacts", &json!({"display_name": name})).await.expect(201);
}

async fn what_happens_is_told_at_once_and_in_order(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let mut listener = listen(&app, &cookie_of(&app, &ana.email).await, "").await;
    let hello = listener.next().await.unwrap();
    assert_eq!(hello.name, "hello");
    let talk = talk(&ana, "Maria").await;
    let path = format!("/api/v1/conversations/{}", talk.conversation);
    ana.post(&format!("{path}/notes"), &json!({"body_text": "A good customer"})).await.expect(201);
    let told = listener.names_until("note.added").await;
    let numbers: Vec<i64> = told.iter().map(|(seq, _)| *seq).collect();
    let first = hello.data["seq"].as_i64().unwrap() + 1;
    assert_eq!(numbers, (first..first + told.len() as i64).collect::<Vec<_>>(), "no number is missing");
    let names: Vec<&str> = told.iter().map(|(_, name)| name.as_str()).collect();
    for name in ["channel_account.created", "contact.created", "conversation.created", "message.received"] {
        assert!(names.contains(&name), "{name} is missing in {names:?}");
    }
}

async fn a_stream_that_resumes_misses_nothing(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let cookie = cookie_of(&app, &ana.email).await;
    for number in 0..120 {
        create_contact(&ana, &format!("Customer {number}")).await;
    }
    let mut listener = listen(&app, &cookie, "?after=0").await;
    let mut names = Vec::new();
    while names.len() < 121 {
        let frame = listener.next_durable().await;
        assert_eq!(frame.id, Some(names.len() as i64 + 1));
        names.push(frame.name);
    }
    drop(listener);
    create_contact(&ana, "Meanwhile").await;
    let request =
        Request::get("/api/v1/events?after=5").header("cookie", &cookie).header("last-event-id", "121");
    let mut resumed = open(&app, request.body(Body::empty()).unwrap()).await;
    let frame = resumed.next_durable().await;
    assert_eq!(
        (frame.id, frame.data["data"]["contact"]["display_name"].as_str()),
        (Some(122), Some("Meanwhile"))
    );
    create_contact(&ana, "Now").await;
    assert_eq!(resumed.next_durable().await.data["data"]["contact"]["display_name"], "Now");
}

async fn a_stream_from_another_database_starts_anew(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let cookie = cookie_of(&app, &ana.email).await;
    let mut listener = listen(&app, &cookie, "?after=9000").await;
    assert_eq!(listener.next().await.unwrap().name, "hello");
    assert_eq!(listener.next().await.unwrap().name, "resync_required");
    create_contact(&ana, "Maria").await;
    assert_eq!(listener.next_durable().await.name, "contact.created");
    assert_eq!(ana.get("/api/v1/events?after=x").await.refusal(422), "validation_failed");
}

async fn drafts_of_others_are_not_told(app: TestApp) {
    let (acme, ana) = office(&app, "acme").await;
    let ben = acme.user("Ben", Role::User).await;
    let talk = talk(&ana, "Maria").await;
    let mut hers = listen(&app, &cookie_of(&app, &ana.email).await, "").await;
    let mut his = listen(&app, &cookie_of(&app, &ben.email).await, "?after=0").await;
    let path = format!("/api/v1/conversations/{}/drafts/note", talk.conversation);
    ana.put(&path, &json!({"body_text": "canary draft"})).await.expect(200);
    create_contact(&ana, "After").await;
    assert_eq!(hers.next_durable().await.name, "draft.saved");
    loop {
        let frame = his.next_durable().await;
        assert!(!frame.data.to_string().contains("canary draft"), "{frame:?}");
        if frame.data["data"]["contact"]["display_name"] == "After" {
            break;
        }
    }
}

async fn nobody_hears_of_another_workspace(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let (_, eve) = office(&app, "evil").await;
    let mut listener = listen(&app, &cookie_of(&app, &eve.email).await, "").await;
    listener.next().await.unwrap();
    talk(&ana, "Canary").await;
    create_contact(&eve, "Own").await;
    loop {
        let frame = listener.next().await.unwrap();
        assert!(!frame.data.to_string().contains("Canary"), "{frame:?}");
        if frame.id.is_some() {
            assert_eq!(frame.data["data"]["contact"]["display_name"], "Own", "{frame:?}");
            break;
        }
    }
}

async fn a_stream_ends_with_its_session(app: TestApp) {
    let (acme, ana) = office(&app, "acme").await;
    let ben = acme.user("Ben", Role::User).await;
    let mut listener = listen(&app, &cookie_of(&app, &ben.email).await, "").await;
    listener.next().await.unwrap();
    ana.patch(&format!("/api/v1/users/{}", ben.id), &json!({"active": false})).await.expect(200);
    create_contact(&ana, "Canary").await;
    while let Some(frame) = listener.next().await {
        assert!(!frame.data.to_string().contains("Canary"), "{frame:?}");
    }
}

async fn a_limited_token_hears_what_it_may_read(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let body = json!({"name": "Reader", "scopes": ["contact.read"]});
    let created = ana.post("/api/v1/tokens", &body).await.expect(201);
    let bearer = format!("Bearer {}", created["token"].as_str().unwrap());
    let request = Request::get("/api/v1/events").header("authorization", bearer);
    let mut listener = open(&app, request.body(Body::empty()).unwrap()).await;
    listener.next().await.unwrap();
    talk(&ana, "Maria").await;
    create_contact(&ana, "Last").await;
    let told = [listener.next().await.unwrap(), listener.next().await.unwrap()];
    let names: Vec<&str> = told.iter().map(|frame| frame.name.as_str()).collect();
    assert_eq!(names, ["contact.created", "contact.created"]);
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";

/// Sends a message or note with a picture in its text and a file beside it.
async fn say_with_files(client: &Client, path: &str) -> Value {
    let picture = id_of(&client.upload("map.png", "image/png", PNG).await.expect(201));
    let file = id_of(&client.upload("bill.txt", "text/plain", b"42").await.expect(201));
    let html = format!("<p>See</p><p><img src=\"cid:{picture}\"></p>");
    let body = json!({"body_text": "See", "body_html": html, "attachment_ids": [picture, file]});
    client.post(path, &body).await.expect(201)
}

async fn an_answer_and_its_event_show_files_and_pictures_alike(app: TestApp) {
    let (acme, ana) = office(&app, "acme").await;
    let ben = acme.user("Ben", Role::User).await;
    let mailbox = json!({"channel": "email", "name": "Mail", "config": {
        "address": "help@acme.example", "inbound": {"kind": "http"},
        "outbound": {"kind": "smtp", "host": "mail.example"},
    }});
    ana.post("/api/v1/channel-accounts", &mailbox).await.expect(201);
    let new = json!({"to": {"kind": "email", "value": "maria@customer.example"}, "channel": "email"});
    let conversation = id_of(&ana.post("/api/v1/conversations", &new).await.expect(201));
    let path = format!("/api/v1/conversations/{conversation}");
    let mut hers = listen(&app, &cookie_of(&app, &ana.email).await, "").await;
    let mut his = listen(&app, &cookie_of(&app, &ben.email).await, "").await;
    for kind in ["messages", "notes"] {
        let answer = say_with_files(&ana, &format!("{path}/{kind}")).await;
        let attachments = answer["attachments"].as_array().unwrap();
        assert_eq!((&attachments[0]["inline"], &attachments[1]["inline"]), (&json!(true), &json!(false)));
        let url = attachments[0]["url"].as_str().unwrap();
        let html = answer["body_html"].as_str().unwrap();
        assert!(html.contains(&format!("src=\"{url}\"")) && !html.contains("cid:"), "{html}");
        let stored = format!("{path}/messages/{}", id_of(&answer));
        assert_eq!(ana.get(&stored).await.expect(200), answer, "it reads as it was answered");
        let told = hers.next_durable().await.data["data"]["message"].clone();
        assert_eq!(told, answer, "and as it was told");
        let his = his.next_durable().await.data["data"]["message"].clone();
        assert_ne!(his["attachments"][0]["url"], attachments[0]["url"], "paths are for one reader");
        for attachment in his["attachments"].as_array().unwrap() {
            app.stranger().get(attachment["url"].as_str().unwrap()).await.expect(200);
        }
        assert_eq!(ben.get(&stored).await.expect(200), his);
    }
}
