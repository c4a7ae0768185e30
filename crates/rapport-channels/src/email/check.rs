//! "Test connection": tries an account's servers and says in plain words what to change.
//! Blocked, closed and filtered addresses give one and the same answer, so that it scans no ports.

use super::imap::{ImapError, ImapSettings, check_mailbox};
use super::outbound::{SmtpFailure, SubmitSettings, check_submission};
use super::tls::TlsError;
use super::types::{ServerSettings, TlsMode};
use crate::guard::OutboundPolicy;
use crate::oauth::TokenError;

/// One line of the result, in the order in which things were tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub name: &'static str,
    pub ok: bool,
    pub detail: String,
    /// What the administrator can do about it.
    pub remedy: Option<String>,
}

const REACH: &str = "Reach the server";
const PROTECT: &str = "Protect the connection";
const LOG_IN: &str = "Log in";
const OPEN: &str = "Open the mailbox";

/// Tries the IMAP side.
pub async fn test_inbound(settings: &ImapSettings, policy: &OutboundPolicy) -> Vec<Check> {
    let steps: &[&'static str] = &[REACH, PROTECT, LOG_IN, OPEN];
    match check_mailbox(settings, policy).await {
        Ok(()) => finish(steps, None, &settings.server),
        Err(error) => finish(steps, Some(explain_imap(&error)), &settings.server),
    }
}

/// Tries the SMTP side. Nothing is sent.
pub async fn test_outbound(settings: &SubmitSettings, policy: &OutboundPolicy) -> Vec<Check> {
    let steps: &[&'static str] = &[REACH, PROTECT, LOG_IN];
    match check_submission(settings, policy).await {
        Ok(()) => finish(steps, None, &settings.server),
        Err(error) => finish(steps, Some(explain_smtp(&error)), &settings.server),
    }
}

struct Failure {
    step: &'static str,
    detail: String,
    remedy: &'static str,
}

fn finish(steps: &[&'static str], failure: Option<Failure>, server: &ServerSettings) -> Vec<Check> {
    let failed_step = failure.as_ref().map(|failure| failure.step);
    let mut checks: Vec<Check> = steps
        .iter()
        .take_while(|step| Some(**step) != failed_step)
        .map(|step| passed(step, server))
        .collect();
    if let Some(failure) = failure {
        checks.push(Check {
            name: failure.step,
            ok: false,
            detail: failure.detail,
            remedy: Some(failure.remedy.to_owned()),
        });
    }
    checks
}

fn passed(step: &'static str, server: &ServerSettings) -> Check {
    let (detail, remedy) = match step {
        PROTECT if server.tls == TlsMode::None => (
            "The connection is not encrypted.",
            Some("Choose TLS or STARTTLS unless the server is on this machine."),
        ),
        PROTECT if !server.verify_certificates => (
            "The connection is encrypted, but the certificate is not checked.",
            Some("Turn certificate checking on, so that nobody can pose as the server."),
        ),
        LOG_IN if server.credentials.is_none() => ("No login was needed.", None),
        _ => ("Done.", None),
    };
    Check { name: step, ok: true, detail: detail.to_owned(), remedy: remedy.map(str::to_owned) }
}

fn unreachable() -> Failure {
    Failure {
        step: REACH,
        detail: "No connection could be made to this server.".to_owned(),
        remedy: "Check host name and port. Servers inside your network must be allowed by the operator first.",
    }
}

fn explain_tls(error: &TlsError) -> Failure {
    let remedy = match error {
        TlsError::Certificate(_) => {
            "The certificate does not fit the host name or is not from a known authority. Use the name in the \
             certificate, or add the authority to this account."
        }
        TlsError::NoRoots => "Install the package of root certificates on the machine that runs the server.",
        TlsError::InvalidPem => {
            "The added certificates are not in PEM form. Paste the whole block with its BEGIN and END lines."
        }
        _ => {
            "The server does not speak TLS in this way on this port. Try the other TLS setting, or the other port."
        }
    };
    Failure { step: PROTECT, detail: error.to_string(), remedy }
}

const NO_START_TLS: &str =
    "Choose TLS with its own port (993 for IMAP, 465 for SMTP), or ask the provider for STARTTLS.";
const WRONG_LOGIN: &str =
    "Check user name and password. Many providers want an app password instead of the usual one.";
const NO_METHOD: &str = "Many servers offer a login only on encrypted connections. Choose TLS or STARTTLS, or another kind of login.";
const TRY_LATER: &str =
    "Try again in a few minutes. If it stays, check that host, port and TLS setting belong together.";

fn explain_token(error: &TokenError) -> Failure {
    let remedy = match error {
        TokenError::Refused(_) => {
            "Check client id, client secret and token endpoint, then sign in again and store the new refresh token."
        }
        TokenError::Unavailable(_) => TRY_LATER,
    };
    Failure { step: LOG_IN, detail: error.to_string(), remedy }
}

fn explain_imap(error: &ImapError) -> Failure {
    match error {
        ImapError::Guard(_) => unreachable(),
        ImapError::Tls(error) => explain_tls(error),
        ImapError::StartTlsMissing => {
            Failure { step: PROTECT, detail: error.to_string(), remedy: NO_START_TLS }
        }
        ImapError::NoMechanism => Failure { step: LOG_IN, detail: error.to_string(), remedy: NO_METHOD },
        ImapError::Token(error) => explain_token(error),
        ImapError::LoginRefused(_) => {
            Failure { step: LOG_IN, detail: error.to_string(), remedy: WRONG_LOGIN }
        }
        ImapError::Refused(_) => Failure {
            step: OPEN,
            detail: error.to_string(),
            remedy: "Check the name of the mailbox; the usual one is INBOX.",
        },
        _ => Failure { step: PROTECT, detail: error.to_string(), remedy: TRY_LATER },
    }
}

fn explain_smtp(error: &SmtpFailure) -> Failure {
    match error {
        SmtpFailure::Guard(_) => unreachable(),
        SmtpFailure::Tls(error) => explain_tls(error),
        SmtpFailure::StartTlsMissing => Failure {
            step: PROTECT,
            detail: "The server does not offer STARTTLS.".to_owned(),
            remedy: NO_START_TLS,
        },
        SmtpFailure::NoMechanism => Failure {
            step: LOG_IN,
            detail: "The server offers no login method that we know.".to_owned(),
            remedy: NO_METHOD,
        },
        SmtpFailure::Token(error) => explain_token(error),
        SmtpFailure::LoginRefused(reply) => {
            Failure { step: LOG_IN, detail: reply.text(), remedy: WRONG_LOGIN }
        }
        SmtpFailure::Refused(reply) => Failure { step: PROTECT, detail: reply.text(), remedy: TRY_LATER },
        _ => Failure {
            step: PROTECT,
            detail: "The server did not answer as a mail server does.".to_owned(),
            remedy: TRY_LATER,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::email::imap::FirstSync;
    use crate::email::{SubmitTimeouts, TlsMode};

    fn server(port: u16) -> ServerSettings {
        ServerSettings {
            host: "127.0.0.1".into(),
            port,
            tls: TlsMode::None,
            verify_certificates: true,
            additional_roots_pem: None,
            credentials: None,
        }
    }

    #[tokio::test]
    async fn open_closed_and_blocked_ports_look_the_same() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open_port = listener.local_addr().unwrap().port();
        let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let closed_port = closed.local_addr().unwrap().port();
        drop(closed);
        let mut answers = Vec::new();
        for port in [open_port, closed_port] {
            let timeouts = SubmitTimeouts { connect: Duration::from_secs(2), ..SubmitTimeouts::default() };
            let submit = SubmitSettings { server: server(port), helo_name: "c".into(), timeouts };
            answers.push(test_outbound(&submit, &OutboundPolicy::default()).await);
            let imap = ImapSettings {
                server: server(port),
                mailbox: "INBOX".into(),
                first_sync: FirstSync::FromNow,
                mark_seen: false,
                max_message_bytes: 1,
                poll_interval: Duration::from_secs(1),
                resync_days: 1,
                jitter_seed: 0,
                clock: Arc::new(|| jiff::Timestamp::UNIX_EPOCH),
            };
            answers.push(test_inbound(&imap, &OutboundPolicy::default()).await);
        }
        assert!(answers.iter().all(|answer| *answer == answers[0] && answer.len() == 1 && !answer[0].ok));
        // A port that is allowed but closed is told in the same words as well.
        let allowed = OutboundPolicy { allow: vec!["127.0.0.1".parse().unwrap()] };
        let submit = SubmitSettings {
            server: server(closed_port),
            helo_name: "c".into(),
            timeouts: SubmitTimeouts::default(),
        };
        assert_eq!(test_outbound(&submit, &allowed).await, answers[0]);
    }
}
