//! The mail server that answers go out through says no, not now, or nothing at all.

use std::net::SocketAddr;
use std::time::Duration;

use rapport_testkit::free_ports;
use serde_json::{Value, json};

use super::ledger::Ledger;
use super::office::{Data, Office, mailbox, message_path};
use super::sink::{Script, Sink, bare};

const SOON: Duration = Duration::from_secs(20);
/// The first repetition comes after at most fifteen seconds.
const REPEATED: Duration = Duration::from_secs(40);

#[test]
fn what_is_refused_for_now_is_sent_later_as_the_same_mail() {
    let office = Office::open(Data::Sqlite);
    let conversation = office.email_conversation("carla");
    office.sink.next(Script::RefuseData("451 4.7.1 Greylisted, try again later".to_owned()));
    let message = office.answer(&conversation, "The parcel left today.");
    let waiting = wait_for_repetition(&office, &message);
    assert!(waiting["reason"].as_str().unwrap().contains("Greylisted"), "{waiting}");
    assert_eq!(waiting["attempts"], 1);

    let sent = office.wait_for_delivery(&message, "sent", REPEATED);
    let email_id = sent["email_message_id"].as_str().unwrap();
    assert_eq!(sent["delivery"]["attempts"], 2);
    assert_eq!(sent["delivery"]["reason"], Value::Null);
    assert_eq!(office.sink.refused(), [bare(email_id)], "both attempts were the same mail");
    assert_eq!(office.sink.times_taken(email_id), 1);
}

#[test]
fn what_is_refused_for_good_fails_with_the_reason_until_a_person_sends_it_again() {
    let office = Office::open(Data::Sqlite);
    let conversation = office.email_conversation("carla");
    let refusals = [
        (Script::RefuseRecipient("550 5.1.1 No such user here".to_owned()), "No such user", "5.1.1"),
        (Script::RefuseData("552 5.3.4 The message is too big".to_owned()), "too big", "5.3.4"),
    ];
    for (script, reason, code) in refusals {
        office.sink.next(script);
        let message = office.answer(&conversation, reason);
        let failed = office.wait_for_delivery(&message, "failed", SOON);
        let delivery = &failed["delivery"];
        assert!(delivery["reason"].as_str().unwrap().contains(reason), "{delivery}");
        assert!(delivery["code"].as_str().unwrap().contains(code), "{delivery}");
        assert_eq!(delivery["next_attempt_at"], Value::Null);
        let email_id = message["email_message_id"].as_str().unwrap();
        assert_eq!(office.sink.times_taken(email_id), 0);

        let retry = format!("{}/retry", message_path(&message));
        office.client.post(&retry, &json!({})).unwrap().expect(200);
        office.wait_for_delivery(&message, "sent", SOON);
        assert_eq!(office.sink.times_taken(email_id), 1);
    }
}

#[test]
fn a_mail_server_that_is_away_is_waited_for() {
    let office = Office::open(Data::Sqlite);
    let conversation = office.email_conversation("carla");
    let [port] = free_ports().unwrap();
    let path = format!("/api/v1/channel-accounts/{}", office.email_account);
    let moved = json!({"config": mailbox(port)["config"]});
    office.client.patch(&path, &moved).unwrap().expect(200);

    let message = office.answer(&conversation, "The parcel left today.");
    let waiting = wait_for_repetition(&office, &message);
    assert!(!waiting["reason"].as_str().unwrap().is_empty());
    let health = office.client.get(&path).unwrap().expect(200)["health"].clone();
    assert_eq!(health["state"], "error", "the administrator sees it: {health}");

    let sink = Sink::start_at(
        SocketAddr::from(([127, 0, 0, 1], port)),
        Ledger::create(office.folder.path(), "late"),
    );
    office.wait_for_delivery(&message, "sent", REPEATED);
    assert_eq!(sink.times_taken(message["email_message_id"].as_str().unwrap()), 1);
    let health = office.client.get(&path).unwrap().expect(200)["health"].clone();
    assert_eq!(health["state"], "ok", "{health}");
}

/// Waits until the first attempt failed, and returns the delivery that is to be repeated.
fn wait_for_repetition(office: &Office, message: &Value) -> Value {
    let mut delivery = Value::Null;
    let waiting = super::office::wait_until(SOON, || {
        delivery = office.message(message)["delivery"].clone();
        delivery["status"] == "queued" && delivery["next_attempt_at"].is_string()
    });
    assert!(waiting, "no repetition is planned: {delivery}");
    delivery
}
