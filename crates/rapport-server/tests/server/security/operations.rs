//! Every operation of the API with a request that it takes, read from the description.

use axum::http::Method;
use rapport_testkit::app::{Answer, Client};
use serde_json::{Value, json};

/// One operation.
#[derive(Clone, Debug)]
pub struct Operation {
    pub method: Method,
    pub path: String,
    pub id: String,
    /// Whether a session or token is needed.
    pub needs_login: bool,
    /// Name and pattern of each parameter of the path.
    pub parameters: Vec<(String, String)>,
    /// An example of the body, when it is JSON.
    pub json: Option<Value>,
    /// The schema of the body, with references resolved.
    pub schema: Value,
    /// Another kind of body.
    pub other_body: Option<String>,
    /// The answer never ends.
    pub streams: bool,
}

pub fn document() -> Value {
    serde_json::to_value(rapport_server::document()).unwrap()
}

pub fn operations() -> Vec<Operation> {
    let document = document();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Ok(method) = Method::from_bytes(method.to_uppercase().as_bytes()) else { continue };
            if operation["operationId"].is_string() {
                all.push(read(&document, method, path, operation));
            }
        }
    }
    assert!(all.len() >= 50, "only {} operations were found", all.len());
    all
}

fn read(document: &Value, method: Method, path: &str, operation: &Value) -> Operation {
    let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    let content = operation["requestBody"]["content"].as_object().cloned().unwrap_or_default();
    let schema = content.get("application/json").map(|body| resolve(document, &body["schema"]));
    Operation {
        method,
        path: path.to_owned(),
        id: operation["operationId"].as_str().unwrap().to_owned(),
        needs_login: operation["security"] != json!([{}]),
        parameters: parameters
            .iter()
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| {
                let schema = resolve(document, &parameter["schema"]);
                let pattern = schema["pattern"].as_str().unwrap_or_default().to_owned();
                (parameter["name"].as_str().unwrap().to_owned(), pattern)
            })
            .collect(),
        json: schema.as_ref().map(|schema| schema.get("example").cloned().unwrap_or_else(|| json!({}))),
        schema: schema.unwrap_or_default(),
        other_body: content.keys().find(|kind| *kind != "application/json").cloned(),
        streams: operation["responses"]["200"]["content"]["text/event-stream"].is_object(),
    }
}

pub fn resolve(document: &Value, schema: &Value) -> Value {
    match schema["$ref"].as_str() {
        Some(reference) => {
            let name = reference.rsplit('/').next().unwrap();
            let found = &document["components"]["schemas"][name];
            assert!(found.is_object(), "{reference} leads nowhere");
            resolve(document, found)
        }
        None => schema.clone(),
    }
}

impl Operation {
    /// The path with a value for each parameter.
    pub fn path_with(&self, value: impl Fn(&str, &str) -> String) -> String {
        self.parameters.iter().fold(self.path.clone(), |path, (name, pattern)| {
            path.replace(&format!("{{{name}}}"), &value(name, pattern))
        })
    }

    /// Sends the operation with its example body and the headers of our own pages.
    pub async fn call(&self, client: &Client, path: &str) -> Answer {
        self.call_with(client, path, self.json.as_ref()).await
    }

    pub async fn call_with(&self, client: &Client, path: &str, body: Option<&Value>) -> Answer {
        match &self.other_body {
            Some(kind) if kind == "multipart/form-data" => client.upload("a.txt", "text/plain", b"a").await,
            Some(kind) => {
                let headers = [("x-rapport-csrf", "1"), ("content-type", kind.as_str())];
                client
                    .send_bare(self.method.clone(), path, Some(b"Subject: a\r\n\r\nb".to_vec()), &headers)
                    .await
            }
            None => client.send(self.method.clone(), path, body, &[]).await,
        }
    }

    pub fn changes(&self) -> bool {
        self.method != Method::GET
    }
}

/// An id of the right form that nobody has.
pub fn unknown_id(pattern: &str) -> Option<String> {
    let prefix = pattern.strip_prefix('^')?.split('_').next()?;
    pattern.contains("{26}").then(|| format!("{prefix}_00zzzzzzzzzzzzzzzzzzzzzzzz"))
}
