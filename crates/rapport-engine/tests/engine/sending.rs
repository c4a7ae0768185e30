//! What may be sent, once.

mod recipients;
mod repeated;

use rapport_domain::model::Message;
use rapport_domain::{Clock, DeliveryStatus, Direction, MessageKind, Role, Status};
use rapport_engine::channel_account::AccountChange;
use rapport_engine::conversation::{ConversationChange, NewConversation, Recipient};
use rapport_engine::message::{NewMessage, NewNote, Then};
use rapport_engine::{Caller, Error, IdempotencyKey};

use crate::fixture::{Fixture, Mail, on_both_engines};

fn text(body: &str) -> NewMessage {
    NewMessage { body_text: Some(body.into()), ..NewMessage::default() }
}

#[test]
fn a_double_click_sends_one_message() {
    on_both_engines(|app: Fixture| async move {
        let id = app.mail(&app.support, Mail::default()).await.conversation_id;
        let new = NewMessage { client_id: Some("click".into()), ..text("On its way.") };
        let send = || app.engine.send_message(&app.alice, &id, Direction::Outbound, new.clone());
        let (one, two) = futures_util::future::join(send(), send()).await;
        assert_eq!(one.expect("accepted").id, two.expect("accepted").id);
        assert_eq!(app.messages(&id).await.len(), 2);
    });
}

#[test]
fn a_repeated_request_gets_the_first_answer_and_another_one_under_its_key_is_refused() {
    on_both_engines(|app: Fixture| async move {
        let id = app.mail(&app.support, Mail::default()).await.conversation_id;
        let with_key = |hash: &str| Caller {
            idempotency: Some(IdempotencyKey { key: "k1".into(), request_hash: hash.into() }),
            ..app.alice.clone()
        };
        let first = app.engine.send_message(&with_key("a"), &id, Direction::Outbound, text("Hello")).await;
        let again = app.engine.send_message(&with_key("a"), &id, Direction::Outbound, text("Hello")).await;
        assert_eq!(first.expect("accepted").id, again.expect("accepted").id);
        let other = app.engine.send_message(&with_key("b"), &id, Direction::Outbound, text("Bye")).await;
        assert!(matches!(other, Err(Error::IdempotencyMismatch)), "{other:?}");
    });
}

#[test]
fn an_answer_of_a_colleague_that_the_writer_has_not_seen_holds_the_message_back() {
    on_both_engines(|app: Fixture| async move {
        let accepted = app.mail(&app.support, Mail::default()).await;
        let id = accepted.conversation_id;
        app.clock.advance_seconds(1);
        app.reply(&app.bob, &id, "Bob answers.").await.expect("accepted");
        let new = NewMessage { seen_message_id: Some(accepted.message_id), ..text("Alice answers too.") };
        let held = app.engine.send_message(&app.alice, &id, Direction::Outbound, new).await;
        let Err(Error::Conflict { code: "conversation_advanced", detail, current }) = held else {
            panic!("{held:?}")
        };
        assert_eq!(detail, "bob has answered meanwhile.");
        assert!(current.expect("shows the answer").to_string().contains("Bob answers."));
    });
}

#[test]
fn a_held_message_can_be_taken_back_and_never_leaves() {
    on_both_engines(|app: Fixture| async move {
        let id = app.mail(&app.support, Mail::default()).await.conversation_id;
        let new = NewMessage { hold_seconds: 10, ..text("Oops") };
        let held =
            app.engine.send_message(&app.alice, &id, Direction::Outbound, new).await.expect("accepted");
        assert!(held.held_until.is_some());
        assert!(app.conversation(&id).await.waiting_since.is_none());
        let cancelled = app.engine.cancel_message(&app.alice, &id, &held.id).await.expect("taken back");
        assert!(app.conversation(&id).await.waiting_since.is_some(), "the customer still waits");
        assert_eq!(cancelled.delivery.expect("outbound").status, DeliveryStatus::Cancelled);
        app.clock.advance_seconds(60);
        app.engine.drain_jobs().await.expect("jobs run");
        let message = app.engine.find_message(&app.alice, &id, &held.id).await.expect("kept");
        assert_eq!(message.delivery.expect("outbound").status, DeliveryStatus::Cancelled);
    });
}

#[test]
fn a_mail_server_that_cannot_be_reached_is_tried_again_and_then_fails_visibly_with_a_retry() {
    on_both_engines(|app: Fixture| async move {
        let id = app.mail(&app.support, Mail::default()).await.conversation_id;
        let sent = app.reply(&app.alice, &id, "Hello").await.expect("accepted");
        app.engine.drain_jobs().await.expect("jobs run");
        let message = app.engine.find_message(&app.alice, &id, &sent.id).await.expect("there");
        let delivery = message.delivery.expect("outbound");
        assert_eq!(delivery.status, DeliveryStatus::Queued, "it is tried again: {:?}", delivery.reason);
        assert!(delivery.reason.is_some() && delivery.next_attempt_at.is_some());
        for _ in 0..30 {
            app.clock.advance_seconds(9 * 60 * 60);
            app.engine.drain_jobs().await.expect("jobs run");
        }
        let message = app.engine.find_message(&app.alice, &id, &sent.id).await.expect("there");
        let delivery = message.delivery.expect("outbound");
        assert_eq!(delivery.status, DeliveryStatus::Failed);
        assert!(app.conversation(&id).await.requires_action.is_some());
        let retried = app.engine.retry_message(&app.alice, &id, &sent.id).await.expect("queued again");
        assert_eq!(retried.delivery.expect("outbound").status, DeliveryStatus::Queued);
    });
}

#[test]
fn a_message_that_waits_for_another_attempt_can_be_taken_back_or_tried_at_once() {
    on_both_engines(|app: Fixture| async move {
        let id = app.mail(&app.support, Mail::default()).await.conversation_id;
        let delivery = async |message: &Message| {
            let found = app.engine.find_message(&app.alice, &id, &message.id).await.expect("there");
            found.delivery.expect("outbound")
        };
        let sent = app.reply(&app.alice, &id, "Hello").await.expect("accepted");
        for _ in 0..6 {
            app.engine.drain_jobs().await.expect("jobs run");
            app.clock.advance_seconds(10 * 60);
        }
        app.engine.drain_jobs().await.expect("jobs run");
        let before = delivery(&sent).await;
        assert_eq!(before.status, DeliveryStatus::Queued);
        let hastened = app.engine.retry_message(&app.alice, &id, &sent.id).await.expect("hastened");
        assert_eq!(hastened.delivery.and_then(|it| it.next_attempt_at), Some(app.clock.now()));
        app.engine.drain_jobs().await.expect("jobs run");
        assert_eq!(delivery(&sent).await.attempts, before.attempts + 1);
        let cancelled = app.engine.cancel_message(&app.alice, &id, &sent.id).await.expect("taken back");
        let cancelled = cancelled.delivery.expect("outbound");
        assert_eq!((cancelled.status, cancelled.next_attempt_at), (DeliveryStatus::Cancelled, None));
        app.clock.advance_seconds(9 * 60 * 60);
        app.engine.drain_jobs().await.expect("jobs run");
        let after = delivery(&sent).await;
        assert_eq!((after.status, after.attempts), (DeliveryStatus::Cancelled, before.attempts + 1));
        let again = app.engine.retry_message(&app.alice, &id, &sent.id).await;
        assert!(matches!(again, Err(Error::Conflict { code: "not_failed", .. })), "{again:?}");
    });
}

#[test]
fn what_asks_for_attention_after_the_closing_can_be_seen_to() {
    on_both_engines(|app: Fixture| async move {
        let id = app.mail(&app.support, Mail::default()).await.conversation_id;
        app.reply(&app.alice, &id, "Hello").await.expect("accepted");
        app.engine.close(&app.alice, &id).await.expect("closed");
        let off = AccountChange { active: Some(false), ..AccountChange::default() };
        app.engine.update_channel_account(&app.alice, &app.support, off).await.expect("switched off");
        app.engine.drain_jobs().await.expect("jobs run");
        assert!(app.conversation(&id).await.requires_action.is_some());
        let clear = ConversationChange { clear_requires_action: true, ..ConversationChange::default() };
        let more = ConversationChange { topic: Some("Lost".into()), ..clear.clone() };
        let refused = app.engine.edit_conversation(&app.alice, &id, more).await;
        assert!(matches!(refused, Err(Error::Conflict { code: "conversation_closed", .. })), "{refused:?}");
        let cleared = app.engine.edit_conversation(&app.alice, &id, clear).await.expect("cleared");
        assert_eq!((cleared.requires_action, cleared.status), (None, Status::Closed));
    });
}

#[test]
fn a_mailbox_that_only_receives_is_no_way_to_answer() {
    on_both_engines(|app: Fixture| async move {
        let inbox = app.receiving_mailbox("Archive", "archive@bikes.example").await;
        let id =
            app.mail(&inbox, Mail { to: "archive@bikes.example", ..Mail::default() }).await.conversation_id;
        let new = NewMessage { channel_account_id: Some(inbox), ..text("Hello") };
        let refused = app.engine.send_message(&app.alice, &id, Direction::Outbound, new).await;
        assert!(matches!(refused, Err(Error::SendRefused { code: "channel_inactive", .. })), "{refused:?}");
        assert_eq!(app.messages(&id).await.len(), 1);
    });
}

#[test]
fn a_private_note_is_never_delivered() {
    on_both_engines(|app: Fixture| async move {
        let id = app.mail(&app.support, Mail::default()).await.conversation_id;
        let note = NewNote { body_text: "Refund approved.".into(), ..NewNote::default() };
        let note = app.engine.add_note(&app.bob, &id, note).await.expect("added");
        assert_eq!((note.kind, note.direction), (MessageKind::Note, Direction::None));
        assert!(note.delivery.is_none());
        assert_eq!(app.engine.drain_jobs().await.expect("jobs run"), 0);
    });
}

#[test]
fn a_closed_conversation_takes_notes_but_no_answers() {
    on_both_engines(|app: Fixture| async move {
        let id = app.mail(&app.support, Mail::default()).await.conversation_id;
        let new = NewMessage { then: Some(Then::Close), ..text("Done.") };
        app.engine.send_message(&app.alice, &id, Direction::Outbound, new).await.expect("accepted");
        assert_eq!(app.conversation(&id).await.status, Status::Closed);
        let refused = app.reply(&app.alice, &id, "One more thing").await;
        assert!(matches!(refused, Err(Error::Conflict { code: "conversation_closed", .. })), "{refused:?}");
        let note = NewNote { body_text: "For the record.".into(), ..NewNote::default() };
        app.engine.add_note(&app.alice, &id, note).await.expect("notes go on");
        let follow_up = app.engine.create_follow_up(&app.alice, &id).await.expect("continued");
        assert_eq!(follow_up.follow_up_of.expect("linked").id, id);

        // Whoever follows the events of one of them knows what the other is.
        let events =
            app.engine.store().read(&app.workspace, |tx| rapport_store::event::list_after(tx, 0, 100));
        let told: Vec<(String, String)> = events
            .await
            .expect("events")
            .into_iter()
            .map(|event| event.envelope)
            .filter(|event| event.name == "conversation.linked")
            .map(|event| {
                let text =
                    |path: &str| event.data.pointer(path).and_then(|it| it.as_str()).map(str::to_owned);
                (text("/conversation/id").expect("an id"), text("/direction").expect("a direction"))
            })
            .collect();
        let expected = [(follow_up.id.to_string(), "parent".into()), (id.to_string(), "child".into())];
        assert_eq!(told, expected);
    });
}

#[test]
fn a_second_conversation_with_a_contact_is_refused_even_when_many_begin_at_once() {
    on_both_engines(|app: Fixture| async move {
        // Taken whole: capturing only the fields in use would drop the database.
        let app = app;
        let new = || NewConversation {
            contact_id: None,
            to: Some(Recipient {
                kind: rapport_domain::AddressKind::External,
                value: "customer-1".into(),
                name: Some("Ana".into()),
            }),
            channel: rapport_domain::Channel::Api,
            channel_account_id: Some(app.api.clone()),
            subject: None,
            topic: None,
            priority: rapport_domain::Priority::Normal,
            status: Status::Open,
            assignee: None,
            test: false,
            variables: serde_json::json!({}),
            message: None,
        };
        let outcomes =
            futures_util::future::join_all((0..50).map(|_| app.engine.create_conversation(&app.bob, new())))
                .await;
        let created = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        let first_refusal =
            outcomes.iter().find_map(|outcome| outcome.as_ref().err()).map(ToString::to_string);
        assert_eq!(created, 1, "{first_refusal:?}");
        for refused in outcomes.into_iter().filter_map(Result::err) {
            assert!(matches!(refused, Error::Conflict { code: "conversation_exists", .. }), "{refused}");
        }
    });
}

#[test]
fn a_read_only_person_can_change_nothing() {
    on_both_engines(|app: Fixture| async move {
        let id = app.mail(&app.support, Mail::default()).await.conversation_id;
        let reader = Caller { role: Role::ReadOnly, ..app.bob.clone() };
        assert!(matches!(app.reply(&reader, &id, "no").await, Err(Error::Forbidden(_))));
        assert!(matches!(app.engine.close(&reader, &id).await, Err(Error::Forbidden(_))));
        assert!(matches!(
            app.engine.add_note(&reader, &id, NewNote::default()).await,
            Err(Error::Forbidden(_))
        ));
        assert!(app.engine.find_conversation(&reader, &id).await.is_ok());
    });
}

#[test]
fn closing_can_be_taken_back_unless_another_conversation_has_begun() {
    on_both_engines(|app: Fixture| async move {
        let id = app.mail(&app.support, Mail::default()).await.conversation_id;
        app.engine.close(&app.alice, &id).await.expect("closed");
        let reopened = app.engine.undo_close(&app.alice, &id).await.expect("taken back");
        assert_eq!(reopened.status, Status::Open);
        assert!(reopened.waiting_since.is_some());
        app.engine.close(&app.alice, &id).await.expect("closed");
        app.mail(&app.support, Mail { id: "new@customers.example", ..Mail::default() }).await;
        let refused = app.engine.undo_close(&app.alice, &id).await;
        assert!(matches!(refused, Err(Error::Conflict { code: "conversation_exists", .. })), "{refused:?}");
    });
}
