//! The report that a mail could not be delivered (RFC 3464), as providers send it after having accepted the mail.

use std::time::Duration;

use bytes::Bytes;
use rapport_channels::email::Envelope;

use super::MailProvider;
use super::compose::wire_date;

/// Reports come after the fact.
const DELAY: Duration = Duration::from_millis(300);

/// Sends the report to the envelope's sender. A mail without one gets none, or reports would chase each other.
pub(super) fn send_later(provider: MailProvider, sender: Option<String>, recipient: String, returned: Bytes) {
    let Some(sender) = sender else { return };
    tokio::spawn(async move {
        tokio::time::sleep(DELAY).await;
        let report = report(&provider, &sender, &recipient, &returned);
        let envelope = Envelope { sender: None, recipients: vec![sender] };
        if let Err(error) = provider.submit(&envelope, report.as_bytes()).await {
            tracing::warn!(%error, "a simulated bounce was not taken");
        }
    });
}

fn report(provider: &MailProvider, sender: &str, recipient: &str, returned: &[u8]) -> String {
    let host = &provider.settings().host_name;
    let message_id = provider.new_message_id(recipient);
    let date = wire_date(provider.now());
    let headers = header_section(returned);
    let boundary = format!("report-{}", message_id.split('@').next().unwrap_or_default());
    format!(
        "From: Mail Delivery System <MAILER-DAEMON@{host}>\r\n\
         To: {sender}\r\n\
         Subject: Undelivered Mail Returned to Sender\r\n\
         Date: {date}\r\n\
         Message-ID: <{message_id}>\r\n\
         Auto-Submitted: auto-replied\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"{boundary}\"\r\n\
         \r\n\
         --{boundary}\r\n\
         Content-Type: text/plain; charset=us-ascii\r\n\
         \r\n\
         I'm sorry to have to tell you that your message could not be delivered to\r\n\
         <{recipient}>: the account has been closed.\r\n\
         \r\n\
         --{boundary}\r\n\
         Content-Type: message/delivery-status\r\n\
         \r\n\
         Reporting-MTA: dns; {host}\r\n\
         Arrival-Date: {date}\r\n\
         \r\n\
         Final-Recipient: rfc822; {recipient}\r\n\
         Action: failed\r\n\
         Status: 5.1.1\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 the account has been closed\r\n\
         \r\n\
         --{boundary}\r\n\
         Content-Type: text/rfc822-headers\r\n\
         \r\n\
         {headers}\r\n\
         --{boundary}--\r\n"
    )
}

/// The header lines of a mail, with the line break that ends the last of them.
fn header_section(raw: &[u8]) -> String {
    let end = raw.windows(4).position(|window| window == b"\r\n\r\n").map_or(raw.len(), |at| at + 2);
    String::from_utf8_lossy(&raw[..end]).into_owned()
}
