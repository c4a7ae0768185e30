//! What is read by whom.

use rapport_domain::DeliveryStatus;
use serde_json::json;

use super::fixture::{App, conversation_of, on_both};

#[test]
fn reading_an_answer_tells_the_team_and_counts_down() {
    on_both(|app: App| async move {
        let visitor = app.stranger().await;
        let conversation = conversation_of(&app.say(&visitor, "Hello").await);
        let first = app.reply(&app.alice, &conversation, "One").await;
        let second = app.reply(&app.bob, &conversation, "Two").await;
        let third = app.reply(&app.bob, &conversation, "Three").await;
        assert_eq!(app.session(&visitor).await.body["unread_count"], 3);
        let read = app.post("/widget/v1/read", &visitor, json!({ "message_id": second.id })).await;
        assert_eq!(read.body["unread_count"], 1);
        let status = |messages: Vec<rapport_domain::model::Message>| -> Vec<DeliveryStatus> {
            messages
                .into_iter()
                .filter_map(|message| message.delivery.map(|delivery| delivery.status))
                .collect()
        };
        let statuses = status(app.messages(&conversation).await);
        assert_eq!(statuses, [DeliveryStatus::Read, DeliveryStatus::Read, DeliveryStatus::Sent]);
        // An older report changes nothing.
        let late = app.post("/widget/v1/read", &visitor, json!({ "message_id": first.id })).await;
        assert_eq!(late.body["unread_count"], 1);
        let all = app.post("/widget/v1/read", &visitor, json!({ "message_id": third.id })).await;
        assert_eq!(all.body["unread_count"], 0);
        assert_eq!(app.session(&visitor).await.body["unread_count"], 0);
    });
}

#[test]
fn a_visitor_learns_what_some_teammate_has_read_and_not_who() {
    on_both(|app: App| async move {
        let visitor = app.stranger().await;
        let first = app.say(&visitor, "One").await;
        let conversation = conversation_of(&first);
        assert_eq!(app.session(&visitor).await.body["seen_message_id"], json!(null));
        app.engine.mark_read(&app.bob, &conversation).await.expect("is read");
        app.clock.advance_seconds(1);
        let second = app.say(&visitor, "Two").await;
        let session = app.session(&visitor).await;
        assert_eq!(session.body["seen_message_id"], first.body["message"]["id"]);
        assert!(!session.body.to_string().contains("Bob"));
        app.engine.mark_read(&app.alice, &conversation).await.expect("is read");
        assert_eq!(app.session(&visitor).await.body["seen_message_id"], second.body["message"]["id"]);
    });
}
