//! Starting and stopping the server.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rapport_store::Engine;
use rustix::process::{Pid, Signal, kill_process};

use crate::support::*;

#[test]
fn a_fresh_server_is_ready_and_tells_how_to_begin() {
    let place = Place::on(Engine::Sqlite);
    let server = place.start("serve");
    assert_eq!(call(server.address(), "GET", "/healthz", &[], "").status, 200);
    let setup = call(server.address(), "GET", "/api/v1/setup", &[], "");
    assert_eq!(setup.json()["required"], true);
    let link = format!("{}/setup?code=", server.url());
    assert!(server.log().contains(&link), "{}", server.log());
}

#[test]
fn the_printed_code_sets_the_server_up_once() {
    let place = Place::on(Engine::Sqlite);
    let mut server = place.start("serve");
    let log = server.log();
    let code =
        log.split("/setup?code=").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("is printed");
    let body = format!(
        r#"{{"workspace_name":"Acme","name":"Dana","email":"dana@acme.example","password":"a long enough password","setup_code":"{code}"}}"#
    );
    let headers = [("Content-Type", "application/json"), ("X-Rapport-Csrf", "1")];
    let first = call(server.address(), "POST", "/api/v1/setup", &headers, &body);
    assert!(first.status < 300, "{}", first.body);
    assert_eq!(call(server.address(), "POST", "/api/v1/setup", &headers, &body).status, 409);
    server.terminate().expect("ends");
    server.start_again().expect("starts again");
    let again = &server.log()[log.len()..];
    assert!(!again.contains("/setup?code="), "nobody is invited twice: {again}");
}

#[test]
fn a_request_to_end_is_followed_soon_and_cleanly() {
    for engine in BOTH {
        let place = Place::on(engine);
        let mut server = place.start("serve");
        let started = Instant::now();
        let status = server.terminate().expect("ends");
        assert!(status.success(), "{engine:?}: {status}, {}", server.log());
        assert!(started.elapsed() < Duration::from_secs(10), "{engine:?} took {:?}", started.elapsed());
    }
}

#[test]
fn a_second_server_keeps_out_of_a_folder_in_use() {
    let place = Place::on(Engine::Sqlite);
    let _server = place.start("serve");
    let output = place.run(&["serve"]);
    assert!(!output.status.success());
    assert!(error_of(&output).contains("is in use by another Rapport"), "{}", error_of(&output));
}

#[test]
fn a_taken_port_is_one_line_before_anything_is_made() {
    let place = Place::on(Engine::Sqlite);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("binds");
    let address = taken.local_addr().expect("has an address").to_string();
    let started = Instant::now();
    let output = place.run(&["serve", "--listen", &address]);
    assert!(!output.status.success());
    assert!(started.elapsed() < Duration::from_secs(2));
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains(&format!("cannot listen on {address}")) && text.contains(" — "), "{text}");
    assert!(!place.data().exists(), "nothing was made");
}

#[test]
fn data_without_its_key_is_not_opened() {
    let place = Place::on(Engine::Sqlite);
    place.admin(&["create-workspace", "--name", "Acme"]);
    fs::rename(place.data().join("secret.key"), place.data().join("elsewhere")).expect("moves");
    let output = place.run(&["serve"]);
    assert!(!output.status.success());
    assert!(error_of(&output).contains("secret.key is missing"), "{}", error_of(&output));
    assert!(!place.data().join("secret.key").exists(), "no new key was made");
}

#[test]
fn a_server_on_a_shared_database_needs_the_key_of_the_first() {
    let first = Place::on(Engine::Postgres);
    first.admin(&["create-workspace", "--name", "Acme"]);
    let second = tempfile::tempdir().expect("a folder");
    let mut environment = first.environment();
    environment.push(("RAPPORT_DATA".into(), second.path().display().to_string()));
    let output = run_in(second.path(), &environment, &["serve"], "");
    assert!(!output.status.success());
    assert!(error_of(&output).contains("secret.key is missing"), "{}", error_of(&output));
}

#[test]
fn mail_is_taken_in_where_the_settings_say() {
    let place = Place::on(Engine::Sqlite);
    let mut environment = place.environment();
    environment.push(("RAPPORT_SMTP_LISTEN".into(), "127.0.0.1:0".into()));
    let mut child = Command::new(binary())
        .arg("serve")
        .env_clear()
        .envs(environment)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    let output = BufReader::new(child.stdout.take().expect("has an output"));
    let line = output
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("Mail is taken in by SMTP on ").map(str::to_owned));
    let address = line.expect("the address is printed");
    let stream = std::net::TcpStream::connect(&address).expect("listens");
    let mut greeting = String::new();
    BufReader::new(stream).read_line(&mut greeting).expect("greets");
    assert!(greeting.starts_with("220 "), "{greeting}");
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("fits")).expect("is a process");
    kill_process(pid, Signal::INT).expect("is told");
    assert!(child.wait().expect("ends").success());
}
