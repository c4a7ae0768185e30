//! Mailboxes, chat widgets and API channels.

use rapport_testkit::app::TestApp;
use serde_json::{Value, json};

use crate::on_both_engines;
use crate::support::{id_of, office};

const PATH: &str = "/api/v1/channel-accounts";

on_both_engines! {
    secrets_go_in_and_never_come_out,
    an_address_belongs_to_one_account_of_the_server,
    a_chat_widget_gets_a_key_and_shows_its_secret_once,
    settings_are_refused_field_by_field,
    an_account_that_changed_meanwhile_is_not_overwritten,
    a_deleted_account_frees_its_address,
    private_hosts_are_not_reached_by_the_test,
}

fn mailbox(address: &str) -> Value {
    json!({
        "channel": "email", "name": "Support",
        "config": {
            "address": address,
            "inbound": {"kind": "imap", "host": "mail.acme.example", "username": "support"},
            "outbound": {"kind": "smtp", "host": "mail.acme.example", "username": "support"},
        },
        "secrets": {"inbound_password": "canary-in", "outbound_password": "canary-out"},
    })
}

async fn secrets_go_in_and_never_come_out(app: TestApp) {
    let (acme, ana) = office(&app, "acme").await;
    let created = ana.post(PATH, &mailbox("Support@Acme.example")).await.expect(201);
    assert_eq!(created["secrets_set"], json!(["inbound_password", "outbound_password"]));
    assert_eq!(created["address"], "support@acme.example");
    let path = format!("{PATH}/{}", id_of(&created));
    let changed = ana.patch(&path, &json!({"secrets": {"outbound_password": null}})).await.expect(200);
    assert_eq!(changed["secrets_set"], json!(["inbound_password"]));
    for answer in [ana.get(PATH).await, ana.get(&path).await] {
        answer.expect(200);
        assert!(!String::from_utf8_lossy(&answer.body).contains("canary"));
    }
    let stored = app.engine().store().read(&acme.id, rapport_store::channel_account::list).await.unwrap();
    assert!(!format!("{stored:?}").contains("canary"), "secrets are sealed at rest");
    let events =
        app.engine().store().read(&acme.id, |tx| rapport_store::event::list_after(tx, 0, 100)).await.unwrap();
    assert!(!format!("{events:?}").contains("canary"));
}

async fn an_address_belongs_to_one_account_of_the_server(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let (_, eve) = office(&app, "evil").await;
    ana.post(PATH, &mailbox("support@acme.example")).await.expect(201);
    for client in [&ana, &eve] {
        assert_eq!(client.post(PATH, &mailbox("SUPPORT@acme.example")).await.refusal(409), "address_in_use");
    }
    let other = eve.post(PATH, &mailbox("support@evil.example")).await.expect(201);
    let mut config = mailbox("support@evil.example")["config"].clone();
    config["additional_addresses"] = json!(["support@acme.example"]);
    let path = format!("{PATH}/{}", id_of(&other));
    assert_eq!(eve.patch(&path, &json!({"config": config})).await.refusal(409), "address_in_use");
    assert_eq!(eve.get(&path).await.expect(200)["config"]["additional_addresses"], json!([]));
}

async fn a_chat_widget_gets_a_key_and_shows_its_secret_once(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let body = json!({"channel": "chat", "name": "Website", "config": {"site_name": "Acme"}});
    let created = ana.post(PATH, &body).await.expect(201);
    assert!(created["widget_key"].as_str().unwrap().starts_with("wk_"));
    let first = created["identity_secret"].as_str().unwrap().to_owned();
    let path = format!("{PATH}/{}", id_of(&created));
    assert!(ana.get(&path).await.expect(200).get("identity_secret").is_none());
    let rotated = ana.post(&format!("{path}/rotate-secret"), &json!({})).await.expect(200);
    assert_ne!(rotated["identity_secret"].as_str().unwrap(), first);
    let shown = ana.get(&path).await.expect(200);
    assert_eq!(shown["secrets_set"], json!(["identity_secret", "identity_secret_previous"]));
    let choose = json!({"secrets": {"identity_secret": "mine"}});
    assert_eq!(ana.patch(&path, &choose).await.expect(422)["errors"][0]["field"], "secrets.identity_secret");
    let drop_previous = json!({"secrets": {"identity_secret_previous": null}});
    assert_eq!(ana.patch(&path, &drop_previous).await.expect(200)["secrets_set"], json!(["identity_secret"]));
}

async fn settings_are_refused_field_by_field(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let mut body = mailbox("no address");
    body["config"]["inbound"]["host"] = json!("a b");
    let refused = ana.post(PATH, &body).await.expect(422);
    let fields: Vec<_> =
        refused["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["config.address", "config.inbound.host"]);
    let mut unknown = mailbox("support@acme.example");
    unknown["config"]["verified"] = json!(true);
    assert_eq!(ana.post(PATH, &unknown).await.expect(422)["errors"][0]["field"], "config.verified");
    for (pointer, field) in [
        ("/address", "config.address"),
        ("/outbound", "config.outbound"),
        ("/inbound/kind", "config.inbound.kind"),
        ("/inbound/host", "config.inbound.host"),
    ] {
        let mut lacking = mailbox("support@acme.example");
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        lacking["config"].pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
        let refused = ana.post(PATH, &lacking).await.expect(422);
        let error = &refused["errors"][0];
        assert_eq!((error["field"].clone(), error["code"].clone()), (json!(field), json!("required")));
    }
    let mut mistyped = mailbox("support@acme.example");
    mistyped["config"]["additional_addresses"] = json!(["a@acme.example", 7]);
    let refused = ana.post(PATH, &mistyped).await.expect(422);
    assert_eq!(refused["errors"][0]["field"], "config.additional_addresses.1");
    let sms = json!({"channel": "sms", "name": "Phone", "config": {}});
    assert_eq!(ana.post(PATH, &sms).await.expect(422)["errors"][0]["field"], "channel");
    assert_eq!(ana.get(PATH).await.expect(200)["data"], json!([]));
}

async fn an_account_that_changed_meanwhile_is_not_overwritten(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let created = ana.post(PATH, &json!({"channel": "api", "name": "Shop", "config": {}})).await.expect(201);
    let path = format!("{PATH}/{}", id_of(&created));
    let changed = ana.patch(&path, &json!({"name": "Shop 2", "expected_version": 1})).await.expect(200);
    assert_eq!(changed["version"], 2);
    let refused = ana.patch(&path, &json!({"name": "Shop 3", "expected_version": 1})).await.expect(409);
    assert_eq!(
        (refused["code"].clone(), refused["current"]["name"].clone()),
        (json!("version_conflict"), json!("Shop 2"))
    );
}

async fn a_deleted_account_frees_its_address(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let created = ana.post(PATH, &mailbox("support@acme.example")).await.expect(201);
    let path = format!("{PATH}/{}", id_of(&created));
    ana.delete(&path).await.expect(204);
    assert_eq!(ana.get(&path).await.refusal(404), "not_found");
    ana.post(PATH, &mailbox("support@acme.example")).await.expect(201);
}

async fn private_hosts_are_not_reached_by_the_test(app: TestApp) {
    let (_, ana) = office(&app, "acme").await;
    let canary = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = canary.local_addr().unwrap().port();
    let mut body = mailbox("support@acme.example");
    for part in ["inbound", "outbound"] {
        body["config"][part]["host"] = json!("127.0.0.1");
        body["config"][part]["port"] = json!(port);
    }
    let created = ana.post(PATH, &body).await.expect(201);
    let tested = ana.post(&format!("{PATH}/{}/test", id_of(&created)), &json!({})).await.expect(200);
    let checks = tested["checks"].as_array().unwrap();
    assert!(checks.iter().filter(|check| check["ok"] == false).count() >= 2, "{checks:?}");
    let knocked = tokio::time::timeout(std::time::Duration::from_millis(50), canary.accept()).await;
    assert!(knocked.is_err(), "nobody may have connected");
}
