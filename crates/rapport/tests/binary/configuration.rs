//! How a wrong configuration is told, and what `check-config` and `migrate` do.

use std::time::{Duration, Instant};

use crate::support::*;

#[test]
fn a_wrong_configuration_ends_the_start_at_once_with_one_line() {
    let place = Place::on(rapport_store::Engine::Sqlite);
    let file = place.folder.path().join("rapport.toml");
    std::fs::write(&file, "listen = \"127.0.0.1:0\"\n\n[smtp]\nlistn = \"127.0.0.1:25\"\n").expect("writes");
    let path = file.to_str().expect("is text");
    for command in ["serve", "check-config", "migrate", "demo"] {
        let started = Instant::now();
        let output = place.run(&[command, "--config", path]);
        assert!(!output.status.success(), "{command}");
        assert!(started.elapsed() < Duration::from_secs(2), "{command} took {:?}", started.elapsed());
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.starts_with(&format!("rapport: {path}:4: smtp.listn: unknown field")), "{text}");
    }
    assert!(!place.data().exists(), "nothing was made");
}

#[test]
fn check_config_looks_without_touching() {
    let place = Place::on(rapport_store::Engine::Sqlite);
    let output = place.run(&["check-config"]);
    assert!(output.status.success(), "{}", error_of(&output));
    assert!(!place.data().exists(), "nothing was made");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("binds");
    let address = taken.local_addr().expect("has an address").to_string();
    let output = place.run(&["check-config", "--listen", &address]);
    assert!(!output.status.success());
    assert!(error_of(&output).contains(&address), "{}", error_of(&output));
}

#[test]
fn a_misspelt_variable_ends_the_start_and_the_check() {
    let place = Place::on(rapport_store::Engine::Sqlite);
    let mut environment = place.environment();
    environment.push(("RAPPORT_PUBLIC_ULR".into(), "https://inbox.example.org".into()));
    for command in ["serve", "check-config", "migrate", "demo"] {
        let output = run_in(place.folder.path(), &environment, &[command], "");
        assert!(!output.status.success(), "{command}");
        let text = error_of(&output);
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.starts_with("rapport: RAPPORT_PUBLIC_ULR: "), "{text}");
        assert!(text.contains("RAPPORT_PUBLIC_URL"), "{text}");
    }
    assert!(!place.data().exists(), "nothing was made");
}

#[test]
fn migrate_brings_an_empty_database_up_to_date_once() {
    for engine in BOTH {
        let place = Place::on(engine);
        let first = place.run(&["migrate"]);
        assert!(first.status.success(), "{}", error_of(&first));
        assert!(String::from_utf8_lossy(&first.stdout).starts_with("The database is now at version "));
        let second = place.run(&["migrate"]);
        assert!(String::from_utf8_lossy(&second.stdout).contains(" already."));
    }
}

#[test]
fn a_log_filter_that_makes_no_sense_is_refused() {
    let place = Place::on(rapport_store::Engine::Sqlite);
    let mut environment = place.environment();
    environment.push(("RAPPORT_LOG".into(), "rapport=shouting".into()));
    let output = run_in(place.folder.path(), &environment, &["check-config"], "");
    assert!(!output.status.success());
    assert!(error_of(&output).starts_with("rapport: RAPPORT_LOG: "), "{}", error_of(&output));
}
