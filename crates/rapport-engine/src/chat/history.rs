//! What the visitor has on screen: messages, the conversation, what is unread and what was seen.

use rapport_channels::file::may_show_inline;
use rapport_domain::model::Conversation;
use rapport_domain::{AuthorKind, Direction, MessageId, Status, VisitorId, WorkspaceId};
use rapport_store::Tx;
use rapport_store::visitor::Visitor;
use rapport_store::visitor::history::{self, ChatMessage, Position};
use serde::Serialize;

use super::fields::VisitorFields;
use super::{
    AssigneeView, AttachmentView, ChatError, ConversationState, ConversationView, MessageView, Visit,
    WriterKind, WriterView,
};
use crate::signed_url::Reader;
use crate::{Engine, Error};

pub(super) const PAGE: i64 = 30;
/// How visitors who gave no name are called before themselves.
const UNNAMED: &str = "Visitor";

/// Messages in ascending order.
#[derive(Clone, Debug, Serialize)]
pub struct HistoryPage {
    pub messages: Vec<MessageView>,
    /// There are older ones.
    pub has_more: bool,
}

impl Engine {
    /// What was said before a message, which has to be the visitor's own to see.
    pub async fn chat_history(
        &self,
        visit: &Visit,
        before: Option<MessageId>,
    ) -> Result<HistoryPage, ChatError> {
        let (engine, visit_) = (self.clone(), visit.clone());
        let page = self
            .read(&visit.workspace, move |tx| {
                let visitor = &visit_.visitor;
                let before = match before {
                    Some(id) => {
                        let message = history::find(tx, &visitor.id, &id)?.ok_or(Error::NotFound)?;
                        Some((message.sent_at, message.id))
                    }
                    None => None,
                };
                page(tx, &engine, visitor, before.as_ref())
            })
            .await?;
        Ok(page)
    }
}

pub(super) fn page(
    tx: &mut Tx<'_>,
    engine: &Engine,
    visitor: &Visitor,
    before: Option<&Position>,
) -> Result<HistoryPage, Error> {
    let mut found = history::list_before(tx, &visitor.id, before, PAGE + 1)?;
    let has_more = found.len() as i64 > PAGE;
    found.truncate(PAGE as usize);
    let name = own_name(visitor)?;
    let workspace = tx.workspace().clone();
    let messages = found
        .into_iter()
        .rev()
        .map(|message| show(engine, &workspace, &visitor.id, &name, message))
        .collect();
    Ok(HistoryPage { messages, has_more })
}

/// The message, if the visitor may see it.
pub(super) fn find_shown(
    tx: &mut Tx<'_>,
    engine: &Engine,
    visitor: &Visitor,
    id: &MessageId,
) -> Result<Option<MessageView>, Error> {
    let name = own_name(visitor)?;
    let workspace = tx.workspace().clone();
    let found = history::find(tx, &visitor.id, id)?;
    Ok(found.map(|message| show(engine, &workspace, &visitor.id, &name, message)))
}

/// The visitor's name in their own words: what the team calls the contact is the team's business.
fn own_name(visitor: &Visitor) -> Result<String, Error> {
    Ok(VisitorFields::of(visitor)?.name.unwrap_or_else(|| UNNAMED.to_owned()))
}

fn show(
    engine: &Engine,
    workspace: &WorkspaceId,
    visitor: &VisitorId,
    own_name: &str,
    message: ChatMessage,
) -> MessageView {
    let own = message.direction == Direction::Inbound;
    let author = match (own, message.author_kind) {
        (true, _) => WriterView { kind: WriterKind::Visitor, name: own_name.to_owned() },
        (false, AuthorKind::Agent) => WriterView { kind: WriterKind::Assistant, name: message.author_name },
        (false, AuthorKind::User | AuthorKind::Api) => {
            WriterView { kind: WriterKind::Teammate, name: message.author_name }
        }
        (false, _) => WriterView { kind: WriterKind::System, name: message.author_name },
    };
    let client_id = message
        .provider_message_id
        .as_deref()
        .filter(|_| own)
        .and_then(|id| history::client_id_of(visitor, id))
        .map(str::to_owned);
    let reader = Reader::Visitor(visitor.clone());
    let attachments = message
        .attachments
        .into_iter()
        .map(|attachment| show_attachment(engine, workspace, &reader, attachment))
        .collect();
    MessageView {
        id: message.id,
        client_id,
        author,
        body_text: message.body_text,
        attachments,
        sent_at: message.sent_at,
    }
}

pub(super) fn show_attachment(
    engine: &Engine,
    workspace: &WorkspaceId,
    reader: &Reader,
    attachment: rapport_domain::model::Attachment,
) -> AttachmentView {
    let url = engine.attachment_path(workspace, reader, &attachment.id);
    let is_picture = attachment.media_type.starts_with("image/") && may_show_inline(&attachment.media_type);
    AttachmentView {
        preview_url: is_picture.then(|| url.clone()),
        id: attachment.id,
        file_name: attachment.file_name,
        media_type: attachment.media_type,
        size_bytes: attachment.size_bytes,
        url,
    }
}

pub(super) fn show_conversation(conversation: &Conversation) -> ConversationView {
    ConversationView {
        id: conversation.id.clone(),
        status: match conversation.status {
            Status::Closed => ConversationState::Closed,
            _ => ConversationState::Open,
        },
        assignee: conversation.assignee.as_ref().map(|assignee| AssigneeView { name: assignee.name.clone() }),
    }
}

/// The conversation that the visitor's next message goes to, or that it follows up.
pub(super) fn current_conversation(
    tx: &mut Tx<'_>,
    visitor: &VisitorId,
) -> Result<Option<Conversation>, Error> {
    match history::list_conversations(tx, visitor)?.first() {
        Some(id) => Ok(rapport_store::conversation::find(tx, id)?),
        None => Ok(None),
    }
}

pub(super) fn unread_count(tx: &mut Tx<'_>, visitor: &Visitor) -> Result<i64, Error> {
    let read = read_position(tx, visitor)?;
    Ok(history::count_answers_after(tx, &visitor.id, read.as_ref())?)
}

pub(super) fn read_position(tx: &mut Tx<'_>, visitor: &Visitor) -> Result<Option<Position>, Error> {
    match &visitor.read_message_id {
        Some(id) => Ok(history::position(tx, id)?),
        None => Ok(None),
    }
}

/// The visitor's newest message that somebody of the team has read.
pub(super) fn seen_message(tx: &mut Tx<'_>, visitor: &VisitorId) -> Result<Option<MessageId>, Error> {
    for conversation in history::list_conversations(tx, visitor)?.iter().take(2) {
        // A follow-up that nobody has opened yet leaves what was seen before it.
        if let Some(seen) = history::newest_seen(tx, visitor, conversation)? {
            return Ok(Some(seen));
        }
    }
    Ok(None)
}
