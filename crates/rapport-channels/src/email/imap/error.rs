//! What can go wrong with a mailbox's server, sorted by what to do about it.

use crate::email::tls::TlsError;
use crate::guard::GuardError;
use crate::oauth::TokenError;

#[derive(Debug, thiserror::Error)]
pub(crate) enum ImapError {
    #[error(transparent)]
    Guard(#[from] GuardError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("the server does not offer STARTTLS")]
    StartTlsMissing,
    #[error("the server offers no login method that we know")]
    NoMechanism,
    #[error("the login was refused: {0}")]
    LoginRefused(String),
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error("the server refused: {0}")]
    Refused(String),
    #[error("the server said goodbye: {0}")]
    Bye(String),
    #[error("the server's answer was not understood: {0}")]
    Protocol(&'static str),
    #[error("the answer is larger than allowed")]
    TooLarge,
    #[error("the connection was closed")]
    Cut,
    #[error("the server did not answer in time")]
    TimedOut,
}
