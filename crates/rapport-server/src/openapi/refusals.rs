//! Refusals, described once and named by each operation that can answer with them.

use serde_json::{Map, Value, json};

use super::answers::reference;

/// Status, name and meaning of each refusal.
const REFUSALS: &[(&str, &str, &str)] = &[
    ("400", "BadRequest", "The body is not JSON, or it ended early."),
    ("401", "Unauthenticated", "No session or token, or one that is unknown, ended or expired."),
    ("403", "Forbidden", "A permission is missing, or the request did not come from a page of this server."),
    ("404", "NotFound", "Unknown here. What belongs to others looks the same."),
    ("409", "Conflict", "The present state does not allow it; `current` shows that state."),
    ("413", "TooLarge", "Larger than the server takes; `current.max_bytes`."),
    ("415", "UnsupportedMediaType", "The body has another type."),
    ("422", "Invalid", "Some fields are not valid; `errors` names them."),
    ("429", "RateLimited", "Too many attempts. `Retry-After` says when to go on."),
    ("500", "Internal", "A fault of the server; its log has the cause under `request_id`."),
    ("503", "Unavailable", "For a moment the server cannot do this. `Retry-After` says when to try again."),
];

/// Gives each operation the refusals that it can answer with.
pub fn share(document: &mut Value) {
    for (method, operation) in super::operations(document) {
        let possible = possible(method, operation);
        let Some(responses) = operation["responses"].as_object_mut() else { continue };
        for (status, name, _) in REFUSALS.iter().filter(|(status, ..)| possible.contains(status)) {
            responses.insert((*status).to_owned(), json!({"$ref": format!("#/components/responses/{name}")}));
        }
    }
    let shared: Map<String, Value> =
        REFUSALS.iter().map(|refusal| (refusal.1.to_owned(), response(refusal))).collect();
    document["components"]["responses"] = shared.into();
}

fn response((status, _, meaning): &(&str, &str, &str)) -> Value {
    let mut response = json!({
        "description": meaning,
        "content": {"application/problem+json": {"schema": reference("Problem")}},
    });
    if ["429", "503"].contains(status) {
        response["headers"]["Retry-After"] =
            json!({"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}});
    }
    response
}

fn possible(method: &str, operation: &Value) -> Vec<&'static str> {
    let content = operation.pointer("/requestBody/content");
    let parameters =
        operation.get("parameters").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let has = |place: &str| parameters.iter().any(|parameter| parameter["in"] == place);
    let takes_json = content.is_some_and(|content| content.get("application/json").is_some());
    // For those who have no credential yet, such as logging in; these are limited where they check secrets.
    let is_open = operation.get("security") == Some(&json!([{}]));
    let is_door = operation["operationId"] == "log_in" || operation["operationId"] == "set_up";
    let mut all = vec!["500", "503"];
    let mut add = |when: bool, statuses: &[&'static str]| {
        if when {
            all.extend_from_slice(statuses);
        }
    };
    add(!is_open || is_door, &["401"]);
    add(!is_open || method != "get", &["403"]);
    add(has("path") || takes_json, &["404"]);
    add(method != "get", &["409"]);
    add(content.is_some(), &["400", "413", "422"]);
    add(takes_json, &["415"]);
    add(has("query"), &["422"]);
    add((is_open && method != "get") || operation["operationId"] == "change_password", &["429"]);
    all
}
