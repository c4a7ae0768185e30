//! The live connection of a visitor.

use std::time::Duration;

use axum::body::BodyDataStream;
use axum::http::{Method, StatusCode};
use futures_util::StreamExt;
use rapport_domain::DraftMode;
use rapport_domain::model::ViewerState;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::fixture::{App, Visitor, conversation_of, on_both, request};

struct Stream {
    body: BodyDataStream,
    text: String,
}

#[derive(Debug)]
struct Frame {
    id: Option<String>,
    event: String,
    data: Value,
}

impl Stream {
    async fn open(app: &App, visitor: &Visitor, after: &str) -> Self {
        let path = format!("/widget/v1/events?after={after}");
        let response =
            app.router.clone().oneshot(request(Method::GET, &path, Some(&visitor.token), None)).await;
        let response = response.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: response.into_body().into_data_stream(), text: String::new() }
    }

    /// The next frame; `None` when the stream is over.
    async fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some((frame, rest)) = self.text.split_once("\n\n") {
                let (frame, rest) = (frame.to_owned(), rest.to_owned());
                self.text = rest;
                if let Some(frame) = parse(&frame) {
                    return Some(frame);
                }
                continue;
            }
            let chunk = tokio::time::timeout(Duration::from_secs(20), self.body.next()).await;
            let chunk = chunk.expect("a frame in time")?.expect("bytes");
            self.text.push_str(std::str::from_utf8(&chunk).expect("text"));
        }
    }

    async fn expect(&mut self, event: &str) -> Frame {
        let frame = self.next().await.expect("a frame");
        assert_eq!(frame.event, event, "{frame:?}");
        frame
    }
}

fn parse(text: &str) -> Option<Frame> {
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    Some(Frame {
        id: field("id").map(str::to_owned),
        event: field("event")?.to_owned(),
        data: serde_json::from_str(field("data")?).expect("JSON"),
    })
}

#[test]
fn a_stream_carries_what_is_for_its_visitor_and_nothing_else() {
    on_both(|app: App| async move {
        let (visitor, other) = (app.stranger().await, app.stranger().await);
        let mut stream = Stream::open(&app, &visitor, "").await;
        assert_eq!(stream.expect("hello").await.data["agents_online"], false);
        // The first message makes the contact, after the stream began.
        let conversation = conversation_of(&app.say(&visitor, "Hello").await);
        assert_eq!(stream.expect("message").await.data["message"]["body_text"], "Hello");
        let elsewhere = conversation_of(&app.say(&other, "CANARY of another").await);
        app.note(&app.alice, &conversation, "CANARY note").await;
        app.reply(&app.alice, &elsewhere, "CANARY for another").await;
        app.engine.assign(&app.alice, &elsewhere, assign_to_me(&app)).await.expect("is assigned");
        let answer = app.reply(&app.bob, &conversation, "How can I help?").await;
        let frame = stream.expect("message").await;
        assert_eq!(frame.data["message"]["author"], json!({ "kind": "teammate", "name": "Bob" }));
        assert_eq!(frame.data["message"]["id"], answer.id.as_str());
        assert!(frame.id.is_some());
        let read = app.post("/widget/v1/read", &visitor, json!({ "message_id": answer.id })).await;
        assert_eq!(read.body["unread_count"], 0);
        assert_eq!(stream.expect("read").await.data, json!({ "unread_count": 0 }));
        app.engine.close(&app.alice, &conversation).await.expect("is closed");
        assert_eq!(stream.expect("conversation").await.data["conversation"]["status"], "closed");
    });
}

fn assign_to_me(app: &App) -> rapport_engine::conversation::Assignment {
    rapport_engine::conversation::Assignment { user: Some(app.alice.user.id.clone()), expected: None }
}

#[test]
fn a_stream_that_was_cut_misses_nothing_when_it_resumes() {
    on_both(|app: App| async move {
        let visitor = app.stranger().await;
        let conversation = conversation_of(&app.say(&visitor, "Hello").await);
        let cursor = app.session(&visitor).await.body["cursor"].as_str().expect("a cursor").to_owned();
        app.reply(&app.alice, &conversation, "One").await;
        app.note(&app.alice, &conversation, "CANARY").await;
        app.reply(&app.alice, &conversation, "Two").await;
        let mut stream = Stream::open(&app, &visitor, &cursor).await;
        stream.expect("hello").await;
        let one = stream.expect("message").await;
        assert_eq!(one.data["message"]["body_text"], "One");
        assert_eq!(stream.expect("message").await.data["message"]["body_text"], "Two");
        let mut again = Stream::open(&app, &visitor, one.id.as_deref().expect("an id")).await;
        again.expect("hello").await;
        assert_eq!(again.expect("message").await.data["message"]["body_text"], "Two");
        for cursor in ["999999999", "nonsense", "-5"] {
            let mut lost = Stream::open(&app, &visitor, cursor).await;
            lost.expect("hello").await;
            lost.expect("resync_required").await;
            assert!(lost.next().await.is_none());
        }
    });
}

#[test]
fn teammates_are_seen_typing_answers_and_not_notes() {
    on_both(|app: App| async move {
        let visitor = app.stranger().await;
        let conversation = conversation_of(&app.say(&visitor, "Hello").await);
        let mut stream = Stream::open(&app, &visitor, "").await;
        stream.expect("hello").await;
        let presence = app.engine.presence();
        let note = |state, mode| {
            presence.note(&app.workspace, &conversation, &app.bob.user, state, mode, app.engine.now())
        };
        note(ViewerState::Viewing, None);
        note(ViewerState::Typing, Some(DraftMode::Note));
        note(ViewerState::Typing, Some(DraftMode::Reply));
        let typing = stream.expect("typing").await;
        assert_eq!(typing.data, json!({ "author": { "kind": "teammate", "name": "Bob" }, "active": true }));
        assert!(typing.id.is_none());
        note(ViewerState::Viewing, None);
        assert_eq!(stream.expect("typing").await.data["active"], false);
        let there = presence.connect(&app.workspace, &app.bob.user.id);
        assert_eq!(stream.expect("presence").await.data, json!({ "agents_online": true }));
        drop(there);
        assert_eq!(stream.expect("presence").await.data, json!({ "agents_online": false }));
    });
}

#[test]
fn a_visitor_sees_that_a_message_was_seen() {
    on_both(|app: App| async move {
        let visitor = app.stranger().await;
        let said = app.say(&visitor, "Hello").await;
        let mut stream = Stream::open(&app, &visitor, "").await;
        stream.expect("hello").await;
        app.engine.mark_read(&app.bob, &conversation_of(&said)).await.expect("is read");
        assert_eq!(stream.expect("seen").await.data, json!({ "message_id": said.body["message"]["id"] }));
        let mut team = app.engine.hub().subscribe(&app.workspace).await.expect("listens");
        let typed = app.post("/widget/v1/typing", &visitor, json!({ "active": true })).await;
        assert_eq!(typed.status, StatusCode::NO_CONTENT);
        let frame = team.recv().await.expect("a frame");
        let rapport_engine::realtime::Frame::Ephemeral { name, json, .. } = frame else {
            panic!("{frame:?}")
        };
        assert_eq!(name, "contact.typing");
        assert!(json.contains(conversation_of(&said).as_str()));
    });
}

#[test]
fn streams_end_with_their_session_and_when_the_rules_change() {
    on_both(|app: App| async move {
        let (leaving, staying) = (app.stranger().await, app.stranger().await);
        let known = app.known("user-42").await;
        let mut ended = Stream::open(&app, &leaving, "").await;
        let mut stranger = Stream::open(&app, &staying, "").await;
        let mut identified = Stream::open(&app, &known, "").await;
        for stream in [&mut ended, &mut stranger, &mut identified] {
            stream.expect("hello").await;
        }
        app.call(Method::DELETE, "/widget/v1/session", Some(&leaving.token), None).await;
        assert_eq!(ended.expect("session_ended").await.data, json!({ "code": "token_invalid" }));
        assert!(ended.next().await.is_none());
        app.configure(json!({ "require_identity": true })).await;
        assert_eq!(stranger.expect("session_ended").await.data, json!({ "code": "identity_required" }));
        assert!(stranger.next().await.is_none());
        app.say(&known, "Still here").await;
        identified.expect("message").await;
        let change =
            rapport_engine::channel_account::AccountChange { active: Some(false), ..Default::default() };
        app.engine
            .update_channel_account(&app.alice, &app.widget.account, change)
            .await
            .expect("is switched off");
        assert_eq!(identified.expect("session_ended").await.data, json!({ "code": "widget_not_found" }));
        // The token is good again when the widget is.
        assert_eq!(app.get("/widget/v1/messages", &known).await.code(), "widget_not_found");
        let change =
            rapport_engine::channel_account::AccountChange { active: Some(true), ..Default::default() };
        app.engine
            .update_channel_account(&app.alice, &app.widget.account, change)
            .await
            .expect("is switched on");
        assert_eq!(app.get("/widget/v1/messages", &known).await.texts(), ["Still here"]);
    });
}

#[test]
fn the_sixth_stream_of_a_browser_ends_the_first() {
    on_both(|app: App| async move {
        let visitor = app.stranger().await;
        let mut streams = Vec::new();
        for _ in 0..6 {
            streams.push(Stream::open(&app, &visitor, "").await);
        }
        for stream in &mut streams {
            stream.expect("hello").await;
        }
        assert!(streams[0].next().await.is_none());
        app.say(&visitor, "Hello").await;
        for stream in &mut streams[1..] {
            stream.expect("message").await;
        }
    });
}
