//! Clients that write as fast as they can, keep a ledger, and repeat what was not acknowledged.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::json;

use super::http::Client;
use super::ledger::Ledger;
use super::office::{MAILBOX, Office, mail, messages_path};

/// A way to write to the server.
#[derive(Clone)]
enum Way {
    /// What a customer said, reported through the API.
    Reported { conversation: String },
    /// A mail handed over through the API.
    Posted { path: String },
    /// A mail delivered by SMTP.
    Delivered { smtp: SocketAddr },
    /// An answer that goes out by email.
    Answered { conversation: String },
}

/// What became of one attempt.
#[derive(Debug)]
enum Attempt {
    Acknowledged,
    /// The server said that it cannot at the moment.
    Later,
    /// There was no answer.
    Silence,
    /// An answer that must never be given.
    Wrong(String),
}

struct Writer {
    name: String,
    way: Way,
    client: Client,
    ledger: Arc<Ledger>,
    /// Intended, but not acknowledged yet.
    pending: Option<String>,
    count: usize,
}

/// Two clients of each way, with one ledger.
pub struct Clients {
    writers: Vec<Writer>,
    pub ledger: Arc<Ledger>,
}

/// What went wrong while they were writing.
#[derive(Default)]
pub struct Findings {
    wrong: Mutex<Vec<String>>,
    silences: AtomicUsize,
}

impl Findings {
    /// For a server that lived all the time: it owes everybody an answer.
    pub fn assert_always_answered(&self) {
        assert_eq!(self.silences.load(Ordering::SeqCst), 0, "attempts without an answer");
    }

    pub fn assert_none(&self, log: &str) {
        let wrong = self.wrong.lock().unwrap();
        assert!(wrong.is_empty(), "{wrong:#?}\nThe server's log:\n{log}");
    }
}

impl Clients {
    pub fn new(office: &Office) -> Self {
        let ledger = Arc::new(Ledger::create(office.folder.path(), "clients"));
        let mut writers = Vec::new();
        for number in 1..=2 {
            let ways = [
                (
                    "reported",
                    Way::Reported { conversation: office.api_conversation(&format!("reported{number}")) },
                ),
                ("posted", Way::Posted { path: office.ingest_path() }),
                ("delivered", Way::Delivered { smtp: office.smtp }),
                (
                    "answered",
                    Way::Answered { conversation: office.email_conversation(&format!("answered{number}")) },
                ),
            ];
            for (name, way) in ways {
                writers.push(Writer {
                    name: format!("{name}{number}"),
                    way,
                    client: office.client.clone(),
                    ledger: ledger.clone(),
                    pending: None,
                    count: 0,
                });
            }
        }
        Self { writers, ledger }
    }

    /// Lets all of them write while `during` runs.
    pub fn write_while<T>(&mut self, findings: &Findings, during: impl FnOnce() -> T) -> T {
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            for writer in &mut self.writers {
                let stop = &stop;
                scope.spawn(move || writer.write_until(stop, findings));
            }
            let _stopping = StopAtTheEnd(&stop);
            during()
        })
    }

    /// Repeats what is open until it is acknowledged.
    pub fn finish(&mut self, findings: &Findings) {
        for writer in &mut self.writers {
            for _ in 0..100 {
                match writer.attempt_pending(findings) {
                    None | Some(Attempt::Acknowledged | Attempt::Wrong(_)) => break,
                    Some(Attempt::Later | Attempt::Silence) => thread::sleep(Duration::from_millis(200)),
                }
            }
            assert_eq!(writer.pending, None, "{} was never acknowledged", writer.name);
        }
    }

    /// Keys of acknowledged messages of customers.
    pub fn acknowledged_inbound(&self) -> BTreeSet<String> {
        self.ledger.keys("acknowledged").into_iter().filter(|key| !key.starts_with("answered")).collect()
    }

    /// Keys of acknowledged answers.
    pub fn acknowledged_answers(&self) -> BTreeSet<String> {
        self.ledger.keys("acknowledged").into_iter().filter(|key| key.starts_with("answered")).collect()
    }
}

/// Ends the writers even when what runs meanwhile panics, so that the test fails instead of going on forever.
struct StopAtTheEnd<'a>(&'a AtomicBool);

impl Drop for StopAtTheEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Writer {
    fn write_until(&mut self, stop: &AtomicBool, findings: &Findings) {
        while !stop.load(Ordering::SeqCst) {
            if self.pending.is_none() {
                self.count += 1;
                let key = format!("{}-{}", self.name, self.count);
                self.ledger.note("intended", &key);
                self.pending = Some(key);
            }
            match self.attempt_pending(findings) {
                Some(Attempt::Silence) => thread::sleep(Duration::from_millis(5)),
                Some(Attempt::Later) => thread::sleep(Duration::from_millis(50)),
                _ => thread::sleep(Duration::from_millis(2)),
            }
        }
    }

    fn attempt_pending(&mut self, findings: &Findings) -> Option<Attempt> {
        let key = self.pending.clone()?;
        let attempt = self.way.attempt(&self.client, &key).unwrap_or(Attempt::Silence);
        match &attempt {
            Attempt::Acknowledged => {
                self.ledger.note("acknowledged", &key);
                self.pending = None;
            }
            Attempt::Wrong(answer) => {
                findings.wrong.lock().unwrap().push(format!("{key}: {answer}"));
                self.pending = None;
            }
            Attempt::Later => {}
            Attempt::Silence => {
                findings.silences.fetch_add(1, Ordering::SeqCst);
            }
        }
        Some(attempt)
    }
}

impl Way {
    fn attempt(&self, client: &Client, key: &str) -> Result<Attempt> {
        let sender = format!("{key}@customers.example");
        let answer = match self {
            Self::Delivered { smtp } => return deliver(*smtp, &sender, &mail(&sender, key)),
            Self::Posted { path } => client.post_mail(path, &mail(&sender, key))?,
            Self::Reported { conversation } => {
                let body = json!({"direction": "inbound", "body_text": key, "client_id": key});
                client.post(&messages_path(conversation), &body)?
            }
            Self::Answered { conversation } => {
                client.post(&messages_path(conversation), &json!({"body_text": key, "client_id": key}))?
            }
        };
        Ok(match answer.status {
            201 => Attempt::Acknowledged,
            503 if answer.header("retry-after").is_some() => Attempt::Later,
            status => Attempt::Wrong(format!("{status} {}", answer.text())),
        })
    }
}

/// Delivers a mail; what is not answered by a clear yes or a temporary no is silence.
fn deliver(server: SocketAddr, sender: &str, raw: &str) -> Result<Attempt> {
    let mut output = TcpStream::connect_timeout(&server, Duration::from_secs(5))?;
    output.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut input = BufReader::new(output.try_clone()?);
    let steps = [
        (None, '2'),
        (Some("EHLO customers.example\r\n".to_owned()), '2'),
        (Some(format!("MAIL FROM:<{sender}>\r\n")), '2'),
        (Some(format!("RCPT TO:<{MAILBOX}>\r\n")), '2'),
        (Some("DATA\r\n".to_owned()), '3'),
        (Some(format!("{raw}.\r\n")), '2'),
    ];
    for (words, wanted) in steps {
        if let Some(words) = &words {
            output.write_all(words.as_bytes())?;
        }
        let reply = read_reply(&mut input)?;
        match reply.chars().next() {
            Some(class) if class == wanted => {}
            Some('4') => return Ok(Attempt::Later),
            _ => return Ok(Attempt::Wrong(format!("{reply} (to {:?})", words.unwrap_or_default()))),
        }
    }
    // The mail is theirs by now, whatever becomes of the goodbye.
    let _ = output.write_all(b"QUIT\r\n");
    Ok(Attempt::Acknowledged)
}

fn read_reply(input: &mut impl BufRead) -> Result<String> {
    loop {
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 || !line.ends_with('\n') {
            bail!("the connection ended in the middle of an answer");
        }
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(line.trim_end().to_owned());
        }
    }
}
