//! A server with one chat widget, visitors to talk with it and teammates to answer.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use rapport_channels::guard::OutboundPolicy;
use rapport_domain::clock::FixedClock;
use rapport_domain::model::{Message, UserReference};
use rapport_domain::{
    Channel, ChannelAccountId, ConversationId, Direction, Role, SystemEntropy, Timestamp, WorkspaceId,
};
use rapport_engine::blob::Blobs;
use rapport_engine::channel_account::{AccountChange, NewAccount};
use rapport_engine::message::{NewMessage, NewNote};
use rapport_engine::{Caller, Engine, EngineConfig, EngineParts};
use rapport_server::{ServerOptions, router};
use rapport_store::Engine as Database;
use rapport_testkit::database::{TestDatabase, fresh};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tower::ServiceExt;

pub struct App {
    pub engine: Engine,
    pub clock: Arc<FixedClock>,
    pub router: Router,
    pub workspace: WorkspaceId,
    /// An administrator.
    pub alice: Caller,
    pub bob: Caller,
    pub widget: Widget,
    // Dropped last: the database and the files go with them.
    _database: TestDatabase,
    _files: Files,
}

/// A chat account of some workspace.
#[derive(Clone)]
pub struct Widget {
    pub account: ChannelAccountId,
    pub key: String,
    pub secret: String,
}

/// A browser with a token.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub token: String,
    pub id: String,
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The texts of the messages it shows.
    pub fn texts(&self) -> Vec<&str> {
        let messages = self.body["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
        messages.iter().filter_map(|message| message["body_text"].as_str()).collect()
    }
}

/// Runs a test on both databases.
pub fn on_both<F: Future<Output = ()>>(test: impl Fn(App) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    for database in [Database::Sqlite, Database::Postgres] {
        eprintln!("on {database:?}");
        runtime.block_on(async { test(App::new(database).await).await });
    }
}

pub fn chat_config() -> Value {
    json!({ "site_name": "Harbour Bikes", "greeting": "Hello!" })
}

impl App {
    async fn new(database: Database) -> Self {
        let database = fresh(database);
        let files = Files::new();
        let clock = Arc::new(FixedClock::at(Timestamp::from_millis(1_760_000_000_000)));
        let engine = Engine::new(EngineParts {
            store: database.open(),
            blobs: Blobs::local(&files.0).expect("a blob folder"),
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy),
            secret: vec![7; 32],
            config: EngineConfig {
                public_url: "https://inbox.example".into(),
                max_attachment_bytes: 1024 * 1024,
                outbound_policy: OutboundPolicy { allow: vec!["127.0.0.1".parse().expect("a rule")] },
                ..EngineConfig::default()
            },
        });
        let workspace = engine.create_workspace("Harbour Bikes").await.expect("a workspace").id;
        let alice = person(&engine, &workspace, "Alice", Role::Admin).await;
        let bob = person(&engine, &workspace, "Bob", Role::User).await;
        let widget = create_widget(&engine, &alice, chat_config()).await;
        let router = router(engine.clone(), ServerOptions::new(&engine));
        Self { engine, clock, router, workspace, alice, bob, widget, _database: database, _files: files }
    }

    /// A widget of another company on the same server, with its administrator.
    pub async fn foreign_widget(&self) -> (Widget, Caller) {
        let workspace = self.engine.create_workspace("Others").await.expect("a workspace").id;
        let eve = person(&self.engine, &workspace, "Eve", Role::Admin).await;
        (create_widget(&self.engine, &eve, chat_config()).await, eve)
    }

    pub async fn another_widget(&self) -> Widget {
        create_widget(&self.engine, &self.alice, chat_config()).await
    }

    pub async fn configure(&self, changes: Value) {
        let mut config = chat_config();
        for (name, value) in changes.as_object().expect("settings") {
            config[name] = value.clone();
        }
        let change = AccountChange { config: Some(config), ..AccountChange::default() };
        self.engine
            .update_channel_account(&self.alice, &self.widget.account, change)
            .await
            .expect("is changed");
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub async fn call(&self, method: Method, path: &str, token: Option<&str>, body: Option<Value>) -> Answer {
        self.send(request(method, path, token, body)).await
    }

    pub async fn get(&self, path: &str, visitor: &Visitor) -> Answer {
        self.call(Method::GET, path, Some(&visitor.token), None).await
    }

    pub async fn post(&self, path: &str, visitor: &Visitor, body: Value) -> Answer {
        self.call(Method::POST, path, Some(&visitor.token), Some(body)).await
    }

    pub async fn open(&self, token: Option<&str>, identity: Option<Value>) -> Answer {
        let mut body = json!({ "key": self.widget.key });
        if let Some(identity) = identity {
            body["identity"] = identity;
        }
        self.call(Method::POST, "/widget/v1/session", token, Some(body)).await
    }

    /// A new browser of nobody in particular.
    pub async fn stranger(&self) -> Visitor {
        visitor_of(&self.open(None, None).await)
    }

    /// A new browser of somebody whom the site knows.
    pub async fn known(&self, user_id: &str) -> Visitor {
        visitor_of(&self.open(None, Some(self.widget.signed(user_id))).await)
    }

    pub async fn say(&self, visitor: &Visitor, text: &str) -> Answer {
        let answer = self.try_say(visitor, &fresh_client_id(), text).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{:?}", answer.body);
        answer
    }

    pub async fn try_say(&self, visitor: &Visitor, client_id: &str, text: &str) -> Answer {
        let body = json!({ "client_id": client_id, "body_text": text, "attachment_ids": [] });
        self.post("/widget/v1/messages", visitor, body).await
    }

    pub async fn reply(&self, caller: &Caller, conversation: &ConversationId, text: &str) -> Message {
        self.clock.advance_seconds(1);
        let new = NewMessage { body_text: Some(text.into()), ..NewMessage::default() };
        self.engine.send_message(caller, conversation, Direction::Outbound, new).await.expect("is sent")
    }

    pub async fn note(&self, caller: &Caller, conversation: &ConversationId, text: &str) {
        let note = NewNote { body_text: text.into(), ..NewNote::default() };
        self.engine.add_note(caller, conversation, note).await.expect("is added");
    }

    /// Everything in the conversation as the team sees it.
    pub async fn messages(&self, conversation: &ConversationId) -> Vec<Message> {
        self.engine.list_messages(&self.alice, conversation, None, 100).await.expect("messages")
    }

    /// What the visitor sees on opening the panel again.
    pub async fn session(&self, visitor: &Visitor) -> Answer {
        let answer = self.open(Some(&visitor.token), None).await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
        answer
    }
}

impl Widget {
    /// An identity as the site's server signs it.
    pub fn signed(&self, user_id: &str) -> Value {
        json!({ "user_id": user_id, "hash": hmac_hex(&self.secret, user_id) })
    }
}

pub fn request(method: Method, path: &str, token: Option<&str>, body: Option<Value>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header(header::HOST, "inbox.example");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let body = match body {
        Some(body) => {
            request = request.header(header::CONTENT_TYPE, "application/json");
            Body::from(body.to_string())
        }
        None => Body::empty(),
    };
    request.body(body).expect("a request")
}

pub fn visitor_of(answer: &Answer) -> Visitor {
    assert_eq!(answer.status, StatusCode::CREATED, "{:?}", answer.body);
    Visitor {
        token: answer.body["token"].as_str().expect("a token").to_owned(),
        id: answer.body["visitor"]["id"].as_str().expect("an id").to_owned(),
    }
}

pub fn conversation_of(answer: &Answer) -> ConversationId {
    let id = answer.body["conversation"]["id"].as_str().expect("a conversation");
    ConversationId::parse(id).expect("an id")
}

pub fn fresh_client_id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    format!("00000000-0000-4000-8000-{:012}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// HMAC-SHA256 as RFC 2104 writes it down, so that the server's own code is not what checks it.
pub fn hmac_hex(secret: &str, message: &str) -> String {
    let mut key = [0u8; 64];
    key[..secret.len()].copy_from_slice(secret.as_bytes());
    let keyed = |pad: u8, data: &[u8]| {
        let mut digest = Sha256::new();
        digest.update(key.map(|byte| byte ^ pad));
        digest.update(data);
        digest.finalize()
    };
    let inner = keyed(0x36, message.as_bytes());
    keyed(0x5c, &inner).iter().map(|byte| format!("{byte:02x}")).collect()
}

pub async fn create_widget(engine: &Engine, caller: &Caller, config: Value) -> Widget {
    let new = NewAccount {
        channel: Channel::Chat,
        name: "Shop chat".into(),
        active: true,
        config,
        secrets: Default::default(),
    };
    let created = engine.create_channel_account(caller, new).await.expect("a widget");
    Widget {
        account: created.account.id,
        key: created.account.widget_key.expect("a key"),
        secret: created.identity_secret.expect("a secret"),
    }
}

async fn person(engine: &Engine, workspace: &WorkspaceId, name: &str, role: Role) -> Caller {
    let email = format!("{}@team.example", name.to_lowercase());
    let user = engine.create_user(workspace.as_str(), &email, name, "correct horse battery", role).await;
    let user = user.expect("a user");
    Caller {
        workspace: workspace.clone(),
        user: UserReference { id: user.id, name: user.name },
        role,
        session: None,
        token: None,
        scopes: Vec::new(),
        idempotency: None,
    }
}

/// A folder that goes with the test.
struct Files(PathBuf);

impl Files {
    fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("rapport-widget-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
