//! Headers that keep browsers from doing what our pages never need, on every answer.

use axum::http::Method;
use rapport_engine::EngineConfig;
use rapport_store::Engine;
use rapport_testkit::app::TestApp;
use serde_json::json;

use crate::on_both_engines;
use crate::support::office;

on_both_engines! {
    every_answer_is_protected,
    refusals_name_their_request_and_tell_no_cause,
}

async fn every_answer_is_protected(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/inbox/anything"),
        (Method::GET, "/api/v1/me"),
        (Method::GET, "/api/v1/nothing"),
        (Method::PATCH, "/api/v1/search"),
        (Method::GET, "/api/docs"),
        (Method::GET, "/api/docs/docs.js"),
        (Method::GET, "/api/v1/openapi.json"),
        (Method::GET, "/files/forged"),
        (Method::GET, "/healthz"),
        (Method::GET, "/readyz"),
        (Method::GET, "/assets/..%2f..%2fCargo.toml"),
        (Method::POST, "/api/v1/contacts"),
    ] {
        let answer = ana.send(method, path, None, &[]).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("frame-ancestors 'none'") && policy.contains("object-src 'none'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("script-src 'unsafe"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert!(!answer.header("permissions-policy").is_empty(), "{path}");
        assert_eq!(answer.header("strict-transport-security"), "", "only where people come by TLS");
        assert_eq!(answer.header("x-request-id").len(), 24, "{path}");
        assert_ne!(answer.status.as_u16(), 500, "{path}");
    }
}

async fn refusals_name_their_request_and_tell_no_cause(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let answer = ana.get("/api/v1/contacts/ctc_00zzzzzzzzzzzzzzzzzzzzzzzz").await;
    assert_eq!(answer.refusal(404), "not_found");
    assert_eq!(answer.json()["request_id"], answer.header("x-request-id"));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(ana.send(Method::PATCH, "/api/v1/search", None, &[]).await.refusal(405), "method_not_allowed");
    assert_eq!(ana.get("/api/v2/anything").await.refusal(404), "not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_tls_cookies_and_browsers_insist_on_it() {
    let config = EngineConfig { public_url: "https://inbox.acme.example".into(), ..EngineConfig::default() };
    let app = TestApp::start_with(Engine::Sqlite, config).await;
    let (_, ana) = office(&app, "acme").await;
    let body = json!({"email": ana.email, "password": rapport_testkit::app::PASSWORD});
    let answer = app.stranger().post("/api/v1/auth/login", &body).await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-rapport_session=") && cookie.ends_with("; Secure"), "{cookie}");
    assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
    ana.get("/api/v1/me").await.expect(200);
}
