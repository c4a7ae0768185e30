//! What an administrator decides: from flags, the environment and a file, in this order of precedence.

mod environment;
mod file;
mod problem;
mod resolve;

use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use rapport_channels::guard::AllowRule;
use rapport_store::DatabaseUrl;

pub use environment::Environment;
pub use problem::Problem;
pub use resolve::{Overrides, resolve};

/// Everything decided, checked and completed with the defaults.
#[derive(Clone, Debug)]
pub struct Settings {
    pub listen: SocketAddr,
    /// Without a slash at the end; follows the listening address unless it was set.
    pub public_url: PublicUrl,
    pub data_folder: PathBuf,
    pub database: DatabaseUrl,
    /// From the environment; otherwise it is kept in the data folder.
    pub secret_key: Option<Vec<u8>>,
    pub smtp: SmtpSettings,
    pub allow_hosts: Vec<AllowRule>,
    pub trusted_proxies: Vec<IpNet>,
    pub limits: Limits,
    pub mail: MailSettings,
    /// Which log lines are written, as tracing filters: `info`, `rapport_engine=debug,warn`.
    pub log: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicUrl {
    Given(String),
    /// Whatever address the server listens on.
    FromListener,
}

impl PublicUrl {
    /// The address for people, once it is known where the server listens.
    pub fn resolve(&self, listening: SocketAddr) -> String {
        match self {
            Self::Given(url) => url.clone(),
            Self::FromListener if listening.ip().is_unspecified() => {
                format!("http://localhost:{}", listening.port())
            }
            Self::FromListener => format!("http://{listening}"),
        }
    }
}

#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// Where mail is taken in; absent: nowhere.
    pub listen: Option<SocketAddr>,
    pub lmtp_listen: Option<SocketAddr>,
    /// The name in greetings.
    pub host_name: String,
    /// Certificate and key files; absent: a self-signed one is made and kept.
    pub tls: Option<CertificateFiles>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

#[derive(Clone, Debug)]
pub struct Limits {
    pub max_attachment_bytes: u64,
    pub max_email_bytes: usize,
    pub session_days: i64,
    pub invitation_days: i64,
    pub chat_email_after_seconds: i64,
}

#[derive(Clone, Debug, Default)]
pub struct MailSettings {
    pub trusted_authserv_ids: Vec<String>,
    /// The PEM text itself, already read.
    pub additional_roots_pem: Option<String>,
}

#[cfg(test)]
mod tests;
