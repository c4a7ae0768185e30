//! The whole server in one process: its router, a fresh database, a clock that tests move, and people who act.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use rapport_domain::clock::FixedClock;
use rapport_domain::{Clock, Role, SystemEntropy, Timestamp, UserId, WorkspaceId};
use rapport_engine::account::Doorkeeper;
use rapport_engine::blob::Blobs;
use rapport_engine::{Engine, EngineConfig, EngineParts};
use rapport_server::{Router, ServerOptions};
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;

use crate::database::{TestDatabase, fresh};

/// The password of everybody in the tests.
pub const PASSWORD: &str = "correct horse battery";
/// A Sunday in November 2026.
const START: Timestamp = Timestamp::from_millis(1_795_318_200_000);

/// Cheap to clone; all clones are one server.
#[derive(Clone)]
pub struct TestApp(Arc<Inner>);

struct Inner {
    engine: Engine,
    options: ServerOptions,
    router: Router,
    clock: Arc<FixedClock>,
    // Both are removed from disk when the last clone goes.
    _files: TempDir,
    _database: TestDatabase,
}

/// One workspace with the people in it.
pub struct TestWorkspace {
    pub id: WorkspaceId,
    pub name: String,
    app: TestApp,
}

impl TestApp {
    pub async fn start(engine: rapport_store::Engine) -> Self {
        Self::start_with(engine, EngineConfig::default()).await
    }

    pub async fn start_with(engine: rapport_store::Engine, config: EngineConfig) -> Self {
        let database = fresh(engine);
        let files = tempfile::tempdir().unwrap_or_else(|error| panic!("a folder for the test: {error}"));
        let blobs = Blobs::local(files.path()).unwrap_or_else(|error| panic!("a folder for files: {error}"));
        let clock = Arc::new(FixedClock::at(START));
        let engine = Engine::new(EngineParts {
            store: database.open(),
            blobs,
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy),
            secret: b"a secret for tests, long enough to be one".to_vec(),
            config,
        });
        let options = ServerOptions::new(&engine);
        let router = rapport_server::router(engine.clone(), options.clone());
        Self(Arc::new(Inner { engine, options, router, clock, _files: files, _database: database }))
    }

    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    pub fn doorkeeper(&self) -> &Doorkeeper {
        &self.0.options.doorkeeper
    }

    pub fn router(&self) -> Router {
        self.0.router.clone()
    }

    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub fn advance_seconds(&self, seconds: i64) {
        self.0.clock.advance_seconds(seconds);
    }

    /// Does all the work that is due.
    pub async fn settle(&self) {
        self.engine().drain_jobs().await.unwrap_or_else(|error| panic!("due work: {error}"));
    }

    pub async fn workspace(&self, name: &str) -> TestWorkspace {
        let created = self.engine().create_workspace(name).await;
        let workspace = created.unwrap_or_else(|error| panic!("the workspace {name}: {error}"));
        TestWorkspace { id: workspace.id, name: name.to_owned(), app: self.clone() }
    }

    /// Somebody without a session or token.
    pub fn stranger(&self) -> Client {
        Client { app: self.clone(), credential: Credential::None }
    }

    async fn answer(&self, request: Request<Full<Bytes>>) -> Answer {
        let response = match self.router().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap_or_else(|error| panic!("a body: {error}")).to_bytes();
        Answer { status: parts.status, headers: parts.headers, body }
    }
}

impl TestWorkspace {
    /// Creates `<name>@<workspace>.example` and logs them in.
    pub async fn user(&self, name: &str, role: Role) -> Person {
        let email = format!("{}@{}.example", name.to_lowercase(), self.name.to_lowercase());
        let created = self.app.engine().create_user(self.id.as_str(), &email, name, PASSWORD, role).await;
        let user = created.unwrap_or_else(|error| panic!("the user {name}: {error}"));
        let client = self.app.stranger().log_in(&email, PASSWORD).await;
        Person { id: user.id, name: name.to_owned(), email, client }
    }
}

/// Somebody who is logged in with a session.
pub struct Person {
    pub id: UserId,
    pub name: String,
    pub email: String,
    pub client: Client,
}

impl std::ops::Deref for Person {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

#[derive(Clone)]
enum Credential {
    None,
    Cookie(String),
    Token(String),
}

/// Sends requests as a browser or a program would.
#[derive(Clone)]
pub struct Client {
    app: TestApp,
    credential: Credential,
}

impl Client {
    /// The same server, called by a program with a token.
    pub fn with_token(&self, token: &str) -> Client {
        Client { app: self.app.clone(), credential: Credential::Token(token.to_owned()) }
    }

    /// The session that an answer started.
    pub fn with_session_of(&self, answer: &Answer) -> Client {
        let cookie = answer.cookie().unwrap_or_else(|| panic!("no session in {answer:?}"));
        Client { app: self.app.clone(), credential: Credential::Cookie(cookie) }
    }

    pub async fn log_in(&self, email: &str, password: &str) -> Client {
        let body = serde_json::json!({ "email": email, "password": password });
        let answer = self.post("/api/v1/auth/login", &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        self.with_session_of(&answer)
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, &[]).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some(body), &[]).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PATCH, path, Some(body), &[]).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PUT, path, Some(body), &[]).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None, &[]).await
    }

    /// A request with further headers. Those that a page of ours sends are added.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut all = vec![("x-rapport-csrf", "1")];
        all.extend_from_slice(headers);
        self.send_bare(method, path, body.map(|body| body.to_string().into_bytes()), &all).await
    }

    /// A request with the credential and these headers only; a body is JSON unless a header says otherwise.
    pub async fn send_bare(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "localhost:7700");
        request = match &self.credential {
            Credential::None => request,
            Credential::Cookie(cookie) => request.header(header::COOKIE, cookie),
            Credential::Token(token) => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
        };
        if body.is_some() && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = Full::new(Bytes::from(body.unwrap_or_default()));
        let request = request.body(body).unwrap_or_else(|error| panic!("a request to {path}: {error}"));
        self.app.answer(request).await
    }

    /// Uploads a file and returns what the server says of it.
    pub async fn upload(&self, file_name: &str, media_type: &str, content: &[u8]) -> Answer {
        let mut body = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{file_name}\"\r\n\
             Content-Type: {media_type}\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n--edge--\r\n");
        let headers = [("x-rapport-csrf", "1"), ("content-type", "multipart/form-data; boundary=edge")];
        self.send_bare(Method::POST, "/api/v1/attachments", Some(body), &headers).await
    }
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {}", self.status, String::from_utf8_lossy(&self.body))
    }
}

impl Answer {
    /// Null when the body is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The JSON of an answer that has to have this status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        self.json()
    }

    /// The code of a refusal that has to have this status.
    #[track_caller]
    pub fn refusal(&self, status: u16) -> String {
        let json = self.expect(status);
        assert_eq!(self.header("content-type"), "application/problem+json");
        json["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// `name=value` of the cookie that was set.
    pub fn cookie(&self) -> Option<String> {
        let cookie = self.headers.get(header::SET_COOKIE)?.to_str().ok()?;
        cookie.split(';').next().map(str::to_owned)
    }
}
