//! What each channel can carry, as data, so that nobody outside asks which channel it is.

use rapport_domain::Channel;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// HTML bodies are carried.
    pub rich_text: bool,
    /// The longest text in characters.
    pub max_length: Option<i64>,
    pub max_attachments: i64,
    /// A provider takes the message after it was stored; otherwise storing it is delivering it.
    pub needs_delivery: bool,
    /// A message can be held for a moment and taken back.
    pub can_hold: bool,
    /// Messages have subjects and recipients of their own.
    pub has_recipients: bool,
    /// An answer that stays unread may go out by email as well.
    pub continues_by_email: bool,
}

const EMAIL: Capabilities = Capabilities {
    rich_text: true,
    max_length: None,
    max_attachments: 20,
    needs_delivery: true,
    can_hold: true,
    has_recipients: true,
    continues_by_email: false,
};

const CHAT: Capabilities = Capabilities {
    rich_text: false,
    max_length: Some(10_000),
    max_attachments: 10,
    needs_delivery: false,
    can_hold: false,
    has_recipients: false,
    continues_by_email: true,
};

const API: Capabilities = Capabilities {
    rich_text: false,
    max_length: Some(100_000),
    max_attachments: 20,
    needs_delivery: false,
    can_hold: false,
    has_recipients: false,
    continues_by_email: false,
};

/// `None` for channels that no adapter exists for.
pub const fn capabilities(channel: Channel) -> Option<Capabilities> {
    match channel {
        Channel::Email => Some(EMAIL),
        Channel::Chat => Some(CHAT),
        Channel::Api => Some(API),
        _ => None,
    }
}
