//! Adds an internal note: seen by the team, never delivered to anybody outside.

use rapport_channels::html;
use rapport_domain::model::Message;
use rapport_domain::{
    AttachmentId, ConversationId, Direction, DraftMode, Event, MessageId, MessageKind, Permission,
};
use rapport_store::message::{MessageDetails, StoredMessage};

use super::repeated;
use crate::conversation::{draft, open};
use crate::{Caller, Engine, Error, access, announce, attachment};

#[derive(Clone, Debug, Default)]
pub struct NewNote {
    pub body_text: String,
    pub body_html: Option<String>,
    pub attachment_ids: Vec<AttachmentId>,
    pub client_id: Option<String>,
}

const MAX_NOTE_BYTES: usize = 256 * 1024;

impl Engine {
    /// Adds a note. Closed conversations take notes too.
    pub async fn add_note(
        &self,
        caller: &Caller,
        id: &ConversationId,
        note: NewNote,
    ) -> Result<Message, Error> {
        caller.require(Permission::ConversationNote)?;
        if note.body_text.len() + note.body_html.as_ref().map_or(0, String::len) > MAX_NOTE_BYTES {
            return Err(Error::TooLarge { max_bytes: MAX_NOTE_BYTES as u64 });
        }
        let (engine, caller_, id_) = (self.clone(), caller.clone(), id.clone());
        self.commit(caller, id.as_str(), move |tx| {
            let mut conversation = access::conversation_for_update(tx, &caller_, &id_)?;
            if let Some(known) = repeated::find_note(tx, &engine, &caller_, &id_, &note)? {
                return Ok(known);
            }
            let now = engine.now();
            let stored = compose(tx, &engine, &caller_, &conversation, &note)?;
            open::append(tx, &mut conversation, &stored, now)?;
            attachment::attach_all(tx, caller_.user_id().as_str(), &stored.message)?;
            open::save(tx, &mut conversation, now)?;
            let event = Event::NoteAdded {
                conversation: Box::new(conversation.clone()),
                message: announce::for_event(&stored.message),
            };
            announce::conversation(tx, &caller_.actor(), now, &conversation, &event)?;
            draft::discard(tx, &caller_, &id_, DraftMode::Note, now)?;
            Ok(stored.message)
        })
        .await
    }
}

fn compose(
    tx: &mut rapport_store::Tx<'_>,
    engine: &Engine,
    caller: &Caller,
    conversation: &rapport_domain::model::Conversation,
    note: &NewNote,
) -> Result<StoredMessage, Error> {
    let now = engine.now();
    let (body_text, body_html) = bodies(note);
    let mut attachments = attachment::claimable(tx, caller.user_id().as_str(), &note.attachment_ids, engine)?;
    attachment::place_inline(&mut attachments, body_html.as_deref());
    if body_text.trim().is_empty() && attachments.is_empty() {
        return Err(Error::required("body_text"));
    }
    let message = Message {
        id: MessageId::generate(now, engine.entropy()),
        conversation_id: conversation.id.clone(),
        kind: MessageKind::Note,
        direction: Direction::None,
        channel: conversation.channel,
        channel_account_id: None,
        author: caller.author(),
        subject: None,
        visible_text: body_text.clone(),
        body_text,
        has_quote: false,
        body_html,
        has_remote_images: false,
        truncated: false,
        from: None,
        to: Vec::new(),
        cc: Vec::new(),
        bcc: Vec::new(),
        attachments,
        delivery: None,
        automatic: false,
        warnings: Vec::new(),
        ai_generated: false,
        ai_drafted: false,
        client_id: note.client_id.clone(),
        email_message_id: None,
        held_until: None,
        sent_at: now,
        created_at: now,
        version: 1,
    };
    Ok(StoredMessage {
        message,
        details: MessageDetails::default(),
        raw_blob: None,
        provider_message_id: None,
    })
}

/// The text and the HTML as they are kept.
pub(super) fn bodies(note: &NewNote) -> (String, Option<String>) {
    let body_html =
        note.body_html.as_deref().map(html::sanitize_outgoing).filter(|html| !html.trim().is_empty());
    let body_text = match &body_html {
        Some(html) if note.body_text.trim().is_empty() => html::to_text(html),
        _ => note.body_text.replace('\0', ""),
    };
    (body_text, body_html)
}
