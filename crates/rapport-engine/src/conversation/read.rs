//! Notes what a person has seen. Reading touches nobody else's unread mark.

use rapport_domain::{ConversationId, Event, Permission};

use crate::{Caller, Engine, Error, access, announce};

impl Engine {
    /// Marks everything in the conversation as seen by the caller. Returns the unread count, which is then zero.
    pub async fn mark_read(&self, caller: &Caller, id: &ConversationId) -> Result<i64, Error> {
        self.set_read(caller, id, true).await
    }

    /// Makes the conversation unread for the caller again. Returns the unread count.
    pub async fn mark_unread(&self, caller: &Caller, id: &ConversationId) -> Result<i64, Error> {
        self.set_read(caller, id, false).await
    }

    async fn set_read(&self, caller: &Caller, id: &ConversationId, read: bool) -> Result<i64, Error> {
        caller.require(Permission::ConversationRead)?;
        let (engine, caller_, id_) = (self.clone(), caller.clone(), id.clone());
        self.commit(caller, id.as_str(), move |tx| {
            let conversation = access::conversation(tx, &caller_, &id_)?;
            let unread = conversation.unread_count.unwrap_or_default();
            if (read && unread == 0) || (!read && unread > 0) || conversation.inbound_count == 0 {
                return Ok(unread);
            }
            let now = engine.now();
            let seen = if read { conversation.inbound_count } else { conversation.inbound_count - 1 };
            rapport_store::read_state::save_read_count(tx, caller_.user_id(), &id_, seen, now)?;
            let unread_count = conversation.inbound_count - seen;
            let event = Event::ConversationRead { unread_count };
            announce::private(tx, &caller_.actor(), now, id_.as_str(), caller_.user_id(), &event)?;
            Ok(unread_count)
        })
        .await
    }
}
