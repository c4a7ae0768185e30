//! Compares answers, bodies and events with the description, and remembers what it has seen.

use std::cell::RefCell;
use std::collections::BTreeSet;

use axum::http::Method;
use jsonschema::Validator;
use rapport_domain::WorkspaceId;
use rapport_testkit::app::{Answer, Client, TestApp};
use serde_json::{Value, json};

use crate::security::operations::{Operation, document, operations};

pub struct Witness {
    document: Value,
    operations: Vec<Operation>,
    seen: RefCell<BTreeSet<String>>,
}

/// Where an object is used, it may have no fields but those that are described. Parts of an `allOf` know only
/// their own fields, so that only the whole can be closed.
fn close(schema: &mut Value, is_part: bool) {
    match schema {
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                match (name.as_str(), field) {
                    ("allOf", Value::Array(parts)) => parts.iter_mut().for_each(|part| close(part, true)),
                    ("properties", Value::Object(properties)) => {
                        properties.values_mut().for_each(|property| close(property, false));
                    }
                    ("oneOf" | "anyOf", Value::Array(variants)) => {
                        variants.iter_mut().for_each(|variant| close(variant, is_part));
                    }
                    ("items", items) => close(items, false),
                    _ => {}
                }
            }
            let is_object = ["$ref", "allOf"].iter().any(|name| fields.contains_key(*name))
                || fields
                    .get("properties")
                    .is_some_and(|properties| properties.as_object().is_some_and(|all| !all.is_empty()));
            if is_object && !is_part {
                fields.insert("unevaluatedProperties".to_owned(), false.into());
            }
        }
        Value::Array(schemas) => schemas.iter_mut().for_each(|schema| close(schema, is_part)),
        _ => {}
    }
}

impl Witness {
    pub fn new() -> Self {
        let mut document = document();
        for (_, schema) in document["components"]["schemas"].as_object_mut().unwrap() {
            // Closed where it is used; here its own fields' types are.
            close(schema, true);
        }
        Self { document, operations: operations(), seen: RefCell::default() }
    }

    /// A validator for a schema of the document, closed.
    fn validator(&self, schema: &Value) -> Validator {
        let mut root = schema.clone();
        close(&mut root, false);
        root["components"] = self.document["components"].clone();
        jsonschema::options().build(&root).unwrap_or_else(|error| panic!("{schema} is no schema: {error}"))
    }

    #[track_caller]
    fn fits(&self, what: &str, schema: &Value, value: &Value) {
        let problems: Vec<String> = self
            .validator(schema)
            .iter_errors(value)
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        assert!(problems.is_empty(), "{what}: {problems:#?}\n{value:#}");
    }

    fn operation(&self, method: &Method, path: &str) -> &Operation {
        let path = path.split('?').next().unwrap();
        let parts: Vec<&str> = path.split('/').collect();
        let fits = |operation: &&Operation| {
            let pattern: Vec<&str> = operation.path.split('/').collect();
            operation.method == method
                && pattern.len() == parts.len()
                && pattern
                    .iter()
                    .zip(&parts)
                    .all(|(pattern, part)| pattern.starts_with('{') || pattern == part)
        };
        self.operations.iter().find(fits).unwrap_or_else(|| panic!("{method} {path} is not described"))
    }

    #[track_caller]
    fn see(&self, method: &Method, path: &str, answer: &Answer) -> Value {
        let operation = self.operation(method, path);
        let status = answer.status.as_str();
        let what = format!("{} answers {status}", operation.id);
        let described =
            &self.document["paths"][&operation.path][method.as_str().to_lowercase()]["responses"][status];
        let response = match described["$ref"].as_str() {
            Some(reference) => self.document.pointer(&reference[1..]).unwrap(),
            None => described,
        };
        assert!(response.is_object(), "{what}, which is not described: {answer:?}");
        let media_type = answer.header("content-type").split(';').next().unwrap();
        let json = answer.json();
        match response["content"].as_object() {
            Some(content) => {
                let body = content.get(media_type).unwrap_or_else(|| panic!("{what} as {media_type}"));
                if media_type.ends_with("json") {
                    self.fits(&what, &body["schema"], &json);
                }
            }
            None => assert!(answer.body.is_empty(), "{what} with {answer:?}"),
        }
        if answer.status.is_success() {
            self.seen.borrow_mut().insert(operation.id.clone());
        }
        json
    }

    pub async fn call(
        &self,
        client: &Client,
        method: Method,
        path: &str,
        body: Option<Value>,
        status: u16,
    ) -> Value {
        if let Some(body) = &body
            && status < 300
        {
            let operation = self.operation(&method, path);
            let schema = &self.document["paths"][&operation.path][method.as_str().to_lowercase()]["requestBody"]
                ["content"]["application/json"]["schema"];
            self.fits(&format!("the body of {}", operation.id), schema, body);
        }
        let answer = client.send(method.clone(), path, body.as_ref(), &[]).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}: {answer:?}");
        self.see(&method, path, &answer)
    }

    pub async fn get(&self, client: &Client, path: &str) -> Value {
        self.call(client, Method::GET, path, None, 200).await
    }

    pub async fn post(&self, client: &Client, path: &str, body: Value, status: u16) -> Value {
        self.call(client, Method::POST, path, Some(body), status).await
    }

    pub async fn patch(&self, client: &Client, path: &str, body: Value) -> Value {
        self.call(client, Method::PATCH, path, Some(body), 200).await
    }

    pub async fn delete(&self, client: &Client, path: &str) {
        self.call(client, Method::DELETE, path, None, 204).await;
    }

    /// Every event of a workspace has the shape that belongs to its name.
    pub async fn events(&self, app: &TestApp, workspace: &WorkspaceId) -> BTreeSet<String> {
        let events = app
            .engine()
            .store()
            .read(workspace, |tx| rapport_store::event::list_after(tx, 0, 10_000))
            .await
            .unwrap();
        let schema = json!({"$ref": "#/components/schemas/EventEnvelope"});
        let validator = self.validator(&schema);
        for event in &events {
            let value = serde_json::to_value(&event.envelope).unwrap();
            // The choice among all events would not say what is wrong with this one.
            let of_name = self.document["components"]["schemas"]["EventEnvelope"]["oneOf"]
                .as_array()
                .unwrap()
                .iter()
                .find(|variant| variant["title"] == value["name"])
                .unwrap_or_else(|| panic!("{} is not described", value["name"]));
            self.fits(&event.envelope.name, of_name, &value);
            assert!(validator.is_valid(&value), "{value:#}");
        }
        events.into_iter().map(|event| event.envelope.name).collect()
    }

    /// The operations that never succeeded here.
    pub fn unseen(&self) -> Vec<String> {
        let seen = self.seen.borrow();
        let all = self.operations.iter().filter(|operation| !operation.streams);
        all.map(|operation| operation.id.clone()).filter(|id| !seen.contains(id)).collect()
    }

    #[track_caller]
    pub fn see_other(&self, method: Method, path: &str, answer: &Answer, status: u16) -> Value {
        assert_eq!(answer.status.as_u16(), status, "{method} {path}: {answer:?}");
        self.see(&method, path, answer)
    }
}

#[test]
fn examples_are_what_they_are_examples_of() {
    let witness = Witness::new();
    let mut shown = Vec::new();
    for (name, schema) in witness.document["components"]["schemas"].as_object().unwrap() {
        if let Some(example) = schema.get("example") {
            witness.fits(name, &json!({"$ref": format!("#/components/schemas/{name}")}), example);
            shown.push(name.as_str());
        }
    }
    for name in ["Contact", "Conversation", "Message", "Problem", "MessageBody"] {
        assert!(shown.contains(&name), "{name} has no example: {shown:?}");
    }
}

#[test]
fn fields_that_are_missing_or_not_described_are_noticed() {
    let witness = Witness::new();
    let of = |name: &str| witness.validator(&json!({"$ref": format!("#/components/schemas/{name}")}));
    let author = json!({"kind": "contact", "id": null, "name": "Maria"});
    assert!(of("Author").is_valid(&author));
    let without = |field: &str| {
        let mut value = author.clone();
        value.as_object_mut().unwrap().remove(field);
        value
    };
    assert!(!of("Author").is_valid(&without("id")), "a field that can be null is always there");
    let mut more = author.clone();
    more["age"] = json!(7);
    assert!(!of("Author").is_valid(&more));
    let activity = json!({"seq": 1, "name": "a.b", "actor": author, "occurred_at": "2026-01-01T00:00:00.000Z", "data": {}});
    assert!(of("Activity").is_valid(&activity));
    let mut nested = activity.clone();
    nested["actor"] = more;
    assert!(!of("Activity").is_valid(&nested), "inside others as well");
    let item = json!({"type": "activity", "activity": activity});
    assert!(of("TimelineItem").is_valid(&item));
    assert!(!of("TimelineItem").is_valid(&json!({"type": "activity", "activity": nested})));
}
