//! Pages and their files.

use rapport_store::Engine;
use rapport_testkit::app::TestApp;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_screen_is_the_app_and_nothing_else_is() {
    let app = TestApp::start(Engine::Sqlite).await;
    let stranger = app.stranger();
    let first = stranger.get("/").await;
    // Without the built interface the same page says so, and that it is not there.
    assert!([200, 503].contains(&first.status.as_u16()), "{first:?}");
    assert!(first.header("content-type").starts_with("text/html"));
    assert_eq!(first.header("cache-control"), "no-cache");
    let screen = stranger.get("/conversations/cnv_00zzzzzzzzzzzzzzzzzzzzzzzz").await;
    assert_eq!((screen.status, &screen.body), (first.status, &first.body));
    for gone in [
        "/assets/gone.js",
        "/favicon.gone.ico",
        "/../Cargo.toml",
        "/..%2f..%2fCargo.toml",
        "/widget/assets/..%2f..%2fx.js",
    ] {
        assert_eq!(stranger.get(gone).await.refusal(404), "not_found", "{gone}");
    }
    let posted = stranger.post("/anything", &serde_json::json!({})).await;
    assert_eq!(posted.refusal(405), "method_not_allowed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_is_told_without_details() {
    let app = TestApp::start(Engine::Sqlite).await;
    assert_eq!(app.stranger().get("/healthz").await.body, "ok\n");
    assert_eq!(app.stranger().get("/readyz").await.body, "ready\n");
    app.engine().store().shutdown().await;
    let answer = app.stranger().get("/readyz").await;
    assert_eq!((answer.status.as_u16(), &answer.body[..]), (503, &b"no database\n"[..]));
    let answer = app.stranger().get("/api/v1/setup").await;
    assert_eq!(answer.refusal(503), "unavailable");
    assert!(!answer.header("retry-after").is_empty());
}
