//! Who has a conversation.

use rapport_domain::Role;
use rapport_testkit::app::TestApp;
use serde_json::json;

use crate::on_both_engines;
use crate::support::{office, talk};

on_both_engines! {
    of_several_who_take_it_at_once_one_gets_it,
    a_colleagues_conversation_is_not_handed_around,
}

async fn of_several_who_take_it_at_once_one_gets_it(app: TestApp) {
    let (acme, ana) = office(&app, "acme").await;
    let talk = talk(&ana, "Maria").await;
    let path = format!("/api/v1/conversations/{}/assign", talk.conversation);
    let mut attempts = Vec::new();
    for name in ["Ben", "Carl", "Dora", "Emil"] {
        let person = acme.user(name, Role::User).await;
        let path = path.clone();
        attempts.push(tokio::spawn(async move {
            let answer = person.post(&path, &json!({"user_id": "me", "expected_assignee_id": null})).await;
            (answer.status.as_u16(), answer.json())
        }));
    }
    let mut answers = Vec::new();
    for attempt in attempts {
        answers.push(attempt.await.unwrap());
    }
    let winners: Vec<_> = answers.iter().filter(|(status, _)| *status == 200).collect();
    assert_eq!(winners.len(), 1, "{answers:?}");
    let winner = &winners[0].1["assignee"];
    for (status, body) in answers.iter().filter(|(status, _)| *status != 200) {
        assert_eq!((*status, body["code"].as_str()), (409, Some("already_assigned")));
        assert_eq!(&body["current"]["assignee"], winner);
    }
}

async fn a_colleagues_conversation_is_not_handed_around(app: TestApp) {
    let (acme, ana) = office(&app, "acme").await;
    let (ben, carl) = (acme.user("Ben", Role::User).await, acme.user("Carl", Role::User).await);
    let talk = talk(&ana, "Maria").await;
    let path = format!("/api/v1/conversations/{}/assign", talk.conversation);
    ben.post(&path, &json!({"user_id": "me"})).await.expect(200);
    let refused = carl.post(&path, &json!({"user_id": ana.id})).await.expect(403);
    assert_eq!(refused["permission"], "conversation.reassign");
    assert_eq!(carl.post(&path, &json!({"user_id": "me"})).await.refusal(409), "already_assigned");
    ben.post(&path, &json!({"user_id": carl.id})).await.expect(200);
    ana.post(&path, &json!({"user_id": ben.id})).await.expect(200);
    // Administrators may take it too, once they say from whom.
    assert_eq!(ana.post(&path, &json!({"user_id": "me"})).await.refusal(409), "already_assigned");
    ana.post(&path, &json!({"user_id": "me", "expected_assignee_id": ben.id})).await.expect(200);
}
