//! The structure of the workspace, held by a test: who may depend on whom, and where each heavy library may appear.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The direct dependencies of each crate of the workspace, without those for tests.
fn dependencies() -> Vec<(String, BTreeSet<String>)> {
    let output = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo metadata runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    metadata["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .map(|package| {
            let name = package["name"].as_str().expect("a name").to_owned();
            let needs = package["dependencies"]
                .as_array()
                .expect("dependencies")
                .iter()
                .filter(|dependency| dependency["kind"] != "dev")
                .map(|dependency| dependency["name"].as_str().expect("a name").to_owned())
                .collect();
            (name, needs)
        })
        .collect()
}

#[test]
fn crates_depend_only_in_the_direction_of_the_flow() {
    let allowed: &[(&str, &[&str])] = &[
        ("rapport-domain", &[]),
        ("rapport-store", &["rapport-domain"]),
        ("rapport-channels", &["rapport-domain"]),
        ("rapport-engine", &["rapport-domain", "rapport-store", "rapport-channels"]),
        ("rapport-server", &["rapport-domain", "rapport-store", "rapport-channels", "rapport-engine"]),
        ("rapport-simulator", &["rapport-domain", "rapport-channels"]),
        (
            "rapport",
            &[
                "rapport-domain",
                "rapport-store",
                "rapport-channels",
                "rapport-engine",
                "rapport-server",
                "rapport-simulator",
            ],
        ),
    ];
    let crates = dependencies();
    for (name, needs) in &crates {
        if name == "rapport-testkit" {
            continue;
        }
        let (_, allowed) = allowed
            .iter()
            .find(|(known, _)| known == name)
            .unwrap_or_else(|| panic!("{name} has no place in the structure; give it one here"));
        for need in needs.iter().filter(|need| need.starts_with("rapport")) {
            assert!(allowed.contains(&need.as_str()), "{name} must not depend on {need}");
        }
    }
    for (known, _) in allowed {
        assert!(crates.iter().any(|(name, _)| name == known), "{known} is gone");
    }
}

#[test]
fn heavy_libraries_appear_only_where_they_belong() {
    let homes: &[(&str, &[&str])] = &[
        ("rusqlite", &["rapport-store", "rapport"]),
        ("postgres", &["rapport-store", "rapport-testkit"]),
        ("tokio-postgres", &["rapport-store"]),
        ("refinery", &["rapport-store"]),
        ("axum", &["rapport-server", "rapport-simulator", "rapport"]),
        ("reqwest", &["rapport-channels", "rapport-testkit"]),
        ("anyhow", &["rapport", "rapport-testkit"]),
    ];
    for (name, needs) in dependencies() {
        for (library, homes) in homes {
            assert!(
                !needs.contains(*library) || homes.contains(&name.as_str()),
                "{name} must not use {library}; it belongs to {homes:?}"
            );
        }
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    let mut silent = Vec::new();
    for file in rust_files(&root().join("crates")) {
        let text = std::fs::read_to_string(&file).expect("a readable file");
        if !text.trim_start().starts_with("//!") {
            silent.push(file);
        }
    }
    assert!(silent.is_empty(), "these files begin without a //! line: {silent:#?}");
}

#[test]
fn only_the_store_speaks_sql() {
    let mut offenders = Vec::new();
    for file in rust_files(&root().join("crates")) {
        let path = file.to_string_lossy().into_owned();
        let may =
            ["rapport-store", "rapport-testkit", "/bench/", "/tests/"].iter().any(|part| path.contains(part));
        if may {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("a readable file");
        let speaks = ["\"select ", "\"insert into ", "\"update ", "\"delete from "]
            .iter()
            .any(|sql| text.contains(sql));
        if speaks {
            offenders.push(path);
        }
    }
    assert!(offenders.is_empty(), "SQL outside the store: {offenders:#?}");
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target" && name != "node_modules") {
                files.extend(rust_files(&path));
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
