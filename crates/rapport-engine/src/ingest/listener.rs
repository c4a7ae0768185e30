//! Decides for the built-in mail listener which recipients are ours, and stores what comes for them.

use bytes::Bytes;
use rapport_channels::email::reply_token::{AddressTokens, TokenPurpose};
use rapport_channels::email::smtp_server::{DeliveryVerdict, MailReceiver, RecipientVerdict};
use rapport_channels::email::{Envelope, ReceivedEnvelope, spellings};
use rapport_domain::{ChannelAccountId, ConversationId, MessageId, WorkspaceId, email_address};
use rapport_store::ServerTx;

use super::EmailSource;
use crate::channel_account::InboundKind;
use crate::{Engine, Error};

type Owner = (WorkspaceId, ChannelAccountId);

/// Takes mail for our own addresses only: never a relay.
pub struct Listener(Engine);

impl Listener {
    pub fn new(engine: Engine) -> Self {
        Self(engine)
    }

    /// The account that a recipient belongs to: one of our addresses, or one that we gave out for answers.
    async fn owner(&self, recipient: &str) -> Result<Option<Owner>, Error> {
        if let Some(domain) = postmaster_of(recipient) {
            return self.0.read_server(move |tx| find_postmaster(tx, domain.as_deref())).await;
        }
        let Some(address) = email_address::normalise(recipient) else { return Ok(None) };
        let tokens = AddressTokens::new(self.0.keys().addresses());
        let reply = tokens.find(TokenPurpose::Reply, recipient, "").map(ConversationId::from_bytes);
        let bounce = tokens.find(TokenPurpose::Bounce, recipient, "").map(MessageId::from_bytes);
        self.0.read_server(move |tx| find_owner(tx, &address, reply.as_ref(), bounce.as_ref())).await
    }
}

fn find_owner(
    tx: &mut ServerTx<'_>,
    address: &str,
    reply: Option<&ConversationId>,
    bounce: Option<&MessageId>,
) -> Result<Option<Owner>, Error> {
    if let Some(conversation) = reply {
        if let Some(owner) = rapport_store::channel_account::find_owner_of_conversation(tx, conversation)? {
            return Ok(Some(owner));
        }
        // A chat that went on by email has no email message of its own yet.
        for spelling in spellings(address) {
            let domain = spelling.rsplit_once('@').map_or("", |(_, domain)| domain);
            if let Some(owner) = rapport_store::visitor::find_reply_account(tx, conversation, domain)? {
                return Ok(Some(owner));
            }
        }
        return Ok(None);
    }
    if let Some(message) = bounce {
        return Ok(rapport_store::channel_account::find_owner_of_message(tx, message)?);
    }
    if let Some(owner) = find_owner_of_address(tx, address)? {
        return Ok(Some(owner));
    }
    // support+anything@… is support@…, unless somebody owns the longer one.
    let plain = address
        .split_once('@')
        .and_then(|(local, domain)| local.split_once('+').map(|(local, _)| format!("{local}@{domain}")));
    match plain {
        Some(plain) => find_owner_of_address(tx, &plain),
        None => Ok(None),
    }
}

/// A domain in another script may be spelled in two ways, here and in the settings.
fn find_owner_of_address(tx: &mut ServerTx<'_>, address: &str) -> Result<Option<Owner>, Error> {
    for spelling in spellings(address) {
        if let Some(owner) = rapport_store::channel_account::find_owner_of_address(tx, &spelling)? {
            return Ok(Some(owner));
        }
    }
    Ok(None)
}

/// The domain whose postmaster this is. `Some(None)`: the server's own, who needs none (RFC 5321 §4.5.1).
fn postmaster_of(recipient: &str) -> Option<Option<String>> {
    if recipient.eq_ignore_ascii_case("postmaster") {
        return Some(None);
    }
    let address = email_address::normalise(recipient)?;
    let domain = address.strip_prefix("postmaster@")?;
    Some(Some(domain.to_owned()))
}

/// Whoever has the address itself, otherwise the oldest mailbox of the domain that this listener serves. A domain
/// whose mail we merely fetch elsewhere is not ours, and has its postmaster there.
fn find_postmaster(tx: &mut ServerTx<'_>, domain: Option<&str>) -> Result<Option<Owner>, Error> {
    let Some(domain) = domain else { return find_server_of(tx, None) };
    let address = format!("postmaster@{domain}");
    if let Some(owner) = find_owner_of_address(tx, &address)? {
        return Ok(Some(owner));
    }
    for spelling in spellings(&address) {
        let domain = spelling.rsplit_once('@').map(|(_, domain)| domain);
        if let Some(owner) = find_server_of(tx, domain)? {
            return Ok(Some(owner));
        }
    }
    Ok(None)
}

fn find_server_of(tx: &mut ServerTx<'_>, domain: Option<&str>) -> Result<Option<Owner>, Error> {
    let listener = serde_json::to_value(InboundKind::Listener)
        .map_err(|error| Error::Internal(format!("a setting has no JSON form: {error}")))?;
    let owners = rapport_store::channel_account::list_owners_of_domain(tx, domain)?;
    let served = owners.into_iter().find(|(_, _, config)| config.pointer("/inbound/kind") == Some(&listener));
    Ok(served.map(|(workspace, account, _)| (workspace, account)))
}

impl MailReceiver for Listener {
    async fn accepts(&self, recipient: &str) -> RecipientVerdict {
        match self.owner(recipient).await {
            Ok(Some(_)) => RecipientVerdict::Accept,
            Ok(None) => RecipientVerdict::Unknown,
            Err(error) => {
                tracing::warn!(%error, "a recipient could not be looked up");
                RecipientVerdict::TemporaryFailure
            }
        }
    }

    async fn deliver(&self, envelope: ReceivedEnvelope, message: Bytes) -> Vec<DeliveryVerdict> {
        let Envelope { sender, recipients } = envelope.envelope;
        // One for each mailbox, so that nobody learns of another one's blind copy, and no mail is taken apart more
        // often than it is kept.
        let mut mailboxes: Vec<(Owner, Vec<String>)> = Vec::new();
        let mut places = Vec::with_capacity(recipients.len());
        for recipient in recipients {
            let owner = match self.owner(&recipient).await {
                Ok(Some(owner)) => owner,
                Ok(None) => {
                    places.push(Err(DeliveryVerdict::Reject("no such mailbox here".into())));
                    continue;
                }
                Err(error) => {
                    places.push(Err(temporary(&error)));
                    continue;
                }
            };
            let known = mailboxes.iter().position(|(other, _)| *other == owner);
            let place = known.unwrap_or_else(|| {
                mailboxes.push((owner, Vec::new()));
                mailboxes.len() - 1
            });
            mailboxes[place].1.push(recipient);
            places.push(Ok(place));
        }
        let mut verdicts = Vec::with_capacity(mailboxes.len());
        for (owner, recipients) in mailboxes {
            let own = Envelope { sender: sender.clone(), recipients };
            verdicts.push(self.deliver_to(&owner, own, message.clone()).await);
        }
        places
            .into_iter()
            .map(|place| place.map_or_else(|verdict| verdict, |at| verdicts[at].clone()))
            .collect()
    }
}

impl Listener {
    async fn deliver_to(&self, owner: &Owner, envelope: Envelope, message: Bytes) -> DeliveryVerdict {
        let source = EmailSource { envelope: Some(envelope), ..EmailSource::default() };
        match self.0.ingest_email(&owner.0, &owner.1, message, source).await {
            Ok(_) => DeliveryVerdict::Accept,
            Err(Error::TooLarge { .. }) => DeliveryVerdict::Reject("the message is too large".into()),
            Err(Error::Validation(_)) => DeliveryVerdict::Reject("the message cannot be read".into()),
            Err(error) => temporary(&error),
        }
    }
}

fn temporary(error: &Error) -> DeliveryVerdict {
    tracing::warn!(%error, "a mail could not be stored; its sender will try again");
    DeliveryVerdict::TemporaryFailure("please try again later".into())
}
