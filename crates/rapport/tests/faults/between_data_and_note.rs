//! The server is killed after the mail server took a message and before that could be noted.

use std::time::Duration;

use rapport_store::Engine;
use serde_json::json;

use super::office::{Data, Office, message_path};
use super::sink::Script;

/// A claim of a dead server lasts half a minute.
const NOTICED: Duration = Duration::from_secs(60);

#[test]
fn a_message_that_may_have_arrived_is_not_sent_again_unasked_on_sqlite() {
    kill_between(Engine::Sqlite);
}

#[test]
fn a_message_that_may_have_arrived_is_not_sent_again_unasked_on_postgres() {
    kill_between(Engine::Postgres);
}

fn kill_between(engine: Engine) {
    let mut office = Office::open(Data::fresh(engine));
    let conversation = office.email_conversation("carla");
    office.sink.next(Script::TakeInSilence);
    let message = office.answer(&conversation, "The parcel left today.");
    let email_id = message["email_message_id"].as_str().unwrap().to_owned();
    office.sink.wait_for(1, Duration::from_secs(20));
    office.server.kill().unwrap();
    office.server.start_again().unwrap();

    let unknown = office.wait_for_delivery(&message, "unknown", NOTICED);
    let reason = unknown["delivery"]["reason"].as_str().unwrap();
    assert!(reason.contains("may have arrived"), "{reason}");
    assert_eq!(office.sink.times_taken(&email_id), 1);
    let path = format!("/api/v1/conversations/{conversation}");
    let shown = office.client.get(&path).unwrap().expect(200);
    assert!(shown["requires_action"].is_string(), "people are told: {shown}");

    // A person decides that it is to go out once more.
    office.client.post(&format!("{}/retry", message_path(&message)), &json!({})).unwrap().expect(200);
    office.wait_for_delivery(&message, "sent", Duration::from_secs(20));
    assert_eq!(office.sink.times_taken(&email_id), 2);
}
