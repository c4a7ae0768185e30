//! Delivery reports (RFC 3464, RFC 6533), feedback reports (RFC 5965) and bounces known by their wording only.
//! All of them can be forged: the caller acts only when the token or Message-ID is one of ours.

use super::mime::{Headers, Part};
use crate::email::address::normalize_address;
use crate::email::threading::normalize_message_id;
use crate::email::types::{Dsn, DsnAction, DsnRecipient, FeedbackReport};

const MAX_RECIPIENTS: usize = 100;
const MAX_REPORT_BYTES: usize = 256 * 1024;
const MAX_DIAGNOSTIC_CHARACTERS: usize = 500;

/// The part that makes the mail itself a report of this kind: right below a root that says so (RFC 6522).
///
/// Anywhere else it is a file that somebody passes on, and the mail is theirs. Only senders that nobody writes as
/// are believed without the right root, because some mail systems build their reports wrongly.
fn own_part<'p, 'a>(
    parts: &'p [Part<'a>],
    sender_is_daemon: bool,
    report_type: &str,
    media_types: &[&str],
) -> Option<&'p Part<'a>> {
    let root = parts.first()?;
    let is_report = root.media_type == "multipart/report"
        && root.parameter("report-type").is_none_or(|given| given.trim().eq_ignore_ascii_case(report_type));
    parts.iter().find(|part| {
        let in_place = part.parent.is_none_or(|parent| is_report && parent == 0);
        (in_place || sender_is_daemon) && media_types.contains(&part.media_type.as_str())
    })
}

/// The delivery report that the mail is, when it names recipients.
pub(super) fn find_dsn(parts: &[Part<'_>], sender_is_daemon: bool) -> Option<Dsn> {
    let media_types = ["message/delivery-status", "message/global-delivery-status"];
    let status = own_part(parts, sender_is_daemon, "delivery-status", &media_types)?;
    let decoded = status.decoded();
    let recipients = read_recipients(cut(&decoded));
    (!recipients.is_empty()).then(|| Dsn {
        recipients,
        original_message_id: returned_message_id(parts),
        verp_token: None,
        guessed: false,
    })
}

fn read_recipients(report: &[u8]) -> Vec<DsnRecipient> {
    let mut recipients = Vec::new();
    let mut rest = report;
    while !rest.is_empty() && recipients.len() < MAX_RECIPIENTS {
        let before = rest.len();
        let (block, after) = Headers::parse(rest, MAX_REPORT_BYTES);
        rest = if after.len() == before { &after[1..] } else { after };
        let address = block.first("final-recipient").or_else(|| block.first("original-recipient"));
        let Some(address) = address.as_deref().and_then(typed_address) else { continue };
        let action = match block.first("action").unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "delayed" => DsnAction::Delayed,
            "delivered" => DsnAction::Delivered,
            "relayed" => DsnAction::Relayed,
            "expanded" => DsnAction::Expanded,
            _ => DsnAction::Failed,
        };
        let diagnostic = block.first("diagnostic-code").map(|text| shorten(&text));
        let status = block
            .first("status")
            .and_then(|text| enhanced_code(&text))
            .or_else(|| diagnostic.as_deref().and_then(enhanced_code));
        recipients.push(DsnRecipient { address, action, status, diagnostic });
    }
    recipients
}

/// `rfc822; a@b` or `utf-8; a@b`, and also without the type.
fn typed_address(value: &str) -> Option<String> {
    let address = value.split_once(';').map_or(value, |(_, address)| address);
    normalize_address(address)
}

/// Message-ID of the returned message or of its headers.
pub(super) fn returned_message_id(parts: &[Part<'_>]) -> Option<String> {
    parts
        .iter()
        .filter(|part| {
            matches!(
                part.media_type.as_str(),
                "message/rfc822"
                    | "text/rfc822-headers"
                    | "message/global"
                    | "message/global-headers"
                    | "message/rfc822-headers"
            )
        })
        .find_map(|part| {
            let decoded = part.decoded();
            Headers::parse(cut(&decoded), MAX_REPORT_BYTES).0.first("message-id")
        })
        .and_then(|id| normalize_message_id(&id))
}

/// Whether the mail only says that another one was displayed or deleted (RFC 8098).
pub(super) fn is_read_receipt(parts: &[Part<'_>], sender_is_daemon: bool) -> bool {
    let media_types = ["message/disposition-notification"];
    own_part(parts, sender_is_daemon, "disposition-notification", &media_types).is_some()
}

pub(super) fn find_feedback(parts: &[Part<'_>], sender_is_daemon: bool) -> Option<FeedbackReport> {
    let part = own_part(parts, sender_is_daemon, "feedback-report", &["message/feedback-report"])?;
    let decoded = part.decoded();
    let (fields, _) = Headers::parse(cut(&decoded), MAX_REPORT_BYTES);
    Some(FeedbackReport {
        feedback_type: fields.first("feedback-type").unwrap_or_default().trim().to_ascii_lowercase(),
        original_recipient: fields.first("original-rcpt-to").as_deref().and_then(typed_address),
        original_message_id: returned_message_id(parts),
    })
}

/// Bounces of mail systems that do not follow the standard, told by sender, subject and wording.
pub(super) fn guess_bounce(sender_is_daemon: bool, subject: &str, text: &str) -> Option<Dsn> {
    const SUBJECTS: &[&str] = &[
        "undeliverable",
        "undelivered mail",
        "delivery status notification",
        "mail delivery failed",
        "delivery failure",
        "returned mail",
        "failure notice",
        "delivery has failed",
        "unzustellbar",
        "non remis",
        "no se puede entregar",
        "non recapitabile",
        "mail delivery system",
    ];
    let subject = subject.to_lowercase();
    if !sender_is_daemon || !SUBJECTS.iter().any(|known| subject.contains(known)) {
        return None;
    }
    let delayed = subject.contains("delay") || subject.contains("warning");
    let head: String = text.chars().take(20_000).collect();
    let address = head
        .split(|character: char| {
            character.is_whitespace() || matches!(character, '<' | '>' | '(' | ')' | '"' | ',')
        })
        .map(|word| word.trim_end_matches([':', '.', ';']))
        .filter(|word| word.contains('@') && word.len() < 320)
        .find_map(normalize_address)?;
    let status = enhanced_code(&head).or_else(|| wording_code(&head));
    let diagnostic =
        head.lines().find(|line| enhanced_code(line).is_some() || wording_code(line).is_some()).map(shorten);
    let action = if delayed { DsnAction::Delayed } else { DsnAction::Failed };
    let original_message_id = message_id_in_text(&head);
    Some(Dsn {
        recipients: vec![DsnRecipient { address, action, status, diagnostic }],
        original_message_id,
        verp_token: None,
        guessed: true,
    })
}

fn message_id_in_text(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let start = lower.find("message-id:")? + "message-id:".len();
    let word = text.get(start..)?.split_whitespace().next()?;
    normalize_message_id(word)
}

fn wording_code(text: &str) -> Option<String> {
    const WORDINGS: &[(&str, &str)] = &[
        ("user unknown", "5.1.1"),
        ("no such user", "5.1.1"),
        ("unknown user", "5.1.1"),
        ("does not exist", "5.1.1"),
        ("doesn't exist", "5.1.1"),
        ("no mailbox here", "5.1.1"),
        ("mailbox full", "5.2.2"),
        ("quota exceeded", "5.2.2"),
        ("over quota", "5.2.2"),
        ("host not found", "5.4.4"),
        ("domain not found", "5.4.4"),
        ("blocked", "5.7.1"),
        ("spam", "5.7.1"),
    ];
    let text = text.to_lowercase();
    WORDINGS.iter().find(|(wording, _)| text.contains(wording)).map(|(_, code)| (*code).to_owned())
}

/// The first `x.y.z` that can be a status code (RFC 3463): class 2, 4 or 5.
pub(crate) fn enhanced_code(text: &str) -> Option<String> {
    text.split(|character: char| !(character.is_ascii_digit() || character == '.'))
        .map(|word| word.trim_matches('.'))
        .find(|word| {
            let mut fields = word.split('.');
            let class = fields.next();
            let subject = fields.next();
            let detail = fields.next();
            let number = |field: Option<&str>| field.is_some_and(|f| (1..=3).contains(&f.len()));
            matches!(class, Some("2" | "4" | "5"))
                && number(subject)
                && number(detail)
                && fields.next().is_none()
        })
        .map(str::to_owned)
}

fn shorten(text: &str) -> String {
    text.trim().chars().take(MAX_DIAGNOSTIC_CHARACTERS).collect()
}

fn cut(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(MAX_REPORT_BYTES)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_codes_are_found_and_addresses_are_not_mistaken_for_them() {
        assert_eq!(enhanced_code("smtp; 550 5.1.1 unknown").as_deref(), Some("5.1.1"));
        assert_eq!(enhanced_code("550-5.1.10 x").as_deref(), Some("5.1.10"));
        assert_eq!(enhanced_code("from 192.0.2.1 and 5.1.2.3"), None);
        assert_eq!(enhanced_code("550 no"), None);
    }

    #[test]
    fn each_recipient_block_is_read() {
        let report = b"Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; a@X.org\nAction: failed\nStatus: 5.1.1\n\
            Diagnostic-Code: smtp; 550 5.1.1 no\n such user\n\nFinal-Recipient: utf-8; b@x.org\nAction: delayed\n\
            Status: 4.4.1\n";
        let recipients = read_recipients(report);
        assert_eq!(recipients.len(), 2);
        assert_eq!(recipients[0].address, "a@x.org");
        assert!(recipients[0].is_permanent_failure());
        assert_eq!(recipients[0].diagnostic.as_deref(), Some("smtp; 550 5.1.1 no such user"));
        assert_eq!(recipients[1].action, DsnAction::Delayed);
        assert!(!recipients[1].is_permanent_failure());
        assert!(read_recipients(&b"x\n\n".repeat(50_000)).is_empty());
    }

    #[test]
    fn bounces_without_standard_are_told_by_their_wording() {
        let text = "Hi. This is the qmail-send program.\n<nobody@x.org>:\nSorry, no mailbox here by that name. (#5.1.1)\n\
            --- Below this line is a copy\nMessage-ID: <m1@ours>\n";
        let dsn = guess_bounce(true, "failure notice", text).unwrap();
        assert_eq!(dsn.recipients[0].address, "nobody@x.org");
        assert_eq!(dsn.recipients[0].status.as_deref(), Some("5.1.1"));
        assert_eq!(dsn.original_message_id.as_deref(), Some("m1@ours"));
        assert!(guess_bounce(false, "failure notice", text).is_none());
        assert!(guess_bounce(true, "hello", text).is_none());
    }
}
