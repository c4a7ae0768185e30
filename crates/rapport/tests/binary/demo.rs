//! The demo: its sample data on both engines, its pages, and that it stays what it was.

use std::fs;
use std::net::SocketAddr;

use rapport_store::Engine;
use serde_json::Value;

use crate::support::*;

fn state(place: &Place) -> Value {
    let text = fs::read_to_string(place.data().join("demo.json")).expect("is kept");
    serde_json::from_str(&text).expect("is JSON")
}

fn token(place: &Place) -> String {
    bearer(state(place)["api_token"].as_str().expect("is kept"))
}

fn get(address: SocketAddr, token: &str, path: &str) -> Value {
    let answer = call(address, "GET", path, &[("Authorization", token)], "");
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.json()
}

fn total(address: SocketAddr, token: &str, query: &str) -> i64 {
    get(address, token, &format!("/api/v1/conversations?limit=1{query}"))["total"]
        .as_i64()
        .expect("is counted")
}

#[test]
fn the_sample_data_has_something_of_everything_and_survives_a_restart() {
    for engine in BOTH {
        let place = Place::on(engine);
        let mut server = place.start("demo");
        let token = token(&place);
        let all = total(server.address(), &token, "");
        assert!(all >= 130, "{engine:?}: {all} conversations");
        for query in [
            "&status=open",
            "&status=waiting",
            "&status=pending",
            "&status=solved",
            "&status=closed",
            "&channel=email",
            "&channel=chat",
            "&channel=api",
            "&assignee=unassigned",
            "&unread=true",
            "&priority=high",
        ] {
            assert!(total(server.address(), &token, query) > 0, "{engine:?}: nothing for {query}");
        }
        let found = get(server.address(), &token, "/api/v1/search?q=hisses");
        assert!(found["data"].as_array().is_some_and(|found| !found.is_empty()), "{engine:?}: {found}");
        let before = state(&place);
        assert!(server.terminate().expect("ends").success(), "{}", server.log());
        server.start_again().expect("starts again");
        assert_eq!(state(&place), before, "{engine:?}: the same token and keys");
        assert_eq!(total(server.address(), &token, ""), all, "{engine:?}: nothing is told twice");
    }
}

#[test]
fn history_lies_in_the_past_and_mail_was_really_delivered() {
    let place = Place::on(Engine::Sqlite);
    let server = place.start("demo");
    let token = token(&place);
    let list = get(server.address(), &token, "/api/v1/conversations?channel=email&status=solved&limit=5");
    let id = list["data"][0]["id"].as_str().expect("has an id");
    let timeline = get(server.address(), &token, &format!("/api/v1/conversations/{id}/timeline"));
    let items = timeline["data"].as_array().expect("is a list");
    let messages: Vec<&Value> =
        items.iter().filter(|item| item["type"] == "message").map(|item| &item["message"]).collect();
    let answer = messages.iter().find(|message| message["direction"] == "outbound").expect("was answered");
    assert_eq!(answer["delivery"]["status"], "sent");
    let times: Vec<&str> = messages.iter().filter_map(|message| message["sent_at"].as_str()).collect();
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
    assert!(items.iter().any(|item| item["type"] == "activity"), "assignments are in the timeline");
}

#[test]
fn what_is_written_on_the_page_is_in_the_inbox_and_the_answer_in_the_mailbox() {
    let place = Place::on(Engine::Sqlite);
    let server = place.start("demo");
    let token = token(&place);
    for page in ["/demo", "/demo/shop", "/demo/assets/play.js"] {
        assert_eq!(call(server.address(), "GET", page, &[], "").status, 200, "{page}");
    }
    let form = "--xx\r\nContent-Disposition: form-data; name=\"subject\"\r\n\r\nPegs for snow\r\n\
        --xx\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nDo you have broad ones?\r\n--xx--\r\n";
    let headers = [("X-Demo", "1"), ("Content-Type", "multipart/form-data; boundary=xx")];
    let mailbox = "/demo/api/mailboxes/newcomer@example.org";
    let sent = call(server.address(), "POST", mailbox, &headers, form);
    assert_eq!(sent.status, 201, "{}", sent.body);
    let list = get(server.address(), &token, "/api/v1/conversations?limit=1");
    let conversation = &list["data"][0];
    assert_eq!(conversation["subject"], "Pegs for snow");
    let path = format!("/api/v1/conversations/{}/messages", conversation["id"].as_str().expect("has an id"));
    let headers = [("Authorization", token.as_str()), ("Content-Type", "application/json")];
    let answer = call(
        server.address(),
        "POST",
        &path,
        &headers,
        r#"{"body_text":"Yes, 20 cm long.","hold_seconds":0}"#,
    );
    assert_eq!(answer.status, 201, "{}", answer.body);
    let received = eventually("the answer's arrival", || {
        let mails = call(server.address(), "GET", mailbox, &[], "").json();
        mails["mails"].as_array()?.iter().find(|mail| mail["sent"] == false).cloned()
    });
    assert_eq!(received["subject"], "Re: Pegs for snow");
}

#[test]
fn the_customers_mailboxes_outlive_a_restart() {
    let place = Place::on(Engine::Sqlite);
    let mailbox = "/demo/api/mailboxes/hanna.vogt@customers.example";
    let mut server = place.start("demo");
    let before = call(server.address(), "GET", mailbox, &[], "").json()["mails"].clone();
    let sides: Vec<bool> =
        before.as_array().expect("is a list").iter().filter_map(|mail| mail["sent"].as_bool()).collect();
    assert!(sides.contains(&true) && sides.contains(&false), "{before}");
    assert!(server.terminate().expect("ends").success(), "{}", server.log());
    server.start_again().expect("starts again");
    assert_eq!(call(server.address(), "GET", mailbox, &[], "").json()["mails"], before);
}

#[test]
fn a_folder_with_other_data_is_left_alone() {
    let place = Place::on(Engine::Sqlite);
    let workspace = place.admin(&["create-workspace", "--name", "Acme"]);
    let id = workspace["id"].as_str().expect("has an id");
    place.admin(&[
        "create-user",
        "--workspace",
        id,
        "--email",
        "a@acme.example",
        "--name",
        "A",
        "--password",
        "a long enough password",
    ]);
    let output = place.run(&["demo"]);
    assert!(!output.status.success());
    assert!(error_of(&output).contains("this data is not the demo's"), "{}", error_of(&output));
    assert!(!place.data().join("demo.json").exists());
}
