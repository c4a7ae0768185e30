//! The first steps on a new server.

use rapport_testkit::app::{PASSWORD, TestApp};
use serde_json::{Value, json};

use crate::on_both_engines;

on_both_engines! {
    the_first_administrator_sets_the_server_up,
    only_who_sees_the_console_can_set_up,
    of_many_set_ups_at_once_one_succeeds,
}

fn body(app: &TestApp, email: &str) -> Value {
    json!({
        "workspace_name": "Acme", "name": "Ana", "email": email, "password": PASSWORD,
        "setup_code": app.doorkeeper().setup_code(),
    })
}

async fn the_first_administrator_sets_the_server_up(app: TestApp) {
    let stranger = app.stranger();
    assert_eq!(stranger.get("/api/v1/setup").await.expect(200)["required"], true);
    let answer = stranger.post("/api/v1/setup", &body(&app, "Ana@Acme.example")).await;
    let me = answer.expect(200);
    assert_eq!(me["user"]["email"], "ana@acme.example");
    assert_eq!(me["user"]["role"], "admin");
    assert_eq!(me["workspace"]["name"], "Acme");
    stranger.with_session_of(&answer).get("/api/v1/me").await.expect(200);
    assert_eq!(stranger.get("/api/v1/setup").await.expect(200)["required"], false);
    let again = stranger.post("/api/v1/setup", &body(&app, "eve@evil.example")).await;
    assert_eq!(again.refusal(409), "already_set_up");
}

async fn only_who_sees_the_console_can_set_up(app: TestApp) {
    let stranger = app.stranger();
    for code in [json!(""), json!("wrong"), json!(app.doorkeeper().setup_code().to_uppercase())] {
        let mut body = body(&app, "eve@evil.example");
        body["setup_code"] = code;
        let refused = stranger.post("/api/v1/setup", &body).await.expect(422);
        assert_eq!(refused["errors"][0]["field"], "setup_code");
    }
    assert_eq!(stranger.get("/api/v1/setup").await.expect(200)["required"], true);
}

async fn of_many_set_ups_at_once_one_succeeds(app: TestApp) {
    let attempts = (0..4).map(|number| {
        let app = app.clone();
        tokio::spawn(async move {
            let body = body(&app, &format!("ana{number}@acme.example"));
            app.stranger().post("/api/v1/setup", &body).await.status.as_u16()
        })
    });
    let mut statuses = Vec::new();
    for attempt in attempts.collect::<Vec<_>>() {
        statuses.push(attempt.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409]);
}
