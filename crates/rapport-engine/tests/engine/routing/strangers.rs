//! Who is answered when a mail claims to be from somebody who belongs to the thread and names others.

use rapport_domain::model::{Message, Recipient};
use rapport_domain::{AddressKind, ConversationId, Direction, Status};
use rapport_engine::contact::NewAddress;
use rapport_engine::message::NewMessage;

use crate::fixture::{Fixture, Mail, on_both_engines};

const MARIA: &str = "maria@customers.example";
const TO_EVE: &str = "Reply-To: eve@evil.example\r\n";
const TO_ORDERS: &str = "Reply-To: orders@customers.example\r\n";

/// A mail that says that it is from the customer and answers their first one.
async fn claim(app: &Fixture, id: &str, extra: &str) -> ConversationId {
    app.clock.advance_seconds(1);
    let in_reply_to = Some("first@customers.example");
    app.mail(&app.support, Mail { id, in_reply_to, extra, ..Mail::default() }).await.conversation_id
}

/// Whom the composer begins with.
async fn answered(app: &Fixture, id: &ConversationId) -> Vec<String> {
    let detail = app.engine.find_conversation_detail(&app.alice, id).await.expect("detail");
    let reply = detail.email_reply.expect("it can be answered by email");
    reply.to.into_iter().chain(reply.cc).map(|recipient| recipient.address).collect()
}

async fn is_marked(app: &Fixture, conversation: &ConversationId, id: &str) -> bool {
    let messages = app.messages(conversation).await;
    let found = messages.iter().find(|message| message.email_message_id.as_deref() == Some(id));
    found.expect("stored").warnings.iter().any(|warning| warning == "new_participant")
}

async fn write_to(app: &Fixture, conversation: &ConversationId, address: &str) -> Message {
    app.clock.advance_seconds(1);
    let new = NewMessage {
        body_text: Some("Hello".into()),
        to: Some(vec![Recipient { name: None, address: address.into() }]),
        ..NewMessage::default()
    };
    app.engine.send_message(&app.alice, conversation, Direction::Outbound, new).await.expect("accepted")
}

#[test]
fn copied_headers_do_not_send_the_answers_to_the_contact_elsewhere() {
    on_both_engines(|app: Fixture| async move {
        let first = app.mail(&app.support, Mail::default()).await.conversation_id;
        for id in ["once@evil.example", "twice@evil.example"] {
            assert_eq!(claim(&app, id, TO_EVE).await, first);
            assert!(is_marked(&app, &first, id).await, "{id}");
            assert_eq!(answered(&app, &first).await, [MARIA], "{id}");
        }
        // Somebody whom we asked ourselves knows our mail, but the customer does not know them.
        let asked = write_to(&app, &first, "sales@supplier.example").await;
        app.clock.advance_seconds(1);
        let forged = Mail {
            id: "forged@supplier.example",
            in_reply_to: asked.email_message_id.as_deref(),
            extra: "Reply-To: sales@supplier.example\r\n",
            ..Mail::default()
        };
        assert_eq!(app.mail(&app.support, forged).await.conversation_id, first);
        assert!(is_marked(&app, &first, "forged@supplier.example").await);
        assert_eq!(answered(&app, &first).await, [MARIA]);
    });
}

#[test]
fn copied_headers_do_not_lead_the_follow_up_elsewhere_either() {
    on_both_engines(|app: Fixture| async move {
        let first = app.mail(&app.support, Mail::default()).await.conversation_id;
        app.engine.close(&app.alice, &first).await.expect("closed");
        let next = claim(&app, "late@evil.example", TO_EVE).await;
        assert_eq!(app.conversation(&next).await.follow_up_of.map(|original| original.id), Some(first));
        assert_eq!(app.conversation(&next).await.status, Status::Open);
        assert!(is_marked(&app, &next, "late@evil.example").await);
        assert_eq!(answered(&app, &next).await, [MARIA]);
    });
}

#[test]
fn answers_go_where_the_customer_had_them_sent_before_and_to_their_other_addresses() {
    on_both_engines(|app: Fixture| async move {
        let orders = ["orders@customers.example"];
        let mail = Mail { extra: TO_ORDERS, ..Mail::default() };
        let first = app.mail(&app.support, mail).await.conversation_id;
        assert_eq!(claim(&app, "plain@customers.example", "").await, first);
        assert_eq!(answered(&app, &first).await, [MARIA]);
        write_to(&app, &first, "sales@supplier.example").await;
        assert_eq!(claim(&app, "again@customers.example", TO_ORDERS).await, first);
        assert!(!is_marked(&app, &first, "again@customers.example").await);
        assert_eq!(answered(&app, &first).await, orders);

        let contact = app.conversation(&first).await.contact.expect("a contact").id;
        let private = NewAddress { kind: AddressKind::Email, value: "maria@home.example".into() };
        app.engine.add_contact_address(&app.alice, &contact, private).await.expect("added");
        claim(&app, "home@customers.example", "Reply-To: maria@home.example\r\n").await;
        assert!(!is_marked(&app, &first, "home@customers.example").await);
        assert_eq!(answered(&app, &first).await, ["maria@home.example"]);
    });
}

#[test]
fn who_proves_by_the_reply_address_that_they_had_our_mail_may_choose() {
    on_both_engines(|app: Fixture| async move {
        let first = app.mail(&app.support, Mail::default()).await.conversation_id;
        let to = app.reply_address(&first, "bikes.example");
        app.clock.advance_seconds(1);
        let mail = Mail { id: "proved@customers.example", to: &to, extra: TO_ORDERS, ..Mail::default() };
        assert_eq!(app.mail(&app.support, mail).await.conversation_id, first);
        assert!(!is_marked(&app, &first, "proved@customers.example").await);
        assert_eq!(answered(&app, &first).await, ["orders@customers.example"]);
    });
}
