//! Encrypted connections to PostgreSQL: `sslmode=require` in the URL, checked against the machine's certificate
//! store (or the file that `SSL_CERT_FILE` names). Without it, connections are plain: a socket or the loopback.

use std::sync::{Arc, OnceLock};

use postgres::config::SslMode;
use postgres::error::SqlState;
use postgres::{Client, Config, NoTls};
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::postgres::describe;
use crate::Error;

pub(super) fn connect(config: &Config) -> Result<Client, Error> {
    let connected = if config.get_ssl_mode() == SslMode::Require {
        config.connect(MakeRustlsConnect::new(client_config()?))
    } else {
        config.connect(NoTls)
    };
    connected.map_err(|error| match error.code() {
        // A wrong password or an unknown database does not get better by waiting.
        Some(code) if !may_pass(code) => Error::Database(describe(&error)),
        _ => Error::Unavailable(describe(&error)),
    })
}

/// The server is starting, stopping or full.
fn may_pass(code: &SqlState) -> bool {
    ["57P", "53", "08"].iter().any(|class| code.code().starts_with(class))
}

/// Read once: the certificate store is a large file.
fn client_config() -> Result<ClientConfig, Error> {
    static CONFIG: OnceLock<ClientConfig> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return Ok(config.clone());
    }
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (usable, _) = roots.add_parsable_certificates(found.certs);
    if usable == 0 {
        return Err(Error::Unavailable(
            "sslmode=require, but this machine trusts no certificate authority".to_owned(),
        ));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Database(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(CONFIG.get_or_init(|| config).clone())
}
