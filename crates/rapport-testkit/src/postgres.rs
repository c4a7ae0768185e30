//! A throw-away PostgreSQL server of the installed version, one per test process.
//!
//! It listens on the loopback only and ends with the test process, even if that is killed.
//! `RAPPORT_TEST_DATABASE_URL` names a running server to use instead.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::free_ports;
use crate::supervised::{Supervised, Supervision};

/// Tests want speed: what a crash of the machine would lose is thrown away anyway.
const SETTINGS: &[&str] = &[
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=on",
    "shared_buffers=64MB",
    "max_connections=300",
    "log_min_messages=fatal",
    "listen_addresses=127.0.0.1",
];

/// A running server.
pub struct Cluster {
    /// Without a database name.
    base_url: String,
    /// Absent when the server is not ours.
    own: Option<OwnServer>,
}

struct OwnServer {
    process: Supervised,
    folder: PathBuf,
}

/// The server of this test process, started on the first call.
///
/// Panics with what is missing when it cannot be started, because a test that is skipped proves nothing.
pub fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| match std::env::var("RAPPORT_TEST_DATABASE_URL") {
        Ok(url) => Cluster { base_url: without_database(&url), own: None },
        Err(_) => Cluster::start().unwrap_or_else(|error| panic!("no PostgreSQL for the tests: {error:#}")),
    })
}

impl Cluster {
    /// Starts a server of its own, for a test that stops or kills it.
    pub fn start() -> Result<Self> {
        let binaries = find_binaries()?;
        // The server refuses to run as root, so root lends it the account that the package created.
        let account =
            if rustix::process::geteuid().is_root() { Some(find_account("postgres")?) } else { None };
        let folder = tempfile::Builder::new().prefix("rapport-postgres-").tempdir()?.keep();
        let [port] = free_ports()?;
        let started = start_in(&folder, &binaries, account, port);
        if started.is_err() {
            let _ = fs::remove_dir_all(&folder);
        }
        let process = started?;
        Ok(Self {
            base_url: format!("postgres://postgres@127.0.0.1:{port}"),
            own: Some(OwnServer { process, folder }),
        })
    }

    /// The URL of one of the server's databases.
    pub fn url(&self, database: &str) -> String {
        match self.base_url.split_once('?') {
            Some((base, options)) => format!("{base}/{database}?{options}"),
            None => format!("{}/{database}", self.base_url),
        }
    }

    /// Whether the server was started by this process and ends with it.
    pub fn is_ours(&self) -> bool {
        self.own.is_some()
    }

    /// The process id of the server, if it is ours.
    pub fn pid(&self) -> Option<u32> {
        self.own.as_ref().map(|own| own.process.pid())
    }

    /// Runs statements on the maintenance database, outside of a transaction.
    pub fn administer(&self, sql: &str) -> Result<()> {
        let url = self.url("postgres");
        // The driver may not block a thread of an async test.
        let outcome = std::thread::scope(|scope| {
            scope
                .spawn(|| -> Result<()> {
                    let mut client = postgres::Client::connect(&url, postgres::NoTls)?;
                    for statement in sql.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
                        client.batch_execute(statement).with_context(|| statement.to_owned())?;
                    }
                    Ok(())
                })
                .join()
        });
        outcome.unwrap_or_else(|_| bail!("the connection to {url} panicked"))
    }
}

impl Drop for OwnServer {
    /// Ends the server without waiting for its clients to leave, and removes its data.
    fn drop(&mut self) {
        let pid = i32::try_from(self.process.pid()).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid {
            // It may have ended by itself; then there is nothing to tell it.
            let _ = kill_process(pid, Signal::INT);
        }
        if let Err(error) = self.process.stop().and_then(|_| Ok(fs::remove_dir_all(&self.folder)?)) {
            eprintln!("stopping PostgreSQL in {}: {error:#}", self.folder.display());
        }
    }
}

#[derive(Clone, Copy)]
struct Account {
    user: u32,
    group: u32,
}

fn start_in(folder: &Path, binaries: &Path, account: Option<Account>, port: u16) -> Result<Supervised> {
    if let Some(account) = account {
        chown(folder, Some(account.user), Some(account.group))?;
    }
    let words = account.map(lending_prefix).unwrap_or_default();
    let prefix: Vec<&str> = words.iter().map(String::as_str).collect();
    let data = folder.join("data");
    initialise(&prefix, binaries, &data)?;
    let mut command: Vec<OsString> = vec![binaries.join("postgres").into(), "-D".into(), data.into()];
    let socket_folder = format!("unix_socket_directories={}", folder.display());
    for setting in SETTINGS.iter().copied().chain([format!("port={port}").as_str(), &socket_folder]) {
        command.extend(["-c".into(), setting.into()]);
    }
    let mut process =
        Supervised::start(Supervision { prefix: &prefix, folder, command, environment: Vec::new() })?;
    process.wait_for_ports(&[port], Duration::from_secs(30))?;
    wait_until_ready(&process, port)?;
    Ok(process)
}

fn initialise(prefix: &[&str], binaries: &Path, data: &Path) -> Result<()> {
    let mut words: Vec<OsString> = prefix.iter().map(OsString::from).collect();
    words.push(binaries.join("initdb").into());
    words.extend(
        ["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "-D"]
            .map(OsString::from),
    );
    words.push(data.into());
    // The account that root lends may not enter the folder the tests were started in.
    let output = Command::new(&words[0]).args(&words[1..]).current_dir("/").stdin(Stdio::null()).output()?;
    if !output.status.success() {
        bail!("initdb failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

/// The port answers a little before the server lets anybody in.
fn wait_until_ready(process: &Supervised, port: u16) -> Result<()> {
    let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
    let mut last = String::new();
    for _ in 0..600 {
        let attempt = std::thread::scope(|scope| {
            scope.spawn(|| postgres::Client::connect(&url, postgres::NoTls).map(drop)).join()
        });
        match attempt {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => last = error.to_string(),
            Err(_) => bail!("the connection to {url} panicked"),
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    bail!("{url} does not answer ({last}): {}", process.output())
}

fn lending_prefix(account: Account) -> Vec<String> {
    [
        "setpriv".to_owned(),
        format!("--reuid={}", account.user),
        format!("--regid={}", account.group),
        "--clear-groups".to_owned(),
    ]
    .into()
}

fn find_account(name: &str) -> Result<Account> {
    let accounts = fs::read_to_string("/etc/passwd")?;
    let fields = accounts
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields.first() == Some(&name) && fields.len() > 3)
        .with_context(|| format!("there is no account {name}; install the package postgresql"))?;
    Ok(Account { user: fields[2].parse()?, group: fields[3].parse()? })
}

/// The folder with the newest installed server.
fn find_binaries() -> Result<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = Vec::new();
    if let Ok(entries) = fs::read_dir("/usr/lib/postgresql") {
        for entry in entries.flatten() {
            if let Ok(version) = entry.file_name().to_string_lossy().parse() {
                versions.push((version, entry.path().join("bin")));
            }
        }
    }
    versions.sort();
    let on_path = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    versions
        .into_iter()
        .rev()
        .map(|(_, folder)| folder)
        .chain(on_path.unwrap_or_default())
        .find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
        .context(
            "initdb and postgres were not found; install PostgreSQL (Debian: apt-get install postgresql)",
        )
}

fn without_database(url: &str) -> String {
    let (address, options) =
        url.split_once('?').map_or((url, None), |(address, options)| (address, Some(options)));
    let scheme_end = address.find("://").map_or(0, |at| at + 3);
    let base = address[scheme_end..].find('/').map_or(address, |at| &address[..scheme_end + at]);
    options.map_or(base.to_owned(), |options| format!("{base}?{options}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_server_keeps_its_options_but_not_its_database() {
        assert_eq!(
            without_database("postgres://a:b@host:1/name?sslmode=disable"),
            "postgres://a:b@host:1?sslmode=disable"
        );
        assert_eq!(without_database("postgres://host"), "postgres://host");
        let cluster = Cluster { base_url: "postgres://host?x=y".to_owned(), own: None };
        assert_eq!(cluster.url("name"), "postgres://host/name?x=y");
    }
}
