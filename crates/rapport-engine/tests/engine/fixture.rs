//! One engine on a fresh database, with people and accounts to act with.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use rapport_channels::email::reply_token::{AddressTokens, Separator, TokenPurpose};
use rapport_channels::guard::OutboundPolicy;
use rapport_domain::clock::FixedClock;
use rapport_domain::model::{Conversation, Message, UserReference};
use rapport_domain::{
    Channel, ChannelAccountId, ConversationId, Direction, Role, SystemEntropy, Timestamp, WorkspaceId,
};
use rapport_engine::blob::Blobs;
use rapport_engine::channel_account::NewAccount;
use rapport_engine::conversation::ListRequest;
use rapport_engine::ingest::{Accepted, EmailSource};
use rapport_engine::message::NewMessage;
use rapport_engine::{Caller, Engine, EngineConfig, EngineParts, Error};
use rapport_store::Engine as Database;
use rapport_store::conversation_list::{ConversationFilter, Sort};
use rapport_store::db::record::Recorder;
use rapport_store::{Store, StoreConfig};
use rapport_testkit::database::{TestDatabase, fresh};
use serde_json::json;
use sha2::Sha256;

const SECRET: [u8; 32] = [7; 32];

pub struct Fixture {
    pub engine: Engine,
    pub clock: Arc<FixedClock>,
    pub workspace: WorkspaceId,
    /// An administrator.
    pub alice: Caller,
    pub bob: Caller,
    pub support: ChannelAccountId,
    pub billing: ChannelAccountId,
    pub api: ChannelAccountId,
    // Dropped last: the database and the files go with them.
    database: TestDatabase,
    files: tempfile::TempDir,
}

fn engine(database: &TestDatabase, files: &Path, clock: Arc<FixedClock>) -> Engine {
    engine_on(database.open(), files, clock)
}

fn engine_on(store: Store, files: &Path, clock: Arc<FixedClock>) -> Engine {
    // Mail servers of tests are on this machine.
    let allow = vec!["127.0.0.1".parse().expect("an address")];
    Engine::new(EngineParts {
        store,
        blobs: Blobs::local(files).expect("a blob folder"),
        clock,
        entropy: Arc::new(SystemEntropy),
        secret: SECRET.to_vec(),
        config: EngineConfig { outbound_policy: OutboundPolicy { allow }, ..EngineConfig::default() },
    })
}

/// Runs a test on both engines.
pub fn on_both_engines<F>(test: impl Fn(Fixture) -> F)
where
    F: Future<Output = ()>,
{
    for database in [Database::Sqlite, Database::Postgres] {
        on_engine(database, &test);
    }
}

/// Runs a test on one engine, for what the other one does not offer.
pub fn on_engine<F>(database: Database, test: &impl Fn(Fixture) -> F)
where
    F: Future<Output = ()>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    eprintln!("on {database:?}");
    runtime.block_on(async { test(Fixture::new(database).await).await });
}

/// Looks again until it is so, or gives up.
pub async fn eventually<F: Future<Output = bool>>(what: &str, condition: impl Fn() -> F) {
    let looking = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), looking).await.unwrap_or_else(|_| panic!("not so: {what}"));
}

impl Fixture {
    async fn new(database: Database) -> Self {
        let database = fresh(database);
        let files = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(FixedClock::at(Timestamp::from_millis(1_760_000_000_000)));
        let engine = engine(&database, files.path(), clock.clone());
        let workspace = engine.create_workspace("Harbour Bikes").await.expect("a workspace").id;
        let alice = person(&engine, &workspace, "alice", Role::Admin).await;
        let bob = person(&engine, &workspace, "bob", Role::User).await;
        let mut fixture = Self {
            support: ChannelAccountId::from_stored(""),
            billing: ChannelAccountId::from_stored(""),
            api: ChannelAccountId::from_stored(""),
            engine,
            clock,
            workspace,
            alice,
            bob,
            database,
            files,
        };
        fixture.support = fixture.mailbox("Support", "support@bikes.example").await;
        fixture.billing = fixture.mailbox("Billing", "billing@bikes.example").await;
        fixture.api = fixture.account(Channel::Api, "Shop", json!({})).await;
        fixture
    }

    async fn mailbox(&self, name: &str, address: &str) -> ChannelAccountId {
        let config = json!({
            "address": address, "inbound": { "kind": "http" }, "outbound": { "kind": "smtp", "host": "mail.invalid", "port": 587, "tls": "starttls" },
            "additional_addresses": [], "thread_scope": "workspace",
        });
        self.account(Channel::Email, name, config).await
    }

    pub async fn receiving_mailbox(&self, name: &str, address: &str) -> ChannelAccountId {
        let config = json!({
            "address": address, "inbound": { "kind": "http" }, "outbound": { "kind": "none" },
            "additional_addresses": [], "thread_scope": "workspace",
        });
        self.account(Channel::Email, name, config).await
    }

    pub async fn threads_mailbox(&self, name: &str, address: &str) -> ChannelAccountId {
        let config = json!({
            "address": address, "inbound": { "kind": "http" }, "outbound": { "kind": "none" },
            "additional_addresses": [], "thread_scope": "per_thread",
        });
        self.account(Channel::Email, name, config).await
    }

    /// Another server on the same data. Only on PostgreSQL.
    pub fn second_engine(&self) -> Engine {
        engine(&self.database, self.files.path(), self.clock.clone())
    }

    /// Another engine on the same data, whose statements are kept.
    pub fn recorded_engine(&self) -> (Engine, Recorder) {
        let recorder = Recorder::default();
        let config = StoreConfig { recorder: Some(recorder.clone()), ..self.database.config.clone() };
        let store = Store::open(config).expect("the store opens");
        (engine_on(store, self.files.path(), self.clock.clone()), recorder)
    }

    /// An administrator of another workspace.
    pub async fn neighbour(&self) -> Caller {
        let workspace = self.engine.create_workspace("Harbour Boats").await.expect("a workspace").id;
        person(&self.engine, &workspace, "nora", Role::Admin).await
    }

    /// Where the files are.
    pub fn files(&self) -> &Path {
        self.files.path()
    }

    /// The texts of all messages, with how often each is there.
    pub async fn texts(&self) -> BTreeMap<String, usize> {
        let filter = ConversationFilter::default();
        let request = ListRequest { filter, text: None, sort: Sort::LastActivity, after: None, limit: 100 };
        let page = self.engine.list_conversations(&self.alice, request).await.expect("a page");
        let mut texts = BTreeMap::new();
        for conversation in page.conversations {
            for message in self.messages(&conversation.id).await {
                *texts.entry(message.body_text.trim().to_owned()).or_default() += 1;
            }
        }
        texts
    }

    pub async fn email_account(&self, name: &str, config: serde_json::Value) -> ChannelAccountId {
        self.account(Channel::Email, name, config).await
    }

    async fn account(&self, channel: Channel, name: &str, config: serde_json::Value) -> ChannelAccountId {
        let new =
            NewAccount { channel, name: name.into(), active: true, config, secrets: Default::default() };
        self.engine.create_channel_account(&self.alice, new).await.expect("an account").account.id
    }

    /// A mail arrives at an account.
    pub async fn mail(&self, account: &ChannelAccountId, mail: Mail<'_>) -> Accepted {
        self.try_mail(account, mail).await.expect("the mail is taken")
    }

    pub async fn try_mail(&self, account: &ChannelAccountId, mail: Mail<'_>) -> Result<Accepted, Error> {
        let raw = Bytes::from(mail.raw());
        self.engine.ingest_email(&self.workspace, account, raw, EmailSource::default()).await
    }

    pub async fn conversation(&self, id: &ConversationId) -> Conversation {
        self.engine.find_conversation(&self.alice, id).await.expect("the conversation is there")
    }

    pub async fn messages(&self, id: &ConversationId) -> Vec<Message> {
        self.engine.list_messages(&self.alice, id, None, 100).await.expect("the messages are there")
    }

    /// The message of a workspace that has one.
    pub async fn only_message(&self) -> Message {
        let filter = ConversationFilter::default();
        let request = ListRequest { filter, text: None, sort: Sort::LastActivity, after: None, limit: 10 };
        let page = self.engine.list_conversations(&self.alice, request).await.expect("a page");
        let [conversation] = page.conversations.as_slice() else { panic!("{:?}", page.conversations) };
        let mut messages = self.messages(&conversation.id).await;
        assert_eq!(messages.len(), 1, "{messages:?}");
        messages.remove(0)
    }

    /// The address that answers to a conversation come to.
    pub fn reply_address(&self, id: &ConversationId, domain: &str) -> String {
        let mut key = <Hmac<Sha256> as KeyInit>::new_from_slice(&SECRET).expect("any length will do");
        key.update(b"addresses");
        let tokens = AddressTokens::new(&key.finalize().into_bytes());
        let id = id.to_bytes().expect("a generated id");
        tokens.address(TokenPurpose::Reply, id, "", domain, Separator::Plus)
    }

    pub async fn reply(&self, caller: &Caller, id: &ConversationId, text: &str) -> Result<Message, Error> {
        let new = NewMessage { body_text: Some(text.into()), ..NewMessage::default() };
        self.engine.send_message(caller, id, Direction::Outbound, new).await
    }
}

async fn person(engine: &Engine, workspace: &WorkspaceId, name: &str, role: Role) -> Caller {
    let email = format!("{name}@bikes.example");
    let user = engine
        .create_user(workspace.as_str(), &email, name, "correct horse battery", role)
        .await
        .expect("a user");
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

/// A mail with only what a test cares about.
#[derive(Clone, Copy)]
pub struct Mail<'a> {
    pub id: &'a str,
    pub from: &'a str,
    pub to: &'a str,
    pub subject: &'a str,
    pub body: &'a str,
    pub in_reply_to: Option<&'a str>,
    pub extra: &'a str,
}

impl Default for Mail<'_> {
    fn default() -> Self {
        Self {
            id: "first@customers.example",
            from: "Maria <maria@customers.example>",
            to: "support@bikes.example",
            subject: "Order 10234",
            body: "It has not arrived.",
            in_reply_to: None,
            extra: "",
        }
    }
}

impl Mail<'_> {
    pub fn raw(&self) -> String {
        let reply = self
            .in_reply_to
            .map_or_else(String::new, |id| format!("In-Reply-To: <{id}>\r\nReferences: <{id}>\r\n"));
        format!(
            "From: {}\r\nTo: {}\r\nSubject: {}\r\nMessage-ID: <{}>\r\nDate: Thu, 09 Oct 2025 09:00:00 +0000\r\n{reply}{}\
             MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{}\r\n",
            self.from, self.to, self.subject, self.id, self.extra, self.body
        )
    }
}
