//! Keeps what a person has begun to write, for their other devices and for tomorrow.

use rapport_domain::model::{Draft, DraftContent};
use rapport_domain::{ConversationId, DraftMode, Event, Permission};

use crate::{Caller, Engine, Error, access, announce};

/// Longer unsent text is refused rather than cut.
const MAX_DRAFT_BYTES: usize = 512 * 1024;

impl Engine {
    pub async fn find_draft(
        &self,
        caller: &Caller,
        id: &ConversationId,
        mode: DraftMode,
    ) -> Result<Option<Draft>, Error> {
        let (caller_, id) = (caller.clone(), id.clone());
        self.read(&caller.workspace, move |tx| {
            access::conversation(tx, &caller_, &id)?;
            Ok(rapport_store::read_state::find_draft(tx, caller_.user_id(), &id, mode)?)
        })
        .await
    }

    pub async fn save_draft(
        &self,
        caller: &Caller,
        id: &ConversationId,
        mode: DraftMode,
        content: DraftContent,
    ) -> Result<Draft, Error> {
        caller.require(permission(mode))?;
        let size = content.body_text.len() + content.body_html.as_ref().map_or(0, String::len);
        if size > MAX_DRAFT_BYTES {
            return Err(Error::TooLarge { max_bytes: MAX_DRAFT_BYTES as u64 });
        }
        let (engine, caller_, id_) = (self.clone(), caller.clone(), id.clone());
        self.commit(caller, id.as_str(), move |tx| {
            access::conversation(tx, &caller_, &id_)?;
            let now = engine.now();
            let content = clean(&content);
            let version =
                rapport_store::read_state::save_draft(tx, caller_.user_id(), &id_, mode, &content, now)?;
            let draft = Draft { conversation_id: id_.clone(), mode, content, updated_at: now, version };
            let event = Event::DraftSaved { draft: Box::new(draft.clone()) };
            announce::private(tx, &caller_.actor(), now, id_.as_str(), caller_.user_id(), &event)?;
            Ok(draft)
        })
        .await
    }

    /// Whether there was one.
    pub async fn delete_draft(
        &self,
        caller: &Caller,
        id: &ConversationId,
        mode: DraftMode,
    ) -> Result<bool, Error> {
        let (engine, caller_, id_) = (self.clone(), caller.clone(), id.clone());
        caller.require(permission(mode))?;
        self.commit(caller, id.as_str(), move |tx| {
            access::conversation(tx, &caller_, &id_)?;
            discard(tx, &caller_, &id_, mode, engine.now())
        })
        .await
    }
}

fn permission(mode: DraftMode) -> Permission {
    match mode {
        DraftMode::Reply => Permission::ConversationReply,
        DraftMode::Note => Permission::ConversationNote,
    }
}

fn clean(content: &DraftContent) -> DraftContent {
    let mut content = content.clone();
    content.body_text = content.body_text.replace('\0', "");
    content.body_html = content.body_html.map(|html| rapport_channels::html::sanitize_outgoing(&html));
    content
}

/// Removes the draft that became a message, or that its writer gave up.
pub(crate) fn discard(
    tx: &mut rapport_store::Tx<'_>,
    caller: &Caller,
    id: &ConversationId,
    mode: DraftMode,
    now: rapport_domain::Timestamp,
) -> Result<bool, Error> {
    let deleted = rapport_store::read_state::delete_draft(tx, caller.user_id(), id, mode)?;
    if deleted {
        let event = Event::DraftDeleted { mode };
        announce::private(tx, &caller.actor(), now, id.as_str(), caller.user_id(), &event)?;
    }
    Ok(deleted)
}
