//! What becomes of a submission: the receipt, or what to do about the failure.

use std::time::Duration;

use crate::email::inbound::enhanced_code;
use crate::email::tls::TlsError;
use crate::email::types::ServerSettings;
use crate::guard::GuardError;
use crate::oauth::TokenError;

const MAX_REASON_CHARACTERS: usize = 300;

/// Where and as whom mail is submitted.
#[derive(Debug, Clone)]
pub struct SubmitSettings {
    pub server: ServerSettings,
    /// The name given in EHLO, the host name of this installation.
    pub helo_name: String,
    pub timeouts: SubmitTimeouts,
}

#[derive(Debug, Clone, Copy)]
pub struct SubmitTimeouts {
    pub connect: Duration,
    /// For each command and its answer.
    pub command: Duration,
    /// For the answer after the final dot, while the server stores and scans.
    pub completion: Duration,
}

impl Default for SubmitTimeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            command: Duration::from_secs(60),
            completion: Duration::from_secs(300),
        }
    }
}

/// The server has taken responsibility for the message, for all but the refused recipients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmitReceipt {
    pub response: String,
    /// The queue id in the answer, when there is one.
    pub remote_id: Option<String>,
    pub refused: Vec<RefusedRecipient>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRecipient {
    pub address: String,
    pub code: u16,
    pub enhanced: Option<String>,
    pub reason: String,
    pub permanent: bool,
}

/// What to do about a message that was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// Try again later with the same Message-ID; nothing was delivered.
    #[error("temporary failure: {reason}")]
    Retry { after: Option<Duration>, reason: String, code: Option<String>, refused: Vec<RefusedRecipient> },
    #[error("permanent failure: {reason}")]
    Permanent { reason: String, code: Option<String>, refused: Vec<RefusedRecipient> },
    /// The login was refused.
    #[error("the account must be authorised again: {reason}")]
    Reauthorise { reason: String },
    /// The message was handed over completely, but the answer never came.
    #[error("the outcome is unknown: {reason}")]
    UnknownOutcome { reason: String },
}

/// A failure together with the step at which it happened.
#[derive(Debug)]
pub(crate) enum SmtpFailure {
    Guard(GuardError),
    Tls(TlsError),
    StartTlsMissing,
    NoMechanism,
    LoginRefused(Reply),
    Token(TokenError),
    Refused(Reply),
    AllRecipientsRefused(Vec<RefusedRecipient>),
    TooLarge {
        limit: usize,
    },
    InvalidAddress(String),
    /// An address, or one in the header when it is not named, needs SMTPUTF8, which the server does not offer.
    NotInternational(Option<String>),
    Protocol(&'static str),
    Cut,
    TimedOut,
    CutAfterData(&'static str),
}

#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub code: u16,
    pub lines: Vec<String>,
}

impl Reply {
    pub fn is_positive(&self) -> bool {
        (200..400).contains(&self.code)
    }

    pub fn text(&self) -> String {
        self.lines.join(" ").chars().filter(|c| !c.is_control()).take(MAX_REASON_CHARACTERS).collect()
    }

    pub fn enhanced(&self) -> Option<String> {
        self.lines.first().and_then(|line| line.split_whitespace().next()).and_then(enhanced_code)
    }

    fn best_code(&self) -> String {
        self.enhanced().unwrap_or_else(|| self.code.to_string())
    }
}

pub(super) fn classify(failure: SmtpFailure) -> DeliveryError {
    let retry =
        |reason: String| DeliveryError::Retry { after: None, reason, code: None, refused: Vec::new() };
    let permanent =
        |reason: String, code: Option<String>| DeliveryError::Permanent { reason, code, refused: Vec::new() };
    match failure {
        SmtpFailure::Guard(GuardError::Blocked) => permanent(GuardError::Blocked.to_string(), None),
        SmtpFailure::Guard(error) => retry(error.to_string()),
        SmtpFailure::Tls(error) => retry(error.to_string()),
        SmtpFailure::StartTlsMissing => retry("the server does not offer STARTTLS".to_owned()),
        SmtpFailure::NoMechanism => {
            DeliveryError::Reauthorise { reason: "the server offers no login method that we know".to_owned() }
        }
        SmtpFailure::Token(error) => match error {
            TokenError::Refused(_) => DeliveryError::Reauthorise { reason: error.to_string() },
            TokenError::Unavailable(_) => retry(error.to_string()),
        },
        SmtpFailure::LoginRefused(reply) if reply.code < 500 => retry(reply.text()),
        SmtpFailure::LoginRefused(reply) => DeliveryError::Reauthorise { reason: reply.text() },
        SmtpFailure::Refused(reply) if reply.code == 530 || reply.code == 538 => {
            DeliveryError::Reauthorise { reason: reply.text() }
        }
        SmtpFailure::Refused(reply) if reply.code >= 500 => permanent(reply.text(), Some(reply.best_code())),
        SmtpFailure::Refused(reply) => DeliveryError::Retry {
            after: None,
            reason: reply.text(),
            code: Some(reply.best_code()),
            refused: Vec::new(),
        },
        SmtpFailure::AllRecipientsRefused(refused) => all_refused(refused),
        SmtpFailure::TooLarge { limit } => permanent(
            format!("the message is larger than the server's limit of {limit} bytes"),
            Some("5.3.4".to_owned()),
        ),
        SmtpFailure::InvalidAddress(address) => {
            permanent(format!("not a usable address: {address}"), Some("5.1.3".to_owned()))
        }
        // RFC 6531 §3.7.4.2: the code for just that.
        SmtpFailure::NotInternational(address) => permanent(
            format!(
                "the mail server takes no addresses with letters beyond ASCII: {}",
                address.unwrap_or_else(|| "one in the header".to_owned())
            ),
            Some("5.6.7".to_owned()),
        ),
        SmtpFailure::Protocol(what) => retry(format!("the server's answer was not understood: {what}")),
        SmtpFailure::Cut => retry("the connection was closed".to_owned()),
        SmtpFailure::TimedOut => retry("the server did not answer in time".to_owned()),
        SmtpFailure::CutAfterData(what) => DeliveryError::UnknownOutcome { reason: what.to_owned() },
    }
}

fn all_refused(refused: Vec<RefusedRecipient>) -> DeliveryError {
    let first_temporary = refused.iter().find(|recipient| !recipient.permanent);
    let decisive = first_temporary.or(refused.first());
    let reason = decisive.map(|recipient| recipient.reason.clone()).unwrap_or_default();
    let code = decisive.map(|r| r.enhanced.clone().unwrap_or_else(|| r.code.to_string()));
    if first_temporary.is_some() {
        DeliveryError::Retry { after: None, reason, code, refused }
    } else {
        DeliveryError::Permanent { reason, code, refused }
    }
}
