//! Passes on that a visitor is writing. Nothing is stored.

use rapport_domain::Status;

use super::{ChatError, Visit, history};
use crate::Engine;

impl Engine {
    pub async fn chat_typing(&self, visit: &Visit, active: bool) -> Result<(), ChatError> {
        let id = visit.visitor.id.clone();
        let current = self.read(&visit.workspace, move |tx| history::current_conversation(tx, &id)).await?;
        // Before the first message, and after the end, there is nobody to tell.
        if let Some(conversation) = current.filter(|conversation| conversation.status != Status::Closed) {
            self.presence().contact_typing(&visit.workspace, &conversation.id, active, self.now());
        }
        Ok(())
    }
}
