//! The root certificates that this machine trusts, for every client connection with TLS.

use std::sync::OnceLock;

use tokio_rustls::rustls::pki_types::CertificateDer;

/// Read once: the system's store takes milliseconds to parse.
pub(crate) fn system() -> &'static [CertificateDer<'static>] {
    static ROOTS: OnceLock<Vec<CertificateDer<'static>>> = OnceLock::new();
    ROOTS.get_or_init(|| rustls_native_certs::load_native_certs().certs)
}
