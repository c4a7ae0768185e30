//! Bodies: what is not asked for is refused, and nothing that is sent makes the server fail.

use axum::http::Method;
use rapport_testkit::app::TestApp;
use serde_json::json;

use super::operations::{operations, unknown_id};
use crate::on_both_engines;
use crate::support::{office, talk};

on_both_engines! {
    fields_that_nobody_asked_for_are_refused,
    broken_bodies_are_refused_without_a_fault,
    bodies_that_are_too_large_are_not_read,
    odd_queries_are_refused_without_a_fault,
    a_mail_in_a_form_is_no_mail,
    null_characters_do_not_reach_the_database,
}

fn some_path(operation: &super::operations::Operation) -> String {
    operation.path_with(|name, pattern| {
        unknown_id(pattern)
            .unwrap_or_else(|| if name == "mode" { "reply".into() } else { "rpi_unknown".into() })
    })
}

async fn fields_that_nobody_asked_for_are_refused(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let mut tried = 0;
    for operation in operations() {
        let Some(example) = &operation.json else { continue };
        for extra in ["workspace_id", "id", "is_admin", "created_at", "password_hash", "verified"] {
            let mut body = example.clone();
            body[extra] = json!("wsp_00000000000000000000000001");
            let refused = operation.call_with(&ana, &some_path(&operation), Some(&body)).await.expect(422);
            assert_eq!(refused["errors"][0]["code"], "unknown_field", "{}: {refused}", operation.id);
            assert_eq!(refused["errors"][0]["field"], extra, "{}", operation.id);
        }
        tried += 1;
    }
    assert!(tried >= 25, "only {tried} operations take JSON");
}

async fn broken_bodies_are_refused_without_a_fault(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let deep = "[".repeat(100_000);
    for operation in operations().into_iter().filter(|operation| operation.json.is_some()) {
        for body in ["", "null", "[]", "{", "\"text\"", "1e400", "{\"a\":\u{0}}", &deep, "{}{}"] {
            let headers = [("x-rapport-csrf", "1")];
            let path = some_path(&operation);
            let answer = ana.send_bare(operation.method.clone(), &path, Some(body.into()), &headers).await;
            let status = answer.status.as_u16();
            let empty_is_fine = body.is_empty() && (status < 300 || status == 404 || status == 409);
            assert!(
                (400..=422).contains(&status) || empty_is_fine,
                "{} {body:.20}: {answer:?}",
                operation.id
            );
        }
    }
}

async fn bodies_that_are_too_large_are_not_read(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let body = json!({"display_name": "a".repeat(1024 * 1024)}).to_string().into_bytes();
    let headers = [("x-rapport-csrf", "1")];
    let answer = ana.send_bare(Method::POST, "/api/v1/contacts", Some(body), &headers).await;
    assert_eq!(answer.refusal(413), "too_large");
    let headers =
        [("x-rapport-csrf", "1"), ("content-length", "5368709120"), ("content-type", "message/rfc822")];
    let talk = talk(&ana, "Maria").await;
    let path = format!("/api/v1/ingest/email/{}", talk.account);
    let answer = ana.send_bare(Method::POST, &path, Some(b"Subject: a\r\n\r\n".to_vec()), &headers).await;
    assert_eq!(answer.refusal(413), "too_large");
}

async fn a_mail_in_a_form_is_no_mail(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let mailbox = json!({"channel": "email", "name": "Mail", "config": {
        "address": "help@acme.example", "inbound": {"kind": "http"}, "outbound": {"kind": "none"},
    }});
    let account = ana.post("/api/v1/channel-accounts", &mailbox).await.expect(201);
    let path = format!("/api/v1/ingest/email/{}", account["id"].as_str().unwrap());
    let hand_over = async |media_type: &str, mail: &str| {
        let headers = [("x-rapport-csrf", "1"), ("content-type", media_type)];
        ana.send_bare(Method::POST, &path, Some(mail.into()), &headers).await
    };
    let mail = "From: maria@customer.example\r\nSubject: Order 7\r\n\r\nWhere is it?\r\n";
    for media_type in [
        "multipart/form-data; boundary=edge",
        "Application/JSON; charset=utf-8",
        "application/x-www-form-urlencoded",
    ] {
        assert_eq!(hand_over(media_type, mail).await.refusal(415), "unsupported_media_type");
    }
    assert_eq!(ana.get("/api/v1/conversations").await.expect(200)["data"], json!([]));
    for media_type in ["message/rfc822", "text/plain", "application/octet-stream"] {
        hand_over(media_type, mail).await.expect(201);
    }
}

async fn odd_queries_are_refused_without_a_fault(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    talk(&ana, "Maria").await;
    for query in [
        "limit=0",
        "limit=-1",
        "limit=101",
        "limit=1e9",
        "limit=9223372036854775808",
        "cursor=a",
        "cursor=%00",
        "cursor=MQ",
        "sort=name",
        "sort=id;drop",
        "status=open,nope",
        "status='",
        "assignee=nobody",
        "assignee=%27",
        "priority=1",
        "contact_id=1",
        "unread=maybe",
        "workspace_id=1",
        "q=%00",
    ] {
        let answer = ana.get(&format!("/api/v1/conversations?{query}")).await;
        assert_eq!(answer.refusal(422), "validation_failed", "{query}");
    }
    for words in [
        "%22",
        "NEAR(",
        "*",
        "body:a",
        "%21%26%7C",
        "a%20AND",
        "%25",
        "_",
        "%27)",
        "(((((",
        "-a",
        "%F0%9F%98%80",
        "a%20%22b",
        "%5C",
        "%E2%80%AE",
    ] {
        ana.get(&format!("/api/v1/search?q={words}")).await.expect(200);
        ana.get(&format!("/api/v1/contacts?q={words}")).await.expect(200);
    }
}

async fn null_characters_do_not_reach_the_database(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let created = ana.post("/api/v1/contacts", &json!({"display_name": "Ma\u{0}ria"})).await.expect(201);
    assert_eq!(created["display_name"], "Maria");
}
