//! Attachments under signed paths.

use rapport_domain::Role;
use rapport_testkit::app::{Client, TestApp};
use serde_json::{Value, json};

use crate::on_both_engines;
use crate::support::{id_of, office, talk};

on_both_engines! {
    what_could_run_is_only_ever_downloaded,
    pictures_are_shown_in_place,
    a_path_is_good_for_its_reader_and_its_time_only,
    uploads_of_others_cannot_be_sent,
    files_that_are_too_large_are_refused,
    of_two_files_in_one_form_none_is_lost_without_a_word,
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";

async fn upload(client: &Client, name: &str, media_type: &str, content: &[u8]) -> Value {
    client.upload(name, media_type, content).await.expect(201)
}

async fn what_could_run_is_only_ever_downloaded(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    for (name, media_type, content) in [
        ("page.html", "text/html", b"<script>alert(1)</script>".as_slice()),
        ("logo.svg", "image/svg+xml", svg),
        ("logo.png", "image/png", svg),
        ("run.js", "text/javascript", b"alert(1)"),
        ("style.css", "text/css", b"*{}"),
        ("page.xhtml", "application/xhtml+xml", b"<html xmlns='http://www.w3.org/1999/xhtml'/>"),
    ] {
        let attachment = upload(&ana, name, media_type, content).await;
        assert_eq!(attachment["preview_url"], Value::Null, "{name}");
        let file = app.stranger().get(attachment["url"].as_str().unwrap()).await;
        file.expect(200);
        assert_eq!(file.body, content, "{name}");
        assert!(file.header("content-disposition").starts_with("attachment;"), "{name}");
        assert!(file.header("content-security-policy").ends_with("sandbox"), "{name}");
        assert_eq!(file.header("x-content-type-options"), "nosniff");
        let served = file.header("content-type");
        for word in ["html", "svg", "javascript", "css", "xml"] {
            assert!(!served.contains(word), "{name} is served as {served}");
        }
    }
}

async fn pictures_are_shown_in_place(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let attachment = upload(&ana, "photo \u{202e}gpj.png", "text/html", PNG).await;
    assert_eq!(attachment["media_type"], "image/png");
    assert_eq!(attachment["preview_url"], attachment["url"]);
    let file = app.stranger().get(attachment["url"].as_str().unwrap()).await;
    file.expect(200);
    assert_eq!(file.header("content-type"), "image/png");
    assert!(file.header("content-disposition").starts_with("inline;"));
    assert!(!file.header("content-disposition").contains("E2%80%AE"), "names cannot turn the text around");
}

async fn a_path_is_good_for_its_reader_and_its_time_only(app: TestApp) {
    let (acme, ana) = office(&app, "acme").await;
    let ben = acme.user("Ben", Role::User).await;
    let talk = talk(&ana, "Maria").await;
    app.advance_seconds(1);
    let attachment = upload(&ana, "a.txt", "text/plain", b"canary").await;
    let path = format!("/api/v1/conversations/{}", talk.conversation);
    let note = json!({"body_text": "See the file", "attachment_ids": [attachment["id"]]});
    ana.post(&format!("{path}/notes"), &note).await.expect(201);
    let messages = ben.get(&format!("{path}/messages")).await.expect(200);
    let url = messages["data"][1]["attachments"][0]["url"].as_str().unwrap().to_owned();
    let stranger = app.stranger();
    assert_eq!(stranger.get(&url).await.body, "canary");
    let again = ben.get(&format!("{path}/messages")).await.expect(200);
    assert_eq!(
        again["data"][1]["attachments"][0]["url"],
        url.as_str(),
        "the path stays, so that browsers can cache"
    );
    let (text, signature) = url.strip_prefix("/files/").unwrap().split_once('.').unwrap();
    let mut flipped = signature.to_owned();
    flipped.replace_range(0..1, if signature.starts_with('A') { "B" } else { "A" });
    let other = upload(&ana, "b.txt", "text/plain", b"other").await;
    let other =
        other["url"].as_str().unwrap().strip_prefix("/files/").unwrap().split_once('.').unwrap().0.to_owned();
    for forged in [
        format!("/files/{text}.{flipped}"),
        format!("/files/{other}.{signature}"),
        format!("/files/{text}."),
        format!("/files/{text}"),
        format!("/images/{text}.{signature}"),
        "/files/%00".to_owned(),
    ] {
        assert_eq!(stranger.get(&forged).await.refusal(404), "not_found", "{forged}");
    }
    ana.patch(&format!("/api/v1/users/{}", ben.id), &json!({"active": false})).await.expect(200);
    assert_eq!(stranger.get(&url).await.refusal(404), "not_found");
    ana.patch(&format!("/api/v1/users/{}", ben.id), &json!({"active": true})).await.expect(200);
    stranger.get(&url).await.expect(200);
    app.advance_seconds(2 * 3600);
    assert_eq!(stranger.get(&url).await.refusal(404), "not_found");
}

async fn uploads_of_others_cannot_be_sent(app: TestApp) {
    let (acme, ana) = office(&app, "acme").await;
    let ben = acme.user("Ben", Role::User).await;
    let talk = talk(&ana, "Maria").await;
    let hers = upload(&ana, "a.txt", "text/plain", b"canary").await;
    let path = format!("/api/v1/conversations/{}/notes", talk.conversation);
    let body = |id: &str| json!({"body_text": "Mine", "attachment_ids": [id]});
    let refused = ben.post(&path, &body(&id_of(&hers))).await.expect(422);
    assert_eq!(refused["errors"][0]["field"], "attachment_ids");
    ana.post(&path, &body(&id_of(&hers))).await.expect(201);
    let used = ana.post(&path, &body(&id_of(&hers))).await.expect(422);
    assert_eq!(used["errors"][0]["field"], "attachment_ids");
}

async fn of_two_files_in_one_form_none_is_lost_without_a_word(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let part = "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nA\r\n";
    let form = format!("{part}{part}--edge--\r\n").into_bytes();
    let headers = [("x-rapport-csrf", "1"), ("content-type", "multipart/form-data; boundary=edge")];
    let refused = ana
        .send_bare(axum::http::Method::POST, "/api/v1/attachments", Some(form), &headers)
        .await
        .expect(422);
    assert_eq!(refused["errors"][0]["field"], "file");
}

async fn files_that_are_too_large_are_refused(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let most = app.engine().config().max_attachment_bytes as usize;
    let refused = ana.upload("big.bin", "application/octet-stream", &vec![b'a'; most + 1]).await.expect(413);
    assert_eq!(refused["current"]["max_bytes"], json!(most));
    assert_eq!(
        ana.upload("empty.bin", "application/octet-stream", b"").await.refusal(422),
        "validation_failed"
    );
    upload(&ana, "just.bin", "application/octet-stream", &vec![b'a'; most]).await;
}
