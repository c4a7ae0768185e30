//! What the tests of the server share.

use rapport_domain::Role;
use rapport_testkit::app::{Client, Person, TestApp, TestWorkspace};
use serde_json::{Value, json};

/// Runs each named async function on both engines.
#[macro_export]
macro_rules! on_both_engines {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(rapport_testkit::app::TestApp::start(rapport_store::Engine::Sqlite).await).await;
            })*
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(rapport_testkit::app::TestApp::start(rapport_store::Engine::Postgres).await).await;
            })*
        }
    };
}

/// A workspace with its administrator.
pub async fn office(app: &TestApp, name: &str) -> (TestWorkspace, Person) {
    let workspace = app.workspace(name).await;
    let admin = workspace.user("Ana", Role::Admin).await;
    (workspace, admin)
}

/// The id in an answer.
#[track_caller]
pub fn id_of(answer: &Value) -> String {
    answer["id"].as_str().unwrap_or_else(|| panic!("no id in {answer}")).to_owned()
}

/// An API channel and a contact with one conversation on it, begun by the contact.
pub struct Talk {
    pub account: String,
    pub contact: String,
    pub address: String,
    pub conversation: String,
    pub message: String,
}

pub async fn talk(client: &Client, customer: &str) -> Talk {
    let account = client
        .post("/api/v1/channel-accounts", &json!({"channel": "api", "name": "Shop", "config": {}}))
        .await
        .expect(201);
    let contact = client
        .post(
            "/api/v1/contacts",
            &json!({"display_name": customer, "addresses": [
                {"kind": "external", "value": format!("{customer}-1")},
                {"kind": "email", "value": format!("{customer}@customer.example").to_lowercase()},
            ]}),
        )
        .await
        .expect(201);
    let conversation = client
        .post(
            "/api/v1/conversations",
            &json!({
                "contact_id": contact["id"], "channel": "api", "channel_account_id": account["id"],
                "message": {"direction": "inbound", "body_text": format!("Hello from {customer}")},
            }),
        )
        .await
        .expect(201);
    Talk {
        account: id_of(&account),
        contact: id_of(&contact),
        address: id_of(&contact["addresses"][0]),
        message: id_of(&conversation["last_message"]),
        conversation: id_of(&conversation),
    }
}
