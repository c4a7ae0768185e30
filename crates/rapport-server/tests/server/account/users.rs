//! The people of a workspace and its settings.

use rapport_domain::Role;
use rapport_testkit::app::{PASSWORD, TestApp};
use serde_json::json;

use crate::on_both_engines;
use crate::support::office;

on_both_engines! {
    addresses_are_shown_to_those_who_manage_people,
    the_last_administrator_stays,
    of_two_administrators_who_demote_each_other_one_stays,
    a_deactivated_person_is_out_at_once,
    a_new_role_counts_at_once,
    settings_are_checked_and_kept,
}

async fn addresses_are_shown_to_those_who_manage_people(app: TestApp) {
    let (acme, ana) = office(&app, "acme").await;
    let ben = acme.user("Ben", Role::User).await;
    let seen = async |client: &rapport_testkit::app::Client| {
        let users = client.get("/api/v1/users").await.expect(200);
        let users = users["data"].as_array().unwrap().clone();
        users.iter().map(|user| user["email"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    let (ana_mail, ben_mail) = (Some("ana@acme.example".to_owned()), Some("ben@acme.example".to_owned()));
    assert_eq!(seen(&ana).await, [ana_mail, ben_mail.clone()]);
    assert_eq!(seen(&ben).await, [None, ben_mail]);
}

async fn the_last_administrator_stays(app: TestApp) {
    let (acme, ana) = office(&app, "acme").await;
    let path = format!("/api/v1/users/{}", ana.id);
    for change in [json!({"role": "user"}), json!({"active": false})] {
        assert_eq!(ana.patch(&path, &change).await.refusal(409), "last_admin");
    }
    acme.user("Ben", Role::Admin).await;
    assert_eq!(ana.patch(&path, &json!({"role": "user"})).await.expect(200)["role"], "user");
}

async fn of_two_administrators_who_demote_each_other_one_stays(app: TestApp) {
    let (acme, ana) = office(&app, "acme").await;
    let ben = acme.user("Ben", Role::Admin).await;
    let demote = json!({"role": "user"});
    let (ana_path, ben_path) = (format!("/api/v1/users/{}", ana.id), format!("/api/v1/users/{}", ben.id));
    tokio::join!(ana.patch(&ben_path, &demote), ben.patch(&ana_path, &demote));
    let users = app.engine().store().read(&acme.id, rapport_store::user::list).await.unwrap();
    let admins = users.iter().filter(|user| user.role == Role::Admin).count();
    assert_eq!(admins, 1, "{users:?}");
}

async fn a_deactivated_person_is_out_at_once(app: TestApp) {
    let (acme, ana) = office(&app, "acme").await;
    let ben = acme.user("Ben", Role::User).await;
    let token = ben.post("/api/v1/tokens", &json!({"name": "Import"})).await.expect(201);
    let program = ben.with_token(token["token"].as_str().unwrap());
    ana.patch(&format!("/api/v1/users/{}", ben.id), &json!({"active": false})).await.expect(200);
    assert_eq!(ben.get("/api/v1/me").await.refusal(401), "unauthenticated");
    assert_eq!(program.get("/api/v1/me").await.refusal(401), "unauthenticated");
    let body = json!({"email": ben.email, "password": PASSWORD});
    assert_eq!(app.stranger().post("/api/v1/auth/login", &body).await.refusal(401), "invalid_credentials");
    ana.patch(&format!("/api/v1/users/{}", ben.id), &json!({"active": true})).await.expect(200);
    assert_eq!(ben.get("/api/v1/me").await.refusal(401), "unauthenticated");
    app.stranger().log_in(&ben.email, PASSWORD).await;
}

async fn a_new_role_counts_at_once(app: TestApp) {
    let (acme, ana) = office(&app, "acme").await;
    let ben = acme.user("Ben", Role::User).await;
    ben.post("/api/v1/contacts", &json!({"display_name": "Maria"})).await.expect(201);
    ana.patch(&format!("/api/v1/users/{}", ben.id), &json!({"role": "read_only"})).await.expect(200);
    assert_eq!(ben.post("/api/v1/contacts", &json!({"display_name": "Ida"})).await.refusal(403), "forbidden");
}

async fn settings_are_checked_and_kept(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let path = "/api/v1/workspace";
    let refused = ana.patch(path, &json!({"settings": {"email_undo_seconds": 31}})).await.expect(422);
    assert_eq!(refused["errors"][0]["field"], "settings.email_undo_seconds");
    assert_eq!(ana.patch(path, &json!({"name": " "})).await.expect(422)["errors"][0]["field"], "name");
    ana.patch(path, &json!({"name": "Acme Ltd", "settings": {"email_undo_seconds": 0}})).await.expect(200);
    let workspace = &ana.get("/api/v1/me").await.expect(200)["workspace"];
    assert_eq!(workspace["name"], "Acme Ltd");
    assert_eq!(
        workspace["settings"],
        json!({"conversation_scope": "contact", "email_undo_seconds": 0, "manual_assignment": true})
    );
}
