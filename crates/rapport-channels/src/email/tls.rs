//! Streams to and from mail servers that may become TLS, and the certificates on both ends.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    ClientConfig, DigitallySignedStruct, Error as RustlsError, RootCertStore, ServerConfig, SignatureScheme,
};
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

use super::types::ServerSettings;

/// A connection before or after TLS.
pub(crate) enum MailStream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("the server name is not valid for TLS")]
    InvalidServerName,
    #[error("no trusted root certificates were found on this system")]
    NoRoots,
    #[error("a certificate or key could not be read")]
    InvalidPem,
    #[error("the server's certificate is not trusted: {0}")]
    Certificate(String),
    #[error("the TLS handshake failed: {0}")]
    Handshake(String),
    #[error("a certificate could not be made: {0}")]
    Generation(String),
}

/// Starts TLS as a client of `settings.host`.
pub(crate) async fn connect_tls(
    stream: TcpStream,
    settings: &ServerSettings,
) -> Result<MailStream, TlsError> {
    let name = settings.host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_owned();
    let name = ServerName::try_from(name).map_err(|_| TlsError::InvalidServerName)?;
    let connector = TlsConnector::from(Arc::new(client_config(settings)?));
    match connector.connect(name, stream).await {
        Ok(stream) => Ok(MailStream::Tls(Box::new(stream.into()))),
        Err(error) => {
            let cause = error.get_ref().and_then(|inner| inner.downcast_ref::<RustlsError>());
            Err(match cause {
                Some(RustlsError::InvalidCertificate(reason)) => TlsError::Certificate(reason.to_string()),
                _ => TlsError::Handshake(error.to_string()),
            })
        }
    }
}

fn client_config(settings: &ServerSettings) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError::Handshake(error.to_string()))?;
    if !settings.verify_certificates {
        return Ok(builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AcceptAnyCertificate(provider)))
            .with_no_client_auth());
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(crate::roots::system().iter().cloned());
    if let Some(pem) = &settings.additional_roots_pem {
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let certificate = certificate.map_err(|_| TlsError::InvalidPem)?;
            roots.add(certificate).map_err(|_| TlsError::InvalidPem)?;
        }
    }
    if roots.is_empty() {
        return Err(TlsError::NoRoots);
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// For accounts whose administrator has switched verification off, with a warning in view.
#[derive(Debug)]
struct AcceptAnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AcceptAnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, RustlsError> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// The certificate with which our own listener offers STARTTLS.
#[derive(Clone)]
pub struct ServerTls {
    acceptor: TlsAcceptor,
}

/// A fresh self-signed certificate; the caller keeps it, so that peers see the same one again.
#[derive(Clone)]
pub struct GeneratedCertificate {
    pub certificate_pem: String,
    pub private_key_pem: String,
}

impl ServerTls {
    pub fn from_pem(certificate_pem: &str, private_key_pem: &str) -> Result<Self, TlsError> {
        let chain = CertificateDer::pem_slice_iter(certificate_pem.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| TlsError::InvalidPem)?;
        let key =
            PrivateKeyDer::from_pem_slice(private_key_pem.as_bytes()).map_err(|_| TlsError::InvalidPem)?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::Handshake(error.to_string()))?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(|_| TlsError::InvalidPem)?;
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)) })
    }

    /// Makes a self-signed certificate for `host_name`. SMTP peers use TLS without verifying it.
    pub fn generate(host_name: &str) -> Result<GeneratedCertificate, TlsError> {
        let certified = rcgen::generate_simple_self_signed(vec![host_name.to_owned()])
            .map_err(|error| TlsError::Generation(error.to_string()))?;
        Ok(GeneratedCertificate {
            certificate_pem: certified.cert.pem(),
            private_key_pem: certified.signing_key.serialize_pem(),
        })
    }

    pub(crate) async fn accept(&self, stream: TcpStream) -> std::io::Result<MailStream> {
        Ok(MailStream::Tls(Box::new(self.acceptor.accept(stream).await?.into())))
    }
}

impl AsyncRead for MailStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            MailStream::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            MailStream::Tls(stream) => Pin::new(stream.as_mut()).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for MailStream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        match self.get_mut() {
            MailStream::Plain(stream) => Pin::new(stream).poll_write(context, data),
            MailStream::Tls(stream) => Pin::new(stream.as_mut()).poll_write(context, data),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            MailStream::Plain(stream) => Pin::new(stream).poll_flush(context),
            MailStream::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            MailStream::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            MailStream::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(context),
        }
    }
}
