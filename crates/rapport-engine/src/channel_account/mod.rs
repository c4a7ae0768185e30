//! Channel accounts: setting up mailboxes, chat widgets and API channels, and testing that they work.

mod addresses;
mod change;
mod check;
mod config;
mod connection;
mod oauth;
mod query;
mod secrets;
mod validate;

pub use change::{AccountChange, CreatedAccount, NewAccount, RotatedSecret};
pub use check::ConnectionCheck;
pub use config::{
    AfterFetch, ApiConfig, Authentication, ChatConfig, EmailConfig, InboundConfig, InboundKind,
    LauncherPosition, OauthConfig, OutboundConfig, OutboundKind, PreChatField, PreChatFieldKind, ThreadScope,
    TlsSetting,
};
pub use query::{ApiAccount, ChatAccount, EmailAccount, load_api, load_chat, load_email};

pub(crate) use oauth::AccessTokens;
pub(crate) use query::{only_receives, shown};
