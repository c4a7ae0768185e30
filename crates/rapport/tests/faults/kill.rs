//! The server is killed at any moment while clients write in every way there is.

use std::time::{Duration, Instant};

use rapport_store::Engine;

use super::audit::{assert_events_without_gap, assert_nothing_lost_or_doubled};
use super::clients::{Clients, Findings};
use super::office::{Data, Office};
use super::random::Random;

const ROUNDS: usize = 6;
/// Until it answers again after a kill. A machine that is busy with other tests may exceed it now and then.
const RESTART: Duration = Duration::from_secs(3);

#[test]
fn nothing_acknowledged_is_lost_or_doubled_by_kills_on_sqlite() {
    kill_again_and_again(Engine::Sqlite, "kills on SQLite");
}

#[test]
fn nothing_acknowledged_is_lost_or_doubled_by_kills_on_postgres() {
    kill_again_and_again(Engine::Postgres, "kills on PostgreSQL");
}

fn kill_again_and_again(engine: Engine, name: &str) {
    let rounds =
        std::env::var("RAPPORT_FAULT_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS);
    let mut random = Random::for_test(name);
    let mut office = Office::open(Data::fresh(engine));
    let mut clients = Clients::new(&office);
    let findings = Findings::default();
    let mut restarts = Vec::new();
    for _ in 0..rounds {
        let moment = random.pause(50, 800);
        clients.write_while(&findings, || {
            std::thread::sleep(moment);
            office.server.kill().unwrap();
        });
        let since = Instant::now();
        office.server.start_again().unwrap();
        restarts.push(since.elapsed());
    }
    clients.finish(&findings);
    findings.assert_none(&office.server.log());
    assert_nothing_lost_or_doubled(&office, &clients);
    assert_events_without_gap(&office.client);
    let quick = restarts.iter().filter(|took| **took <= RESTART).count();
    assert!(quick * 2 > restarts.len(), "most restarts took longer than {RESTART:?}: {restarts:?}");
    println!(
        "{name}: {} messages in and {} answers over {rounds} kills, restarts {restarts:?}",
        clients.acknowledged_inbound().len(),
        clients.acknowledged_answers().len()
    );
}
