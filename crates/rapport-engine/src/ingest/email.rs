//! Takes in a mail: keep it raw, take it apart, then store it where it belongs.

use bytes::Bytes;
use rapport_channels::email::reply_token::{AddressTokens, TokenPurpose};
use rapport_channels::email::{AutoKind, EmailAddress, Envelope, ParseContext, ParsedEmail};
use rapport_channels::{email, html};
use rapport_domain::model::Recipient;
use rapport_domain::{
    AddressKind, Channel, ChannelAccountId, ConversationId, Permission, Timestamp, WorkspaceId,
    email_address, text,
};
use rapport_store::mailbox_lease::MailboxLease;
use sha2::{Digest, Sha256};

use super::message::keep_attachment;
use super::{Accepted, Inbound, InboundRecipients, Known, Sender, Threading, bounce};
use crate::channel_account::load_email;
use crate::{Caller, Engine, Error, mailbox};

/// Mails beyond this are taken apart on a thread of their own.
const INLINE_PARSE_BYTES: usize = 64 * 1024;
const MAX_CANDIDATES: usize = 30;
/// Whom mails without a usable sender are from.
const UNKNOWN_SENDER: &str = "unknown-sender@invalid";

/// How a mail came.
#[derive(Clone, Debug, Default)]
pub struct EmailSource {
    /// Who it was handed over from and for, which says more than the headers: blind copies, aliases, bounces.
    pub envelope: Option<Envelope>,
    /// Moves together with what was read.
    pub position: Option<MailboxPosition>,
    /// The mail was too large to be fetched: only its header is here.
    pub headers_only: bool,
}

/// How far a mailbox was read once this mail is stored.
#[derive(Clone, Debug)]
pub struct MailboxPosition {
    pub mailbox: String,
    pub uid_validity: i64,
    pub uid: i64,
    /// Asked for again when the mail is stored: the mailbox may be another server's by then.
    pub lease: MailboxLease,
}

impl Engine {
    /// Takes a mail that an API client hands over.
    pub async fn ingest_email_as(
        &self,
        caller: &Caller,
        account: &ChannelAccountId,
        raw: Bytes,
    ) -> Result<Accepted, Error> {
        caller.require(Permission::ConversationReply)?;
        self.ingest_email(&caller.workspace, account, raw, EmailSource::default()).await
    }

    /// Takes a mail from outside. When this returns `Ok`, the mail is on disk.
    pub async fn ingest_email(
        &self,
        workspace: &WorkspaceId,
        account: &ChannelAccountId,
        raw: Bytes,
        source: EmailSource,
    ) -> Result<Accepted, Error> {
        if raw.len() > self.config().max_email_bytes {
            return Err(Error::TooLarge { max_bytes: self.config().max_email_bytes as u64 });
        }
        if raw.is_empty() {
            return Err(Error::invalid("body", "The mail is empty."));
        }
        let account_id = account.clone();
        let (email_account, own) = self
            .read(workspace, move |tx| {
                Ok((load_email(tx, &account_id)?, rapport_store::channel_account::list_addresses(tx)?))
            })
            .await?;
        if !email_account.account.active {
            return Err(Error::SendRefused {
                code: "channel_inactive",
                detail: format!("{} is switched off.", email_account.account.name),
            });
        }
        let parsed = self.parse(&raw, source.envelope.as_ref(), own).await?;
        let raw_blob = self.blobs().put(workspace, raw).await?;
        let inbound = self
            .to_inbound(workspace, account, &parsed, &source, raw_blob, email_account.config.is_per_thread())
            .await?;
        let engine = self.clone();
        let account = account.clone();
        let key = inbound.sender.value.clone();
        let last_inbound_at = email_account.account.health.last_inbound_at;
        self.write(workspace, &key, move |tx| {
            let accepted = engine.accept_email(tx, &parsed, &inbound, last_inbound_at)?;
            if let Some(position) = &source.position {
                mailbox::save_position(tx, &account, position, engine.now())?;
            }
            Ok(accepted)
        })
        .await
    }

    fn accept_email(
        &self,
        tx: &mut rapport_store::Tx<'_>,
        parsed: &ParsedEmail,
        inbound: &Inbound,
        last_inbound_at: Option<Timestamp>,
    ) -> Result<Accepted, Error> {
        if matches!(parsed.automatic.kind, AutoKind::Bounce | AutoKind::Feedback)
            && let Some(taken) = bounce::accept(tx, self, parsed, inbound, last_inbound_at)?
        {
            return Ok(taken.accepted);
        }
        let known = Known { last_inbound_at, ..Known::default() };
        super::take_in(tx, self, inbound, known).map(|taken| taken.accepted)
    }

    async fn parse(
        &self,
        raw: &Bytes,
        envelope: Option<&Envelope>,
        own: Vec<(String, ChannelAccountId)>,
    ) -> Result<ParsedEmail, Error> {
        let (own_addresses, accounts): (Vec<String>, Vec<ChannelAccountId>) = own.into_iter().unzip();
        let context = ParseContext {
            own_addresses,
            own_accounts: accounts.iter().map(|account| account.as_str().to_owned()).collect(),
            trusted_authserv_ids: self.config().trusted_authserv_ids.clone(),
            limits: email::ParseLimits { total_bytes: self.config().max_email_bytes, ..Default::default() },
        };
        if raw.len() <= INLINE_PARSE_BYTES {
            return Ok(take_apart(raw, envelope, &context));
        }
        let (raw, envelope) = (raw.clone(), envelope.cloned());
        tokio::task::spawn_blocking(move || take_apart(&raw, envelope.as_ref(), &context))
            .await
            .map_err(|error| Error::Internal(format!("a mail could not be taken apart: {error}")))
    }

    async fn to_inbound(
        &self,
        workspace: &WorkspaceId,
        account: &ChannelAccountId,
        parsed: &ParsedEmail,
        source: &EmailSource,
        raw_blob: String,
        per_thread: bool,
    ) -> Result<Inbound, Error> {
        let mut attachments = Vec::with_capacity(parsed.attachments.len());
        for attachment in &parsed.attachments {
            let kept = keep_attachment(
                self,
                workspace,
                attachment.file_name.clone(),
                attachment.media_type.clone(),
                attachment.bytes.clone(),
                attachment.content_id.clone(),
                attachment.inline,
            )
            .await?;
            attachments.push(kept);
        }
        let mut warnings = warnings_of(parsed);
        let mut body_text = parsed.text.clone();
        if source.headers_only {
            warnings.push("too_large".to_owned());
            body_text = "This mail is too large to be taken in. It is still in the mailbox.".to_owned();
        }
        let sender = sender_of(parsed);
        // Whose mails these are nobody knows, so that only a thread says that two are of one person.
        let per_thread = per_thread || sender.value == UNKNOWN_SENDER;
        let sanitized = parsed.html.as_deref().map(html::sanitize);
        Ok(Inbound {
            channel: Channel::Email,
            channel_account_id: account.clone(),
            sender,
            provider_message_id: Some(provider_id(&parsed.message_id)),
            content_id: Some(content_id(parsed)),
            client_id: None,
            subject: Some(text::single_line(&parsed.subject, 500)).filter(|subject| !subject.is_empty()),
            body_text,
            visible_text: parsed.has_quote.then(|| parsed.visible_text.clone()),
            has_remote_images: sanitized.as_ref().is_some_and(|html| html.has_remote_images),
            body_html: sanitized.map(|html| html::split_quote_html(&html.html)),
            recipients: InboundRecipients {
                from: parsed.from.as_ref().map(recipient),
                to: parsed.to.iter().map(recipient).collect(),
                cc: parsed.cc.iter().map(recipient).collect(),
                reply_to: parsed.reply_to.iter().map(recipient).collect(),
            },
            threading: self.threading_of(parsed),
            attachments,
            uploads: None,
            warnings,
            automatic: !matches!(parsed.automatic.kind, AutoKind::No | AutoKind::List),
            raw_blob: Some(raw_blob),
            test: false,
            per_thread,
        })
    }

    fn threading_of(&self, parsed: &ParsedEmail) -> Threading {
        let tokens = AddressTokens::new(self.keys().addresses());
        let headers = parsed.to.iter().chain(&parsed.cc).map(|address| address.address.as_str());
        let conversation = parsed
            .delivered_to
            .iter()
            .map(String::as_str)
            .chain(headers)
            .find_map(|address| tokens.find(TokenPurpose::Reply, address, ""))
            .map(ConversationId::from_bytes);
        let newest_first = parsed.references.iter().rev();
        let mut candidates: Vec<String> = Vec::new();
        for id in parsed.in_reply_to.iter().chain(newest_first) {
            if candidates.len() < MAX_CANDIDATES && !candidates.contains(id) {
                candidates.push(id.clone());
            }
        }
        Threading {
            email_message_id: Some(parsed.message_id.clone()),
            in_reply_to: parsed.in_reply_to.first().cloned(),
            candidates,
            references: parsed.references.clone(),
            conversation,
        }
    }
}

fn take_apart(raw: &[u8], envelope: Option<&Envelope>, context: &ParseContext) -> ParsedEmail {
    match envelope {
        Some(envelope) => email::parse_with_envelope(raw, envelope, context),
        None => email::parse(raw, context),
    }
}

/// Message-IDs may be of any length; an index entry may not.
fn provider_id(message_id: &str) -> String {
    if message_id.len() <= 200 {
        return message_id.to_owned();
    }
    format!("sha256:{}", crate::keys::hex(&Sha256::digest(message_id.as_bytes())))
}

/// Names a mail by what it says, for when its Message-ID does not.
fn content_id(parsed: &ParsedEmail) -> String {
    let mut hash = Sha256::new();
    let from = parsed.from.as_ref().map_or("", |from| from.address.as_str());
    for part in [parsed.message_id.as_str(), from, &parsed.subject, &parsed.text] {
        hash.update(part.len().to_be_bytes());
        hash.update(part.as_bytes());
    }
    format!("content:{}", crate::keys::hex(&hash.finalize()))
}

fn recipient(address: &EmailAddress) -> Recipient {
    Recipient { name: address.name.clone(), address: address.address.clone() }
}

/// The person behind the mail. A mail without a usable sender is kept under a name that nobody can own.
fn sender_of(parsed: &ParsedEmail) -> Sender {
    let usable = |address: &&EmailAddress| email_address::normalise(&address.address).is_some();
    let found = parsed.from.as_ref().filter(usable).or_else(|| parsed.sender.as_ref().filter(usable));
    let verified =
        parsed.authentication.as_ref().is_some_and(|results| results.dmarc.as_deref() == Some("pass"));
    match found {
        Some(address) => Sender {
            kind: AddressKind::Email,
            value: address.address.clone(),
            name: address.name.clone(),
            verified,
        },
        None => Sender {
            kind: AddressKind::Email,
            value: UNKNOWN_SENDER.to_owned(),
            name: Some("Unknown sender".to_owned()),
            verified: false,
        },
    }
}

fn warnings_of(parsed: &ParsedEmail) -> Vec<String> {
    let mut warnings: Vec<String> = parsed
        .warnings
        .iter()
        .filter_map(|warning| serde_json::to_value(warning).ok())
        .filter_map(|value| value.as_str().map(str::to_owned))
        .collect();
    if parsed.raw_only {
        warnings.push("raw_only".to_owned());
    }
    if parsed.authentication.as_ref().is_some_and(|results| results.dmarc.as_deref() == Some("fail")) {
        warnings.push("sender_not_verified".to_owned());
    }
    warnings
}
