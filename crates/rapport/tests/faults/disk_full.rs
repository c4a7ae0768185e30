//! Nothing more can be written to disk while clients write.
//!
//! A limit on the size of files stands for the full disk: it needs no rights and cuts writes off midway just the same.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rapport_store::{DatabaseUrl, Store, StoreConfig};
use rapport_testkit::process::RapportOptions;
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::json;

use super::audit::{all_messages, assert_events_without_gap, assert_nothing_lost_or_doubled};
use super::clients::{Clients, Findings};
use super::office::{Data, Office, binary, mail, messages_path, status_of, wait_until};

const RECOVERY: Duration = Duration::from_secs(30);

#[test]
fn a_full_disk_stops_writes_only_and_only_as_long_as_it_is_full() {
    let mut office = open();
    let mut clients = Clients::new(&office);
    let findings = Findings::default();
    let conversation = office.api_conversation("probe");
    let ledger = clients.ledger.clone();
    let mut probes = 0;
    // Each probe is a message of its own: one that is stored already could be answered without writing.
    let mut probe = || {
        probes += 1;
        write(&office, &conversation, &format!("probe {probes}"))
    };
    clients.write_while(&findings, || {
        std::thread::sleep(Duration::from_millis(400));
        for space in [Some(48 * 1024), None] {
            fill_up(&office, space);
            let refused = wait_until(Duration::from_secs(20), || probe() == 503);
            assert!(refused, "writes went on without space");
            assert_eq!(status_of(office.server.address(), "/healthz").unwrap(), 200);
            // With a little space left there may still be some for small files.
            if space.is_none() {
                assert!(is_ready_with(&office, 503), "it asks for requests that it cannot serve");
            }
            assert!(!all_messages(&office.client).is_empty(), "reading goes on");
            // A mail needs a file besides the database.
            let raw = mail("full@customers.example", "mail-while-full");
            let answer = office.client.post_mail(&office.ingest_path(), &raw).unwrap();
            assert_eq!(answer.status, 503, "{}", answer.text());
            assert!(answer.header("retry-after").is_some());

            make_room(&office);
            let before = ledger.keys("acknowledged").len();
            let recovered =
                wait_until(RECOVERY, || probe() == 201 && ledger.keys("acknowledged").len() > before + 20);
            assert!(recovered, "no writes {RECOVERY:?} after there was space again");
            assert!(is_ready_with(&office, 200), "it does not ask for requests again");
        }
    });
    clients.finish(&findings);
    findings.assert_none(&office.server.log());
    findings.assert_always_answered();
    assert_nothing_lost_or_doubled(&office, &clients);
    assert_events_without_gap(&office.client);
    assert!(office.server.terminate().unwrap().success());
    assert_intact(&office.server.data_folder().join("rapport.db"));
}

/// A server whose writes beyond the limit fail instead of ending it.
fn open() -> Office {
    // The log goes through a pipe, so that it is there to be read when the test fails.
    let script = "trap '' XFSZ; pipe=$(mktemp -u); mkfifo \"$pipe\"; cat <\"$pipe\" & exec 3>\"$pipe\"; rm \"$pipe\"; \
                  exec \"$0\" serve >&3 2>&1 3>&-";
    let options = RapportOptions {
        binary: Some("/bin/sh".into()),
        arguments: vec!["-c".into(), script.into(), binary()],
        ..RapportOptions::default()
    };
    Office::open_with(Data::Sqlite, options)
}

/// Whether `/readyz` comes to answer this.
fn is_ready_with(office: &Office, status: u16) -> bool {
    wait_until(RECOVERY, || status_of(office.server.address(), "/readyz").is_ok_and(|now| now == status))
}

fn write(office: &Office, conversation: &str, text: &str) -> u16 {
    let body = json!({"direction": "inbound", "body_text": text, "client_id": text});
    office.client.post(&messages_path(conversation), &body).unwrap().status
}

/// Lets the largest file grow by this much, or lets nothing be written at all.
fn fill_up(office: &Office, space: Option<u64>) {
    let sizes =
        fs::read_dir(office.server.data_folder()).unwrap().map(|entry| entry.unwrap().metadata().unwrap());
    let largest = sizes.map(|metadata| metadata.len()).max().unwrap();
    limit_files(office, Some(space.map_or(0, |space| largest + space)));
}

fn make_room(office: &Office) {
    limit_files(office, None);
}

fn limit_files(office: &Office, bytes: Option<u64>) {
    let pid = Pid::from_raw(i32::try_from(office.server.pid().unwrap()).unwrap());
    prlimit(pid, Resource::Fsize, Rlimit { current: bytes, maximum: None }).unwrap();
}

fn assert_intact(database: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let url = DatabaseUrl::Sqlite(database.to_owned());
        let store = Store::open(StoreConfig { url, ..StoreConfig::default() }).unwrap();
        let rows = store.read_server(|tx| tx.query("pragma integrity_check", &[])).await.unwrap();
        let words: Vec<String> = rows.iter().map(|row| row.get(0).unwrap()).collect();
        assert_eq!(words, ["ok"]);
        store.shutdown().await;
    });
}
