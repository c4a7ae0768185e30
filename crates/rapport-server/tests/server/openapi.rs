//! The description of the API is complete enough to program against.

use std::collections::BTreeSet;

use rapport_domain::{Channel, Permission, Status};
use rapport_store::Engine;
use rapport_testkit::app::TestApp;
use serde_json::{Value, json};

use crate::security::operations::{document, resolve};

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                found.insert(reference.to_owned());
            }
            fields.values().for_each(|field| references(field, found));
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 40);
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("nothing outside is referred to");
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

#[test]
fn every_operation_says_what_it_does_takes_and_refuses() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let what = format!("{method} {path}");
            assert!(
                operation["summary"].as_str().is_some_and(|text| !text.is_empty()),
                "{what} has no summary"
            );
            assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{what} has one tag");
            assert!(ids.insert(operation["operationId"].to_string()), "{what} shares its operationId");
            let responses = operation["responses"].as_object().unwrap();
            assert_eq!(responses.keys().filter(|status| status.starts_with('2')).count(), 1, "{what}");
            for (status, response) in responses {
                let response = match response["$ref"].as_str() {
                    Some(reference) => document.pointer(&reference[1..]).unwrap(),
                    None => response,
                };
                let described = response["description"].as_str().is_some_and(|text| !text.is_empty());
                assert!(described, "{what} does not describe {status}");
                let has_schema = response["content"]
                    .as_object()
                    .is_some_and(|content| content.values().all(|body| body["schema"].is_object()));
                assert!(has_schema || status == "204", "{what} has no schema for {status}");
            }
            for status in ["500", "503"] {
                assert!(responses.contains_key(status), "{what} does not describe {status}");
            }
            assert!(
                method == "get" || method == "delete" || operation["requestBody"]["content"].is_object(),
                "{what} does not describe its body"
            );
            for parameter in operation["parameters"].as_array().unwrap_or(&Vec::new()) {
                let schema = resolve(&document, &parameter["schema"]);
                let is_id =
                    parameter["in"] == "path" && parameter["name"] != "token" && parameter["name"] != "mode";
                assert!(
                    !is_id || schema["pattern"].is_string(),
                    "{what}: {} has no pattern",
                    parameter["name"]
                );
            }
        }
    }
    let tags: BTreeSet<&str> =
        document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    let used: BTreeSet<&str> = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|item| item.as_object().unwrap().values())
        .map(|operation| operation["tags"][0].as_str().unwrap())
        .collect();
    assert_eq!(tags, used);
}

/// Calls back with every schema in the document, also inside others.
fn schemas(value: &Value, look: &mut impl FnMut(&Value)) {
    look(value);
    match value {
        Value::Object(fields) => fields.values().for_each(|field| schemas(field, look)),
        Value::Array(values) => values.iter().for_each(|value| schemas(value, look)),
        _ => {}
    }
}

#[test]
fn words_are_spelled_as_they_are_on_the_wire() {
    let document = document();
    let all = &document["components"]["schemas"];
    for (name, words) in [
        ("Status", Status::ALL.iter().map(|status| status.as_str()).collect::<Vec<_>>()),
        ("Channel", Channel::ALL.iter().map(|channel| channel.as_str()).collect()),
        ("Permission", Permission::ALL.iter().map(|permission| permission.as_str()).collect()),
        ("ReplyState", vec!["ok", "blocked", "no_address", "inactive"]),
    ] {
        assert_eq!(all[name]["enum"], json!(words), "{name}");
    }
    let mut found = 0;
    schemas(&document, &mut |schema| {
        for word in schema["enum"].as_array().into_iter().flatten() {
            let word = word.as_str().expect("words are text");
            let is_plain =
                word.bytes().all(|byte| byte.is_ascii_lowercase() || b"_.0123456789".contains(&byte));
            assert!(is_plain, "{word} is not what the wire carries");
            found += 1;
        }
    });
    assert!(found > 120, "only {found} words were found");
}

/// `RAPPORT_UPDATE=1` writes it. The web interface makes its types from this file.
#[test]
fn the_description_in_the_repository_is_that_of_the_server() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/packages/api/src/generated/openapi.json");
    let fresh = document();
    if std::env::var_os("RAPPORT_UPDATE").is_some() {
        std::fs::write(path, serde_json::to_string_pretty(&fresh).unwrap() + "\n").unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        serde_json::from_str::<Value>(&committed).is_ok_and(|committed| committed == fresh),
        "the description in web/packages/api is old: run `npm run generate-api` in web, and commit what it writes"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_description_and_its_pages_are_served_from_here_alone() {
    let app = TestApp::start(Engine::Sqlite).await;
    let stranger = app.stranger();
    assert_eq!(stranger.get("/api/v1/openapi.json").await.expect(200), document());
    for (path, kind) in [
        ("/api/docs", "text/html"),
        ("/api/docs/docs.js", "text/javascript"),
        ("/api/docs/docs.css", "text/css"),
    ] {
        let page = stranger.get(path).await;
        assert_eq!(page.status.as_u16(), 200);
        assert!(page.header("content-type").starts_with(kind));
        let text = String::from_utf8_lossy(&page.body).into_owned();
        assert!(!text.contains("http://") && !text.contains("https://"), "{path} loads from elsewhere");
        assert!(!text.contains("innerHTML"), "{path}");
    }
}
