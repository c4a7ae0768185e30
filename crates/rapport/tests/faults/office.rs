//! A server with one workspace, an API channel and a mailbox that sends through a scripted mail server.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use rapport_store::{DatabaseUrl, Engine};
use rapport_testkit::database::{self, TestDatabase};
use rapport_testkit::free_ports;
use rapport_testkit::process::{RapportOptions, RapportProcess};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::http::Client;
use super::ledger::Ledger;
use super::sink::Sink;

pub const MAILBOX: &str = "support@office.example";
const OWNER: &str = "olive@office.example";

/// `RAPPORT_BIN`, or the binary that Cargo built for these tests.
pub fn binary() -> OsString {
    std::env::var_os("RAPPORT_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_rapport").into())
}

/// Where the data is.
pub enum Data {
    Sqlite,
    /// A database of the shared PostgreSQL server.
    Postgres(TestDatabase),
    /// A database somewhere else.
    At(String),
}

impl Data {
    pub fn fresh(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::Sqlite,
            Engine::Postgres => Self::Postgres(database::empty(Engine::Postgres)),
        }
    }

    fn url(&self) -> Option<&str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres(database) => match &database.config.url {
                DatabaseUrl::Postgres(url) => Some(url),
                DatabaseUrl::Sqlite(_) => None,
            },
            Self::At(url) => Some(url),
        }
    }
}

pub struct Office {
    // Stopped before its database goes.
    pub server: RapportProcess,
    pub client: Client,
    pub sink: Sink,
    pub smtp: SocketAddr,
    pub email_account: String,
    pub api_account: String,
    pub folder: TempDir,
    _data: Data,
}

impl Office {
    pub fn open(data: Data) -> Self {
        let options = RapportOptions { binary: Some(binary().into()), ..RapportOptions::default() };
        Self::open_with(data, options)
    }

    pub fn open_with(data: Data, options: RapportOptions) -> Self {
        let folder = tempfile::Builder::new().prefix("rapport-faults-").tempdir().unwrap();
        let sink = Sink::start(Ledger::create(folder.path(), "sink"));
        let [smtp_port] = free_ports().unwrap();
        let smtp = SocketAddr::from(([127, 0, 0, 1], smtp_port));
        let mut options = options
            .environment("RAPPORT_SMTP_LISTEN", smtp.to_string())
            .environment("RAPPORT_ALLOW_HOSTS", "127.0.0.1")
            .environment("RAPPORT_LOG", "info");
        if let Some(url) = data.url() {
            options = options.environment("RAPPORT_DATABASE_URL", url);
        }
        let server = RapportProcess::start(options).unwrap();
        let token = create_owner(&server.data_folder(), data.url());
        let client = Client::new(server.address(), Some(token));
        let email = mailbox(sink.address().port());
        let api = json!({"channel": "api", "name": "Shop", "config": {}});
        let [email_account, api_account] = [email, api].map(|account| {
            let made = client.post("/api/v1/channel-accounts", &account).unwrap().expect(201);
            made["id"].as_str().unwrap().to_owned()
        });
        Self { server, client, sink, smtp, email_account, api_account, folder, _data: data }
    }

    /// A conversation on the API channel with a customer of this name.
    pub fn api_conversation(&self, name: &str) -> String {
        let body = json!({
            "to": {"kind": "external", "value": name}, "channel": "api", "channel_account_id": self.api_account,
        });
        let made = self.client.post("/api/v1/conversations", &body).unwrap().expect(201);
        made["id"].as_str().unwrap().to_owned()
    }

    /// A conversation that a customer of this name began by email.
    pub fn email_conversation(&self, name: &str) -> String {
        let raw = mail(&format!("{name}@customers.example"), &format!("first-{name}"));
        let made = self.client.post_mail(&self.ingest_path(), &raw).unwrap().expect(201);
        made["conversation_id"].as_str().unwrap().to_owned()
    }

    pub fn ingest_path(&self) -> String {
        format!("/api/v1/ingest/email/{}", self.email_account)
    }

    /// Sends an answer and returns the message.
    pub fn answer(&self, conversation: &str, text: &str) -> Value {
        let body = json!({"body_text": text, "client_id": text});
        self.client.post(&messages_path(conversation), &body).unwrap().expect(201)
    }

    pub fn message(&self, message: &Value) -> Value {
        let path = message_path(message);
        self.client.get(&path).unwrap().expect(200)
    }

    /// Waits until the message's delivery has this status, and returns the message.
    pub fn wait_for_delivery(&self, message: &Value, status: &str, patience: Duration) -> Value {
        let mut last = Value::Null;
        let reached = wait_until(patience, || {
            last = self.message(message);
            last["delivery"]["status"] == status
        });
        assert!(reached, "not {status} in {patience:?}: {}", last["delivery"]);
        last
    }
}

pub fn messages_path(conversation: &str) -> String {
    format!("/api/v1/conversations/{conversation}/messages")
}

pub fn message_path(message: &Value) -> String {
    let conversation = message["conversation_id"].as_str().unwrap();
    format!("{}/{}", messages_path(conversation), message["id"].as_str().unwrap())
}

/// A mail whose text is this key; the same key is the same mail, byte for byte.
pub fn mail(sender: &str, key: &str) -> String {
    format!(
        "From: {sender}\r\nTo: {MAILBOX}\r\nSubject: {key}\r\nMessage-ID: <{key}@customers.example>\r\n\
         Date: Sun, 22 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n{key}\r\n"
    )
}

/// Whether the condition held within this time.
pub fn wait_until(patience: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + patience;
    loop {
        if condition() {
            return true;
        }
        if Instant::now() > deadline {
            return false;
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// The status that `/readyz` or another path answers without a login.
pub fn status_of(address: SocketAddr, path: &str) -> Result<u16> {
    Ok(Client::new(address, None).get(path)?.status)
}

/// A mailbox that is delivered to by SMTP and sends through this port.
pub fn mailbox(port: u16) -> Value {
    json!({
        "channel": "email", "name": "Support",
        "config": {
            "address": MAILBOX,
            "inbound": {"kind": "listener"},
            "outbound": {"kind": "smtp", "host": "127.0.0.1", "port": port, "tls": "none"},
        },
    })
}

fn create_owner(data_folder: &Path, database_url: Option<&str>) -> String {
    let administer = |words: &[&str]| {
        let mut command = Command::new(binary());
        command.arg("admin").args(words).arg("--json").env("RAPPORT_DATA", data_folder);
        if let Some(url) = database_url {
            command.env("RAPPORT_DATABASE_URL", url);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let workspace = administer(&["create-workspace", "--name", "Office"]);
    let workspace = workspace["id"].as_str().unwrap();
    let person = ["--workspace", workspace, "--email", OWNER];
    let named = ["--name", "Olive", "--role", "admin", "--password", "correct horse battery"];
    administer(&[&["create-user"], &person[..], &named[..]].concat());
    let token = administer(&[&["create-token"], &person[..]].concat());
    token["token"].as_str().unwrap().to_owned()
}
