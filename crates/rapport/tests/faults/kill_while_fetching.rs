//! The server is killed at any moment while it fetches mail from a real mailbox.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rapport_store::Engine;
use rapport_testkit::mail::{Dovecot, Mailbox};
use serde_json::{Value, json};

use super::audit::{all_messages, assert_events_without_gap, assert_once};
use super::http::Client;
use super::ledger::Ledger;
use super::office::{Data, Office, mail, wait_until};
use super::random::Random;

const FETCHED: (&str, &str) = ("fetched@office.example", "secret of fetched");
/// On PostgreSQL the lease of a server that died lasts half a minute.
const FETCHING_AGAIN: Duration = Duration::from_secs(75);
const FETCHING_ALL: Duration = Duration::from_secs(180);

#[test]
fn nothing_is_lost_or_doubled_by_kills_while_fetching_on_sqlite() {
    kill_while_fetching(Engine::Sqlite, 6, "kills while fetching on SQLite");
}

#[test]
fn nothing_is_lost_or_doubled_by_kills_while_fetching_on_postgres() {
    kill_while_fetching(Engine::Postgres, 3, "kills while fetching on PostgreSQL");
}

fn kill_while_fetching(engine: Engine, rounds: usize, name: &str) {
    let rounds =
        std::env::var("RAPPORT_FAULT_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(rounds);
    let mut random = Random::for_test(name);
    let dovecot = Dovecot::start(&[FETCHED]).unwrap();
    let mut office = Office::open(Data::fresh(engine));
    let account = office.client.post("/api/v1/channel-accounts", &account(dovecot.ports().imap)).unwrap();
    account.expect(201);
    let ledger = Ledger::create(office.folder.path(), "delivered");
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let (mailbox, ledger, stop) = (dovecot.mailbox(FETCHED.0).unwrap(), &ledger, &stop);
        scope.spawn(move || deliver_until(&mailbox, ledger, stop));
        let _stopping = StopAtTheEnd(stop);
        for _ in 0..rounds {
            let before = newest(&office.client);
            let fetching = wait_until(FETCHING_AGAIN, || newest(&office.client) != before);
            assert!(fetching, "nothing is fetched: {}", office.server.log());
            thread::sleep(random.pause(0, 300));
            office.server.kill().unwrap();
            office.server.start_again().unwrap();
        }
    });
    let delivered = ledger.keys("delivered");
    // What is missing after that is lost, and the comparison says so.
    wait_until(FETCHING_ALL, || {
        let here: BTreeSet<String> = texts(&all_messages(&office.client)).collect();
        delivered.is_subset(&here)
    });
    let messages = all_messages(&office.client);
    assert_once(&messages, &delivered);
    assert_events_without_gap(&office.client);
    println!("{name}: {} mails fetched over {rounds} kills", delivered.len());
}

/// Ends the deliveries even when the test panics, so that it fails instead of going on forever.
struct StopAtTheEnd<'a>(&'a AtomicBool);

impl Drop for StopAtTheEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Puts one mail after the other into the mailbox, each noted when the mailbox has it.
fn deliver_until(mailbox: &Mailbox, ledger: &Ledger, stop: &AtomicBool) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut count = 0;
    while !stop.load(Ordering::SeqCst) {
        count += 1;
        let key = format!("fetched-{count}");
        let raw = mail(&format!("{key}@customers.example"), &key);
        runtime.block_on(mailbox.append(raw.as_bytes())).unwrap();
        ledger.note("delivered", &key);
        thread::sleep(Duration::from_millis(100));
    }
}

fn texts(messages: &[Value]) -> impl Iterator<Item = String> {
    messages.iter().map(|message| message["body_text"].as_str().unwrap().trim().to_owned())
}

/// Names the conversation in which something happened last.
fn newest(client: &Client) -> Value {
    let page = client.get("/api/v1/conversations?limit=1").unwrap().expect(200);
    page["data"][0]["id"].clone()
}

fn account(port: u16) -> Value {
    json!({
        "channel": "email", "name": "Fetched",
        "config": {
            "address": FETCHED.0,
            "inbound": {
                "kind": "imap", "host": "127.0.0.1", "port": port, "tls": "none", "username": FETCHED.0,
                "first_sync_days": 3650,
            },
            "outbound": {"kind": "none"},
        },
        "secrets": {"inbound_password": FETCHED.1},
    })
}
