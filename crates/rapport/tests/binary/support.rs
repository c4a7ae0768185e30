//! Running the binary and talking to it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use rapport_store::{DatabaseUrl, Engine};
use rapport_testkit::database::{self, TestDatabase};
use rapport_testkit::process::{RapportOptions, RapportProcess};
use serde_json::Value;

pub const BOTH: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];

pub fn binary() -> PathBuf {
    env!("CARGO_BIN_EXE_rapport").into()
}

/// A data folder, with its database on either engine.
pub struct Place {
    pub folder: tempfile::TempDir,
    database: Option<TestDatabase>,
}

impl Place {
    pub fn on(engine: Engine) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = (engine == Engine::Postgres).then(|| database::empty(engine));
        Self { folder, database }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn environment(&self) -> Vec<(String, String)> {
        let mut pairs = vec![
            ("RAPPORT_DATA".to_owned(), self.data().display().to_string()),
            ("RAPPORT_LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
        ];
        if let Some(database) = &self.database
            && let DatabaseUrl::Postgres(url) = &database.config.url
        {
            pairs.push(("RAPPORT_DATABASE_URL".to_owned(), url.clone()));
        }
        pairs
    }

    pub fn start(&self, command: &str) -> RapportProcess {
        let mut options = RapportOptions {
            binary: Some(binary()),
            arguments: vec![command.into()],
            data_folder: Some(self.data()),
            ..RapportOptions::default()
        };
        for (name, value) in self.environment() {
            if name == "RAPPORT_DATABASE_URL" {
                options = options.environment(name, value);
            }
        }
        if command == "demo" {
            // Several tests at once would meet at the usual port.
            options = options.environment("RAPPORT_SMTP_LISTEN", "127.0.0.1:0");
        }
        RapportProcess::start(options).expect("starts")
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        run_in(self.folder.path(), &self.environment(), arguments, "")
    }

    /// What an admin verb printed as JSON.
    pub fn admin(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[&["admin"], arguments, &["--json"]].concat());
        assert!(output.status.success(), "{}", error_of(&output));
        serde_json::from_slice(&output.stdout).expect("prints one JSON object")
    }
}

pub fn run_in(folder: &Path, environment: &[(String, String)], arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(binary())
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut stdin = child.stdin.take().expect("has an input");
    // A command that ends without reading closes its end.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("ends")
}

/// The last line of standard error, where a failure is told.
pub fn error_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned()
}

pub struct Answer {
    pub status: u16,
    pub body: String,
    /// The name and value of a cookie that the answer sets.
    pub cookie: Option<String>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// One request on a connection of its own, without following anything.
pub fn call(address: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut stream = TcpStream::connect(address).expect("connects");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("has a timeout");
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    request += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).expect("sends");
    let mut raw = Vec::new();
    stream.read_to_end(&mut raw).expect("reads");
    let raw = String::from_utf8_lossy(&raw).into_owned();
    let (head, body) = raw.split_once("\r\n\r\n").expect("has a head");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("has a status");
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    let cookie = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
        .and_then(|(_, value)| value.split(';').next())
        .map(str::to_owned);
    Answer { status, body: if chunked { unchunked(body) } else { body.to_owned() }, cookie }
}

fn unchunked(body: &str) -> String {
    let (mut rest, mut whole) = (body.as_bytes(), Vec::new());
    while let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") {
        let length =
            std::str::from_utf8(&rest[..end]).ok().and_then(|hex| usize::from_str_radix(hex, 16).ok());
        let Some(length) = length.filter(|length| *length > 0) else { break };
        whole.extend_from_slice(&rest[end + 2..end + 2 + length]);
        rest = &rest[end + 4 + length..];
    }
    String::from_utf8(whole).expect("is text")
}

pub fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// Asks until the answer is as wanted, for at most ten seconds.
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let started = std::time::Instant::now();
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(started.elapsed() < Duration::from_secs(10), "{what} did not happen");
        std::thread::sleep(Duration::from_millis(50));
    }
}
