//! Sessions: how they begin and how they end.

use rapport_domain::{Role, SystemEntropy};
use rapport_engine::Error;
use rapport_engine::account::{Doorkeeper, LogIn, Peer};
use rapport_testkit::app::{PASSWORD, TestApp};
use serde_json::json;

use crate::on_both_engines;
use crate::support::office;

on_both_engines! {
    a_session_lasts_until_log_out,
    wrong_passwords_and_unknown_people_look_the_same,
    guessing_is_slowed_down,
    guessing_is_slowed_down_by_all_servers_together,
    one_password_for_several_workspaces_asks_which,
    changing_the_password_ends_all_other_sessions,
    a_session_ends_when_it_was_not_used_for_long,
    fields_of_the_wrong_type_are_refused,
}

async fn a_session_lasts_until_log_out(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let answer = app
        .stranger()
        .post("/api/v1/auth/login", &json!({"email": " ANA@acme.example ", "password": PASSWORD}))
        .await;
    assert_eq!(answer.expect(200)["user"]["id"], ana.id.as_str());
    let cookie = answer.header("set-cookie");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"),
        "{cookie}"
    );
    let session = app.stranger().with_session_of(&answer);
    session.get("/api/v1/me").await.expect(200);
    let gone = session.post("/api/v1/auth/logout", &json!({})).await;
    assert_eq!(gone.status.as_u16(), 204);
    assert!(gone.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(session.get("/api/v1/me").await.refusal(401), "unauthenticated");
    ana.get("/api/v1/me").await.expect(200);
}

async fn wrong_passwords_and_unknown_people_look_the_same(app: TestApp) {
    office(&app, "acme").await;
    let attempt = async |email: &str, password: &str| {
        let body = json!({"email": email, "password": password});
        let mut refused = app.stranger().post("/api/v1/auth/login", &body).await.expect(401);
        refused["request_id"] = json!("");
        refused
    };
    let wrong = attempt("ana@acme.example", "not the password").await;
    assert_eq!(wrong["code"], "invalid_credentials");
    assert_eq!(wrong, attempt("nobody@acme.example", PASSWORD).await);
    assert_eq!(wrong, attempt("no address", PASSWORD).await);
    assert_eq!(wrong, attempt("", "").await);
}

async fn guessing_is_slowed_down_by_all_servers_together(app: TestApp) {
    office(&app, "acme").await;
    let peer = Peer { address: Some([192, 0, 2, 7].into()), user_agent: None };
    let guess =
        LogIn { email: "ana@acme.example".to_owned(), password: "a wrong guess".to_owned(), workspace: None };
    let mut checked = 0;
    // Each server has a memory of its own, and so has one that was started again.
    for _ in 0..12 {
        let server = Doorkeeper::new(&SystemEntropy);
        match app.engine().log_in(&server, guess.clone(), &peer).await.err() {
            Some(Error::InvalidCredentials) => checked += 1,
            Some(Error::RateLimited { retry_after_seconds: 30 }) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(checked, 8, "passwords were compared");
    app.advance_seconds(30);
    let server = Doorkeeper::new(&SystemEntropy);
    let right = LogIn { password: PASSWORD.to_owned(), ..guess.clone() };
    for _ in 0..3 {
        app.engine().log_in(&server, right.clone(), &peer).await.expect("good attempts do not count");
    }
    let other = Peer { address: Some([192, 0, 2, 8].into()), user_agent: None };
    let refused = app.engine().log_in(&server, guess, &other).await.err();
    assert!(matches!(refused, Some(Error::InvalidCredentials)), "others are not held up: {refused:?}");
}

async fn guessing_is_slowed_down(app: TestApp) {
    office(&app, "acme").await;
    let guess = json!({"email": "ana@acme.example", "password": "a wrong guess"});
    let mut refused = None;
    for _ in 0..12 {
        let answer = app.stranger().post("/api/v1/auth/login", &guess).await;
        if answer.status.as_u16() == 429 {
            refused = Some(answer);
            break;
        }
        assert_eq!(answer.refusal(401), "invalid_credentials");
    }
    let refused = refused.expect("at some point it is enough");
    assert_eq!(refused.refusal(429), "rate_limited");
    let seconds: i64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&seconds));
    let right = json!({"email": "ana@acme.example", "password": PASSWORD});
    assert_eq!(app.stranger().post("/api/v1/auth/login", &right).await.refusal(429), "rate_limited");
    app.advance_seconds(seconds);
    app.stranger().post("/api/v1/auth/login", &right).await.expect(200);
}

async fn one_password_for_several_workspaces_asks_which(app: TestApp) {
    let (acme, _) = office(&app, "acme").await;
    let bolt = app.workspace("bolt").await;
    let engine = app.engine();
    engine.create_user(bolt.id.as_str(), "ana@acme.example", "Ana", PASSWORD, Role::User).await.unwrap();
    engine.create_user(bolt.id.as_str(), "ben@bolt.example", "Ben", PASSWORD, Role::User).await.unwrap();
    let mut body = json!({"email": "ana@acme.example", "password": PASSWORD});
    let refused = app.stranger().post("/api/v1/auth/login", &body).await.expect(409);
    assert_eq!(refused["code"], "workspace_required");
    let mut choices: Vec<_> = refused["current"]
        .as_array()
        .unwrap()
        .iter()
        .map(|choice| choice["name"].as_str().unwrap())
        .collect();
    choices.sort_unstable();
    assert_eq!(choices, ["acme", "bolt"]);
    body["workspace"] = json!(acme.id);
    let me = app.stranger().post("/api/v1/auth/login", &body).await.expect(200);
    assert_eq!(me["workspace"]["name"], "acme");
    body["password"] = json!("a wrong guess");
    assert_eq!(app.stranger().post("/api/v1/auth/login", &body).await.refusal(401), "invalid_credentials");
}

async fn changing_the_password_ends_all_other_sessions(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let elsewhere = app.stranger().log_in(&ana.email, PASSWORD).await;
    let path = "/api/v1/auth/password";
    let wrong = json!({"current_password": "not it, sorry", "new_password": "another long password"});
    assert_eq!(ana.post(path, &wrong).await.expect(422)["errors"][0]["field"], "current_password");
    let short = json!({"current_password": PASSWORD, "new_password": "short"});
    assert_eq!(ana.post(path, &short).await.expect(422)["errors"][0]["field"], "new_password");
    elsewhere.get("/api/v1/me").await.expect(200);
    let good = json!({"current_password": PASSWORD, "new_password": "another long password"});
    ana.post(path, &good).await.expect(204);
    ana.get("/api/v1/me").await.expect(200);
    assert_eq!(elsewhere.get("/api/v1/me").await.refusal(401), "unauthenticated");
    let old = json!({"email": ana.email, "password": PASSWORD});
    assert_eq!(app.stranger().post("/api/v1/auth/login", &old).await.refusal(401), "invalid_credentials");
    app.stranger().log_in(&ana.email, "another long password").await;
}

async fn a_session_ends_when_it_was_not_used_for_long(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    app.advance_seconds(29 * 86_400);
    ana.get("/api/v1/me").await.expect(200);
    // That the session was used is noted beside the request; it has to be there before time goes on.
    for _ in 0..200 {
        if ana.get("/api/v1/me").await.json()["user"]["last_seen_at"] == json!(app.now()) {
            break;
        }
        tokio::task::yield_now().await;
    }
    app.advance_seconds(29 * 86_400);
    ana.get("/api/v1/me").await.expect(200);
    app.advance_seconds(61 * 86_400);
    assert_eq!(ana.get("/api/v1/me").await.refusal(401), "unauthenticated");
}

async fn fields_of_the_wrong_type_are_refused(app: TestApp) {
    office(&app, "acme").await;
    for email in [json!({"$ne": ""}), json!(["ana@acme.example"]), json!(1), json!(null)] {
        let refused =
            app.stranger().post("/api/v1/auth/login", &json!({"email": email, "password": PASSWORD})).await;
        assert_eq!(refused.refusal(422), "validation_failed");
    }
}
