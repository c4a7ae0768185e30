//! A self-signed certificate for the mail servers of one test.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

/// Where a certificate and its key are, both as PEM.
pub(super) struct CertificateFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// Creates a certificate for `localhost` and the loopback address in `folder`.
pub(super) fn create(folder: &Path) -> Result<CertificateFiles> {
    let names = ["localhost", "127.0.0.1", "mail.test"].map(String::from);
    let made = rcgen::generate_simple_self_signed(names)?;
    let files =
        CertificateFiles { certificate: folder.join("certificate.pem"), key: folder.join("private-key.pem") };
    fs::write(&files.certificate, made.cert.pem())?;
    fs::write(&files.key, made.signing_key.serialize_pem())?;
    Ok(files)
}
