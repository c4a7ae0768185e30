//! What the server really answers has the shape that its description promises, and nothing beside it.

mod witness;

use axum::http::Method;
use rapport_domain::WorkspaceId;
use rapport_store::Engine;
use rapport_testkit::app::{Client, PASSWORD, TestApp};
use serde_json::{Value, json};

use crate::support::id_of;
use witness::Witness;

/// A server, and who calls it.
struct Scene {
    witness: Witness,
    app: TestApp,
    workspace: WorkspaceId,
    ana: Client,
    ben: Client,
}

const MAIL: &[u8] = b"From: Maria <maria@customer.example>\r\nTo: help@acme.example\r\nSubject: Order 7\r\n\
    Message-ID: <one@customer.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=e\r\n\r\n\
    --e\r\nContent-Type: text/html\r\n\r\n<p>Where is it?</p>\r\n--e\r\nContent-Type: text/plain; name=a.txt\r\n\
    Content-Disposition: attachment; filename=a.txt\r\n\r\nproof\r\n--e--\r\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_answers_as_described() {
    let app = TestApp::start(Engine::Sqlite).await;
    let scene = people(Witness::new(), app).await;
    let mailbox = channels(&scene).await;
    let contact = contacts(&scene).await;
    let conversation = conversation(&scene, &contact).await;
    mail(&scene, &mailbox).await;
    closing(&scene, &conversation).await;
    refusals(&scene, &conversation).await;
    leaving(&scene).await;
    let names = scene.witness.events(&scene.app, &scene.workspace).await;
    for name in [
        "message.received",
        "message.queued",
        "message.delivery_changed",
        "message.cancelled",
        "note.added",
        "draft.saved",
        "draft.deleted",
        "conversation.assigned",
        "conversation.unassigned",
        "conversation.closed",
        "conversation.reopened",
        "conversation.linked",
        "conversation.priority_changed",
        "conversation.topic_changed",
        "conversation.subject_changed",
        "conversation.read",
        "contact.updated",
        "channel_account.deleted",
        "user.updated",
        "workspace.updated",
    ] {
        assert!(names.contains(name), "{name} did not happen: {names:?}");
    }
    // It needs work that was given up for good, and has an answer without a body.
    assert_eq!(scene.witness.unseen(), ["replay_job"], "these were not looked at");
}

async fn people(w: Witness, app: TestApp) -> Scene {
    let stranger = app.stranger();
    w.get(&stranger, "/api/v1/setup").await;
    let body = json!({"workspace_name": "Acme", "name": "Ana", "email": "ana@acme.example", "password": PASSWORD,
        "setup_code": app.doorkeeper().setup_code()});
    let me = w.post(&stranger, "/api/v1/setup", body, 200).await;
    let workspace = WorkspaceId::parse(me["workspace"]["id"].as_str().unwrap()).unwrap();
    let log_in = json!({"email": "ana@acme.example", "password": PASSWORD});
    w.post(&stranger, "/api/v1/auth/login", log_in, 200).await;
    let ana = stranger.log_in("ana@acme.example", PASSWORD).await;
    w.get(&ana, "/api/v1/me").await;
    w.patch(&ana, "/api/v1/me", json!({"name": "Ana A."})).await;
    w.patch(&ana, "/api/v1/workspace", json!({"settings": {"email_undo_seconds": 5}})).await;
    let invited =
        w.post(&ana, "/api/v1/invitations", json!({"email": "ben@acme.example", "role": "user"}), 201).await;
    let other =
        w.post(&ana, "/api/v1/invitations", json!({"email": "carl@acme.example", "role": "user"}), 201).await;
    w.get(&ana, "/api/v1/invitations").await;
    w.delete(&ana, &format!("/api/v1/invitations/{}", id_of(&other))).await;
    let token = invited["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let accept = format!("/api/v1/invitations/accept/{token}");
    w.get(&stranger, &accept).await;
    let me = w.post(&stranger, &accept, json!({"name": "Ben", "password": PASSWORD}), 200).await;
    let ben = stranger.log_in("ben@acme.example", PASSWORD).await;
    w.get(&ben, "/api/v1/users").await;
    w.patch(&ana, &format!("/api/v1/users/{}", id_of(&me["user"])), json!({"role": "supervisor"})).await;
    let token = json!({"name": "Import", "scopes": ["contact.read"], "expires_at": "2027-01-01T00:00:00Z"});
    let token = w.post(&ana, "/api/v1/tokens", token, 201).await;
    w.get(&ana.with_token(token["token"].as_str().unwrap()), "/api/v1/me").await;
    w.get(&ana, "/api/v1/tokens").await;
    w.delete(&ana, &format!("/api/v1/tokens/{}", id_of(&token))).await;
    Scene { witness: w, app, workspace, ana, ben }
}

/// Returns the path of the mailbox.
async fn channels(Scene { witness: w, ana, .. }: &Scene) -> String {
    let path = "/api/v1/channel-accounts";
    let mailbox = json!({"channel": "email", "name": "Mail", "secrets": {"outbound_password": "x"}, "config": {
        "address": "help@acme.example", "inbound": {"kind": "http"},
        "outbound": {"kind": "smtp", "host": "127.0.0.1", "port": 9, "tls": "none"},
    }});
    let mailbox = w.post(ana, path, mailbox, 201).await;
    let chat = json!({"channel": "chat", "name": "Chat", "config": {"site_name": "Acme",
        "pre_chat_fields": [{"name": "topic", "label": "About", "type": "choice", "choices": ["a", "b"]}]}});
    let chat = w.post(ana, path, chat, 201).await;
    w.post(ana, path, json!({"channel": "api", "name": "Shop", "config": {}}), 201).await;
    w.get(ana, path).await;
    let chat = format!("{path}/{}", id_of(&chat));
    w.get(ana, &chat).await;
    w.patch(ana, &chat, json!({"name": "Our chat", "active": false})).await;
    w.post(ana, &format!("{chat}/test"), json!({}), 200).await;
    w.post(ana, &format!("{chat}/rotate-secret"), json!({}), 200).await;
    w.delete(ana, &chat).await;
    w.post(ana, &format!("{path}/{}/test", id_of(&mailbox)), json!({}), 200).await;
    id_of(&mailbox)
}

async fn contacts(Scene { witness: w, ana, .. }: &Scene) -> String {
    let maria = json!({"display_name": "Maria", "addresses": [{"kind": "external", "value": "customer-42"}]});
    let contact = id_of(&w.post(ana, "/api/v1/contacts", maria, 201).await);
    let path = format!("/api/v1/contacts/{contact}");
    w.patch(ana, &path, json!({"company": "Customer Ltd", "city": null})).await;
    w.post(ana, &format!("{path}/addresses"), json!({"kind": "email", "value": "m@customer.example"}), 201)
        .await;
    w.get(ana, &path).await;
    w.get(ana, "/api/v1/contacts?q=maria&limit=1").await;
    contact
}

/// Returns the path of the conversation.
async fn conversation(Scene { witness: w, ana, ben, .. }: &Scene, contact: &str) -> String {
    let new = json!({"contact_id": contact, "channel": "api",
        "message": {"direction": "inbound", "body_text": "Where is my order?"}});
    let created = w.post(ana, "/api/v1/conversations", new, 201).await;
    let path = format!("/api/v1/conversations/{}", id_of(&created));
    let change = json!({"priority": "high", "topic": "An order", "subject": "Order 7", "status": "waiting"});
    w.patch(ana, &path, change).await;
    w.post(ana, &format!("{path}/assign"), json!({"user_id": "me"}), 200).await;
    w.post(ana, &format!("{path}/assign"), json!({"user_id": null}), 200).await;
    w.post(ana, &format!("{path}/presence"), json!({"state": "typing", "mode": "note"}), 204).await;
    let upload = ana.upload("map.png", "image/png", b"\x89PNG\r\n\x1a\n0000").await;
    let upload = w.see_other(Method::POST, "/api/v1/attachments", &upload, 201);
    let draft =
        json!({"body_text": "Dear", "attachment_ids": [id_of(&upload)], "to": [{"address": "a@b.example"}]});
    w.call(ben, Method::PUT, &format!("{path}/drafts/note"), Some(json!({"body_text": "Hm"})), 200).await;
    w.call(ana, Method::PUT, &format!("{path}/drafts/reply"), Some(draft), 200).await;
    w.get(ana, &format!("{path}/drafts/reply")).await;
    w.get(ana, "/api/v1/conversations?has_draft=true").await;
    let note = json!({"body_text": "See", "attachment_ids": [id_of(&upload)], "client_id": "n-1"});
    w.post(ana, &format!("{path}/notes"), note, 201).await;
    w.delete(ana, &format!("{path}/drafts/reply")).await;
    w.post(ana, &format!("{path}/messages"), json!({"body_text": "It left.", "then": "wait"}), 201).await;
    w.post(ben, &format!("{path}/read"), json!({}), 200).await;
    w.post(ben, &format!("{path}/unread"), json!({}), 200).await;
    w.get(ana, &path).await;
    w.get(ana, &format!("{path}/timeline")).await;
    w.get(ana, &format!("{path}/messages?limit=2")).await;
    w.get(ana, "/api/v1/conversations?status=open,pending&sort=priority").await;
    w.get(ana, "/api/v1/conversation-counts").await;
    w.get(ana, &format!("/api/v1/contacts/{contact}/conversations")).await;
    for words in ["order", "maria", "left&type=message"] {
        w.get(ana, &format!("/api/v1/search?q={words}")).await;
    }
    path
}

async fn mail(Scene { witness: w, app, ana, .. }: &Scene, mailbox: &str) {
    let ingest = format!("/api/v1/ingest/email/{mailbox}");
    let headers = [("x-rapport-csrf", "1"), ("content-type", "message/rfc822")];
    let answer = ana.send_bare(Method::POST, &ingest, Some(MAIL.to_vec()), &headers).await;
    let stored = w.see_other(Method::POST, &ingest, &answer, 201);
    let path = format!("/api/v1/conversations/{}", stored["conversation_id"].as_str().unwrap());
    let message = format!("{path}/messages/{}", stored["message_id"].as_str().unwrap());
    w.get(ana, &path).await;
    w.get(ana, &message).await;
    w.get(ana, &format!("{message}/raw")).await;
    let answer = json!({"body_html": "<p>Here</p>", "hold_seconds": 30, "cc": [{"name": "Ida", "address": "ida@b.example"}]});
    let held = w.post(ana, &format!("{path}/messages"), answer.clone(), 201).await;
    w.post(ana, &format!("{path}/messages/{}/cancel", id_of(&held)), json!({}), 200).await;
    let sent = w
        .post(
            ana,
            &format!("{path}/messages"),
            json!({"body_text": "Here it is", "bcc": [{"address": "x@b.example"}]}),
            201,
        )
        .await;
    let sent = format!("{path}/messages/{}", id_of(&sent));
    // Nothing listens there, and a server that is away is asked again for two days.
    for _ in 0..40 {
        app.settle().await;
        app.advance_seconds(3 * 3600);
    }
    assert_eq!(w.get(ana, &sent).await["delivery"]["status"], "failed");
    w.post(ana, &format!("{sent}/retry"), json!({}), 200).await;
    w.get(ana, "/api/v1/jobs?state=dead").await;
}

async fn closing(Scene { witness: w, ana, .. }: &Scene, path: &str) {
    w.post(ana, &format!("{path}/close"), json!({}), 200).await;
    w.post(ana, &format!("{path}/undo-close"), json!({}), 200).await;
    w.post(ana, &format!("{path}/close"), json!({}), 200).await;
    let next = w.post(ana, &format!("{path}/follow-up"), json!({}), 201).await;
    w.get(ana, &format!("/api/v1/conversations/{}", id_of(&next))).await;
    w.get(ana, path).await;
}

async fn refusals(Scene { witness: w, app, ana, ben, .. }: &Scene, path: &str) {
    let (assign, messages) = (format!("{path}/assign"), format!("{path}/messages"));
    w.post(ana, &messages, json!({"body_text": "Hello"}), 409).await;
    w.post(ana, &messages, json!({"body_text": 1}), 422).await;
    w.post(ana, &assign, json!({"user_id": "me", "why": "x"}), 422).await;
    w.call(ana, Method::GET, "/api/v1/conversations?limit=0", None, 422).await;
    w.call(ana, Method::GET, "/api/v1/contacts/ctc_1", None, 404).await;
    w.call(ben, Method::GET, "/api/v1/jobs", None, 403).await;
    w.call(&app.stranger(), Method::GET, "/api/v1/me", None, 401).await;
    w.post(
        &app.stranger(),
        "/api/v1/auth/login",
        json!({"email": "ana@acme.example", "password": "wrong"}),
        401,
    )
    .await;
    let headers = [("x-rapport-csrf", "1")];
    let answer = ana.send_bare(Method::POST, &assign, Some(b"{".to_vec()), &headers).await;
    w.see_other(Method::POST, &assign, &answer, 400);
    let large = vec![b' '; 2 << 20];
    let answer = ana.send_bare(Method::POST, &assign, Some(large), &headers).await;
    w.see_other(Method::POST, &assign, &answer, 413);
    let headers = [("x-rapport-csrf", "1"), ("content-type", "text/plain")];
    let answer = ana.send_bare(Method::POST, &assign, Some(b"{}".to_vec()), &headers).await;
    w.see_other(Method::POST, &assign, &answer, 415);
    let taken = json!({"display_name": "Other", "addresses": [{"kind": "external", "value": "customer-42"}]});
    w.post(ana, "/api/v1/contacts", taken, 409).await;
}

async fn leaving(Scene { witness: w, app, ben, .. }: &Scene) {
    let change = json!({"current_password": PASSWORD, "new_password": "another horse battery"});
    w.post(ben, "/api/v1/auth/password", change, 204).await;
    w.post(ben, "/api/v1/auth/logout", json!({}), 204).await;
    let wrong: Value = json!({"email": "ben@acme.example", "password": "wrong"});
    let mut last = 401;
    for _ in 0..70 {
        let answer = app.stranger().post("/api/v1/auth/login", &wrong).await;
        last = answer.status.as_u16();
        w.see_other(Method::POST, "/api/v1/auth/login", &answer, last);
        if last == 429 {
            break;
        }
    }
    assert_eq!(last, 429, "attempts are limited");
}
