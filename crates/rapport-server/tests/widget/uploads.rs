//! Files from visitors.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::json;

use super::fixture::{Answer, App, Visitor, conversation_of, fresh_client_id, on_both, request};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n0000IHDR";

async fn upload(app: &App, visitor: &Visitor, name: &str, declared: &str, bytes: &[u8]) -> Answer {
    upload_as(app, visitor, "file", name, declared, bytes).await
}

async fn upload_as(
    app: &App,
    visitor: &Visitor,
    field: &str,
    name: &str,
    declared: &str,
    bytes: &[u8],
) -> Answer {
    let mut body = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\nContent-Type: {declared}\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--edge--\r\n");
    let mut form: Request<Body> = request(Method::POST, "/widget/v1/attachments", Some(&visitor.token), None);
    *form.body_mut() = Body::from(body);
    let content_type = "multipart/form-data; boundary=edge".parse().expect("a value");
    form.headers_mut().insert(header::CONTENT_TYPE, content_type);
    app.send(form).await
}

async fn send_with(app: &App, visitor: &Visitor, ids: serde_json::Value) -> Answer {
    let body = json!({ "client_id": fresh_client_id(), "body_text": "", "attachment_ids": ids });
    app.post("/widget/v1/messages", visitor, body).await
}

#[test]
fn a_file_goes_with_a_message_and_can_be_fetched_by_whom_it_is_for() {
    on_both(|app: App| async move {
        let visitor = app.stranger().await;
        let uploaded = upload(&app, &visitor, "bike.png", "image/png", PNG).await;
        assert_eq!(uploaded.status, StatusCode::CREATED, "{:?}", uploaded.body);
        assert_eq!(uploaded.body["preview_url"], uploaded.body["url"]);
        let sent = send_with(&app, &visitor, json!([uploaded.body["id"]])).await;
        assert_eq!(sent.status, StatusCode::CREATED, "{:?}", sent.body);
        assert_eq!(sent.body["message"]["attachments"][0]["id"], uploaded.body["id"]);
        let conversation = conversation_of(&sent);
        assert_eq!(app.messages(&conversation).await[0].attachments[0].file_name, "bike.png");
        let url = sent.body["message"]["attachments"][0]["url"].as_str().expect("a path");
        let file = app.call(Method::GET, url, None, None).await;
        assert_eq!(
            (file.status, file.headers["content-type"].to_str().ok()),
            (StatusCode::OK, Some("image/png"))
        );
        assert_eq!(file.headers["x-content-type-options"], "nosniff");
        // A file is sent once.
        assert_eq!(
            send_with(&app, &visitor, json!([uploaded.body["id"]])).await.status,
            StatusCode::NOT_FOUND
        );
    });
}

#[test]
fn files_of_others_look_like_files_that_do_not_exist() {
    on_both(|app: App| async move {
        let (ana, ben) = (app.stranger().await, app.stranger().await);
        let uploaded = upload(&app, &ana, "a.txt", "text/plain", b"secret").await;
        let id = uploaded.body["id"].as_str().expect("an id").to_owned();
        let unknown = "att_00000000000000000000000000";
        for id in [id.as_str(), unknown, "nonsense"] {
            let sent = send_with(&app, &ben, json!([id])).await;
            assert_eq!((sent.status, sent.code()), (StatusCode::NOT_FOUND, "not_found"), "{id}");
            let path = format!("/widget/v1/attachments/{id}");
            let thrown = app.call(Method::DELETE, &path, Some(&ben.token), None).await;
            assert_eq!((thrown.status, thrown.code()), (StatusCode::NOT_FOUND, "not_found"), "{id}");
        }
        let twice = send_with(&app, &ana, json!([id, id])).await;
        assert_eq!(twice.status, StatusCode::NOT_FOUND);
        let path = format!("/widget/v1/attachments/{id}");
        let thrown = app.call(Method::DELETE, &path, Some(&ana.token), None).await;
        assert_eq!(thrown.status, StatusCode::NO_CONTENT);
        assert_eq!(send_with(&app, &ana, json!([id])).await.status, StatusCode::NOT_FOUND);
    });
}

#[test]
fn what_can_run_is_never_shown_in_place() {
    on_both(|app: App| async move {
        let visitor = app.stranger().await;
        for (name, declared, bytes) in [
            ("x.svg", "image/svg+xml", &b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"[..]),
            ("x.png", "image/png", &b"<html><script>alert(1)</script>"[..]),
            ("x.html", "text/html", &b"<script>alert(1)</script>"[..]),
            ("x.js", "text/javascript", &b"alert(1)"[..]),
        ] {
            let uploaded = upload(&app, &visitor, name, declared, bytes).await;
            assert_eq!(uploaded.status, StatusCode::CREATED, "{name}");
            let url = uploaded.body["url"].as_str().expect("a path");
            let file = app.call(Method::GET, url, None, None).await;
            let disposition = file.headers["content-disposition"].to_str().expect("text");
            let shown = file.headers["content-type"].to_str().expect("text");
            assert!(disposition.starts_with("attachment") || shown == "image/png", "{name} {shown}");
            assert!(
                !shown.contains("html") && !shown.contains("script") && !shown.contains("svg"),
                "{name} {shown}"
            );
            assert!(file.headers["content-security-policy"].to_str().expect("text").contains("sandbox"));
        }
    });
}

#[test]
fn forms_that_carry_no_fitting_file_are_refused() {
    on_both(|app: App| async move {
        let visitor = app.stranger().await;
        let empty = upload(&app, &visitor, "a.txt", "text/plain", b"").await;
        assert_eq!((empty.status, empty.code()), (StatusCode::UNPROCESSABLE_ENTITY, "empty_file"));
        let large = upload(&app, &visitor, "a.bin", "text/plain", &vec![b'x'; 1024 * 1024 + 1]).await;
        assert_eq!((large.status, large.code()), (StatusCode::PAYLOAD_TOO_LARGE, "too_large"));
        assert_eq!(large.body["current"]["max_bytes"], 1024 * 1024);
        let other = upload_as(&app, &visitor, "avatar", "a.txt", "text/plain", b"x").await;
        assert_eq!((other.status, other.code()), (StatusCode::UNPROCESSABLE_ENTITY, "validation_failed"));
        let json = app.post("/widget/v1/attachments", &visitor, json!({ "file": "x" })).await;
        assert_eq!(
            (json.status, json.code()),
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type")
        );
    });
}

#[test]
fn a_flood_of_files_is_stopped() {
    on_both(|app: App| async move {
        let visitor = app.stranger().await;
        let mut taken = 0;
        let refused = loop {
            let answer = upload(&app, &visitor, "a.txt", "text/plain", b"x").await;
            if answer.status != StatusCode::CREATED {
                break answer;
            }
            taken += 1;
        };
        assert_eq!((taken, refused.code()), (20, "rate_limited"));
        assert!(refused.headers.contains_key("retry-after"));
    });
}
