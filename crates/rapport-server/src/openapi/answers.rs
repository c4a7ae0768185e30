//! What the derives cannot know about answers: which fields are always there, and which types have a name.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

const SCHEMAS: &str = "#/components/schemas/";

/// Pages refer to what they list instead of repeating it.
pub fn name_items(document: &mut Value) {
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else { return };
    for (name, schema) in schemas {
        if let Some(item) = name.strip_prefix("Page_") {
            schema["properties"]["data"]["items"] = reference(item);
        }
    }
}

/// Every answer has to be described, and its schema says the rest.
pub fn describe_successes(document: &mut Value) {
    for (_, operation) in super::operations(document) {
        for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
            if response["description"].as_str().unwrap_or_default().is_empty() {
                response["description"] = match status.as_str() {
                    "201" => "Created.",
                    "204" => "Done; there is nothing to say.",
                    _ => "Done.",
                }
                .into();
            }
        }
    }
}

/// The settings of a channel account depend on its channel.
pub fn name_account_settings(document: &mut Value) {
    let schemas = &mut document["components"]["schemas"];
    for name in ["ChannelAccount", "NewAccountBody", "AccountBody"] {
        let settings = &mut schemas[name]["properties"]["config"];
        let mut variants: Vec<Value> = ["EmailConfig", "ChatConfig", "ApiConfig"].map(reference).into();
        if settings["type"].as_array().is_some_and(|types| types.contains(&json!("null"))) {
            variants.push(json!({"type": "null"}));
        }
        *settings = json!({"description": settings["description"], "anyOf": variants});
    }
}

/// In answers, a field that can be null is written as null and never left out; what can be left out is never null.
pub fn require_what_is_always_there(document: &mut Value) {
    let taken = taken_in_requests(document);
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else { return };
    for (_, schema) in schemas.iter_mut().filter(|(name, _)| !taken.contains(name.as_str())) {
        require_nullable(schema);
    }
}

/// The schemas that requests use, directly or through others.
fn taken_in_requests(document: &mut Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (_, operation) in super::operations(document) {
        operation.get("requestBody").into_iter().for_each(|body| collect(body, &mut names));
    }
    let mut waiting: Vec<String> = names.iter().cloned().collect();
    while let Some(name) = waiting.pop() {
        let mut inner = BTreeSet::new();
        collect(&document["components"]["schemas"][&name], &mut inner);
        waiting
            .extend(inner.iter().filter(|name| names.insert((*name).clone())).cloned().collect::<Vec<_>>());
    }
    names
}

fn collect(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(name) =
                fields.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix(SCHEMAS))
            {
                names.insert(name.to_owned());
            }
            fields.values().for_each(|field| collect(field, names));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, names)),
        _ => {}
    }
}

fn require_nullable(schema: &mut Value) {
    for part in ["/allOf", "/oneOf"] {
        schema
            .pointer_mut(part)
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
            .for_each(require_nullable);
    }
    let mut required: Vec<Value> = schema["required"].as_array().cloned().unwrap_or_default();
    let Some(properties) = schema.pointer_mut("/properties").and_then(Value::as_object_mut) else { return };
    for (name, field) in properties {
        require_nullable(field);
        let name = Value::from(name.as_str());
        if is_nullable(field) && !required.contains(&name) {
            required.push(name);
        }
    }
    schema["required"] = required.into();
}

fn is_nullable(field: &Value) -> bool {
    let null = json!("null");
    let in_type = field["type"].as_array().is_some_and(|types| types.contains(&null));
    let in_variants = field["oneOf"]
        .as_array()
        .is_some_and(|variants| variants.iter().any(|variant| variant["type"] == null));
    in_type || in_variants
}

/// Real answers, for whoever reads the description.
pub fn show_examples(document: &mut Value) {
    let examples: Map<String, Value> =
        serde_json::from_str(include_str!("examples.json")).unwrap_or_default();
    for (name, example) in examples {
        document["components"]["schemas"][name]["example"] = example;
    }
}

pub fn reference(name: &str) -> Value {
    json!({"$ref": format!("{SCHEMAS}{name}")})
}
