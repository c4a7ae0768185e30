//! Starts a conversation by hand or through the API, unless the contact has one going on.

use rapport_domain::model::{Address, Contact, Conversation};
use rapport_domain::{
    AddressId, AddressKind, AuthorKind, Channel, ChannelAccountId, ContactId, Direction, Origin, Permission,
    Priority, Status, UserId,
};
use rapport_store::Tx;

use super::assign::assignable;
use super::open::{Opening, open, scope_key};
use crate::message::{NewMessage, send_in};
use crate::{Caller, Engine, Error, access, contact};

/// Whom the conversation is with, when not an existing contact.
#[derive(Clone, Debug)]
pub struct Recipient {
    pub kind: AddressKind,
    pub value: String,
    pub name: Option<String>,
}

#[derive(Clone, Debug)]
pub struct FirstMessage {
    pub direction: Direction,
    pub content: NewMessage,
}

#[derive(Clone, Debug)]
pub struct NewConversation {
    pub contact_id: Option<ContactId>,
    pub to: Option<Recipient>,
    pub channel: Channel,
    /// Absent: the first active account of the channel.
    pub channel_account_id: Option<ChannelAccountId>,
    pub subject: Option<String>,
    pub topic: Option<String>,
    pub priority: Priority,
    pub status: Status,
    pub assignee: Option<UserId>,
    pub test: bool,
    /// A JSON object.
    pub variables: serde_json::Value,
    pub message: Option<FirstMessage>,
}

/// They are facts for programs, not files.
const MAX_VARIABLES_BYTES: usize = 16 * 1024;

impl Engine {
    pub async fn create_conversation(
        &self,
        caller: &Caller,
        new: NewConversation,
    ) -> Result<Conversation, Error> {
        caller.require(Permission::ConversationReply)?;
        let (engine, caller_) = (self.clone(), caller.clone());
        let key = match (&new.contact_id, &new.to) {
            (Some(id), _) => id.as_str().to_owned(),
            (None, Some(to)) => to.value.clone(),
            (None, None) => return Err(Error::required("contact_id")),
        };
        self.commit(caller, &key, move |tx| create(tx, &engine, &caller_, &new)).await
    }
}

fn create(
    tx: &mut Tx<'_>,
    engine: &Engine,
    caller: &Caller,
    new: &NewConversation,
) -> Result<Conversation, Error> {
    if new.status == Status::Closed {
        return Err(Error::invalid("status", "A conversation cannot begin closed."));
    }
    let variables = new.variables.to_string();
    if variables.len() > MAX_VARIABLES_BYTES {
        return Err(Error::invalid("variables", "At most 16 KiB as JSON."));
    }
    let account = choose_account(tx, new)?;
    let (contact, address) = resolve_contact(tx, engine, caller, new)?;
    let settings =
        rapport_store::workspace::find(tx)?.map(|workspace| workspace.settings).unwrap_or_default();
    let scope = scope_key(settings.conversation_scope, account.as_ref());
    if let Some(existing) = rapport_store::conversation::find_active_in_scope(tx, &contact.id, &scope)? {
        let current = access::conversation(tx, caller, &existing)?;
        let detail = match &current.assignee {
            Some(user) if user.id != *caller.user_id() => format!(
                "{} is talking with {} in #{}. You cannot start a second conversation.",
                user.name, contact.display_name, current.number
            ),
            _ => format!("{} has an open conversation, #{}.", contact.display_name, current.number),
        };
        return Err(Error::conflict_with("conversation_exists", detail, &current));
    }
    let assignee = match &new.assignee {
        Some(user) => {
            caller.require(Permission::ConversationAssign)?;
            Some(assignable(tx, user)?)
        }
        None => None,
    };
    let conversation = open(
        tx,
        engine.entropy(),
        engine.now(),
        &caller.actor(),
        &Opening {
            contact: &contact,
            address: address.as_ref(),
            channel: new.channel,
            channel_account_id: account,
            scope_key: scope,
            origin: origin(caller, new),
            test: new.test,
            topic: new.topic.clone(),
            subject: new.subject.clone(),
            priority: new.priority,
            status: new.status,
            assignee,
            variables,
            follow_up_of: None,
            linked_to: None,
        },
    )?;
    if let Some(first) = &new.message {
        send_in(tx, engine, caller, &conversation.id, first.direction, &first.content)
            .map_err(|error| error.within("message"))?;
    }
    access::conversation(tx, caller, &conversation.id)
}

fn origin(caller: &Caller, new: &NewConversation) -> Origin {
    match new.message.as_ref().map(|first| first.direction) {
        _ if new.test => Origin::Test,
        Some(Direction::Inbound) => Origin::InboundMessage,
        _ if caller.author_kind() == AuthorKind::Api => Origin::Api,
        _ => Origin::User,
    }
}

fn choose_account(tx: &mut Tx<'_>, new: &NewConversation) -> Result<Option<ChannelAccountId>, Error> {
    let accounts = rapport_store::channel_account::list_of_channel(tx, new.channel)?;
    match &new.channel_account_id {
        Some(id) => {
            let stored = accounts.into_iter().find(|stored| stored.account.id == *id).ok_or_else(|| {
                Error::invalid("channel_account_id", "There is no such account of this channel.")
            })?;
            if !stored.account.active {
                return Err(Error::invalid(
                    "channel_account_id",
                    format!("{} is switched off.", stored.account.name),
                ));
            }
            Ok(Some(stored.account.id))
        }
        None => match accounts.into_iter().find(|stored| stored.account.active) {
            Some(stored) => Ok(Some(stored.account.id)),
            None => Err(Error::invalid("channel", format!("No {} account is set up.", new.channel))),
        },
    }
}

/// The contact and the address to reach it at; a new contact when the address is nobody's.
fn resolve_contact(
    tx: &mut Tx<'_>,
    engine: &Engine,
    caller: &Caller,
    new: &NewConversation,
) -> Result<(Contact, Option<AddressId>), Error> {
    let kind = new.channel.address_kind();
    if let Some(id) = &new.contact_id {
        let contact = rapport_store::contact::find(tx, id)?
            .ok_or_else(|| Error::invalid("contact_id", "There is no such contact."))?;
        let address =
            contact.addresses.iter().find(|address| address.kind == kind).map(|address| address.id.clone());
        return Ok((contact, address));
    }
    let to = new.to.as_ref().ok_or_else(|| Error::required("to"))?;
    if to.kind != kind {
        return Err(Error::invalid(
            "to.kind",
            format!("The {} channel reaches contacts by {kind}.", new.channel),
        ));
    }
    let (contact, address): (Contact, Address) = contact::find_or_create(
        tx,
        engine,
        &caller.actor(),
        &contact::Seen {
            kind,
            value: &to.value,
            name: to.name.as_deref(),
            verified: false,
            field: "to.value",
        },
    )?;
    Ok((contact, Some(address.id)))
}
