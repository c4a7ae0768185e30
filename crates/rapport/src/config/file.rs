//! The TOML file: its keys, and the place of whatever is wrong in it.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use ipnet::IpNet;
use rapport_channels::guard::AllowRule;
use serde::{Deserialize, Deserializer};

use super::problem::Problem;

/// A file larger than this is no configuration.
const MAX_BYTES: u64 = 1024 * 1024;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfigFile {
    #[serde(default, deserialize_with = "parsed")]
    pub listen: Option<SocketAddr>,
    #[serde(default, deserialize_with = "web_address")]
    pub public_url: Option<String>,
    pub data_dir: Option<PathBuf>,
    pub database_url: Option<String>,
    pub log: Option<String>,
    #[serde(default)]
    pub smtp: SmtpSection,
    #[serde(default)]
    pub network: NetworkSection,
    #[serde(default)]
    pub limits: LimitsSection,
    #[serde(default)]
    pub mail: MailSection,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SmtpSection {
    #[serde(default, deserialize_with = "parsed")]
    pub listen: Option<SocketAddr>,
    #[serde(default, deserialize_with = "parsed")]
    pub lmtp_listen: Option<SocketAddr>,
    pub host_name: Option<String>,
    pub tls_certificate: Option<PathBuf>,
    pub tls_key: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NetworkSection {
    #[serde(default, deserialize_with = "parsed_list")]
    pub allow_hosts: Option<Vec<AllowRule>>,
    #[serde(default, deserialize_with = "networks")]
    pub trusted_proxies: Option<Vec<IpNet>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitsSection {
    #[serde(default, deserialize_with = "positive")]
    pub max_attachment_bytes: Option<u64>,
    #[serde(default, deserialize_with = "positive")]
    pub max_email_bytes: Option<u64>,
    #[serde(default, deserialize_with = "positive")]
    pub session_days: Option<u64>,
    #[serde(default, deserialize_with = "positive")]
    pub invitation_days: Option<u64>,
    #[serde(default, deserialize_with = "positive")]
    pub chat_email_after_seconds: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MailSection {
    pub trusted_authserv_ids: Option<Vec<String>>,
    pub additional_roots: Option<PathBuf>,
}

pub(super) fn read(path: &Path) -> Result<ConfigFile, Problem> {
    let refuse = |what: String| Problem::of_file(path, what, "check the path and its permissions");
    let size = std::fs::metadata(path).map_err(|error| refuse(format!("cannot be read: {error}")))?.len();
    if size > MAX_BYTES {
        return Err(refuse("is too large for a configuration file".to_owned()));
    }
    let text = std::fs::read_to_string(path).map_err(|error| refuse(format!("cannot be read: {error}")))?;
    parse(path, &text)
}

pub(super) fn parse(path: &Path, text: &str) -> Result<ConfigFile, Problem> {
    let document = toml::Deserializer::parse(text)
        .map_err(|error| problem(path, text, None, &error, "correct the TOML syntax"))?;
    serde_path_to_error::deserialize(document).map_err(|error| {
        let key = error.path().to_string();
        let cause = error.into_inner();
        let remedy = if cause.message().starts_with("unknown field") {
            "remove it or correct its spelling"
        } else {
            "correct the value"
        };
        problem(path, text, Some(key).filter(|key| key != "."), &cause, remedy)
    })
}

fn problem(path: &Path, text: &str, key: Option<String>, error: &toml::de::Error, remedy: &str) -> Problem {
    let line = error.span().map(|span| line_at(text, span.start));
    Problem {
        file: Some(path.to_owned()),
        line,
        key: key.or_else(|| line.and_then(|line| key_on_line(text, line))),
        what: error.message().to_owned(),
        remedy: remedy.to_owned(),
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
}

/// What stands before the equals sign, for errors that come before any key is known.
fn key_on_line(text: &str, line: usize) -> Option<String> {
    let (key, _) = text.lines().nth(line.checked_sub(1)?)?.split_once('=')?;
    Some(key.trim().to_owned()).filter(|key| !key.is_empty())
}

fn parsed<'de, D: Deserializer<'de>, T: FromStr<Err: std::fmt::Display>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.trim().parse().map(Some).map_err(serde::de::Error::custom)
}

fn parsed_list<'de, D: Deserializer<'de>, T: FromStr<Err: std::fmt::Display>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let values: Result<Vec<T>, T::Err> = texts.iter().map(|text| text.trim().parse()).collect();
    values.map(Some).map_err(serde::de::Error::custom)
}

/// Networks, or single addresses.
fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<IpNet>>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let network = |text: &String| {
        let text = text.trim();
        text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).map_err(|_| {
            serde::de::Error::custom(format!(
                "{text:?} is neither an address nor a network such as 10.0.0.0/8"
            ))
        })
    };
    texts.iter().map(network).collect::<Result<_, _>>().map(Some)
}

fn positive<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    match u64::deserialize(deserializer)? {
        0 => Err(serde::de::Error::custom("must be at least 1")),
        value if value > i64::MAX as u64 => Err(serde::de::Error::custom("is too large")),
        value => Ok(Some(value)),
    }
}

fn web_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    super::resolve::web_address(&String::deserialize(deserializer)?)
        .map(Some)
        .map_err(serde::de::Error::custom)
}
