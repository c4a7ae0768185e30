//! What each channel's accounts are set up with. Secrets are kept apart and never appear here.

use rapport_domain::ChannelAccountId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailConfig {
    /// The address that contacts write to and that answers come from.
    pub address: String,
    /// Further addresses whose mail belongs to this account.
    #[serde(default)]
    pub additional_addresses: Vec<String>,
    /// The name beside the address in what we send.
    #[serde(default)]
    pub display_name: Option<String>,
    #[serde(default)]
    pub signature_html: Option<String>,
    pub inbound: InboundConfig,
    pub outbound: OutboundConfig,
    /// How access tokens are asked for; needed where `authentication` is `oauth2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oauth: Option<OauthConfig>,
    #[serde(default)]
    pub thread_scope: ThreadScope,
}

impl EmailConfig {
    /// Whether each mail thread is a conversation of its own.
    pub fn is_per_thread(&self) -> bool {
        self.thread_scope == ThreadScope::PerThread
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ThreadScope {
    /// As the workspace's settings say.
    #[default]
    Workspace,
    PerThread,
}

/// The registration with the mailbox's provider. Its client secret and refresh token are secrets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OauthConfig {
    pub client_id: String,
    /// Such as `https://oauth2.googleapis.com/token`.
    pub token_endpoint: String,
    /// Asked for with each token; by default what was granted at the sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Authentication {
    #[default]
    Password,
    /// XOAUTH2 with an access token.
    Oauth2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum InboundKind {
    /// A mail server delivers to our own listener.
    Listener,
    /// We fetch from a mailbox.
    Imap,
    /// Mail is posted to the API.
    Http,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TlsSetting {
    /// From the first byte.
    Implicit,
    /// Switched on after the greeting, and required.
    Starttls,
    None,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AfterFetch {
    /// The mailbox is left as it is.
    #[default]
    Keep,
    /// Fetched mail is marked as seen.
    Seen,
}

/// How mail comes in. All but `kind` belongs to `imap`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InboundConfig {
    pub kind: InboundKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsSetting>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication: Option<Authentication>,
    /// Whether a certificate that is not trusted is an error. Switch it off for test servers only.
    #[serde(default = "yes")]
    pub verify_certificates: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<String>,
    /// How many days of older mail are fetched at first; none unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_sync_days: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_fetch: Option<AfterFetch>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OutboundKind {
    Smtp,
    /// The account only receives.
    None,
}

/// How mail goes out. All but `kind` belongs to `smtp`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OutboundConfig {
    pub kind: OutboundKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsSetting>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication: Option<Authentication>,
    /// Whether a certificate that is not trusted is an error. Switch it off for test servers only.
    #[serde(default = "yes")]
    pub verify_certificates: bool,
}

fn yes() -> bool {
    true
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChatConfig {
    /// What the widget calls the site.
    pub site_name: String,
    #[serde(default)]
    pub greeting: String,
    /// `#rrggbb`.
    #[serde(default = "default_accent_color")]
    pub accent_color: String,
    /// Origins that may show the widget, such as `https://shop.example` or `https://*.example.com`. Empty: any.
    #[serde(default)]
    pub allowed_origins: Vec<String>,
    #[serde(default)]
    pub pre_chat_fields: Vec<PreChatField>,
    /// Only visitors whose identity the site has signed may chat.
    #[serde(default)]
    pub require_identity: bool,
    #[serde(default)]
    pub offline_message: String,
    #[serde(default)]
    pub launcher_position: LauncherPosition,
    /// The email account that answers go out from when the visitor has gone.
    #[serde(default)]
    pub reply_email_account_id: Option<ChannelAccountId>,
}

fn default_accent_color() -> String {
    "#2563eb".to_owned()
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LauncherPosition {
    #[default]
    End,
    Start,
}

/// A question asked before the chat begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreChatField {
    /// `name` and `email` are known to the contact; other names are kept as variables.
    pub name: String,
    pub label: String,
    #[serde(default)]
    pub required: bool,
    #[serde(rename = "type")]
    pub kind: PreChatFieldKind,
    /// What a `choice` offers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PreChatFieldKind {
    Text,
    Email,
    Choice,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiConfig {}
