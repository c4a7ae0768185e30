//! PostgreSQL goes away in the middle of everything and comes back.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rapport_testkit::postgres::Cluster;
use rustix::process::{Pid, Signal, kill_process};

use super::audit::{assert_events_without_gap, assert_nothing_lost_or_doubled};
use super::clients::{Clients, Findings};
use super::office::{Data, Office, status_of, wait_until};
use super::sink::Script;

const AWAY: Duration = Duration::from_secs(2);
const RECOVERY: Duration = Duration::from_secs(10);

#[test]
fn the_server_outlives_its_database() {
    let cluster = Cluster::start().unwrap();
    cluster.administer("create database office").unwrap();
    let running = Running::of(cluster.pid().unwrap());
    let office = Office::open(Data::At(cluster.url("office")));
    let mut clients = Clients::new(&office);
    let findings = Findings::default();
    let ledger = clients.ledger.clone();
    let restarted = clients.write_while(&findings, || {
        std::thread::sleep(Duration::from_millis(600));
        running.stop_immediately();
        std::thread::sleep(AWAY);
        assert_eq!(status_of(office.server.address(), "/healthz").unwrap(), 200);
        assert_eq!(status_of(office.server.address(), "/readyz").unwrap(), 503);
        let restarted = running.start_again();
        assert!(wait_until(Duration::from_secs(20), || restarted.answers()), "PostgreSQL starts again");
        let since = Instant::now();
        let before = ledger.keys("acknowledged").len();
        let recovered = wait_until(RECOVERY, || ledger.keys("acknowledged").len() > before + 20);
        assert!(recovered, "no writes {RECOVERY:?} after the database came back: {}", office.server.log());
        println!("writes went on {:?} after the database came back", since.elapsed());
        restarted
    });
    clients.finish(&findings);
    findings.assert_none(&office.server.log());
    findings.assert_always_answered();
    assert_eq!(status_of(office.server.address(), "/readyz").unwrap(), 200);
    assert_nothing_lost_or_doubled(&office, &clients);
    assert_events_without_gap(&office.client);
    drop(office);
    drop(restarted);
}

/// The mail server's answer comes while the database is away.
#[test]
fn a_result_that_cannot_be_noted_at_once_is_kept_until_it_can() {
    let cluster = Cluster::start().unwrap();
    cluster.administer("create database office").unwrap();
    let running = Running::of(cluster.pid().unwrap());
    let office = Office::open(Data::At(cluster.url("office")));
    let conversation = office.email_conversation("carla");
    office.sink.next(Script::TakeAndAnswerLater);
    let message = office.answer(&conversation, "The parcel left today.");
    let email_id = message["email_message_id"].as_str().unwrap().to_owned();
    office.sink.wait_for(1, Duration::from_secs(20));
    running.stop_immediately();
    office.sink.answer_now();
    std::thread::sleep(AWAY);
    assert_eq!(status_of(office.server.address(), "/readyz").unwrap(), 503);
    let restarted = running.start_again();
    assert!(wait_until(Duration::from_secs(20), || restarted.answers()), "PostgreSQL starts again");
    assert!(
        wait_until(RECOVERY, || status_of(office.server.address(), "/readyz").is_ok_and(|s| s == 200)),
        "not ready again: {}",
        office.server.log()
    );
    office.wait_for_delivery(&message, "sent", Duration::from_secs(60));
    assert_eq!(office.sink.times_taken(&email_id), 1);
    drop(office);
    drop(restarted);
}

/// The command of a running PostgreSQL server, to start it again exactly as it was.
struct Running {
    pid: Pid,
    command: Vec<String>,
    owner: (u32, u32),
}

impl Running {
    fn of(pid: u32) -> Self {
        let folder = PathBuf::from(format!("/proc/{pid}"));
        let words = fs::read_to_string(folder.join("cmdline")).unwrap();
        let command = words.split('\0').filter(|word| !word.is_empty()).map(str::to_owned).collect();
        let owner = fs::metadata(&folder).unwrap();
        let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
        Self { pid, command, owner: (owner.uid(), owner.gid()) }
    }

    /// PostgreSQL's "immediate" shutdown: no goodbye to anybody, recovery on the next start.
    fn stop_immediately(&self) {
        kill_process(self.pid, Signal::QUIT).unwrap();
        let gone = || kill_process(self.pid, Signal::CONT).is_err();
        assert!(wait_until(Duration::from_secs(10), gone), "PostgreSQL did not end");
    }

    fn start_again(&self) -> Restarted {
        let mut command = Command::new("setpriv");
        if rustix::process::geteuid().is_root() {
            let (user, group) = self.owner;
            command.args([
                format!("--reuid={user}"),
                format!("--regid={group}"),
                "--clear-groups".to_owned(),
            ]);
        }
        // It ends with the test, even if that is killed.
        command.args(["--pdeathsig", "QUIT"]).args(&self.command).current_dir("/");
        let process =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let port = self.command.iter().find_map(|word| word.strip_prefix("port="));
        Restarted { process, port: port.unwrap().parse().unwrap() }
    }
}

struct Restarted {
    process: Child,
    port: u16,
}

impl Restarted {
    fn answers(&self) -> bool {
        std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok()
    }
}

impl Drop for Restarted {
    fn drop(&mut self) {
        let pid = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw);
        // It may have ended by itself; then there is nothing to end or to wait for.
        let _ = pid.map(|pid| kill_process(pid, Signal::QUIT));
        let _ = self.process.wait();
    }
}
