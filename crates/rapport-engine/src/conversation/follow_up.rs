//! Continues a closed conversation in a new one that is linked to it.

use rapport_domain::model::{Conversation, ConversationReference};
use rapport_domain::{ConversationId, Origin, Permission, Status};

use super::open::{Opening, open, scope_key};
use crate::{Caller, Engine, Error, access};

impl Engine {
    /// Opens a follow-up of a closed conversation, assigned to the caller.
    pub async fn create_follow_up(
        &self,
        caller: &Caller,
        id: &ConversationId,
    ) -> Result<Conversation, Error> {
        caller.require(Permission::ConversationReply)?;
        let (engine, caller_, id_) = (self.clone(), caller.clone(), id.clone());
        self.commit(caller, id.as_str(), move |tx| {
            let original = access::conversation_for_update(tx, &caller_, &id_)?;
            if original.status != Status::Closed {
                return Err(Error::conflict_with(
                    "conversation_not_closed",
                    "Only a closed conversation can be followed up. Answer in this one.",
                    &original,
                ));
            }
            let contact_id =
                original.contact.as_ref().map(|contact| contact.id.clone()).ok_or(Error::NotFound)?;
            let contact = rapport_store::contact::find(tx, &contact_id)?.ok_or(Error::NotFound)?;
            let settings =
                rapport_store::workspace::find(tx)?.map(|workspace| workspace.settings).unwrap_or_default();
            // A follow-up keeps to the limits of what it follows.
            let scope = match rapport_store::conversation::scope_key(tx, &original.id)? {
                Some(key) if key.starts_with("thread:") || key.starts_with("sender:") => key,
                _ => scope_key(settings.conversation_scope, original.channel_account_id.as_ref()),
            };
            if let Some(active) = rapport_store::conversation::find_active_in_scope(tx, &contact.id, &scope)?
            {
                let current = access::conversation(tx, &caller_, &active)?;
                let detail =
                    format!("{} has an open conversation, #{}.", contact.display_name, current.number);
                return Err(Error::conflict_with("conversation_exists", detail, &current));
            }
            let kind = original.channel.address_kind();
            let address = contact.addresses.iter().find(|address| address.kind == kind);
            let follow_up = open(
                tx,
                engine.entropy(),
                engine.now(),
                &caller_.actor(),
                &Opening {
                    contact: &contact,
                    address: address.map(|address| &address.id),
                    channel: original.channel,
                    channel_account_id: original.channel_account_id.clone(),
                    scope_key: scope,
                    origin: Origin::User,
                    test: original.test,
                    topic: Some(original.topic.clone()),
                    subject: original.subject.clone(),
                    priority: original.priority,
                    status: Status::Open,
                    assignee: Some(caller_.user.clone()),
                    variables: "{}".to_owned(),
                    follow_up_of: Some(ConversationReference {
                        id: original.id.clone(),
                        number: original.number,
                    }),
                    linked_to: None,
                },
            )?;
            access::conversation(tx, &caller_, &follow_up.id)
        })
        .await
    }
}
