//! The people outside and the addresses that they are reached at.

use rapport_testkit::app::TestApp;
use serde_json::{Value, json};

use crate::on_both_engines;
use crate::support::{id_of, office};

const PATH: &str = "/api/v1/contacts";

on_both_engines! {
    addresses_stay_in_the_order_in_which_they_were_given,
    a_domain_in_two_spellings_is_one_address,
}

fn values(contact: &Value) -> Vec<&str> {
    contact["addresses"].as_array().unwrap().iter().map(|one| one["value"].as_str().unwrap()).collect()
}

async fn addresses_stay_in_the_order_in_which_they_were_given(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let given = [
        ("email", "zoe@customer.example"),
        ("phone", "+55 11 91234-5678"),
        ("email", "ada@customer.example"),
        ("phone", "(800) 100-20000"),
        ("external", "customer-7"),
        ("email", "mia@customer.example"),
    ];
    let addresses: Vec<Value> =
        given.iter().map(|(kind, value)| json!({"kind": kind, "value": value})).collect();
    let created = ana.post(PATH, &json!({"display_name": "Zoe", "addresses": addresses})).await.expect(201);
    let mut expected = vec![
        "zoe@customer.example",
        "+5511912345678",
        "ada@customer.example",
        "80010020000",
        "customer-7",
        "mia@customer.example",
    ];
    assert_eq!(values(&created), expected);
    assert_eq!(
        (created["email"].clone(), created["phone"].clone()),
        (json!("zoe@customer.example"), json!("+5511912345678")),
        "the first of a kind leads"
    );
    let path = format!("{PATH}/{}", id_of(&created));
    for more in ["bea@customer.example", "amy@customer.example"] {
        let added = ana.post(&format!("{path}/addresses"), &json!({"kind": "email", "value": more})).await;
        expected.push(more);
        assert_eq!(values(&added.expect(201)), expected);
    }
    assert_eq!(values(&ana.get(&path).await.expect(200)), expected);
    assert_eq!(values(&ana.get(&format!("{PATH}?q=zoe")).await.expect(200)["data"][0]), expected);
    // Without its prefix or with another one it is the same number.
    for number in ["0055 11 912345678", "5511912345678"] {
        let again = json!({"display_name": "Other", "addresses": [{"kind": "phone", "value": number}]});
        assert_eq!(ana.post(PATH, &again).await.refusal(409), "address_in_use");
    }
}

async fn a_domain_in_two_spellings_is_one_address(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let (readable, wire) = ("m\u{fc}ller@b\u{fc}cher.example", "m\u{fc}ller@XN--BCHER-kva.example");
    let with = |value: &str| json!({"display_name": "M", "addresses": [{"kind": "email", "value": value}]});
    let created = ana.post(PATH, &with(wire)).await.expect(201);
    assert_eq!(created["email"], readable, "people read the name itself");
    for spelling in [readable, wire, "M\u{dc}LLER@B\u{dc}CHER.EXAMPLE"] {
        let refused = ana.post(PATH, &with(spelling)).await.expect(409);
        assert_eq!(refused["current"]["id"], created["id"], "{spelling}");
    }

    let mailbox = json!({"channel": "email", "name": "Mail", "config": {
        "address": "help@acme.example", "inbound": {"kind": "http"}, "outbound": {"kind": "none"},
    }});
    let account = ana.post("/api/v1/channel-accounts", &mailbox).await.expect(201);
    let mail = format!(
        "From: =?utf-8?q?M=C3=BCller?= <{wire}>\r\nTo: help@acme.example\r\nSubject: Books\r\n\
         Message-ID: <one@b.example>\r\n\r\nHello\r\n"
    );
    let headers = [("x-rapport-csrf", "1"), ("content-type", "message/rfc822")];
    let ingest = format!("/api/v1/ingest/email/{}", id_of(&account));
    let stored = ana.send_bare(axum::http::Method::POST, &ingest, Some(mail.into_bytes()), &headers).await;
    let stored = stored.expect(201);
    let path = format!("/api/v1/conversations/{}", stored["conversation_id"].as_str().unwrap());
    let conversation = ana.get(&path).await.expect(200);
    assert_eq!(conversation["contact"]["id"], created["id"]);
    let message =
        ana.get(&format!("{path}/messages/{}", stored["message_id"].as_str().unwrap())).await.expect(200);
    assert_eq!(message["from"]["address"], readable);
}
