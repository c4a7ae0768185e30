//! The server is asked to end while clients write.

use std::process::Command;
use std::time::{Duration, Instant};

use rapport_store::Engine;

use super::audit::{assert_events_without_gap, assert_nothing_lost_or_doubled};
use super::clients::{Clients, Findings};
use super::office::{Data, Office};
use super::sink::Script;

#[test]
fn a_stop_under_load_finishes_what_is_under_way_on_sqlite() {
    stop_under_load(Engine::Sqlite);
}

#[test]
fn a_stop_under_load_finishes_what_is_under_way_on_postgres() {
    stop_under_load(Engine::Postgres);
}

fn stop_under_load(engine: Engine) {
    let mut office = Office::open(Data::fresh(engine));
    let mut clients = Clients::new(&office);
    let findings = Findings::default();
    let (status, took) = clients.write_while(&findings, || {
        std::thread::sleep(Duration::from_millis(700));
        let since = Instant::now();
        (office.server.terminate().unwrap(), since.elapsed())
    });
    assert!(status.success(), "ended with {status}");
    assert!(took < Duration::from_secs(10), "took {took:?}");
    office.server.start_again().unwrap();
    clients.finish(&findings);
    findings.assert_none(&office.server.log());
    assert_nothing_lost_or_doubled(&office, &clients);
    assert_events_without_gap(&office.client);
    // It had time to note what it had sent.
    let unknown = super::audit::all_messages(&office.client);
    let unknown = unknown.iter().filter(|message| message["delivery"]["status"] == "unknown").count();
    assert_eq!(unknown, 0, "answers whose fate is unknown");
}

#[test]
fn a_second_request_to_end_is_obeyed_at_once() {
    let mut office = Office::open(Data::Sqlite);
    let conversation = office.email_conversation("carla");
    // A delivery that does not come to its end holds the server up.
    office.sink.next(Script::TakeInSilence);
    office.answer(&conversation, "Please wait.");
    office.sink.wait_for(1, Duration::from_secs(20));
    let pid = office.server.pid().unwrap().to_string();
    let since = Instant::now();
    let second = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(1_000));
        Command::new("kill").args(["-TERM", &pid]).status().unwrap()
    });
    let status = office.server.terminate().unwrap();
    let took = since.elapsed();
    assert!(second.join().unwrap().success(), "it was still there after the first request");
    assert_eq!(status.code(), Some(130));
    assert!(took < Duration::from_secs(4), "took {took:?}");
}
