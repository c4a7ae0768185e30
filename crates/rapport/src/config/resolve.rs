//! Puts flags, environment and file together: a flag wins over the environment, that over the file.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use rapport_channels::guard::AllowRule;
use rapport_engine::EngineConfig;
use rapport_store::DatabaseUrl;

use super::environment::Environment;
use super::file::{self, ConfigFile, SmtpSection};
use super::problem::Problem;
use super::{CertificateFiles, Limits, MailSettings, PublicUrl, Settings, SmtpSettings};

const DEFAULT_PORT: u16 = 7700;
/// Fewer bytes could be guessed.
const MIN_SECRET_BYTES: usize = 32;

/// What the command line says.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    pub config: Option<PathBuf>,
    pub data_dir: Option<PathBuf>,
    pub listen: Option<SocketAddr>,
    /// The data folder when nothing names one.
    pub default_data_dir: Option<PathBuf>,
}

pub fn resolve(overrides: &Overrides, environment: &Environment) -> Result<Settings, Problem> {
    environment.check_names()?;
    let file = match &overrides.config {
        Some(path) => file::read(path)?,
        None => ConfigFile::default(),
    };
    let data_folder = overrides
        .data_dir
        .clone()
        .or_else(|| environment.get("RAPPORT_DATA").map(PathBuf::from))
        .or_else(|| file.data_dir.clone())
        .or_else(|| overrides.default_data_dir.clone())
        .unwrap_or_else(|| PathBuf::from("data"));
    let listen = match overrides.listen {
        Some(listen) => listen,
        None => from_environment(environment, "RAPPORT_LISTEN", "write it as 127.0.0.1:7700")?
            .or(file.listen)
            .unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT))),
    };
    let public_url = match environment.get("RAPPORT_PUBLIC_URL") {
        Some(url) => Some(web_address(url).map_err(|what| {
            Problem::of_key("RAPPORT_PUBLIC_URL", what, "write it as https://inbox.example.org")
        })?),
        None => file.public_url.clone(),
    };
    let public_url = public_url.map_or(PublicUrl::FromListener, PublicUrl::Given);
    let database = environment.get("RAPPORT_DATABASE_URL").or(file.database_url.as_deref());
    let database = match database {
        Some(url) => database_at(url, overrides, environment)?,
        None => DatabaseUrl::Sqlite(data_folder.join("rapport.db")),
    };
    Ok(Settings {
        listen,
        database,
        secret_key: secret_key(environment)?,
        smtp: smtp(overrides, environment, &file.smtp, &public_url)?,
        public_url,
        data_folder,
        allow_hosts: allow_hosts(environment, file.network.allow_hosts)?,
        trusted_proxies: file.network.trusted_proxies.unwrap_or_default(),
        limits: limits(&file.limits),
        mail: MailSettings {
            trusted_authserv_ids: file.mail.trusted_authserv_ids.unwrap_or_default(),
            additional_roots_pem: file
                .mail
                .additional_roots
                .map(|path| read_pem(overrides, "mail.additional_roots", &path))
                .transpose()?,
        },
        log: environment
            .get("RAPPORT_LOG")
            .map(str::to_owned)
            .or(file.log)
            .unwrap_or_else(|| "info".to_owned()),
    })
}

fn from_environment<T: FromStr<Err: std::fmt::Display>>(
    environment: &Environment,
    name: &str,
    remedy: &str,
) -> Result<Option<T>, Problem> {
    let parse = |text: &str| {
        text.parse().map_err(|error| Problem::of_key(name, format!("{text:?}: {error}"), remedy))
    };
    environment.get(name).map(parse).transpose()
}

/// A path is taken for SQLite only when it looks like one: a misspelt address would otherwise begin an empty database.
fn database_at(url: &str, overrides: &Overrides, environment: &Environment) -> Result<DatabaseUrl, Problem> {
    let refuse = |what: String| {
        let remedy = "write postgres://…, or the path of an SQLite file";
        match environment.get("RAPPORT_DATABASE_URL") {
            Some(_) => Problem::of_key("RAPPORT_DATABASE_URL", what, remedy),
            None => in_file(overrides, "database_url", &what, remedy),
        }
    };
    let path = match DatabaseUrl::parse(url) {
        known @ DatabaseUrl::Postgres(_) => return Ok(known),
        DatabaseUrl::Sqlite(path) => path,
    };
    // The address may hold a password, so that only its beginning is repeated.
    if let Some((scheme, rest)) = url.split_once("://")
        && !(scheme == "sqlite" && rest.starts_with('/'))
    {
        return Err(refuse(format!("addresses that begin with {scheme:?} are not known")));
    }
    let text = path.to_string_lossy();
    let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
    if scheme.len() > 1 && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+') {
        return Err(refuse(format!("addresses that begin with {scheme:?} are not known")));
    }
    if text.contains("host=") || text.contains("dbname=") {
        return Err(refuse("is neither an address nor a path".to_owned()));
    }
    Ok(DatabaseUrl::Sqlite(path))
}

fn secret_key(environment: &Environment) -> Result<Option<Vec<u8>>, Problem> {
    match environment.get("RAPPORT_SECRET_KEY") {
        Some(secret) if secret.len() < MIN_SECRET_BYTES => Err(Problem::of_key(
            "RAPPORT_SECRET_KEY",
            format!("has fewer than {MIN_SECRET_BYTES} characters"),
            "make one with: openssl rand -hex 32",
        )),
        secret => Ok(secret.map(|secret| secret.as_bytes().to_vec())),
    }
}

fn smtp(
    overrides: &Overrides,
    environment: &Environment,
    section: &SmtpSection,
    public_url: &PublicUrl,
) -> Result<SmtpSettings, Problem> {
    let tls = match (&section.tls_certificate, &section.tls_key) {
        (Some(certificate), Some(key)) => {
            Some(CertificateFiles { certificate: certificate.clone(), key: key.clone() })
        }
        (None, None) => None,
        (Some(_), None) => {
            return Err(in_file(overrides, "smtp.tls_key", "is missing", "name the key's file as well"));
        }
        (None, Some(_)) => {
            return Err(in_file(
                overrides,
                "smtp.tls_certificate",
                "is missing",
                "name the certificate's file as well",
            ));
        }
    };
    let listen = from_environment(environment, "RAPPORT_SMTP_LISTEN", "write it as 127.0.0.1:2525")?;
    let host_name = section.host_name.clone().unwrap_or_else(|| host_of(public_url));
    Ok(SmtpSettings { listen: listen.or(section.listen), lmtp_listen: section.lmtp_listen, host_name, tls })
}

/// Mail servers greet with a name, so the one that people use is the best guess.
fn host_of(public_url: &PublicUrl) -> String {
    let PublicUrl::Given(url) = public_url else { return "localhost".to_owned() };
    let authority = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let host = authority.split(['/', ':']).next().unwrap_or_default();
    if host.is_empty() { "localhost".to_owned() } else { host.to_owned() }
}

fn allow_hosts(
    environment: &Environment,
    in_file: Option<Vec<AllowRule>>,
) -> Result<Vec<AllowRule>, Problem> {
    let Some(list) = environment.get("RAPPORT_ALLOW_HOSTS") else { return Ok(in_file.unwrap_or_default()) };
    list.split(',')
        .map(str::trim)
        .filter(|rule| !rule.is_empty())
        .map(|rule| {
            rule.parse().map_err(|error| {
                Problem::of_key(
                    "RAPPORT_ALLOW_HOSTS",
                    format!("{error}"),
                    "write hosts or networks, separated by commas",
                )
            })
        })
        .collect()
}

fn limits(section: &super::file::LimitsSection) -> Limits {
    let defaults = EngineConfig::default();
    let days =
        |given: Option<u64>, default: i64| given.and_then(|days| i64::try_from(days).ok()).unwrap_or(default);
    Limits {
        max_attachment_bytes: section.max_attachment_bytes.unwrap_or(defaults.max_attachment_bytes),
        max_email_bytes: section
            .max_email_bytes
            .and_then(|bytes| usize::try_from(bytes).ok())
            .unwrap_or(defaults.max_email_bytes),
        session_days: days(section.session_days, defaults.session_days),
        invitation_days: days(section.invitation_days, defaults.invitation_days),
        chat_email_after_seconds: days(section.chat_email_after_seconds, defaults.chat_email_after_seconds),
    }
}

fn read_pem(overrides: &Overrides, key: &str, path: &Path) -> Result<String, Problem> {
    std::fs::read_to_string(path).map_err(|error| {
        let what = format!("{} cannot be read: {error}", path.display());
        in_file(overrides, key, &what, "name a readable PEM file")
    })
}

fn in_file(overrides: &Overrides, key: &str, what: &str, remedy: &str) -> Problem {
    Problem { file: overrides.config.clone(), ..Problem::of_key(key, what, remedy) }
}

/// A web address of a server, without path or slash at its end.
pub(super) fn web_address(text: &str) -> Result<String, String> {
    let text = text.trim().trim_end_matches('/');
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let authority = rest.ok_or("is not a web address: it begins with neither https:// nor http://")?;
    let plain = !authority.is_empty()
        && authority
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']'));
    if plain { Ok(text.to_owned()) } else { Err("is not a web address of a server alone".to_owned()) }
}
