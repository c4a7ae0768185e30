//! Compares what the API shows with the ledgers.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::clients::Clients;
use super::http::Client;
use super::office::{Office, messages_path, wait_until};

/// Longer than the claim of a server that died lasts.
const SETTLING: Duration = Duration::from_secs(75);

/// Every message that the API shows, found through lists and pages as any client would.
pub fn all_messages(client: &Client) -> Vec<Value> {
    let mut messages = Vec::new();
    for conversation in all_pages(client, "/api/v1/conversations?limit=100") {
        let path = messages_path(conversation["id"].as_str().unwrap());
        messages.extend(all_pages(client, &format!("{path}?limit=100")));
    }
    messages
}

/// Waits until nothing is on its way any more, then checks that nothing that was acknowledged is missing or double.
pub fn assert_nothing_lost_or_doubled(office: &Office, clients: &Clients) {
    let answers = || of_direction(all_messages(&office.client), "outbound");
    let settled = wait_until(SETTLING, || answers().iter().all(|(_, answer)| is_settled(answer)));
    let messages = all_messages(&office.client);
    assert!(settled, "still on their way: {:#?}", unsettled(&messages));
    assert_inbound_once(&messages, clients);
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (key, answer) in of_direction(messages, "outbound") {
        *seen.entry(key.clone()).or_default() += 1;
        let times = office.sink.times_taken(answer["email_message_id"].as_str().unwrap());
        let delivery = &answer["delivery"];
        match delivery["status"].as_str().unwrap() {
            "sent" => assert_eq!(times, 1, "{key} counts as sent"),
            "unknown" => assert!(times <= 1, "{key} was sent {times} times"),
            _ => panic!("{key} ended as {delivery}"),
        }
    }
    for key in clients.acknowledged_answers() {
        assert_eq!(seen.get(&key), Some(&1), "the answer {key} was acknowledged");
    }
    assert!(seen.values().all(|count| *count == 1), "answers are there twice: {seen:?}");
}

/// Each acknowledged message of a customer is there once, and none is there twice.
pub fn assert_inbound_once(messages: &[Value], clients: &Clients) {
    assert_once(messages, &clients.acknowledged_inbound());
}

/// Each of these messages of customers is there once, and no other one is there twice.
pub fn assert_once(messages: &[Value], acknowledged: &BTreeSet<String>) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (key, _) in of_direction(messages.to_vec(), "inbound") {
        *seen.entry(key).or_default() += 1;
    }
    assert!(!acknowledged.is_empty(), "no message was ever acknowledged, so nothing was tested");
    let lost: Vec<&String> = acknowledged.iter().filter(|key| !seen.contains_key(*key)).collect();
    assert!(lost.is_empty(), "acknowledged but lost: {lost:?}");
    let doubled: Vec<&String> = seen.iter().filter(|(_, count)| **count > 1).map(|(key, _)| key).collect();
    assert!(doubled.is_empty(), "there more than once: {doubled:?}");
}

/// Events are numbered without a gap from the first to the last.
pub fn assert_events_without_gap(client: &Client) {
    let numbers = client.event_numbers(0).unwrap();
    assert!(!numbers.is_empty(), "there are no events");
    let gap = numbers.iter().zip(1..).find(|(number, expected)| **number != *expected);
    assert_eq!(gap, None, "the first number that is not the expected one");
}

fn all_pages(client: &Client, path: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page_path = match &cursor {
            Some(cursor) => format!("{path}&cursor={cursor}"),
            None => path.to_owned(),
        };
        let page = client.get(&page_path).unwrap().expect(200);
        rows.extend(page["data"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return rows,
        }
    }
}

fn of_direction(messages: Vec<Value>, direction: &str) -> Vec<(String, Value)> {
    let chosen = messages.into_iter().filter(|message| message["direction"] == direction);
    chosen.map(|message| (message["body_text"].as_str().unwrap().trim().to_owned(), message)).collect()
}

fn is_settled(message: &Value) -> bool {
    !matches!(message["delivery"]["status"].as_str(), Some("queued" | "sending"))
}

fn unsettled(messages: &[Value]) -> Vec<&Value> {
    messages.iter().filter(|message| !is_settled(message)).map(|message| &message["delivery"]).collect()
}
