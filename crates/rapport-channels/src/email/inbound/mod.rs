//! Raw bytes of a message to [`ParsedEmail`]. Parsing never fails: what cannot be taken apart
//! within the limits is returned with its headers and a readable text, flagged `raw_only`.

mod attachments;
mod automatic;
mod body;
mod charset;
mod mime;
mod quote;
mod report;
mod transfer;
mod words;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use sha2::{Digest, Sha256};

use self::automatic::Evidence;
use self::mime::{Headers, Part, Structure};
use super::address::{is_invisible, normalize_address, parse_address_list};
use super::reply_token::bounce_token_of;
use super::threading::{normalize_message_id, parse_message_ids};
use super::types::*;

pub(crate) use self::attachments::{safe_file_name, sniff};
pub(crate) use self::automatic::LOOP_FIELD;
pub use self::quote::{VisibleText, visible_text};
pub(crate) use self::report::enhanced_code;
pub(crate) use self::words::decode_words;

const MAX_SUBJECT_CHARACTERS: usize = 1_000;

/// Takes a message apart. The work is bounded by `context.limits`, whatever the input.
pub fn parse(raw: &[u8], context: &ParseContext) -> ParsedEmail {
    parse_message(raw, None, context)
}

/// Like [`parse`], for messages whose envelope is known: it overrides what the headers claim.
pub fn parse_with_envelope(raw: &[u8], envelope: &Envelope, context: &ParseContext) -> ParsedEmail {
    parse_message(raw, Some(envelope), context)
}

fn parse_message(raw: &[u8], envelope: Option<&Envelope>, context: &ParseContext) -> ParsedEmail {
    let limits = &context.limits;
    let normalized;
    // Only very old systems end lines with CR alone; such a message would be one endless line.
    let raw = if memchr::memchr(b'\n', &raw[..raw.len().min(64 * 1024)]).is_none() && raw.contains(&b'\r') {
        normalized = raw.iter().map(|byte| if *byte == b'\r' { b'\n' } else { *byte }).collect::<Vec<u8>>();
        normalized.as_slice()
    } else {
        raw
    };
    let (headers, rest) = Headers::parse(raw, limits.header_bytes);
    let mut email = ParsedEmail::default();
    if headers.truncated {
        email.warnings.push(ParseWarning::HeaderTruncated);
    }
    read_ids(&headers, raw, limits, &mut email);
    read_people(&headers, limits, &mut email);
    email.subject = clean_line(&words::decode_words(&headers.first("subject").unwrap_or_default()));
    email.date = headers.first("date").and_then(|date| parse_date(&date));
    email.return_path = headers.first("return-path").map(|path| normalize_address(&path).unwrap_or_default());
    if let Some(envelope) = envelope {
        email.return_path = Some(envelope.sender.clone().unwrap_or_default());
        let claimed = std::mem::take(&mut email.delivered_to);
        let known = envelope.recipients.iter().filter_map(|recipient| normalize_address(recipient));
        for recipient in known.chain(claimed) {
            if !email.delivered_to.contains(&recipient) {
                email.delivered_to.push(recipient);
            }
        }
    }
    email.authentication = read_authentication(&headers, &context.trusted_authserv_ids);
    email.loop_account = headers.first(LOOP_FIELD).map(|account| clean_line(&account));
    email.unsubscribe = headers.first("list-unsubscribe").map(|value| clean_line(&value));

    let too_large = raw.len() > limits.total_bytes;
    let body = if too_large {
        email.warnings.push(ParseWarning::TooLarge);
        &rest[..rest.len().min(limits.body_bytes)]
    } else {
        rest
    };
    let structure = mime::walk(headers, body, limits);
    read_structure(structure, too_large, context, &mut email);
    judge_sender(&mut email);
    let mut seen = Vec::new();
    email.warnings.retain(|warning| {
        !seen.contains(warning) && {
            seen.push(*warning);
            true
        }
    });
    email
}

fn read_structure(
    structure: Structure<'_>,
    too_large: bool,
    context: &ParseContext,
    email: &mut ParsedEmail,
) {
    let limits = &context.limits;
    let parts = structure.parts;
    if structure.too_deep {
        email.warnings.push(ParseWarning::TooDeep);
    }
    if structure.too_many {
        email.warnings.push(ParseWarning::TooManyParts);
    }
    email.raw_only = structure.too_deep || structure.too_many || too_large;
    let body = body::assemble(&parts, limits.body_bytes);
    email.warnings.extend(body.warnings);
    email.text = body.text;
    email.html = body.html;
    if !email.raw_only {
        email.attachments =
            attachments::collect(&parts, &body.used, email.html.as_deref(), limits, &mut email.warnings);
    }
    if email.text.trim().is_empty() && email.raw_only && email.attachments.is_empty() {
        email.text = readable_start(&parts);
    }
    let visible = visible_text(&email.text);
    email.visible_text = visible.visible;
    email.has_quote = visible.has_quote;
    read_reports(&parts, context, email);
}

fn read_reports(parts: &[Part<'_>], context: &ParseContext, email: &mut ParsedEmail) {
    email.calendar_method = parts
        .iter()
        .enumerate()
        .filter(|(index, part)| part.media_type == "text/calendar" && !body::is_file(parts, *index))
        .find_map(|(_, part)| {
            part.parameter("method").map(str::to_ascii_uppercase).or_else(|| calendar_method(part))
        });
    let sender_is_daemon = email.return_path.as_deref() == Some("")
        || email.from.as_ref().is_some_and(|from| {
            let local = from.address.to_lowercase();
            // A postmaster can be a person, who answers; a daemon never does.
            local.starts_with("mailer-daemon@")
                || (local.starts_with("postmaster@") && email.in_reply_to.is_empty())
        });
    email.is_read_receipt = report::is_read_receipt(parts, sender_is_daemon);
    email.feedback = report::find_feedback(parts, sender_is_daemon);
    email.dsn = report::find_dsn(parts, sender_is_daemon)
        .or_else(|| report::guess_bounce(sender_is_daemon, &email.subject, &email.text));
    let verp_token = email
        .delivered_to
        .iter()
        .chain(email.to.iter().map(|to| &to.address))
        .find_map(|address| bounce_token_of(address))
        .map(str::to_ascii_lowercase);
    if let Some(dsn) = &mut email.dsn {
        dsn.verp_token = verp_token;
    }
    let Some(root) = parts.first() else { return };
    email.automatic = automatic::classify(
        &root.headers,
        &Evidence {
            from: email.from.as_ref(),
            return_path: email.return_path.as_deref(),
            root_media_type: &root.media_type,
            has_dsn: email.dsn.is_some(),
            has_feedback: email.feedback.is_some(),
            is_read_receipt: email.is_read_receipt,
            calendar_method: email.calendar_method.as_deref(),
            own_addresses: &context.own_addresses,
            own_accounts: &context.own_accounts,
        },
    );
}

fn calendar_method(part: &Part<'_>) -> Option<String> {
    let decoded = part.decoded();
    let head = String::from_utf8_lossy(&decoded[..decoded.len().min(4_096)]).to_ascii_uppercase();
    head.lines().find_map(|line| line.trim().strip_prefix("METHOD:").map(|method| method.trim().to_owned()))
}

fn read_ids(headers: &Headers<'_>, raw: &[u8], limits: &ParseLimits, email: &mut ParsedEmail) {
    match headers.first("message-id").and_then(|id| normalize_message_id(&id)) {
        Some(id) => email.message_id = id,
        None => {
            email.message_id = synthesised_id(headers, raw);
            email.message_id_synthesised = true;
            email.warnings.push(ParseWarning::MissingMessageId);
        }
    }
    email.in_reply_to =
        headers.first("in-reply-to").map(|ids| parse_message_ids(&ids, 10)).unwrap_or_default();
    email.references =
        headers.first("references").map(|ids| parse_message_ids(&ids, limits.references)).unwrap_or_default();
}

/// Stable across deliveries of the same message, although relays add trace fields at the top.
fn synthesised_id(headers: &Headers<'_>, raw: &[u8]) -> String {
    let mut hasher = Sha256::new();
    for name in ["date", "from", "to", "cc", "subject"] {
        hasher.update(headers.first(name).unwrap_or_default().as_bytes());
        hasher.update([0]);
    }
    // Relays also end lines in other ways, and add or drop the last ends.
    let lines = Headers::parse(raw, 0).1.split(|byte| *byte == b'\n');
    let mut ends_due = 0_usize;
    for line in lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line)) {
        if !line.is_empty() {
            for _ in 0..ends_due {
                hasher.update(b"\n");
            }
            ends_due = 0;
            hasher.update(line);
        }
        ends_due += 1;
    }
    let digest = hasher.finalize();
    format!("{}@synthesised.invalid", data_encoding::HEXLOWER.encode(&digest[..20]))
}

fn read_people(headers: &Headers<'_>, limits: &ParseLimits, email: &mut ParsedEmail) {
    let mut overflow = false;
    let mut list = |name: &str| -> Vec<EmailAddress> {
        let mut found = Vec::new();
        for value in headers.all(name).take(20) {
            let (more, cut) =
                parse_address_list(&value, limits.addresses - found.len().min(limits.addresses));
            overflow |= cut;
            found.extend(more);
        }
        found
    };
    let from = list("from");
    email.sender = list("sender").into_iter().next();
    email.reply_to = list("reply-to");
    email.to = list("to");
    email.cc = list("cc");
    email.bcc = list("bcc");
    if overflow {
        email.warnings.push(ParseWarning::TooManyAddresses);
    }
    if headers.all("from").count() > 1 || from.len() > 1 {
        email.warnings.push(ParseWarning::DuplicateFrom);
    }
    email.from = from.into_iter().next();
    for name in ["delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-forwarded-to"] {
        for value in headers.all(name).take(20) {
            if let Some(address) = normalize_address(&value)
                && !email.delivered_to.contains(&address)
            {
                email.delivered_to.push(address);
            }
        }
    }
}

fn judge_sender(email: &mut ParsedEmail) {
    let Some(from) = &email.from else {
        email.warnings.push(ParseWarning::MissingFrom);
        return;
    };
    let named_address = from.name.as_deref().filter(|name| name.contains('@')).and_then(|name| {
        name.split(|character: char| character.is_whitespace() || "<>()\"'".contains(character))
            .find_map(normalize_address)
    });
    if named_address.is_some_and(|named| !named.eq_ignore_ascii_case(&from.address)) {
        email.warnings.push(ParseWarning::MisleadingName);
    }
    let domain = super::address::domain_of(&from.address).unwrap_or_default();
    let has_ascii_letter = domain
        .rsplit_once('.')
        .map_or(domain.as_str(), |(name, _)| name)
        .bytes()
        .any(|b| b.is_ascii_alphabetic());
    let has_foreign_letter =
        domain.chars().any(|character| matches!(character, '\u{370}'..='\u{52f}' | '\u{13a0}'..='\u{13ff}'));
    if domain.chars().any(is_invisible) || (has_ascii_letter && has_foreign_letter) || domain.contains("xn--")
    {
        email.warnings.push(ParseWarning::ConfusableDomain);
    }
    let from_address = from.address.to_lowercase();
    if !email.reply_to.is_empty()
        && !email.reply_to.iter().any(|to| to.address.to_lowercase() == from_address)
    {
        email.warnings.push(ParseWarning::ReplyToDiffers);
    }
}

/// Only the topmost field of a trusted server counts: everything below came with the message.
fn read_authentication(headers: &Headers<'_>, trusted: &[String]) -> Option<AuthenticationResults> {
    // Comments go first: a semicolon inside one must not look like the end of a result.
    let value = without_comments(&headers.first("authentication-results")?);
    let (server, results) = value.split_once(';')?;
    let server = server.split_whitespace().next()?;
    if !trusted.iter().any(|known| known.eq_ignore_ascii_case(server)) {
        return None;
    }
    let results = results.to_ascii_lowercase();
    let result_of = |method: &str| -> Option<String> {
        let mut best: Option<String> = None;
        for entry in results.split(';') {
            let Some(verdict) =
                entry.trim().strip_prefix(method).and_then(|rest| rest.trim_start().strip_prefix('='))
            else {
                continue;
            };
            let verdict: String =
                verdict.trim_start().chars().take_while(char::is_ascii_alphabetic).take(20).collect();
            // One passing signature is enough.
            if best.is_none() || verdict == "pass" {
                best = Some(verdict);
            }
        }
        best.filter(|verdict| !verdict.is_empty())
    };
    Some(AuthenticationResults { dmarc: result_of("dmarc"), spf: result_of("spf"), dkim: result_of("dkim") })
}

fn without_comments(text: &str) -> String {
    let mut depth = 0_usize;
    text.chars()
        .filter(|character| match character {
            '(' => {
                depth += 1;
                false
            }
            ')' if depth > 0 => {
                depth -= 1;
                false
            }
            _ => depth == 0,
        })
        .collect()
}

/// RFC 5322 dates; also those with a zone name in a comment or with a missing weekday.
fn parse_date(raw: &str) -> Option<Timestamp> {
    let cleaned = without_comments(raw.get(..raw.floor_char_boundary(200)).unwrap_or_default());
    let cleaned = cleaned.split_whitespace().collect::<Vec<_>>().join(" ");
    let parser = rfc2822::DateTimeParser::new().relaxed_weekday(true);
    let without_weekday = cleaned.split_once(',').map_or(cleaned.as_str(), |(_, rest)| rest.trim());
    let with_zone = format!("{without_weekday} +0000");
    [cleaned.as_str(), without_weekday, with_zone.as_str()]
        .iter()
        .find_map(|text| parser.parse_timestamp(text).ok())
}

fn clean_line(text: &str) -> String {
    let visible: String = text
        .chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .take(MAX_SUBJECT_CHARACTERS)
        .collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first readable lines of a body that was too much to take apart.
fn readable_start(parts: &[Part<'_>]) -> String {
    let Some(root) = parts.first() else { return String::new() };
    let decoded = charset::decode(&root.body[..root.body.len().min(32 * 1024)], None).text;
    let readable: Vec<&str> = decoded
        .lines()
        .map(str::trim)
        .filter(|line| {
            !line.is_empty() && !line.starts_with("--") && !line.to_ascii_lowercase().starts_with("content-")
        })
        .take(200)
        .collect();
    readable.join("\n")
}

#[cfg(test)]
mod tests;
