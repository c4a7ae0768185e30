//! Mails as customers' programs write them, built by a library that the product's own composer wraps differently.

use std::time::{Duration, SystemTime};

use lettre::message::header::{ContentDisposition, ContentId, ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};
use rapport_channels::email::{EmailAddress, domain_of};
use rapport_domain::Timestamp;

use super::mailbox::{Mail, MailSide};

#[derive(Clone, Debug)]
pub struct CustomerFile {
    pub file_name: String,
    pub media_type: String,
    /// Set for pictures that the HTML shows as `cid:<content_id>`.
    pub content_id: Option<String>,
    pub bytes: Vec<u8>,
}

#[derive(Clone, Debug)]
pub struct CustomerMail {
    pub from: EmailAddress,
    pub to: Vec<EmailAddress>,
    pub cc: Vec<EmailAddress>,
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
    pub files: Vec<CustomerFile>,
    /// Without angle brackets.
    pub in_reply_to: Option<String>,
    /// Oldest first.
    pub references: Vec<String>,
    /// Written by a program, such as an absence notice.
    pub automatic: bool,
}

impl CustomerMail {
    pub fn new(
        from: EmailAddress,
        to: EmailAddress,
        subject: impl Into<String>,
        text: impl Into<String>,
    ) -> Self {
        Self {
            from,
            to: vec![to],
            cc: Vec::new(),
            subject: subject.into(),
            text: text.into(),
            html: None,
            files: Vec::new(),
            in_reply_to: None,
            references: Vec::new(),
            automatic: false,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    #[error("{0} is not an address that mail can be sent to")]
    Address(String),
    #[error("the mail could not be put together: {0}")]
    Build(String),
}

/// The mail as it travels. `message_id` is without angle brackets.
pub fn compose(mail: &CustomerMail, message_id: &str, at: Timestamp) -> Result<Vec<u8>, ComposeError> {
    let mut builder = Message::builder()
        .from(mailbox(&mail.from)?)
        .subject(mail.subject.replace(['\r', '\n'], " "))
        .message_id(Some(format!("<{message_id}>")))
        .date(system_time(at));
    for recipient in &mail.to {
        builder = builder.to(mailbox(recipient)?);
    }
    for recipient in &mail.cc {
        builder = builder.cc(mailbox(recipient)?);
    }
    if let Some(parent) = &mail.in_reply_to {
        builder = builder.in_reply_to(format!("<{parent}>"));
    }
    if !mail.references.is_empty() {
        let list: Vec<String> = mail.references.iter().map(|id| format!("<{id}>")).collect();
        builder = builder.references(list.join(" "));
    }
    if mail.automatic {
        let name = HeaderName::new_from_ascii_str("Auto-Submitted");
        builder = builder.raw_header(HeaderValue::new(name, "auto-replied".to_owned()));
    }
    let build = |error: lettre::error::Error| ComposeError::Build(error.to_string());
    let message = match bodies(mail)? {
        Bodies::Single(part) => builder.singlepart(part).map_err(build)?,
        Bodies::Multi(parts) => builder.multipart(parts).map_err(build)?,
    };
    Ok(message.formatted())
}

/// An answer to a mail as mail programs write it: to its Reply-To, in its thread, with the original quoted below.
pub fn reply_to(original: &Mail, from: EmailAddress, text: &str) -> CustomerMail {
    let parsed = &original.parsed;
    let author = parsed.from.clone().unwrap_or_else(|| EmailAddress::new(String::new()));
    let to = match original.side {
        // Whoever answers a mail of their own writes to the same people again.
        MailSide::Sent => parsed.to.clone(),
        MailSide::Received if parsed.reply_to.is_empty() => vec![author.clone()],
        MailSide::Received => parsed.reply_to.clone(),
    };
    let quoted: String = parsed.text.lines().map(|line| format!("> {line}\n")).collect();
    let introduction =
        format!("On {}, {} wrote:", wire_date(original.at), author.name.unwrap_or(author.address));
    let mut references = parsed.references.clone();
    references.push(parsed.message_id.clone());
    CustomerMail {
        from,
        to,
        cc: Vec::new(),
        subject: rapport_channels::email::threading::reply_subject(&parsed.subject),
        text: format!("{}\n\n{introduction}\n{quoted}", text.trim_end()),
        html: None,
        files: Vec::new(),
        in_reply_to: Some(parsed.message_id.clone()),
        references,
        automatic: false,
    }
}

/// A moment as mail headers write it.
pub fn wire_date(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default();
    at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

enum Bodies {
    Single(SinglePart),
    Multi(MultiPart),
}

fn bodies(mail: &CustomerMail) -> Result<Bodies, ComposeError> {
    let (inline, attached): (Vec<_>, Vec<_>) = mail.files.iter().partition(|file| file.content_id.is_some());
    let text = SinglePart::plain(mail.text.clone());
    let content = match &mail.html {
        None => Bodies::Single(text),
        Some(html) => {
            let html = SinglePart::html(html.clone());
            let alternative = MultiPart::alternative().singlepart(text);
            Bodies::Multi(if inline.is_empty() {
                alternative.singlepart(html)
            } else {
                let mut related = MultiPart::related().singlepart(html);
                for file in inline {
                    related = related.singlepart(part(file)?);
                }
                alternative.multipart(related)
            })
        }
    };
    if attached.is_empty() {
        return Ok(content);
    }
    let mixed = MultiPart::mixed();
    let mut mixed = match content {
        Bodies::Single(part) => mixed.singlepart(part),
        Bodies::Multi(parts) => mixed.multipart(parts),
    };
    for file in attached {
        mixed = mixed.singlepart(part(file)?);
    }
    Ok(Bodies::Multi(mixed))
}

fn part(file: &CustomerFile) -> Result<SinglePart, ComposeError> {
    let content_type = ContentType::parse(&file.media_type)
        .or_else(|_| ContentType::parse("application/octet-stream"))
        .map_err(|error| ComposeError::Build(error.to_string()))?;
    let builder = SinglePart::builder().content_type(content_type);
    Ok(match &file.content_id {
        Some(id) => builder
            .header(ContentId::from(format!("<{id}>")))
            .header(ContentDisposition::inline_with_name(&file.file_name)),
        None => builder.header(ContentDisposition::attachment(&file.file_name)),
    }
    .body(file.bytes.clone()))
}

fn mailbox(address: &EmailAddress) -> Result<Mailbox, ComposeError> {
    let parsed = address.address.parse().map_err(|_| ComposeError::Address(address.address.clone()))?;
    if domain_of(&address.address).is_none() {
        return Err(ComposeError::Address(address.address.clone()));
    }
    Ok(Mailbox::new(address.name.clone(), parsed))
}

fn system_time(at: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(at.as_millis().max(0).unsigned_abs())
}
