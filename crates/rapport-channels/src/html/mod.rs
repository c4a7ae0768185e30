//! HTML from outside made harmless, and conversions between HTML and plain text.
//! The result is meant for a sandboxed frame; it is a second wall, not the only one.

mod markup;
mod normalise;
mod pieces;
mod quote;
mod sanitize;
mod text;
mod vocabulary;

pub use quote::split_quote_html;
pub use sanitize::{SanitizedHtml, sanitize, sanitize_outgoing};
pub(crate) use text::escape_into;
pub use text::{text_to_html, to_text};
