//! Takes what a visitor writes: one transaction makes the contact, finds the conversation and stores the message.

use rapport_domain::model::Attachment;
use rapport_domain::{AddressKind, AttachmentId, Channel, email_address};
use rapport_store::Tx;
use rapport_store::visitor::Visitor;
use rapport_store::visitor::history as stored;
use serde::Serialize;

use super::fields::{self, VisitorFields, clean_name};
use super::session::note_page;
use super::{
    ChatError, ConversationView, MessageView, PageSeen, Visit, VisitorView, history, prechat, remark, text,
    widget,
};
use crate::ingest::{self, AcceptedStatus, Inbound, InboundRecipients, Sender, Threading};
use crate::{Engine, Error, attachment};

const MAX_CLIENT_ID_BYTES: usize = 100;

#[derive(Clone, Debug)]
pub struct NewChatMessage {
    /// The browser's own id for it; the same one twice is one message, whatever conversation it is in.
    pub client_id: String,
    pub body_text: String,
    pub attachment_ids: Vec<AttachmentId>,
    pub page: Option<PageSeen>,
    /// Given when the visitor leaves a message for later.
    pub offline: Option<OfflineForm>,
}

/// How a visitor can be reached later.
#[derive(Clone, Debug)]
pub struct OfflineForm {
    pub email: String,
    pub name: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct SentChat {
    pub message: MessageView,
    pub conversation: ConversationView,
    pub visitor: VisitorView,
    /// False when the message was there already.
    #[serde(skip)]
    pub created: bool,
}

impl Engine {
    pub async fn chat_send(&self, visit: &Visit, new: NewChatMessage) -> Result<SentChat, ChatError> {
        let (engine, visit_) = (self.clone(), visit.clone());
        let sent = self
            .write(&visit.workspace, visit.visitor.id.as_str(), move |tx| send_in(tx, &engine, &visit_, &new))
            .await?;
        Ok(sent)
    }
}

fn send_in(tx: &mut Tx<'_>, engine: &Engine, visit: &Visit, new: &NewChatMessage) -> Result<SentChat, Error> {
    let mut visitor =
        rapport_store::visitor::find_for_update(tx, &visit.visitor.id)?.ok_or(Error::NotFound)?;
    check_client_id(&new.client_id)?;
    let provider_id = stored::provider_message_id(&visitor.id, &new.client_id);
    let known = rapport_store::message::find_by_provider_id(tx, &visitor.channel_account_id, &provider_id)?;
    if let Some((message, conversation)) = known {
        let accepted = ingest::Accepted {
            status: AcceptedStatus::Duplicate,
            message_id: message,
            conversation_id: conversation,
        };
        return answer(tx, engine, visit, &visitor, &accepted);
    }
    let mut fields = VisitorFields::of(&visitor)?;
    match &new.offline {
        Some(form) => take_form(&mut fields, form)?,
        None if prechat::is_missing_answers(&visit.account.config, &fields) => {
            return Err(Error::conflict("pre_chat_required", "Some questions have to be answered first."));
        }
        None => {}
    }
    let body_text = text::clean_body(&new.body_text);
    let uploads = claim_uploads(tx, engine, &visitor, &new.attachment_ids)?;
    check_body(&body_text, &uploads)?;
    let previous = stored::list_conversations(tx, &visitor.id)?.into_iter().next();
    let (_, address) = fields::contact_of(tx, engine, &mut visitor, &fields)?;
    note_page(&mut visitor, new.page.as_ref());
    visitor.last_seen_at = engine.now();
    let untold = std::mem::take(&mut fields.untold);
    fields.store_in(&mut visitor)?;
    rapport_store::visitor::save(tx, &visitor)?;
    let accepted = ingest::accept(
        tx,
        engine,
        &Inbound {
            channel: Channel::Chat,
            channel_account_id: visitor.channel_account_id.clone(),
            sender: Sender {
                kind: AddressKind::Visitor,
                value: visitor.id.as_str().to_owned(),
                name: fields.name.clone(),
                verified: visitor.identity.is_some(),
            },
            provider_message_id: Some(provider_id),
            content_id: None,
            // Kept inside the provider's id: there it is the visitor's own, and cannot collide with a teammate's.
            client_id: None,
            subject: None,
            body_text,
            visible_text: None,
            body_html: None,
            has_remote_images: false,
            recipients: InboundRecipients::default(),
            threading: Threading { conversation: previous, ..Threading::default() },
            attachments: Vec::new(),
            uploads: (!uploads.is_empty()).then(|| (visitor.id.as_str().to_owned(), uploads)),
            warnings: Vec::new(),
            automatic: false,
            raw_blob: None,
            test: false,
            per_thread: false,
        },
    )?;
    // The conversation may have been led by other means until now.
    rapport_store::conversation::add_address(tx, &accepted.conversation_id, &address.id)?;
    if untold {
        remark::tell_team(tx, engine, visit, &visitor, &fields, &accepted.conversation_id)?;
    }
    answer(tx, engine, visit, &visitor, &accepted)
}

fn answer(
    tx: &mut Tx<'_>,
    engine: &Engine,
    visit: &Visit,
    visitor: &Visitor,
    accepted: &ingest::Accepted,
) -> Result<SentChat, Error> {
    let message = history::find_shown(tx, engine, visitor, &accepted.message_id)?.ok_or(Error::NotFound)?;
    let conversation =
        rapport_store::conversation::find(tx, &accepted.conversation_id)?.ok_or(Error::NotFound)?;
    let fields = VisitorFields::of(visitor)?;
    Ok(SentChat {
        message,
        conversation: history::show_conversation(&conversation),
        visitor: fields::view(visitor, &fields, &visit.account.config),
        created: accepted.status == AcceptedStatus::Stored,
    })
}

fn take_form(fields: &mut VisitorFields, form: &OfflineForm) -> Result<(), Error> {
    let email = email_address::normalise(&form.email)
        .ok_or_else(|| Error::invalid("email", "This is not an email address."))?;
    fields.set(form.name.as_deref().and_then(clean_name), Some(email));
    Ok(())
}

/// The visitor's own unsent uploads. Anybody else's look like unknown ones.
fn claim_uploads(
    tx: &mut Tx<'_>,
    engine: &Engine,
    visitor: &Visitor,
    ids: &[AttachmentId],
) -> Result<Vec<Attachment>, Error> {
    if ids.len() as i64 > widget::max_attachments() {
        let limit = widget::max_attachments();
        return Err(Error::invalid("attachment_ids", format!("A message carries at most {limit} files.")));
    }
    for (position, id) in ids.iter().enumerate() {
        let own = rapport_store::message::find_attachment(tx, id)?.is_some_and(|found| {
            found.message_id.is_none() && found.uploaded_by.as_deref() == Some(visitor.id.as_str())
        });
        if !own || ids[..position].contains(id) {
            return Err(Error::NotFound);
        }
    }
    attachment::claimable(tx, visitor.id.as_str(), ids, engine)
}

fn check_body(body_text: &str, uploads: &[Attachment]) -> Result<(), Error> {
    if body_text.trim().is_empty() && uploads.is_empty() {
        return Err(Error::required("body_text"));
    }
    let limit = widget::max_length();
    if body_text.chars().count() as i64 > limit {
        return Err(Error::invalid("body_text", format!("At most {limit} characters.")));
    }
    Ok(())
}

/// Browsers use UUIDs; anything short and plain will do.
fn check_client_id(client_id: &str) -> Result<(), Error> {
    let plain = client_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if plain && (8..=MAX_CLIENT_ID_BYTES).contains(&client_id.len()) {
        return Ok(());
    }
    Err(Error::invalid("client_id", "8 to 100 letters, digits and hyphens."))
}
