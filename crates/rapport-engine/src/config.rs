//! What an administrator decides about a server, as far as the use cases need it.

use rapport_channels::guard::OutboundPolicy;

#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// How people and mail readers reach this server, without a slash at the end.
    pub public_url: String,
    /// The name we greet other mail servers with.
    pub mail_host_name: String,
    /// Which private hosts connections may go to.
    pub outbound_policy: OutboundPolicy,
    /// PEM certificates trusted for mail servers beside the system's.
    pub additional_roots_pem: Option<String>,
    pub session_days: i64,
    pub invitation_days: i64,
    /// The largest file that may be uploaded or mailed out.
    pub max_attachment_bytes: u64,
    /// The largest mail that is taken in.
    pub max_email_bytes: usize,
    /// Names that our own mail servers write at the start of `Authentication-Results`.
    pub trusted_authserv_ids: Vec<String>,
    /// How long an unread chat answer waits before it goes out by email as well.
    pub chat_email_after_seconds: i64,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            public_url: "http://localhost:7700".into(),
            mail_host_name: "localhost".into(),
            outbound_policy: OutboundPolicy::default(),
            additional_roots_pem: None,
            session_days: 30,
            invitation_days: 7,
            max_attachment_bytes: 25 * 1024 * 1024,
            max_email_bytes: 50 * 1024 * 1024,
            trusted_authserv_ids: Vec::new(),
            chat_email_after_seconds: 600,
        }
    }
}
