//! Questions before the chat, and messages left for later.

use axum::http::StatusCode;
use rapport_domain::{AddressKind, MessageKind};
use rapport_engine::contact::{NewAddress, NewContact};
use serde_json::json;

use super::fixture::{App, conversation_of, fresh_client_id, on_both, visitor_of};

fn questions() -> serde_json::Value {
    json!({ "pre_chat_fields": [
        { "name": "name", "label": "Your name", "required": true, "type": "text" },
        { "name": "email", "label": "Your email", "required": true, "type": "email" },
        { "name": "topic", "label": "What is it about?", "required": false, "type": "choice", "choices": ["Order", "Repair"] },
    ] })
}

#[test]
fn questions_that_have_to_be_answered_come_first() {
    on_both(|app: App| async move {
        app.configure(questions()).await;
        let visitor = app.stranger().await;
        let refused = app.try_say(&visitor, &fresh_client_id(), "Hello").await;
        assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "pre_chat_required"));
        let wrong = json!({ "fields": { "name": " ", "email": "ana", "topic": "Other", "role": "admin" } });
        let wrong = app.post("/widget/v1/prechat", &visitor, wrong).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        let mut fields: Vec<&str> = wrong.body["errors"]
            .as_array()
            .expect("errors")
            .iter()
            .filter_map(|error| error["field"].as_str())
            .collect();
        fields.sort_unstable();
        assert_eq!(fields, ["fields.email", "fields.name", "fields.role", "fields.topic"]);
        let right =
            json!({ "fields": { "name": "Ana", "email": "Ana@Customers.example", "topic": "Repair" } });
        let right = app.post("/widget/v1/prechat", &visitor, right).await;
        assert_eq!(right.status, StatusCode::OK, "{:?}", right.body);
        assert_eq!(
            right.body["visitor"],
            json!({ "id": visitor.id, "name": "Ana", "email": "ana@customers.example", "verified": false, "pre_chat_done": true })
        );
        let conversation = conversation_of(&app.say(&visitor, "Hello").await);
        let found = app.engine.find_conversation(&app.alice, &conversation).await.expect("is there");
        assert_eq!(found.last_message.expect("a message").preview, "Hello", "lists show what was said");
        let contact = app
            .engine
            .find_contact(&app.alice, &found.contact.expect("a contact").id)
            .await
            .expect("is there");
        assert_eq!(
            (contact.display_name.as_str(), contact.email.as_deref()),
            ("Ana", Some("ana@customers.example"))
        );
        assert!(
            contact.addresses.iter().all(|address| address.kind == AddressKind::Visitor || !address.verified)
        );
        let notes: Vec<String> = app
            .messages(&conversation)
            .await
            .into_iter()
            .filter(|message| message.kind == MessageKind::Note)
            .map(|note| note.body_text)
            .collect();
        assert_eq!(notes.len(), 1);
        assert!(notes[0].contains("What is it about?: Repair"), "{}", notes[0]);
        assert_eq!(app.session(&visitor).await.texts(), ["Hello"]);
    });
}

#[test]
fn whom_the_site_identifies_is_asked_only_for_what_is_missing() {
    on_both(|app: App| async move {
        app.configure(questions()).await;
        let mut identity = app.widget.signed("user-42");
        identity["name"] = json!("Ana");
        let opened = app.open(None, Some(identity)).await;
        assert_eq!(opened.body["visitor"]["pre_chat_done"], false);
        let visitor = visitor_of(&opened);
        let missing =
            app.post("/widget/v1/prechat", &visitor, json!({ "fields": { "topic": "Order" } })).await;
        assert_eq!(missing.body["errors"][0]["field"], "fields.email");
        let given =
            app.post("/widget/v1/prechat", &visitor, json!({ "fields": { "email": "ana@b.example" } })).await;
        assert_eq!(given.body["visitor"]["pre_chat_done"], true);
        app.say(&visitor, "Hello").await;
    });
}

#[test]
fn an_address_typed_in_never_leads_to_the_contact_who_owns_it() {
    on_both(|app: App| async move {
        let victim = NewContact {
            display_name: Some("Victoria".into()),
            addresses: vec![NewAddress {
                kind: AddressKind::Email,
                value: "victoria@customers.example".into(),
            }],
            ..NewContact::default()
        };
        let victim = app.engine.create_contact(&app.alice, victim).await.expect("a contact");
        let visitor = app.stranger().await;
        let left = json!({
            "client_id": fresh_client_id(), "email": "Victoria@Customers.example", "name": "Victoria",
            "body_text": "It is me", "attachment_ids": [],
        });
        let left = app.post("/widget/v1/offline", &visitor, left).await;
        assert_eq!(left.status, StatusCode::CREATED, "{:?}", left.body);
        assert_eq!(left.body["visitor"]["email"], "victoria@customers.example");
        assert_eq!(left.body["visitor"]["verified"], false);
        let conversation = conversation_of(&left);
        let found = app.engine.find_conversation(&app.alice, &conversation).await.expect("is there");
        let contact = found.contact.expect("a contact");
        assert_ne!(contact.id, victim.id);
        let contact = app.engine.find_contact(&app.alice, &contact.id).await.expect("is there");
        assert_eq!(contact.email, None);
        let notes = app.messages(&conversation).await;
        let note = notes.iter().find(|message| message.kind == MessageKind::Note).expect("a note");
        assert!(note.body_text.contains("belongs to another contact"), "{}", note.body_text);
        let untouched = app.engine.find_contact(&app.alice, &victim.id).await.expect("is there");
        assert_eq!(untouched.version, victim.version);
    });
}

#[test]
fn a_message_left_for_later_needs_an_address() {
    on_both(|app: App| async move {
        app.configure(questions()).await;
        let visitor = app.stranger().await;
        for email in ["", "ana", "a b@c.example", "a@b.example\r\nBcc: x@y.example"] {
            let body = json!({ "client_id": fresh_client_id(), "email": email, "body_text": "Call me" });
            let refused = app.post("/widget/v1/offline", &visitor, body).await;
            assert_eq!(
                (refused.status, refused.code()),
                (StatusCode::UNPROCESSABLE_ENTITY, "validation_failed"),
                "{email}"
            );
        }
        let body =
            json!({ "client_id": fresh_client_id(), "email": "ana@b.example", "body_text": "Call me" });
        let first = app.post("/widget/v1/offline", &visitor, body.clone()).await;
        let again = app.post("/widget/v1/offline", &visitor, body).await;
        assert_eq!((first.status, again.status), (StatusCode::CREATED, StatusCode::OK));
        assert_eq!(first.body["message"]["id"], again.body["message"]["id"]);
    });
}

#[test]
fn a_name_that_the_team_gave_stays() {
    on_both(|app: App| async move {
        app.configure(questions()).await;
        let visitor = app.stranger().await;
        let fields = json!({ "fields": { "name": "Ana", "email": "ana@b.example" } });
        app.post("/widget/v1/prechat", &visitor, fields).await;
        let conversation = conversation_of(&app.say(&visitor, "Hello").await);
        let found = app.engine.find_conversation(&app.alice, &conversation).await.expect("is there");
        let contact = found.contact.expect("a contact").id;
        let change = rapport_engine::contact::ContactChange {
            display_name: Some("Ana Kovač, wholesale".into()),
            ..Default::default()
        };
        app.engine.edit_contact(&app.alice, &contact, change).await.expect("is renamed");
        let fields = json!({ "fields": { "name": "Mallory", "email": "ana@b.example" } });
        app.post("/widget/v1/prechat", &visitor, fields).await;
        let said = app.say(&visitor, "Hello again").await;
        assert_eq!(
            said.body["message"]["author"]["name"], "Mallory",
            "the visitor's own word for themselves"
        );
        let contact = app.engine.find_contact(&app.alice, &contact).await.expect("is there");
        assert_eq!(contact.display_name, "Ana Kovač, wholesale");
    });
}
