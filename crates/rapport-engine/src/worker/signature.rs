//! The mailbox's signature below what is sent from it.

use rapport_channels::html;

/// Appends the signature to both forms of a mail's body.
pub(super) fn append(signature_html: Option<&str>, text: &mut String, rich: &mut String) {
    let Some(signature) = signature_html.filter(|html| !html.trim().is_empty()) else { return };
    text.push_str("\n\n-- \n");
    text.push_str(html::to_text(signature).trim_end());
    rich.push_str("<br><div data-signature>");
    rich.push_str(&html::sanitize_outgoing(signature));
    rich.push_str("</div>");
}
