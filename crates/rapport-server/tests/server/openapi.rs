//! The description of the API is complete enough to program against.

use std::collections::BTreeSet;

use rapport_store::Engine;
use rapport_testkit::app::TestApp;
use serde_json::Value;

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
        let name = reference.strip_prefix("#/components/schemas/").expect("only schemas are referred to");
        assert!(document["components"]["schemas"][name].is_object(), "{reference} leads nowhere");
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
            for status in ["401", "403", "404", "409", "413", "422", "429", "503"] {
                assert!(operation["responses"][status].is_object(), "{what} does not describe {status}");
            }
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
