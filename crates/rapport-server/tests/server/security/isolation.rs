//! Two workspaces share a server and nothing else: what belongs to the other one looks like what never existed.

use std::collections::BTreeMap;

use rapport_domain::Role;
use rapport_testkit::app::{Answer, Client, TestApp};
use serde_json::{Value, json};

use super::operations::{Operation, document, operations, resolve, unknown_id};
use crate::on_both_engines;
use crate::support::{id_of, office, talk};

on_both_engines! {
    ids_of_another_workspace_in_paths_look_unknown,
    ids_of_another_workspace_in_bodies_look_unknown,
    malformed_ids_look_unknown,
    lists_and_search_hold_nothing_of_another_workspace,
}

/// An id of each kind, by prefix.
struct Belongings {
    ids: BTreeMap<String, String>,
    client: Client,
}

async fn belongings(app: &TestApp, name: &str) -> Belongings {
    let (workspace, ana) = office(app, name).await;
    let ben = workspace.user("Ben", Role::User).await;
    let talk = talk(&ana, &format!("Canary{name}")).await;
    let token = ana.post("/api/v1/tokens", &json!({"name": "Import"})).await.expect(201);
    let invited = json!({"email": format!("carl@{name}.example"), "role": "user"});
    let invitation = ana.post("/api/v1/invitations", &invited).await.expect(201);
    let attachment = ana.upload("canary.txt", "text/plain", b"canary").await.expect(201);
    let mailbox = json!({"channel": "email", "name": "Mail", "config": {
        "address": format!("help@{name}.example"), "inbound": {"kind": "http"},
        "outbound": {"kind": "smtp", "host": "mail.example"},
    }});
    ana.post("/api/v1/channel-accounts", &mailbox).await.expect(201);
    let written = json!({"to": {"kind": "email", "value": format!("ida@customer-of-{name}.example")}, "channel": "email",
        "subject": "Hello", "message": {"body_text": "Hello Ida"}});
    ana.post("/api/v1/conversations", &written).await.expect(201);
    let jobs = app
        .engine()
        .store()
        .read(&workspace.id, |tx| rapport_store::jobs::list_jobs(tx, "queued", None, 10))
        .await
        .unwrap();
    let ids = [
        ("usr", ben.id.to_string()),
        ("ctc", talk.contact),
        ("adr", talk.address),
        ("cha", talk.account),
        ("cnv", talk.conversation),
        ("msg", talk.message),
        ("att", id_of(&attachment)),
        ("tok", id_of(&token)),
        ("inv", id_of(&invitation)),
        ("job", jobs.first().expect("the mail waits to be sent").id.clone()),
    ];
    let ids = ids.into_iter().map(|(prefix, id)| (prefix.to_owned(), id)).collect();
    Belongings { ids, client: ana.client }
}

impl Belongings {
    /// The id that fits a pattern such as `^cnv_[0-9a-z]{26}$`.
    fn id(&self, pattern: &str) -> Option<String> {
        let prefix = pattern.strip_prefix('^')?.split('_').next()?;
        let id = self.ids.get(prefix);
        pattern.contains("{26}").then(|| id.unwrap_or_else(|| panic!("no id for {pattern}")).clone())
    }
}

/// Status and body, without what names the request, and with the id itself blanked out.
fn seen(answer: &Answer, id: &str) -> String {
    let mut json = answer.json();
    if let Some(fields) = json.as_object_mut() {
        fields.remove("request_id");
        // Counts up with each accepted change, whatever is in it.
        fields.remove("version");
        // Where an id is only a hint, the request succeeds, each time with something new.
        fields.remove("id");
    }
    let headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| *name != "x-request-id")
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    format!("{} {headers:?} {json}", answer.status).replace(id, "<id>")
}

fn other_value(name: &str) -> String {
    if name == "mode" { "reply".to_owned() } else { "rpi_unknown".to_owned() }
}

async fn ids_of_another_workspace_in_paths_look_unknown(app: TestApp) {
    let (ours, theirs) = (belongings(&app, "acme").await, belongings(&app, "evil").await);
    let mut compared = 0;
    for operation in operations() {
        let patterns: Vec<_> = operation.parameters.iter().map(|(_, pattern)| pattern.clone()).collect();
        for target in patterns.iter().filter(|pattern| unknown_id(pattern).is_some()) {
            // The other ids of the path are our own, so that only this one can be the reason.
            let path = |id: &str| {
                operation.path_with(|name, pattern| {
                    if pattern == target {
                        id.to_owned()
                    } else {
                        ours.id(pattern).unwrap_or_else(|| other_value(name))
                    }
                })
            };
            let (foreign, unknown) = (theirs.id(target).unwrap(), unknown_id(target).unwrap());
            let answer = operation.call(&ours.client, &path(&foreign)).await;
            let blank = operation.call(&ours.client, &path(&unknown)).await;
            assert_eq!(answer.status.as_u16(), 404, "{} with {foreign}: {answer:?}", operation.id);
            assert_eq!(seen(&answer, &foreign), seen(&blank, &unknown), "{}", operation.id);
            compared += 1;
        }
    }
    assert!(compared >= 30, "only {compared} ids were compared");
    // What was tried above does exist, and nothing of it was changed.
    for (path, prefix) in [("conversations", "cnv"), ("contacts", "ctc"), ("channel-accounts", "cha")] {
        theirs.client.get(&format!("/api/v1/{path}/{}", theirs.ids[prefix])).await.expect(200);
    }
    theirs.client.delete(&format!("/api/v1/tokens/{}", theirs.ids["tok"])).await.expect(204);
    theirs.client.delete(&format!("/api/v1/invitations/{}", theirs.ids["inv"])).await.expect(204);
}

/// The names of fields that hold ids, with the pattern and whether they hold several.
fn id_fields(document: &Value, schema: &Value) -> Vec<(String, String, bool)> {
    let Some(properties) = schema["properties"].as_object() else { return Vec::new() };
    let pattern_of = |schema: &Value| {
        let variants = schema["oneOf"].as_array().cloned().unwrap_or_else(|| vec![schema.clone()]);
        variants
            .iter()
            .find_map(|variant| resolve(document, variant)["pattern"].as_str().map(str::to_owned))
            .filter(|pattern| unknown_id(pattern).is_some())
    };
    properties
        .iter()
        .filter_map(|(name, field)| {
            if name == "user_id" {
                return Some((name.clone(), "^usr_[0-9a-z]{26}$".to_owned(), false));
            }
            let several = resolve(document, field)["items"].is_object();
            let holder = if several { resolve(document, field)["items"].clone() } else { field.clone() };
            pattern_of(&holder).map(|pattern| (name.clone(), pattern, several))
        })
        .collect()
}

async fn ids_of_another_workspace_in_bodies_look_unknown(app: TestApp) {
    let (ours, theirs) = (belongings(&app, "acme").await, belongings(&app, "evil").await);
    let document = document();
    let mut compared = Vec::new();
    for operation in operations() {
        for (field, pattern, several) in id_fields(&document, &operation.schema) {
            let path =
                operation.path_with(|name, pattern| ours.id(pattern).unwrap_or_else(|| other_value(name)));
            let call = async |operation: &Operation, id: &str| {
                let mut body = operation.json.clone().unwrap();
                body[&field] = if several { json!([id]) } else { json!(id) };
                operation.call_with(&ours.client, &path, Some(&body)).await
            };
            let (foreign, unknown) = (theirs.id(&pattern).unwrap(), unknown_id(&pattern).unwrap());
            let answer = call(&operation, &foreign).await;
            let blank = call(&operation, &unknown).await;
            assert_eq!(seen(&answer, &foreign), seen(&blank, &unknown), "{} {field}", operation.id);
            compared.push(format!("{} {field}", operation.id));
        }
    }
    assert!(compared.len() >= 8, "only these were compared: {compared:?}");
}

async fn malformed_ids_look_unknown(app: TestApp) {
    let ours = belongings(&app, "acme").await;
    let operations = operations();
    let targets = operations
        .iter()
        .filter(|operation| operation.parameters.iter().any(|(_, pattern)| unknown_id(pattern).is_some()));
    for operation in targets {
        for bad in
            ["1", "null", "..%2f", "%27%20or%201=1--", "cnv_", "%00", "CNV_00ZZZZZZZZZZZZZZZZZZZZZZZZ", "%ff"]
        {
            let path = operation.path_with(|name, pattern| {
                if unknown_id(pattern).is_some() { bad.to_owned() } else { other_value(name) }
            });
            let answer = operation.call(&ours.client, &path).await;
            assert_eq!(answer.refusal(404), "not_found", "{} {bad}", operation.id);
        }
    }
}

async fn lists_and_search_hold_nothing_of_another_workspace(app: TestApp) {
    let (ours, theirs) = (belongings(&app, "acme").await, belongings(&app, "evil").await);
    let lists = operations().into_iter().filter(|operation| {
        !operation.changes() && operation.parameters.is_empty() && operation.needs_login && !operation.streams
    });
    let mut checked = 0;
    for operation in lists {
        let path = if operation.id == "search" {
            "/api/v1/search?q=Canaryevil".to_owned()
        } else {
            operation.path.clone()
        };
        let answer = ours.client.get(&path).await;
        answer.expect(200);
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        for id in theirs.ids.values() {
            assert!(!text.contains(id.as_str()), "{} shows {id}", operation.id);
        }
        assert!(!text.to_lowercase().contains("canaryevil"), "{}: {text}", operation.id);
        checked += 1;
    }
    assert!(checked >= 9, "only {checked} lists were looked at");
    let found = theirs.client.get("/api/v1/search?q=Canaryevil").await.expect(200);
    assert!(!found["data"].as_array().unwrap().is_empty(), "there is something to be found");
}
