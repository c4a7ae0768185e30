//! Real mail servers for tests: Dovecot (IMAP, LMTP) and Postfix (SMTP), each in a temporary folder on free
//! loopback ports, stopped when dropped.
//!
//! Nothing outside the temporary folder is created or changed. Where a server is missing or may not run, starting
//! it fails and says what to install; a test never skips over it.

mod certificate;
mod dovecot;
mod mailbox;
mod postfix;
mod submission;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, Result, bail};

pub use dovecot::{Dovecot, DovecotPorts};
pub use mailbox::{Mailbox, StoredMail};
pub use postfix::{Postfix, PostfixOptions, PostfixPorts};
pub use submission::submit_raw;

/// A Dovecot with mailboxes and a Postfix in front of it, the way a small mail provider runs them.
pub struct MailServers {
    // Postfix comes first because fields are dropped in order, and it delivers to the other.
    pub postfix: Postfix,
    pub dovecot: Dovecot,
}

impl MailServers {
    /// `domains` are delivered to Dovecot, whose mailboxes are the addresses of `users` with their passwords.
    pub fn start(domains: &[&str], users: &[(&str, &str)]) -> Result<Self> {
        Self::in_front_of(Dovecot::start(users)?, domains)
    }

    /// Like [`start`](Self::start), and both take access tokens, see [`Dovecot::start_with_tokens`].
    pub fn start_with_tokens(domains: &[&str], users: &[(&str, &str)], token_info_url: &str) -> Result<Self> {
        Self::in_front_of(Dovecot::start_with_tokens(users, token_info_url)?, domains)
    }

    fn in_front_of(dovecot: Dovecot, domains: &[&str]) -> Result<Self> {
        let postfix = Postfix::start(
            &dovecot,
            PostfixOptions {
                domains: domains.iter().map(ToString::to_string).collect(),
                ..PostfixOptions::default()
            },
        )?;
        Ok(Self { postfix, dovecot })
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn require_program(path: &str, package: &str) -> Result<()> {
    if !Path::new(path).exists() {
        bail!("{path} is missing: install Debian's package {package} (scripts/install-test-dependencies.sh)");
    }
    Ok(())
}

/// What has to stand before a command so that it may switch between users, as Postfix's parts do.
///
/// A user namespace comes first because it gives no rights outside of itself.
fn multi_user_prefix() -> Result<&'static [&'static str]> {
    static PREFIX: OnceLock<Option<&'static [&'static str]>> = OnceLock::new();
    PREFIX.get_or_init(find_multi_user_prefix).context(
        "Postfix needs several users: run as root, or allow sudo without a password, \
         or install Debian's package uidmap and give yourself a line in /etc/subuid and /etc/subgid",
    )
}

fn find_multi_user_prefix() -> Option<&'static [&'static str]> {
    const NAMESPACE: &[&str] = &["unshare", "--user", "--map-root-user", "--map-auto", "--"];
    const SUDO: &[&str] = &["sudo", "-n", "--"];
    if is_root() {
        return Some(&[]);
    }
    // Where namespaces are forbidden, asking for the whole mapping would leave a helper of unshare behind.
    let namespaces = succeeds(&["unshare", "--user", "true"]);
    let ways = if namespaces { [NAMESPACE, SUDO].as_slice() } else { [SUDO].as_slice() };
    ways.iter()
        .copied()
        .find(|way| succeeds(&[way, ["setpriv", "--reuid=1", "--clear-groups", "true"].as_slice()].concat()))
}

fn succeeds(command: &[&str]) -> bool {
    let status = Command::new(command[0])
        .args(&command[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}
