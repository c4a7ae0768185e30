//! Pages of other sites can make a browser send requests, and get nothing from it.

use axum::http::Method;
use rapport_domain::Role;
use rapport_testkit::app::TestApp;
use serde_json::json;

use super::operations::{operations, unknown_id};
use crate::on_both_engines;
use crate::support::office;

on_both_engines! {
    no_operation_trusts_a_cookie_alone,
    other_origins_are_refused_even_with_the_header,
    forms_of_other_sites_cannot_log_anybody_in,
    no_answer_invites_other_origins,
    tokens_need_no_header,
}

async fn no_operation_trusts_a_cookie_alone(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    for operation in operations().into_iter().filter(|operation| operation.changes() && operation.needs_login)
    {
        let path = operation.path_with(|name, pattern| {
            unknown_id(pattern)
                .unwrap_or_else(|| if name == "mode" { "reply".into() } else { "rpi_unknown".into() })
        });
        let body = operation.json.clone().map(|body| body.to_string().into_bytes());
        let answer = ana.send_bare(operation.method.clone(), &path, body, &[]).await;
        assert_eq!(answer.refusal(403), "csrf", "{}", operation.id);
    }
}

async fn other_origins_are_refused_even_with_the_header(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let body = json!({"display_name": "Eve"});
    for origin in [
        "https://evil.example",
        "null",
        "http://localhost:7700.evil.example",
        "http://localhost:7701",
        "localhost:7700",
        "",
    ] {
        let answer = ana.send(Method::POST, "/api/v1/contacts", Some(&body), &[("origin", origin)]).await;
        assert_eq!(answer.refusal(403), "csrf", "{origin}");
        let answer = ana.send(Method::GET, "/api/v1/events", None, &[("origin", origin)]).await;
        assert_eq!(answer.refusal(403), "csrf", "{origin}");
    }
    let cross_site = [("sec-fetch-site", "cross-site")];
    assert_eq!(
        ana.send(Method::POST, "/api/v1/contacts", Some(&body), &cross_site).await.refusal(403),
        "csrf"
    );
    assert_eq!(ana.get("/api/v1/contacts").await.expect(200)["data"], json!([]));
    ana.send(Method::POST, "/api/v1/contacts", Some(&body), &[("origin", "http://localhost:7700")])
        .await
        .expect(201);
}

async fn forms_of_other_sites_cannot_log_anybody_in(app: TestApp) {
    let (acme, _) = office(&app, "acme").await;
    acme.user("Ben", Role::User).await;
    let body =
        json!({"email": "ben@acme.example", "password": "correct horse battery"}).to_string().into_bytes();
    let path = "/api/v1/auth/login";
    let stranger = app.stranger();
    let plain =
        stranger.send_bare(Method::POST, path, Some(body.clone()), &[("content-type", "text/plain")]).await;
    assert_eq!(plain.refusal(415), "unsupported_media_type");
    let foreign =
        stranger.send_bare(Method::POST, path, Some(body), &[("origin", "https://evil.example")]).await;
    assert_eq!(foreign.refusal(403), "csrf");
}

async fn no_answer_invites_other_origins(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let origin = [("origin", "https://evil.example"), ("access-control-request-method", "POST")];
    for (method, path) in [
        (Method::OPTIONS, "/api/v1/contacts"),
        (Method::GET, "/api/v1/contacts"),
        (Method::GET, "/"),
        (Method::OPTIONS, "/api/v1/auth/login"),
    ] {
        let answer = ana.send(method, path, None, &origin).await;
        assert!(!answer.headers.keys().any(|name| name.as_str().starts_with("access-control-")), "{path}");
    }
}

async fn tokens_need_no_header(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let created = ana.post("/api/v1/tokens", &json!({"name": "Import"})).await.expect(201);
    let program = ana.with_token(created["token"].as_str().unwrap());
    let body = json!({"display_name": "Maria"}).to_string().into_bytes();
    program.send_bare(Method::POST, "/api/v1/contacts", Some(body), &[]).await.expect(201);
}
