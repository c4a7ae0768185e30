//! The listeners that other mail servers deliver to, and the certificate they show.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use rapport_channels::email::smtp_server::{self, Protocol, ServerTls, SmtpLimits, SmtpServerSettings};
use rapport_engine::Engine;
use rapport_engine::ingest::Listener;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::{CertificateFiles, SmtpSettings};
use crate::secret::{read_optional, write_private};

const CERTIFICATE_FILE: &str = "smtp-cert.pem";
const KEY_FILE: &str = "smtp-key.pem";

/// Sockets that are open but take nothing in yet.
pub struct MailListeners {
    smtp: Option<TcpListener>,
    lmtp: Option<TcpListener>,
    host_name: String,
    tls: Option<ServerTls>,
    message_bytes: usize,
}

impl MailListeners {
    /// Opens what is configured. Taken ports and bad certificates are errors now rather than later.
    pub async fn open(settings: &SmtpSettings, data_folder: &Path, message_bytes: usize) -> Result<Self> {
        let smtp = bind_optional(settings.listen, "smtp.listen (RAPPORT_SMTP_LISTEN)").await?;
        let lmtp = bind_optional(settings.lmtp_listen, "smtp.lmtp_listen").await?;
        let tls = match (&smtp, &settings.tls) {
            (None, _) => None,
            (Some(_), Some(files)) => Some(load_certificate(files)?),
            (Some(_), None) => Some(own_certificate(data_folder, &settings.host_name)?),
        };
        Ok(Self { smtp, lmtp, host_name: settings.host_name.clone(), tls, message_bytes })
    }

    /// Takes an open socket instead of the configured address.
    pub fn with_smtp(mut self, listener: TcpListener) -> Self {
        self.smtp = Some(listener);
        self
    }

    pub fn smtp_address(&self) -> Option<SocketAddr> {
        self.smtp.as_ref().and_then(|listener| listener.local_addr().ok())
    }

    pub fn lmtp_address(&self) -> Option<SocketAddr> {
        self.lmtp.as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// Takes mail in until `shutdown` turns true.
    pub fn start(self, engine: &Engine, shutdown: &watch::Receiver<bool>, tasks: &mut JoinSet<()>) {
        let receiver = Arc::new(Listener::new(engine.clone()));
        let limits = SmtpLimits { message_bytes: self.message_bytes, ..SmtpLimits::default() };
        for (listener, protocol) in [(self.smtp, Protocol::Smtp), (self.lmtp, Protocol::Lmtp)] {
            let Some(listener) = listener else { continue };
            // LMTP is spoken by a mail server on this machine, which has no use for TLS.
            let tls = if protocol == Protocol::Smtp { self.tls.clone() } else { None };
            let settings = SmtpServerSettings { host_name: self.host_name.clone(), protocol, tls, limits };
            tasks.spawn(smtp_server::serve(listener, settings, receiver.clone(), shutdown.clone()));
        }
    }
}

/// Finds out whether the listeners could be opened, without keeping or creating anything.
pub async fn check(settings: &SmtpSettings) -> Result<()> {
    drop(bind_optional(settings.listen, "smtp.listen (RAPPORT_SMTP_LISTEN)").await?);
    drop(bind_optional(settings.lmtp_listen, "smtp.lmtp_listen").await?);
    settings.tls.as_ref().map(load_certificate).transpose()?;
    Ok(())
}

async fn bind_optional(address: Option<SocketAddr>, key: &str) -> Result<Option<TcpListener>> {
    match address {
        Some(address) => bind(address, key).await.map(Some),
        None => Ok(None),
    }
}

/// Opens a socket, or says in one line which setting to change.
pub async fn bind(address: SocketAddr, key: &str) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        let remedy = match error.kind() {
            std::io::ErrorKind::AddrInUse => "another program listens there: stop it, or choose another port",
            std::io::ErrorKind::PermissionDenied => "ports below 1024 need permission: choose a higher one",
            _ => "choose an address of this machine",
        };
        anyhow::anyhow!("{key}: cannot listen on {address}: {error} — {remedy}")
    })
}

fn load_certificate(files: &CertificateFiles) -> Result<ServerTls> {
    let read = |key: &str, path: &Path| {
        fs::read_to_string(path)
            .with_context(|| format!("{key}: {} cannot be read — name a readable PEM file", path.display()))
    };
    let certificate = read("smtp.tls_certificate", &files.certificate)?;
    let key = read("smtp.tls_key", &files.key)?;
    ServerTls::from_pem(&certificate, &key).map_err(|error| {
        anyhow::anyhow!(
            "smtp.tls_certificate: {} and {} do not work together: {error} — name a certificate chain and its own key",
            files.certificate.display(),
            files.key.display()
        )
    })
}

/// The self-signed certificate of this folder, made on the first start and kept, so that peers see the same again.
fn own_certificate(data_folder: &Path, host_name: &str) -> Result<ServerTls> {
    let (certificate_path, key_path) = (data_folder.join(CERTIFICATE_FILE), data_folder.join(KEY_FILE));
    let kept = read_optional(&certificate_path)?.zip(read_optional(&key_path)?);
    let (certificate, key) = match kept {
        Some(kept) => kept,
        None => {
            let made = ServerTls::generate(host_name).with_context(|| {
                format!("no certificate can be made for {host_name} — check smtp.host_name")
            })?;
            write_private(&key_path, &made.private_key_pem)?;
            write_private(&certificate_path, &made.certificate_pem)?;
            (made.certificate_pem, made.private_key_pem)
        }
    };
    ServerTls::from_pem(&certificate, &key).with_context(|| {
        format!("{} is damaged — delete it, and a new one is made", certificate_path.display())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(tls: Option<CertificateFiles>) -> SmtpSettings {
        let listen = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
        SmtpSettings { listen, lmtp_listen: None, host_name: "mail.example.org".into(), tls }
    }

    #[tokio::test]
    async fn the_certificate_stays_the_same_over_restarts() {
        let folder = tempfile::tempdir().expect("a folder");
        let open = async || {
            let listeners = MailListeners::open(&settings(None), folder.path(), 1_000).await.expect("opens");
            assert!(listeners.smtp_address().is_some());
            fs::read_to_string(folder.path().join(CERTIFICATE_FILE)).expect("was written")
        };
        assert_eq!(open().await, open().await);
    }

    #[tokio::test]
    async fn a_bad_pair_of_certificate_and_key_is_one_clear_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let (certificate, key) = (folder.path().join("a.pem"), folder.path().join("b.pem"));
        fs::write(&certificate, ServerTls::generate("a.example").expect("makes one").certificate_pem)
            .expect("writes");
        fs::write(&key, ServerTls::generate("b.example").expect("makes one").private_key_pem)
            .expect("writes");
        let files = CertificateFiles { certificate, key };
        let refusal =
            MailListeners::open(&settings(Some(files)), folder.path(), 1_000).await.err().expect("refuses");
        let line = format!("{refusal:#}");
        assert!(line.starts_with("smtp.tls_certificate: ") && !line.contains('\n'), "{line}");
    }

    #[tokio::test]
    async fn a_taken_port_names_the_setting() {
        let taken = TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let address = taken.local_addr().expect("has an address");
        let line = bind(address, "listen").await.expect_err("is taken").to_string();
        assert!(line.starts_with(&format!("listen: cannot listen on {address}")), "{line}");
    }
}
