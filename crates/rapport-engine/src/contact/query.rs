//! Lists contacts and what was ever said with one.

use rapport_domain::model::{Contact, Conversation};
use rapport_domain::{ContactId, Permission, Timestamp};
use rapport_store::conversation_list::{self, ConversationFilter, Position, Sort};

use crate::{Caller, Engine, Error, access};

impl Engine {
    pub async fn find_contact(&self, caller: &Caller, id: &ContactId) -> Result<Contact, Error> {
        let (caller_, id) = (caller.clone(), id.clone());
        self.read(&caller.workspace, move |tx| access::contact(tx, &caller_, &id)).await
    }

    /// The contacts changed last, optionally those whose name, company or address contains a text.
    pub async fn list_contacts(
        &self,
        caller: &Caller,
        text: Option<String>,
        after: Option<(Timestamp, ContactId)>,
        limit: i64,
    ) -> Result<Vec<Contact>, Error> {
        caller.require(Permission::ContactRead)?;
        self.read(&caller.workspace, move |tx| {
            let after = after.as_ref().map(|(at, id)| (*at, id));
            Ok(rapport_store::contact::list(tx, text.as_deref(), after, limit)?)
        })
        .await
    }

    /// All conversations with the contact, the latest activity first.
    pub async fn list_conversations_of_contact(
        &self,
        caller: &Caller,
        id: &ContactId,
        after: Option<Position>,
        limit: i64,
    ) -> Result<Vec<Conversation>, Error> {
        caller.require(Permission::ConversationRead)?;
        let (caller_, id) = (caller.clone(), id.clone());
        self.read(&caller.workspace, move |tx| {
            access::contact(tx, &caller_, &id)?;
            let filter =
                ConversationFilter { contact: Some(id), include_test: true, ..ConversationFilter::default() };
            Ok(conversation_list::list(
                tx,
                caller_.user_id(),
                &filter,
                Sort::LastActivity,
                after.as_ref(),
                limit,
            )?)
        })
        .await
    }
}
