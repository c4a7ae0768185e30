//! An old snapshot and the events after it give the same as a fresh snapshot.

use rapport_domain::{Direction, Priority, Status};
use rapport_engine::conversation::{Assignment, ConversationChange};
use rapport_engine::message::{NewMessage, NewNote};
use serde_json::Value;

use crate::fixture::{Fixture, Mail, on_both_engines};

/// The conversation as its events leave it: each carries the whole of it as it was then.
fn replay(mut conversation: Value, events: &[rapport_store::event::StoredEvent]) -> Value {
    for event in events {
        if let Some(newer) = event.envelope.data.get("conversation")
            && newer["id"] == conversation["id"]
            && newer["version"].as_i64() >= conversation["version"].as_i64()
        {
            conversation = newer.clone();
        }
    }
    conversation
}

fn shared(mut conversation: Value) -> Value {
    if let Some(fields) = conversation.as_object_mut() {
        fields.remove("unread_count");
        fields.remove("draft");
    }
    conversation
}

#[test]
fn an_old_snapshot_and_its_events_give_the_fresh_one_after_every_use_case() {
    on_both_engines(|app: Fixture| async move {
        let id = app.mail(&app.support, Mail::default()).await.conversation_id;
        let detail = app.engine.find_conversation_detail(&app.alice, &id).await.expect("detail");
        let old = serde_json::to_value(&detail.conversation).expect("JSON");
        let engine = &app.engine;
        let note = || NewNote { body_text: "A note".into(), ..NewNote::default() };
        let edit = |change| engine.edit_conversation(&app.alice, &id, change);
        for step in 0..9 {
            app.clock.advance_seconds(1);
            match step {
                0 => drop(
                    engine
                        .assign(
                            &app.alice,
                            &id,
                            Assignment { user: Some(app.bob.user.id.clone()), expected: None },
                        )
                        .await
                        .expect("assigned"),
                ),
                1 => drop(app.reply(&app.bob, &id, "An answer").await.expect("sent")),
                2 => drop(engine.add_note(&app.alice, &id, note()).await.expect("noted")),
                3 => drop(
                    edit(ConversationChange {
                        status: Some(Status::Pending),
                        priority: Some(Priority::High),
                        topic: Some("Late".into()),
                        ..Default::default()
                    })
                    .await
                    .expect("edited"),
                ),
                4 => drop(
                    app.mail(&app.support, Mail { id: "two@customers.example", ..Mail::default() }).await,
                ),
                5 => drop(engine.drain_jobs().await.expect("delivered")),
                6 => drop(
                    engine
                        .assign(&app.alice, &id, Assignment { user: None, expected: None })
                        .await
                        .expect("unassigned"),
                ),
                7 => {
                    let held = NewMessage {
                        body_text: Some("Wait".into()),
                        hold_seconds: 10,
                        ..NewMessage::default()
                    };
                    let held =
                        engine.send_message(&app.alice, &id, Direction::Outbound, held).await.expect("held");
                    engine.cancel_message(&app.alice, &id, &held.id).await.expect("cancelled");
                }
                _ => drop(engine.close(&app.alice, &id).await.expect("closed")),
            }
            let fresh = serde_json::to_value(app.conversation(&id).await).expect("JSON");
            let seq = detail.seq;
            let events = engine
                .store()
                .read(&app.workspace, move |tx| rapport_store::event::list_after(tx, seq, 1_000))
                .await
                .expect("the log is there");
            let numbers: Vec<i64> = events.iter().map(|event| event.envelope.seq).collect();
            let gap_free: Vec<i64> = (seq + 1..=seq + numbers.len() as i64).collect();
            assert_eq!(numbers, gap_free);
            assert_eq!(shared(replay(old.clone(), &events)), shared(fresh), "after step {step}");
        }
    });
}
