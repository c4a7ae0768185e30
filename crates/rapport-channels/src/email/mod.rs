//! The e-mail channel: parsing and composing messages, SMTP both ways, IMAP, threading and reply tokens.
//! Messages that come in are hostile until proven otherwise: parsing never fails and its cost is bounded.

mod address;
pub mod check;
pub mod imap;
mod inbound;
mod outbound;
pub mod reply_token;
pub mod smtp_server;
pub mod threading;
mod tls;
mod types;

pub use address::{domain_of, normalize_address, parse_address_list, spellings, wire_address};
pub use inbound::{VisibleText, parse, parse_with_envelope, visible_text};
pub use outbound::{
    ComposeError, DeliveryError, Quoted, QuotedMessage, RefusedRecipient, SubmitReceipt, SubmitSettings,
    SubmitTimeouts, compose, quote_previous, submit,
};
pub use tls::TlsError;
pub use types::*;

pub(crate) use inbound::{safe_file_name, sniff};
