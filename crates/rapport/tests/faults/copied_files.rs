//! The files as a power cut would leave them, copied at any moment: everything acknowledged is in the copy.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use rapport_testkit::process::{RapportOptions, RapportProcess};
use rustix::process::{Pid, Signal, kill_process};

use super::audit::{all_messages, assert_events_without_gap};
use super::clients::{Clients, Findings};
use super::http::Client;
use super::office::{Data, Office, binary};
use super::random::Random;

const COPIES: usize = 3;

#[test]
fn a_copy_of_the_files_holds_everything_that_was_acknowledged_before() {
    let mut random = Random::for_test("copies of the files");
    let office = Office::open(Data::Sqlite);
    let mut clients = Clients::new(&office);
    let findings = Findings::default();
    let ledger = clients.ledger.clone();
    let copies: Vec<_> = clients.write_while(&findings, || {
        let copy_one = |number: usize| {
            std::thread::sleep(random.pause(50, 600));
            let acknowledged = ledger.keys("acknowledged");
            let copy = office.folder.path().join(format!("copy{number}"));
            frozen(&office, || copy_folder(&office.server.data_folder(), &copy));
            (copy, acknowledged)
        };
        (1..=COPIES).map(copy_one).collect()
    });
    findings.assert_none(&office.server.log());
    for (copy, acknowledged) in copies {
        assert!(!acknowledged.is_empty(), "nothing was acknowledged before the copy, so nothing was tested");
        let options = RapportOptions {
            binary: Some(binary().into()),
            data_folder: Some(copy),
            ..RapportOptions::default()
        };
        let server = RapportProcess::start(options).unwrap();
        let client = Client::new(server.address(), office.client.token());
        let present: BTreeSet<String> = all_messages(&client)
            .iter()
            .map(|message| message["body_text"].as_str().unwrap().trim().to_owned())
            .collect();
        let lost: Vec<&String> = acknowledged.difference(&present).collect();
        assert!(lost.is_empty(), "acknowledged but not in the copy: {lost:?}");
        assert_events_without_gap(&client);
    }
}

/// A power cut takes all files at one moment; copying takes longer, so the server holds still meanwhile.
fn frozen(office: &Office, copy: impl FnOnce()) {
    let pid = Pid::from_raw(i32::try_from(office.server.pid().unwrap()).unwrap()).unwrap();
    kill_process(pid, Signal::STOP).unwrap();
    copy();
    kill_process(pid, Signal::CONT).unwrap();
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else if !entry.file_name().to_string_lossy().ends_with("-shm") {
            // What the processes shared in memory is gone after a power cut.
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
