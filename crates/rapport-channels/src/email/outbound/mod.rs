//! Sending: composing a message and submitting it to a mail server.

mod compose;
mod reply;
mod smtp_client;

pub use compose::{ComposeError, compose};
pub use reply::{Quoted, QuotedMessage, quote_previous};
pub use smtp_client::{
    DeliveryError, RefusedRecipient, SubmitReceipt, SubmitSettings, SubmitTimeouts, submit,
};
pub(crate) use smtp_client::{SmtpFailure, check_submission};
