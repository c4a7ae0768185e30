//! What visitors write, and what they get to see.

use axum::http::{Method, StatusCode};
use rapport_domain::{ConversationId, Direction, MessageKind, Status};
use serde_json::json;

use super::fixture::{App, conversation_of, fresh_client_id, on_both};

#[test]
fn a_message_sent_twice_is_stored_once() {
    on_both(|app: App| async move {
        let visitor = app.stranger().await;
        let id = fresh_client_id();
        let (one, two, three) = tokio::join!(
            app.try_say(&visitor, &id, "Hello"),
            app.try_say(&visitor, &id, "Hello"),
            app.try_say(&visitor, &id, "Hello")
        );
        let mut statuses = [one.status.as_u16(), two.status.as_u16(), three.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 200, 201]);
        assert_eq!(one.body["message"]["id"], two.body["message"]["id"]);
        assert_eq!(one.body["message"]["client_id"], id.as_str());
        let conversation = conversation_of(&one);
        assert_eq!(app.messages(&conversation).await.len(), 1);
        // Also when the conversation has ended meanwhile.
        app.engine.close(&app.alice, &conversation).await.expect("is closed");
        let late = app.try_say(&visitor, &id, "Hello").await;
        assert_eq!((late.status, conversation_of(&late)), (StatusCode::OK, conversation.clone()));
        // Another visitor's id of the same name is another message.
        let other = app.stranger().await;
        let answer = app.try_say(&other, &id, "Hi").await;
        assert_eq!(answer.status, StatusCode::CREATED);
        assert_ne!(conversation_of(&answer), conversation);
    });
}

#[test]
fn a_message_to_a_closed_conversation_opens_a_linked_follow_up() {
    on_both(|app: App| async move {
        let visitor = app.stranger().await;
        let first = conversation_of(&app.say(&visitor, "First").await);
        app.engine.close(&app.alice, &first).await.expect("is closed");
        assert_eq!(app.session(&visitor).await.body["conversation"]["status"], "closed");
        app.clock.advance_seconds(60);
        let second = app.say(&visitor, "Second").await;
        assert_eq!(second.body["conversation"]["status"], "open");
        let follow_up =
            app.engine.find_conversation(&app.alice, &conversation_of(&second)).await.expect("is there");
        assert_eq!(follow_up.follow_up_of.expect("is linked").id, first);
        let again = app.session(&visitor).await;
        assert_eq!(again.texts(), ["First", "Second"]);
        assert_eq!(conversation_of(&again), follow_up.id);
    });
}

#[test]
fn a_solved_conversation_goes_on() {
    on_both(|app: App| async move {
        let visitor = app.stranger().await;
        let conversation = conversation_of(&app.say(&visitor, "First").await);
        let change = rapport_engine::conversation::ConversationChange {
            status: Some(Status::Solved),
            ..Default::default()
        };
        app.engine.edit_conversation(&app.alice, &conversation, change).await.expect("is solved");
        assert_eq!(app.session(&visitor).await.body["conversation"]["status"], "open");
        assert_eq!(conversation_of(&app.say(&visitor, "Second").await), conversation);
    });
}

#[test]
fn notes_never_reach_a_visitor() {
    on_both(|app: App| async move {
        let visitor = app.stranger().await;
        let conversation = conversation_of(&app.say(&visitor, "Hello").await);
        app.note(&app.alice, &conversation, "CANARY: a difficult customer").await;
        app.reply(&app.alice, &conversation, "How can I help?").await;
        app.note(&app.bob, &conversation, "CANARY: agreed").await;
        let notes = app.messages(&conversation).await;
        let notes: Vec<_> = notes.into_iter().filter(|message| message.kind == MessageKind::Note).collect();
        assert_eq!(notes.len(), 2);
        let session = app.session(&visitor).await;
        assert_eq!(session.texts(), ["Hello", "How can I help?"]);
        assert!(!session.body.to_string().contains("CANARY"));
        for note in notes {
            let before = app.get(&format!("/widget/v1/messages?before={}", note.id), &visitor).await;
            assert_eq!(before.status, StatusCode::NOT_FOUND);
            let read = app.post("/widget/v1/read", &visitor, json!({ "message_id": note.id })).await;
            assert_eq!(read.status, StatusCode::NOT_FOUND);
        }
    });
}

#[test]
fn teammates_appear_by_name_only() {
    on_both(|app: App| async move {
        let visitor = app.stranger().await;
        let conversation = conversation_of(&app.say(&visitor, "Hello").await);
        app.reply(&app.bob, &conversation, "Hi").await;
        let session = app.session(&visitor).await;
        let author = &session.body["messages"][1]["author"];
        assert_eq!(*author, json!({ "kind": "teammate", "name": "Bob" }));
        let shown = session.body.to_string();
        assert!(!shown.contains(app.bob.user.id.as_str()) && !shown.contains("@"), "{shown}");
        let fields = |value: &serde_json::Value| -> Vec<String> {
            value.as_object().map(|fields| fields.keys().cloned().collect()).unwrap_or_default()
        };
        let mut names = fields(&session.body["messages"][0]);
        names.sort_unstable();
        assert_eq!(names, ["attachments", "author", "body_text", "client_id", "id", "sent_at"]);
    });
}

#[test]
fn a_visitor_sees_only_what_is_between_them_and_the_team() {
    on_both(|app: App| async move {
        let (ana, ben) = (app.stranger().await, app.stranger().await);
        let of_ana = app.say(&ana, "Ana's secret").await;
        app.say(&ben, "Ben's question").await;
        let answer = app.reply(&app.alice, &conversation_of(&of_ana), "For Ana only").await;
        assert_eq!(app.session(&ben).await.texts(), ["Ben's question"]);
        let path =
            format!("/widget/v1/messages?before={}", of_ana.body["message"]["id"].as_str().expect("an id"));
        assert_eq!(app.get(&path, &ben).await.status, StatusCode::NOT_FOUND);
        let read = app.post("/widget/v1/read", &ben, json!({ "message_id": answer.id })).await;
        assert_eq!(read.status, StatusCode::NOT_FOUND);
    });
}

#[test]
fn older_messages_come_in_pages_without_gaps() {
    on_both(|app: App| async move {
        let visitor = app.stranger().await;
        let conversation = conversation_of(&app.say(&visitor, "message 0").await);
        for number in 1..70 {
            app.reply(&app.alice, &conversation, &format!("message {number}")).await;
        }
        let newest = app.session(&visitor).await;
        let mut all: Vec<String> = newest.texts().into_iter().map(str::to_owned).collect();
        assert_eq!((all.len(), newest.body["has_more"].as_bool()), (30, Some(true)));
        let mut before = newest.body["messages"][0]["id"].as_str().expect("an id").to_owned();
        loop {
            let page = app.get(&format!("/widget/v1/messages?before={before}"), &visitor).await;
            let mut older: Vec<String> = page.texts().into_iter().map(str::to_owned).collect();
            before = page.body["messages"][0]["id"].as_str().expect("an id").to_owned();
            older.extend(all);
            all = older;
            if page.body["has_more"] == false {
                break;
            }
        }
        let expected: Vec<String> = (0..70).map(|number| format!("message {number}")).collect();
        assert_eq!(all, expected);
    });
}

#[test]
fn texts_are_bounded_and_cleaned() {
    on_both(|app: App| async move {
        let visitor = app.stranger().await;
        let stored = app.say(&visitor, "a\u{202e}b\u{0}c\r\nd\u{200f}").await;
        assert_eq!(stored.body["message"]["body_text"], "abc\nd\u{200f}");
        let limit = "é".repeat(10_000);
        app.say(&visitor, &limit).await;
        for (text, status, code) in [
            (" \n\u{202e}".to_owned(), StatusCode::UNPROCESSABLE_ENTITY, "validation_failed"),
            (format!("{limit}x"), StatusCode::UNPROCESSABLE_ENTITY, "validation_failed"),
            ("x".repeat(70_000), StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
        ] {
            let answer = app.try_say(&visitor, &fresh_client_id(), &text).await;
            assert_eq!((answer.status, answer.code()), (status, code));
        }
        let unknown = json!({ "client_id": fresh_client_id(), "body_text": "x", "author": "alice" });
        assert_eq!(app.post("/widget/v1/messages", &visitor, unknown).await.code(), "validation_failed");
        for client_id in ["", "short", "a:b:c:d:e", &"x".repeat(200)] {
            assert_eq!(
                app.try_say(&visitor, client_id, "x").await.code(),
                "validation_failed",
                "{client_id}"
            );
        }
    });
}

#[test]
fn looking_makes_nothing_and_writing_makes_one_contact() {
    on_both(|app: App| async move {
        let path = format!("/widget/v1/config?key={}", app.widget.key);
        assert_eq!(app.call(Method::GET, &path, None, None).await.status, StatusCode::OK);
        let visitor = app.stranger().await;
        let contacts = || app.engine.list_contacts(&app.alice, None, None, 10);
        assert!(contacts().await.expect("contacts").is_empty());
        app.say(&visitor, "Hello").await;
        app.say(&visitor, "Hello again").await;
        assert_eq!(contacts().await.expect("contacts").len(), 1);
    });
}

#[test]
fn the_page_is_kept_without_its_query() {
    on_both(|app: App| async move {
        let visitor = app.stranger().await;
        let body = json!({
            "client_id": fresh_client_id(), "body_text": "Hello", "attachment_ids": [],
            "page": { "url": "https://shop.example/cart?token=CANARY#x", "title": "Your\u{202e} cart" },
        });
        assert_eq!(app.post("/widget/v1/messages", &visitor, body).await.status, StatusCode::CREATED);
        let id = rapport_domain::VisitorId::parse(&visitor.id).expect("an id");
        let stored =
            app.engine.store().read(&app.workspace, move |tx| rapport_store::visitor::find(tx, &id)).await;
        let stored = stored.expect("is read").expect("is there");
        assert_eq!(stored.page_url.as_deref(), Some("https://shop.example/cart"));
        assert_eq!(stored.page_title.as_deref(), Some("Your cart"));
    });
}

#[test]
fn too_much_too_fast_is_told_when_to_go_on() {
    on_both(|app: App| async move {
        let visitor = app.stranger().await;
        for _ in 0..30 {
            app.say(&visitor, "again").await;
        }
        let refused = app.try_say(&visitor, &fresh_client_id(), "again").await;
        assert_eq!((refused.status, refused.code()), (StatusCode::TOO_MANY_REQUESTS, "rate_limited"));
        let wait: i64 = refused.headers["retry-after"].to_str().expect("text").parse().expect("seconds");
        app.clock.advance_seconds(wait);
        app.say(&visitor, "later").await;
        let mut opened = 0;
        let flood = loop {
            let answer = app.open(None, None).await;
            if answer.status != StatusCode::CREATED {
                break answer;
            }
            opened += 1;
        };
        assert!((15..=20).contains(&opened), "{opened}");
        assert_eq!((flood.status, flood.code()), (StatusCode::TOO_MANY_REQUESTS, "rate_limited"));
    });
}

#[test]
fn a_chat_that_an_agent_answers_elsewhere_shows_only_the_chat() {
    on_both(|app: App| async move {
        let visitor = app.stranger().await;
        let conversation: ConversationId = conversation_of(&app.say(&visitor, "Hello").await);
        let config = json!({
            "address": "support@bikes.example", "inbound": { "kind": "http" },
            "outbound": { "kind": "smtp", "host": "127.0.0.1", "port": 9, "tls": "none" },
        });
        let new = rapport_engine::channel_account::NewAccount {
            channel: rapport_domain::Channel::Email,
            name: "Support".into(),
            active: true,
            config,
            secrets: Default::default(),
        };
        let mailbox = app.engine.create_channel_account(&app.alice, new).await.expect("a mailbox").account.id;
        let contact =
            app.engine.find_conversation(&app.alice, &conversation).await.expect("is there").contact;
        let address = rapport_engine::contact::NewAddress {
            kind: rapport_domain::AddressKind::Email,
            value: "ana@customers.example".into(),
        };
        let contact = contact.expect("a contact").id;
        app.engine.add_contact_address(&app.alice, &contact, address).await.expect("is added");
        let email = rapport_engine::message::NewMessage {
            body_text: Some("CANARY by mail".into()),
            channel_account_id: Some(mailbox),
            ..Default::default()
        };
        app.engine
            .send_message(&app.alice, &conversation, Direction::Outbound, email)
            .await
            .expect("is queued");
        let session = app.session(&visitor).await;
        assert_eq!(session.texts(), ["Hello"]);
        assert_eq!(session.body["unread_count"], 0);
    });
}
