//! The plain data that the e-mail adapter exchanges with the rest of the product.
//! Nothing here knows about conversations or the store; ids are passed in as text or bytes.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::oauth::TokenError;

/// A mailbox with an optional display name.
/// `address` keeps the local part as written and has a lower-case domain.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EmailAddress {
    pub name: Option<String>,
    pub address: String,
}

impl EmailAddress {
    pub fn new(address: impl Into<String>) -> Self {
        Self { name: None, address: address.into() }
    }

    pub fn named(name: impl Into<String>, address: impl Into<String>) -> Self {
        Self { name: Some(name.into()), address: address.into() }
    }
}

/// Bounds on what one message may cost. Beyond them the message is kept raw and flagged.
#[derive(Debug, Clone)]
pub struct ParseLimits {
    /// Messages larger than this are not taken apart.
    pub total_bytes: usize,
    /// Header bytes of the top level that are looked at.
    pub header_bytes: usize,
    pub depth: usize,
    pub parts: usize,
    pub addresses: usize,
    pub references: usize,
    pub attachments: usize,
    pub attachment_bytes: usize,
    /// Text and HTML bodies are cut at this many bytes each.
    pub body_bytes: usize,
}

impl Default for ParseLimits {
    fn default() -> Self {
        Self {
            total_bytes: 50 * 1024 * 1024,
            header_bytes: 256 * 1024,
            depth: 20,
            parts: 1_000,
            addresses: 500,
            references: 100,
            attachments: 100,
            attachment_bytes: 40 * 1024 * 1024,
            body_bytes: 2 * 1024 * 1024,
        }
    }
}

/// What the parser must know about the receiving side.
#[derive(Debug, Clone, Default)]
pub struct ParseContext {
    /// Every address that belongs to this installation's e-mail accounts.
    pub own_addresses: Vec<String>,
    /// The ids of those accounts, as our loop header names them.
    pub own_accounts: Vec<String>,
    /// Names that our own mail servers write at the start of `Authentication-Results`.
    pub trusted_authserv_ids: Vec<String>,
    pub limits: ParseLimits,
}

/// An inbound message taken apart. Strings never contain NUL and are valid UTF-8.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParsedEmail {
    /// Without angle brackets.
    pub message_id: String,
    /// The message had no usable Message-ID; `message_id` is a hash of its content.
    pub message_id_synthesised: bool,
    pub in_reply_to: Vec<String>,
    /// Oldest first, newest last, as in the header.
    pub references: Vec<String>,
    /// `None` when no address could be read from the From header.
    pub from: Option<EmailAddress>,
    pub sender: Option<EmailAddress>,
    pub reply_to: Vec<EmailAddress>,
    pub to: Vec<EmailAddress>,
    pub cc: Vec<EmailAddress>,
    pub bcc: Vec<EmailAddress>,
    /// Delivered-To, X-Original-To, Envelope-To: candidates for reply tokens and account look-up.
    pub delivered_to: Vec<String>,
    /// `Some("")` is the null sender of bounces.
    pub return_path: Option<String>,
    pub subject: String,
    /// What the sender claims; order by the time of receipt instead.
    pub date: Option<Timestamp>,
    /// Plain text body; derived from the HTML when the message has none.
    pub text: String,
    /// HTML body as received. Never show it without `html::sanitize`.
    pub html: Option<String>,
    /// `text` without the quoted history and signature.
    pub visible_text: String,
    pub has_quote: bool,
    pub attachments: Vec<ParsedAttachment>,
    pub automatic: Automatic,
    pub dsn: Option<Dsn>,
    pub feedback: Option<FeedbackReport>,
    /// METHOD of an iCalendar part, upper case: REQUEST, REPLY, CANCEL.
    pub calendar_method: Option<String>,
    pub is_read_receipt: bool,
    /// Only from an `Authentication-Results` header of a trusted server.
    pub authentication: Option<AuthenticationResults>,
    /// Value of our own loop header when present: the account that sent the message.
    pub loop_account: Option<String>,
    pub unsubscribe: Option<String>,
    pub warnings: Vec<ParseWarning>,
    /// The structure was beyond the limits: only headers and a readable text were taken.
    pub raw_only: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ParsedAttachment {
    /// Safe to show and to offer as a download name.
    pub file_name: String,
    /// What the content is, from its first bytes where they tell, else what was declared.
    pub media_type: String,
    pub declared_media_type: Option<String>,
    /// Without angle brackets.
    pub content_id: Option<String>,
    /// Referred to by the HTML body or marked inline.
    pub inline: bool,
    pub kind: AttachmentKind,
    pub bytes: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentKind {
    #[default]
    File,
    /// A forwarded message kept whole.
    Message,
    Calendar,
    /// Outlook's winmail.dat container, kept as it is.
    Tnef,
    Encrypted,
    Signature,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Automatic {
    pub kind: AutoKind,
    /// The header or address that decided, in plain words; empty for `AutoKind::No`.
    pub reason: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AutoKind {
    #[default]
    No,
    AutoReply,
    List,
    Bounce,
    Feedback,
    Receipt,
    CalendarReply,
    OwnLoop,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dsn {
    pub recipients: Vec<DsnRecipient>,
    /// Message-ID of the returned message, without brackets.
    pub original_message_id: Option<String>,
    /// Token part of the `bounces+<token>@` address it came to; verify it before acting.
    pub verp_token: Option<String>,
    /// The report was recognised by its wording only.
    pub guessed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DsnRecipient {
    pub address: String,
    pub action: DsnAction,
    /// Enhanced status code such as `5.1.1`.
    pub status: Option<String>,
    pub diagnostic: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DsnAction {
    Failed,
    Delayed,
    Delivered,
    Relayed,
    Expanded,
}

impl DsnRecipient {
    /// True when the address will not work later either.
    pub fn is_permanent_failure(&self) -> bool {
        self.action == DsnAction::Failed && self.status.as_deref().is_none_or(|code| code.starts_with('5'))
    }
}

/// An abuse report from a mailbox provider (RFC 5965).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedbackReport {
    pub feedback_type: String,
    pub original_recipient: Option<String>,
    pub original_message_id: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthenticationResults {
    /// Lower-case results such as `pass`, `fail`, `none`.
    pub dmarc: Option<String>,
    pub spf: Option<String>,
    pub dkim: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParseWarning {
    MissingFrom,
    DuplicateFrom,
    /// The display name looks like a different address.
    MisleadingName,
    /// The sender's domain mixes scripts or holds invisible characters.
    ConfusableDomain,
    ReplyToDiffers,
    MissingMessageId,
    HeaderTruncated,
    TooManyAddresses,
    TooManyParts,
    TooDeep,
    TooLarge,
    BodyTruncated,
    AttachmentsDropped,
    UnknownCharset,
    InvalidText,
    Encrypted,
}

/// Who a message is from and for on the wire, apart from its headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// `None` is the null sender `<>`.
    pub sender: Option<String>,
    pub recipients: Vec<String>,
}

/// An inbound envelope with what is known about the peer that handed it over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedEnvelope {
    pub envelope: Envelope,
    pub peer: Option<IpAddr>,
    pub helo: String,
    pub tls: bool,
    pub smtp_utf8: bool,
}

/// A message to be composed. Line breaks and NUL in one-line fields are removed, never sent.
#[derive(Debug, Clone)]
pub struct OutgoingEmail {
    pub from: EmailAddress,
    pub to: Vec<EmailAddress>,
    pub cc: Vec<EmailAddress>,
    /// The reply-token address, when replies are to be matched by it.
    pub reply_to: Option<EmailAddress>,
    pub subject: String,
    /// Without angle brackets.
    pub message_id: String,
    pub in_reply_to: Option<String>,
    /// Oldest first.
    pub references: Vec<String>,
    pub date: Timestamp,
    pub text: String,
    pub html: Option<String>,
    pub attachments: Vec<OutgoingAttachment>,
    pub automatic: OutgoingAutomatic,
    /// Value of the loop header, the sending account's id.
    pub loop_account: String,
    /// One-click unsubscribe for campaigns.
    pub list_unsubscribe: Option<ListUnsubscribe>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutgoingAutomatic {
    /// Written by a person or an agent in answer to a customer.
    #[default]
    No,
    /// Sent in reaction to a message, such as an acknowledgement.
    AutoReplied,
    /// Sent on our own account, such as a notification or a campaign.
    AutoGenerated,
}

#[derive(Debug, Clone)]
pub struct ListUnsubscribe {
    pub https_url: String,
    pub mailto: Option<String>,
}

#[derive(Debug, Clone)]
pub struct OutgoingAttachment {
    pub file_name: String,
    pub media_type: String,
    /// Set for images that the HTML refers to as `cid:<content_id>`.
    pub content_id: Option<String>,
    pub bytes: Vec<u8>,
}

/// How a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsMode {
    /// TLS from the first byte (ports 465 and 993).
    Implicit,
    /// STARTTLS is required; a server that does not offer it is an error.
    StartTls,
    None,
}

/// Where a mail server is and how to log in.
#[derive(Clone)]
pub struct ServerSettings {
    pub host: String,
    pub port: u16,
    pub tls: TlsMode,
    pub verify_certificates: bool,
    /// PEM certificates that are trusted in addition to the system's.
    pub additional_roots_pem: Option<String>,
    pub credentials: Option<Credentials>,
}

#[derive(Clone)]
pub enum Credentials {
    Password {
        username: String,
        password: String,
    },
    /// XOAUTH2, with a token that is asked for at each log-in.
    AccessToken {
        username: String,
        tokens: Arc<dyn TokenSource>,
    },
}

/// Gives out access tokens that are good at the moment.
pub trait TokenSource: Send + Sync {
    fn token(&self) -> Pin<Box<dyn Future<Output = Result<String, TokenError>> + Send + '_>>;

    /// A server did not take this token: it is not given out again.
    fn forget(&self, token: &str);
}

impl std::fmt::Debug for ServerSettings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ServerSettings")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls)
            .field("verify_certificates", &self.verify_certificates)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Credentials(…)")
    }
}
