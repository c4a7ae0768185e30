//! Starting, listing and changing conversations.

use rapport_domain::Role;
use rapport_testkit::app::TestApp;
use serde_json::json;

use crate::on_both_engines;
use crate::support::{office, talk};

on_both_engines! {
    a_contact_has_one_conversation_at_a_time,
    lists_are_filtered_and_paged_without_gaps,
    a_cursor_is_good_for_its_list_and_order_only,
    what_a_program_adds_has_a_limit,
    changes_are_refused_when_the_version_is_old,
    a_closed_conversation_is_followed_up,
    nullable_fields_tell_null_from_absent,
}

async fn a_contact_has_one_conversation_at_a_time(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let talk = talk(&ana, "Maria").await;
    let body = json!({"contact_id": talk.contact, "channel": "api", "message": {"body_text": "Hello"}});
    let refused = ana.post("/api/v1/conversations", &body).await.expect(409);
    assert_eq!(refused["code"], "conversation_exists");
    assert_eq!(refused["current"]["id"], talk.conversation.as_str());
}

async fn a_cursor_is_good_for_its_list_and_order_only(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let maria = talk(&ana, "Maria").await;
    talk(&ana, "Ida").await;
    let conversation = format!("/api/v1/conversations/{}", maria.conversation);
    ana.post(&format!("{conversation}/notes"), &json!({"body_text": "She called."})).await.expect(201);
    let lists = [
        "/api/v1/conversations?limit=1".to_owned(),
        "/api/v1/conversations?limit=1&sort=created".to_owned(),
        "/api/v1/contacts?limit=1".to_owned(),
        "/api/v1/search?q=hello&limit=1".to_owned(),
        "/api/v1/jobs?limit=1".to_owned(),
        format!("{conversation}/messages?limit=1"),
        format!("{conversation}/timeline?limit=1"),
        format!("/api/v1/contacts/{}/conversations?limit=1", maria.contact),
    ];
    for list in &lists {
        let page = ana.get(list).await.expect(200);
        let Some(cursor) = page["next_cursor"].as_str() else { continue };
        for other in &lists {
            let answer = ana.get(&format!("{other}&cursor={cursor}")).await;
            if other == list {
                answer.expect(200);
            } else {
                assert_eq!(answer.expect(422)["errors"][0]["field"], "cursor", "{list} in {other}");
            }
        }
    }
}

async fn what_a_program_adds_has_a_limit(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let talk = talk(&ana, "Maria").await;
    let start = |size: usize| {
        json!({
            "to": {"kind": "external", "value": "ida-1"}, "channel": "api",
            "channel_account_id": talk.account, "variables": {"note": "a".repeat(size)},
        })
    };
    let refused = ana.post("/api/v1/conversations", &start(16 * 1024)).await.expect(422);
    assert_eq!(refused["errors"][0]["field"], "variables");
    ana.post("/api/v1/conversations", &start(16 * 1024 - 100)).await.expect(201);
}

async fn lists_are_filtered_and_paged_without_gaps(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let mut started = Vec::new();
    for name in ["Maria", "Ida", "Olga", "Vera", "Rosa"] {
        started.push(talk(&ana, name).await.conversation);
        app.advance_seconds(60);
    }
    started.reverse();
    let mut seen = Vec::new();
    let mut path = "/api/v1/conversations?limit=2".to_owned();
    loop {
        let page = ana.get(&path).await.expect(200);
        assert_eq!(page["total"], 5);
        seen.extend(
            page["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()),
        );
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/api/v1/conversations?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, started);
    ana.post(&format!("/api/v1/conversations/{}/assign", started[0]), &json!({"user_id": "me"}))
        .await
        .expect(200);
    let mine = ana.get("/api/v1/conversations?assignee=me&status=open,waiting").await.expect(200);
    assert_eq!((mine["total"].clone(), mine["data"][0]["id"].clone()), (json!(1), json!(started[0])));
    let counts = ana.get("/api/v1/conversation-counts").await.expect(200);
    assert_eq!(
        (counts["views"]["mine"].clone(), counts["views"]["unassigned"].clone()),
        (json!(1), json!(4))
    );
}

async fn changes_are_refused_when_the_version_is_old(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let path = format!("/api/v1/conversations/{}", talk(&ana, "Maria").await.conversation);
    let shown = ana.get(&path).await.expect(200);
    let version = &shown["version"];
    let changed =
        ana.patch(&path, &json!({"priority": "high", "expected_version": version})).await.expect(200);
    assert_eq!(changed["priority"], "high");
    let refused =
        ana.patch(&path, &json!({"priority": "low", "expected_version": version})).await.expect(409);
    assert_eq!(
        (refused["code"].clone(), refused["current"]["priority"].clone()),
        (json!("version_conflict"), json!("high"))
    );
}

async fn a_closed_conversation_is_followed_up(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let talk = talk(&ana, "Maria").await;
    let path = format!("/api/v1/conversations/{}", talk.conversation);
    assert_eq!(
        ana.post(&format!("{path}/follow-up"), &json!({})).await.refusal(409),
        "conversation_not_closed"
    );
    let closed = ana.post(&format!("{path}/close"), &json!({})).await.expect(200);
    assert_eq!((closed["status"].clone(), closed["lifecycle"].clone()), (json!("closed"), json!("closed")));
    ana.post(&format!("{path}/close"), &json!({})).await.expect(200);
    let refused = ana.post(&format!("{path}/messages"), &json!({"body_text": "Hello?"})).await;
    assert_eq!(refused.refusal(409), "conversation_closed");
    let next = ana.post(&format!("{path}/follow-up"), &json!({})).await.expect(201);
    assert_eq!(next["follow_up_of"]["id"], talk.conversation.as_str());
    let detail = ana.get(&path).await.expect(200);
    assert_eq!(detail["links"][0]["conversation"]["id"], next["id"]);
}

async fn nullable_fields_tell_null_from_absent(app: TestApp) {
    let (acme, ana) = office(&app, "acme").await;
    let ben = acme.user("Ben", Role::User).await;
    let talk = talk(&ana, "Maria").await;
    let contact = format!("/api/v1/contacts/{}", talk.contact);
    ben.patch(&contact, &json!({"company": "Acme", "city": "Lisbon"})).await.expect(200);
    let changed = ben.patch(&contact, &json!({"company": null})).await.expect(200);
    assert_eq!((changed["company"].clone(), changed["city"].clone()), (json!(null), json!("Lisbon")));
    let assign = format!("/api/v1/conversations/{}/assign", talk.conversation);
    assert_eq!(ben.post(&assign, &json!({})).await.expect(422)["errors"][0]["field"], "user_id");
    ben.post(&assign, &json!({"user_id": "me"})).await.expect(200);
    assert_eq!(ben.post(&assign, &json!({"user_id": null})).await.expect(200)["assignee"], json!(null));
}
