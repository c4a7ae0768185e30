//! Messages, notes, drafts and what was read.

use rapport_domain::Role;
use rapport_testkit::app::{Client, TestApp};
use serde_json::{Value, json};

use crate::on_both_engines;
use crate::support::{office, talk};

on_both_engines! {
    the_same_client_id_is_one_message,
    a_client_id_of_something_else_is_refused_and_nothing_is_lost,
    a_repeated_request_under_one_key_gets_the_first_answer,
    pages_of_the_timeline_go_back_to_the_beginning,
    a_page_around_a_message_goes_both_ways,
    a_draft_is_ones_own,
    what_one_has_read_is_ones_own,
    mail_that_is_handed_over_twice_is_one_message,
    what_only_emails_have_is_refused_elsewhere,
    a_refusal_shows_the_answers_of_colleagues_with_their_files,
}

async fn the_same_client_id_is_one_message(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let path = format!("/api/v1/conversations/{}/messages", talk(&ana, "Maria").await.conversation);
    let body = json!({"body_text": "Hello Maria", "client_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7"});
    let first = ana.post(&path, &body).await.expect(201);
    let second = ana.post(&path, &body).await.expect(201);
    assert_eq!(first["id"], second["id"]);
    assert_eq!(ana.get(&path).await.expect(200)["data"].as_array().unwrap().len(), 2);
}

async fn a_client_id_of_something_else_is_refused_and_nothing_is_lost(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let path = format!("/api/v1/conversations/{}", talk(&ana, "Maria").await.conversation);
    let (messages, notes) = (format!("{path}/messages"), format!("{path}/notes"));
    let upload = ana.upload("bill.txt", "text/plain", b"12 pounds").await.expect(201);
    let message = json!({"body_text": "Hello Maria", "client_id": "m-1"});
    let note = json!({"body_text": "Hello Maria", "client_id": "n-1"});
    let heard = json!({"direction": "inbound", "body_text": "It broke", "client_id": "i-1"});
    let with_file = json!({"body_text": "See", "attachment_ids": [upload["id"]], "client_id": "f-1"});
    for (path, body) in [(&messages, &message), (&notes, &note), (&messages, &heard), (&notes, &with_file)] {
        let first = ana.post(path, body).await.expect(201);
        assert_eq!(ana.post(path, body).await.expect(201)["id"], first["id"]);
    }
    let with = |body: &Value, field: &str, value: Value| {
        let mut changed = body.clone();
        changed[field] = value;
        changed
    };
    for (path, body) in [
        (&notes, message.clone()),
        (&messages, note.clone()),
        (&messages, with(&message, "direction", json!("inbound"))),
        (&messages, with(&message, "body_text", json!("Goodbye Maria"))),
        (&messages, with(&heard, "body_text", json!("It works"))),
        (&notes, with(&note, "body_text", json!("Goodbye Maria"))),
        (&notes, with(&with_file, "attachment_ids", json!([]))),
    ] {
        let refused = ana.post(path, &body).await.expect(409);
        assert_eq!(refused["code"], "client_id_in_use", "{body}");
        assert_eq!(refused["current"]["client_id"], body["client_id"]);
    }
    assert_eq!(ana.get(&messages).await.expect(200)["data"].as_array().unwrap().len(), 5);
}

async fn a_repeated_request_under_one_key_gets_the_first_answer(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let path = format!("/api/v1/conversations/{}/notes", talk(&ana, "Maria").await.conversation);
    let body = json!({"body_text": "She called as well."});
    let post = axum::http::Method::POST;
    let key = [("idempotency-key", "note-1")];
    let repeats: Vec<_> = (0..4)
        .map(|_| {
            let (client, path, body, post) = (ana.client.clone(), path.clone(), body.clone(), post.clone());
            tokio::spawn(async move { client.send(post, &path, Some(&body), &key).await.expect(201) })
        })
        .collect();
    let mut answers: Vec<Value> = Vec::new();
    for repeat in repeats {
        answers.push(repeat.await.unwrap());
    }
    assert!(answers.iter().all(|answer| answer["id"] == answers[0]["id"]));
    let long = "k".repeat(256);
    let refused = ana.send(post, &path, Some(&body), &[("idempotency-key", long.as_str())]).await;
    assert_eq!(refused.expect(422)["errors"][0]["field"], "Idempotency-Key");
}

async fn pages_of_the_timeline_go_back_to_the_beginning(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let path = format!("/api/v1/conversations/{}", talk(&ana, "Maria").await.conversation);
    for number in 0..7 {
        ana.post(&format!("{path}/notes"), &json!({"body_text": format!("Note {number}")})).await.expect(201);
        app.advance_seconds(1);
    }
    ana.post(&format!("{path}/assign"), &json!({"user_id": "me"})).await.expect(200);
    let whole = ana.get(&format!("{path}/timeline?limit=100")).await.expect(200);
    assert_eq!(whole["next_cursor"], Value::Null);
    let whole = whole["data"].as_array().unwrap().clone();
    assert_eq!(whole.iter().filter(|item| item["type"] == "message").count(), 8);
    assert!(whole.iter().any(|item| item["activity"]["name"] == "conversation.assigned"));
    let mut pages: Vec<Value> = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = ana.get(&format!("{path}/timeline?limit=3{cursor}")).await.expect(200);
        pages.splice(0..0, page["data"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(pages, whole);
}

/// All pages from one on, in both directions.
async fn both_ways(client: &Client, path: &str, first: Value, limit: usize) -> Vec<Value> {
    let mut all = first["data"].as_array().unwrap().clone();
    let (mut older, mut newer) = (first["next_cursor"].clone(), first["newer_cursor"].clone());
    while let Some(cursor) = older.as_str() {
        let page = client.get(&format!("{path}?limit={limit}&cursor={cursor}")).await.expect(200);
        assert!(page["newer_cursor"].is_string(), "what came from a newer page has newer ones");
        all.splice(0..0, page["data"].as_array().unwrap().clone());
        older = page["next_cursor"].clone();
    }
    while let Some(cursor) = newer.as_str() {
        let page = client.get(&format!("{path}?limit={limit}&cursor={cursor}")).await.expect(200);
        all.extend(page["data"].as_array().unwrap().clone());
        newer = page["newer_cursor"].clone();
    }
    all
}

async fn a_page_around_a_message_goes_both_ways(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let path = format!("/api/v1/conversations/{}", talk(&ana, "Maria").await.conversation);
    for number in 0..12 {
        ana.post(&format!("{path}/notes"), &json!({"body_text": format!("Note {number}")})).await.expect(201);
        // Some notes and changes share a moment.
        if number % 3 == 0 {
            let user = if number % 2 == 0 { json!("me") } else { Value::Null };
            ana.post(&format!("{path}/assign"), &json!({"user_id": user})).await.expect(200);
            app.advance_seconds(1);
        }
    }
    for (list, pointer) in [("timeline", "/message/id"), ("messages", "/id")] {
        let path = format!("{path}/{list}");
        let whole = ana.get(&format!("{path}?limit=100")).await.expect(200);
        assert_eq!((&whole["next_cursor"], &whole["newer_cursor"]), (&Value::Null, &Value::Null));
        let whole = whole["data"].as_array().unwrap().clone();
        for (index, item) in whole.iter().enumerate() {
            let Some(id) = item.pointer(pointer).and_then(Value::as_str) else { continue };
            for limit in [1, 4, 5] {
                let page = ana.get(&format!("{path}?around={id}&limit={limit}")).await.expect(200);
                let shown = page["data"].as_array().unwrap();
                assert!(shown.contains(item) && shown.len() <= limit, "{list} {index}: {page}");
                assert_eq!(both_ways(&ana, &path, page, limit).await, whole, "{list} {index} by {limit}");
            }
        }
        let unknown = ana.get(&format!("{path}?around=msg_01jaaaaaaaaaaaaaaaaaaaaaaa")).await;
        assert_eq!(unknown.refusal(404), "not_found");
        let other = talk(&ana, list).await.message;
        assert_eq!(ana.get(&format!("{path}?around={other}")).await.refusal(404), "not_found");
        let both = ana.get(&format!("{path}?around={other}&cursor=x")).await.expect(422);
        assert_eq!(wrong_fields(&both), ["around"]);
        assert_eq!(ana.get(&format!("{path}?cursor=x")).await.refusal(422), "validation_failed");
    }
}

async fn a_draft_is_ones_own(app: TestApp) {
    let (acme, ana) = office(&app, "acme").await;
    let ben = acme.user("Ben", Role::User).await;
    let path = format!("/api/v1/conversations/{}/drafts/reply", talk(&ana, "Maria").await.conversation);
    assert_eq!(ana.get(&path).await.refusal(404), "not_found");
    ana.put(&path, &json!({"body_text": "Dear Maria"})).await.expect(200);
    assert_eq!(ana.get(&path).await.expect(200)["body_text"], "Dear Maria");
    assert_eq!(ben.get(&path).await.refusal(404), "not_found");
    ben.put(&path, &json!({"body_text": "Hi"})).await.expect(200);
    ana.delete(&path).await.expect(204);
    assert_eq!(ana.get(&path).await.refusal(404), "not_found");
    assert_eq!(ben.get(&path).await.expect(200)["body_text"], "Hi");
}

async fn what_one_has_read_is_ones_own(app: TestApp) {
    let (acme, ana) = office(&app, "acme").await;
    let ben = acme.user("Ben", Role::ReadOnly).await;
    let path = format!("/api/v1/conversations/{}", talk(&ana, "Maria").await.conversation);
    assert_eq!(ben.post(&format!("{path}/read"), &json!({})).await.expect(200)["unread_count"], 0);
    assert_eq!(ben.get(&path).await.expect(200)["unread_count"], 0);
    assert_eq!(ana.get(&path).await.expect(200)["unread_count"], 1);
    assert_eq!(ben.post(&format!("{path}/unread"), &json!({})).await.expect(200)["unread_count"], 1);
}

async fn mail_that_is_handed_over_twice_is_one_message(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let mailbox = json!({"channel": "email", "name": "Mail", "config": {
        "address": "help@acme.example", "inbound": {"kind": "http"}, "outbound": {"kind": "none"},
    }});
    let account = ana.post("/api/v1/channel-accounts", &mailbox).await.expect(201);
    let path = format!("/api/v1/ingest/email/{}", account["id"].as_str().unwrap());
    let mail = "From: Maria <maria@customer.example>\r\nTo: help@acme.example\r\nSubject: Order 7\r\n\
        Message-ID: <one@customer.example>\r\n\r\nWhere is it?\r\n";
    let headers = [("x-rapport-csrf", "1"), ("content-type", "message/rfc822")];
    let post = axum::http::Method::POST;
    let hand_over =
        async || ana.send_bare(post.clone(), &path, Some(mail.into()), &headers).await.expect(201);
    let (first, second) = (hand_over().await, hand_over().await);
    assert_eq!((first["status"].clone(), second["status"].clone()), (json!("stored"), json!("duplicate")));
    assert_eq!(first["message_id"], second["message_id"]);
    let conversation = format!("/api/v1/conversations/{}", first["conversation_id"].as_str().unwrap());
    let shown = ana.get(&conversation).await.expect(200);
    assert_eq!((shown["subject"].clone(), shown["inbound_count"].clone()), (json!("Order 7"), json!(1)));
    let raw =
        ana.get(&format!("{conversation}/messages/{}/raw", first["message_id"].as_str().unwrap())).await;
    assert_eq!(raw.body, mail);
    assert!(raw.header("content-disposition").starts_with("attachment;"));
}

async fn what_only_emails_have_is_refused_elsewhere(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let talk = talk(&ana, "Maria").await;
    let path = format!("/api/v1/conversations/{}/messages", talk.conversation);
    let to = json!([{"address": "ida@customer.example"}]);
    for (field, value) in [
        ("to", to.clone()),
        ("cc", to.clone()),
        ("bcc", to.clone()),
        ("subject", json!("Order 7")),
        ("hold_seconds", json!(10)),
    ] {
        let mut body = json!({"body_text": "Hello", field: value});
        assert_eq!(wrong_fields(&ana.post(&path, &body).await.expect(422)), [field]);
        body["direction"] = json!("inbound");
        if field != "subject" {
            assert_eq!(wrong_fields(&ana.post(&path, &body).await.expect(422)), [field]);
        }
    }
    let both = json!({"body_text": "Hello", "cc": to, "subject": "Order 7"});
    assert_eq!(wrong_fields(&ana.post(&path, &both).await.expect(422)), ["cc", "subject"]);
    let closing =
        json!({"body_text": "Hello", "direction": "inbound", "then": "close", "assign_to_me": true});
    assert_eq!(wrong_fields(&ana.post(&path, &closing).await.expect(422)), ["then", "assign_to_me"]);
    assert_eq!(ana.get(&path).await.expect(200)["data"].as_array().unwrap().len(), 1, "nothing was stored");

    let empty =
        json!({"body_text": "Hello", "to": [], "cc": [], "bcc": [], "subject": " ", "hold_seconds": 0});
    ana.post(&path, &empty).await.expect(201);
    let reported =
        json!({"direction": "inbound", "subject": "Order 7", "body_html": "<p>It <b>came</b>.</p>"});
    let reported = ana.post(&path, &reported).await.expect(201);
    assert_eq!(
        (reported["subject"].clone(), reported["body_text"].clone()),
        (json!("Order 7"), json!("It came."))
    );

    let first = json!({"to": {"kind": "external", "value": "ida-1"}, "channel": "api", "subject": "Order 8",
        "channel_account_id": talk.account, "message": {"body_text": "Hello", "bcc": to}});
    let refused = ana.post("/api/v1/conversations", &first).await.expect(422);
    assert_eq!(wrong_fields(&refused), ["message.bcc"]);
    let mut first = first;
    first["message"] = json!({"body_text": "Hello"});
    assert_eq!(ana.post("/api/v1/conversations", &first).await.expect(201)["subject"], "Order 8");
}

fn wrong_fields(refused: &Value) -> Vec<String> {
    let errors = refused["errors"].as_array().unwrap_or_else(|| panic!("no fields in {refused}"));
    errors.iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
}

async fn a_refusal_shows_the_answers_of_colleagues_with_their_files(app: TestApp) {
    let (acme, ana) = office(&app, "acme").await;
    let ben = acme.user("Ben", Role::User).await;
    let talk = talk(&ana, "Maria").await;
    let path = format!("/api/v1/conversations/{}/messages", talk.conversation);
    app.advance_seconds(1);
    let upload = ben.upload("map.txt", "text/plain", b"left at the lake").await.expect(201);
    let answer = json!({"body_text": "See the map.", "attachment_ids": [upload["id"]]});
    let answer = ben.post(&path, &answer).await.expect(201);
    let late = json!({"body_text": "Hello", "seen_message_id": talk.message});
    let refused = ana.post(&path, &late).await.expect(409);
    assert_eq!(refused["code"], "conversation_advanced");
    let file = refused["current"]["messages"][0]["attachments"][0]["url"].as_str().unwrap().to_owned();
    assert_eq!(app.stranger().get(&file).await.body, "left at the lake");
    // So do other refusals that show a message.
    let message = format!("{path}/{}", answer["id"].as_str().unwrap());
    for (verb, code) in [("cancel", "already_sent"), ("retry", "not_failed")] {
        let refused = ana.post(&format!("{message}/{verb}"), &json!({})).await.expect(409);
        assert_eq!(refused["code"], code);
        let file = refused["current"]["attachments"][0]["url"].as_str().unwrap().to_owned();
        assert_eq!(app.stranger().get(&file).await.body, "left at the lake");
    }
}
