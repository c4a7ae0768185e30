//! Sending: composing a message and submitting it to a mail server.

mod compose;
mod delivery;
mod reply;
mod smtp_client;
mod wire;

pub use compose::{ComposeError, compose};
pub(crate) use delivery::SmtpFailure;
pub use delivery::{DeliveryError, RefusedRecipient, SubmitReceipt, SubmitSettings, SubmitTimeouts};
pub use reply::{Quoted, QuotedMessage, quote_previous};
pub(crate) use smtp_client::check_submission;
pub use smtp_client::submit;
