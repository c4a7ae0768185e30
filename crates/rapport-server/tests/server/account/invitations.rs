//! The way into a workspace for everybody but the first.

use rapport_domain::Role;
use rapport_testkit::app::{PASSWORD, TestApp};
use serde_json::{Value, json};

use crate::on_both_engines;
use crate::support::{id_of, office};

on_both_engines! {
    an_invited_person_joins_with_the_role_they_were_given,
    an_invitation_works_once_even_when_used_in_parallel,
    used_revoked_expired_and_made_up_invitations_look_the_same,
    a_repeated_request_invites_once,
    somebody_who_is_here_cannot_be_invited,
}

async fn invite(app: &TestApp, client: &rapport_testkit::app::Client, email: &str) -> (Value, String) {
    let invitation =
        client.post("/api/v1/invitations", &json!({"email": email, "role": "user"})).await.expect(201);
    let url = invitation["url"].as_str().unwrap();
    let token =
        url.strip_prefix("http://localhost:7700/invitations/").expect("the link is on the public address");
    let preview = app.stranger().get(&accept_path(token)).await.expect(200);
    assert_eq!(preview, json!({"email": email, "role": "user", "workspace_name": "acme"}));
    (invitation.clone(), token.to_owned())
}

fn accept_path(token: &str) -> String {
    format!("/api/v1/invitations/accept/{token}")
}

fn acceptance() -> Value {
    json!({"name": "Ben", "password": PASSWORD})
}

async fn an_invited_person_joins_with_the_role_they_were_given(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let (invitation, token) = invite(&app, &ana, "ben@acme.example").await;
    let listed = ana.get("/api/v1/invitations").await.expect(200);
    assert_eq!(listed["data"][0]["id"], invitation["id"]);
    assert!(listed["data"][0].get("url").is_none(), "the link is shown once");
    let refused =
        app.stranger().post(&accept_path(&token), &json!({"name": "Ben", "password": "short"})).await;
    assert_eq!(refused.expect(422)["errors"][0]["field"], "password");
    let answer = app.stranger().post(&accept_path(&token), &acceptance()).await;
    let me = answer.expect(200);
    assert_eq!(
        (me["user"]["role"].clone(), me["user"]["email"].clone()),
        (json!("user"), json!("ben@acme.example"))
    );
    app.stranger().with_session_of(&answer).get("/api/v1/me").await.expect(200);
    app.stranger().log_in("ben@acme.example", PASSWORD).await;
}

async fn an_invitation_works_once_even_when_used_in_parallel(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let (_, token) = invite(&app, &ana, "ben@acme.example").await;
    let attempts: Vec<_> = (0..5)
        .map(|_| {
            let (app, path) = (app.clone(), accept_path(&token));
            tokio::spawn(async move { app.stranger().post(&path, &acceptance()).await.status.as_u16() })
        })
        .collect();
    let mut statuses = Vec::new();
    for attempt in attempts {
        statuses.push(attempt.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 404, 404, 404, 404]);
    assert_eq!(ana.get("/api/v1/users").await.expect(200)["data"].as_array().unwrap().len(), 2);
}

async fn used_revoked_expired_and_made_up_invitations_look_the_same(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let (_, used) = invite(&app, &ana, "used@acme.example").await;
    app.stranger().post(&accept_path(&used), &acceptance()).await.expect(200);
    let (invitation, revoked) = invite(&app, &ana, "revoked@acme.example").await;
    let path = format!("/api/v1/invitations/{}", id_of(&invitation));
    ana.delete(&path).await.expect(204);
    assert_eq!(ana.delete(&path).await.refusal(404), "not_found");
    let (_, expired) = invite(&app, &ana, "expired@acme.example").await;
    app.advance_seconds(7 * 86_400 + 1);
    let longest = "rpi_".to_owned() + &"a".repeat(4_000);
    for token in
        [&used, &revoked, &expired, "rpi_", "null", "0", "%20", "%00", &used.to_uppercase(), &longest]
    {
        for answer in [
            app.stranger().get(&accept_path(token)).await,
            app.stranger().post(&accept_path(token), &acceptance()).await,
        ] {
            assert_eq!(answer.refusal(404), "not_found", "{token}");
        }
    }
}

async fn a_repeated_request_invites_once(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let body = json!({"email": "ben@acme.example", "role": "user"});
    let send = async |body: &Value| {
        ana.send(http_post(), "/api/v1/invitations", Some(body), &[("idempotency-key", "invite-ben")]).await
    };
    let first = send(&body).await.expect(201);
    let second = send(&body).await.expect(201);
    assert_eq!(first, second, "the same answer, with the same link");
    assert_eq!(ana.get("/api/v1/invitations").await.expect(200)["data"].as_array().unwrap().len(), 1);
    let other = json!({"email": "carl@acme.example", "role": "user"});
    assert_eq!(send(&other).await.refusal(409), "idempotency_mismatch");
}

fn http_post() -> axum::http::Method {
    axum::http::Method::POST
}

async fn somebody_who_is_here_cannot_be_invited(app: TestApp) {
    let (acme, ana) = office(&app, "acme").await;
    acme.user("Ben", Role::User).await;
    let refused =
        ana.post("/api/v1/invitations", &json!({"email": "BEN@acme.example", "role": "admin"})).await;
    assert_eq!(refused.refusal(409), "email_in_use");
}
