//! Tokens: what programs may do in a person's name.

use rapport_domain::Role;
use rapport_testkit::app::TestApp;
use serde_json::json;

use crate::on_both_engines;
use crate::support::{id_of, office};

on_both_engines! {
    a_token_acts_for_its_user_until_it_is_revoked,
    a_token_does_what_its_scopes_say_and_nothing_else,
    a_limited_token_cannot_beget_a_stronger_one,
    nobody_can_grant_what_they_may_not_do,
    an_expired_token_is_refused,
    people_see_only_their_own_tokens,
    passwords_are_changed_by_people_only,
}

async fn a_token_acts_for_its_user_until_it_is_revoked(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let created = ana.post("/api/v1/tokens", &json!({"name": "Import"})).await.expect(201);
    let secret = created["token"].as_str().unwrap();
    assert!(secret.starts_with("rpt_") && secret.len() > 30);
    assert!(secret.starts_with(created["prefix"].as_str().unwrap()));
    let program = ana.with_token(secret);
    let me = program.get("/api/v1/me").await.expect(200);
    assert_eq!((me["auth"].clone(), me["user"]["id"].clone()), (json!("token"), json!(ana.id)));
    let listed = ana.get("/api/v1/tokens").await.expect(200);
    assert!(listed["data"][0].get("token").is_none(), "the secret is shown once");
    let path = format!("/api/v1/tokens/{}", id_of(&created));
    ana.delete(&path).await.expect(204);
    assert_eq!(program.get("/api/v1/me").await.refusal(401), "unauthenticated");
    assert_eq!(ana.delete(&path).await.refusal(404), "not_found");
}

async fn a_token_does_what_its_scopes_say_and_nothing_else(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let body = json!({"name": "Reader", "scopes": ["contact.read"]});
    let created = ana.post("/api/v1/tokens", &body).await.expect(201);
    let program = ana.with_token(created["token"].as_str().unwrap());
    program.get("/api/v1/contacts").await.expect(200);
    let refused = program.get("/api/v1/conversations").await.expect(403);
    assert_eq!(
        (refused["code"].clone(), refused["permission"].clone()),
        (json!("forbidden"), json!("conversation.read"))
    );
    assert_eq!(
        program.post("/api/v1/contacts", &json!({"display_name": "Eve"})).await.refusal(403),
        "forbidden"
    );
    assert_eq!(program.get("/api/v1/me").await.expect(200)["permissions"], json!(["contact.read"]));
}

async fn a_limited_token_cannot_beget_a_stronger_one(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let body = json!({"name": "Limited", "scopes": ["token.manage_own", "contact.read"]});
    let created = ana.post("/api/v1/tokens", &body).await.expect(201);
    let program = ana.with_token(created["token"].as_str().unwrap());
    let child = program.post("/api/v1/tokens", &json!({"name": "Child"})).await.expect(201);
    assert_eq!(child["scopes"], json!(["contact.read", "token.manage_own"]));
    let stronger = json!({"name": "Stronger", "scopes": ["user.manage"]});
    assert_eq!(program.post("/api/v1/tokens", &stronger).await.expect(422)["errors"][0]["field"], "scopes");
}

async fn nobody_can_grant_what_they_may_not_do(app: TestApp) {
    let (acme, _) = office(&app, "acme").await;
    let ben = acme.user("Ben", Role::User).await;
    let body = json!({"name": "Sneaky", "scopes": ["workspace.manage"]});
    assert_eq!(ben.post("/api/v1/tokens", &body).await.expect(422)["errors"][0]["field"], "scopes");
    let unlimited = ben.post("/api/v1/tokens", &json!({"name": "Mine"})).await.expect(201);
    let program = ben.with_token(unlimited["token"].as_str().unwrap());
    assert_eq!(program.patch("/api/v1/workspace", &json!({"name": "Mine"})).await.refusal(403), "forbidden");
}

async fn an_expired_token_is_refused(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let past = json!({"name": "Old", "expires_at": app.now()});
    assert_eq!(ana.post("/api/v1/tokens", &past).await.expect(422)["errors"][0]["field"], "expires_at");
    let soon = json!({"name": "Short", "expires_at": app.now().plus_seconds(3600)});
    let created = ana.post("/api/v1/tokens", &soon).await.expect(201);
    let program = ana.with_token(created["token"].as_str().unwrap());
    program.get("/api/v1/me").await.expect(200);
    app.advance_seconds(3600);
    assert_eq!(program.get("/api/v1/me").await.refusal(401), "unauthenticated");
}

async fn people_see_only_their_own_tokens(app: TestApp) {
    let (acme, ana) = office(&app, "acme").await;
    let ben = acme.user("Ben", Role::User).await;
    let hers = ana.post("/api/v1/tokens", &json!({"name": "Hers"})).await.expect(201);
    ben.post("/api/v1/tokens", &json!({"name": "His"})).await.expect(201);
    let count = async |client: &rapport_testkit::app::Client| {
        client.get("/api/v1/tokens").await.expect(200)["data"].as_array().unwrap().len()
    };
    assert_eq!((count(&ana).await, count(&ben).await), (2, 1));
    assert_eq!(ben.delete(&format!("/api/v1/tokens/{}", id_of(&hers))).await.refusal(404), "not_found");
}

async fn passwords_are_changed_by_people_only(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let created = ana.post("/api/v1/tokens", &json!({"name": "Import"})).await.expect(201);
    let program = ana.with_token(created["token"].as_str().unwrap());
    let body = json!({"current_password": "correct horse battery", "new_password": "another long password"});
    assert_eq!(program.post("/api/v1/auth/password", &body).await.refusal(403), "session_required");
}
