//! Lists, counts, and one conversation with all that its screen shows.

use std::collections::{BTreeMap, HashSet};

use rapport_domain::model::{Conversation, ConversationDetail};
use rapport_domain::{Channel, ContactId, ConversationId, Lifecycle, Permission, Status};
use rapport_store::Tx;
use rapport_store::conversation_list::{self, AssigneeFilter, ConversationFilter, Position, Sort};
use rapport_store::search::{self, SearchQuery};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Caller, Engine, Error, access, contact, send};

/// Counting stops here; more is shown as "999+".
const COUNT_CAP: i64 = 1000;
/// Counting what a list holds stops here: it is done for every first page.
const TOTAL_CAP: i64 = 200;
/// The channels that have a tab of their own above the list.
const COUNTED_CHANNELS: [Channel; 3] = [Channel::Email, Channel::Chat, Channel::Api];
/// A list that is narrowed by words looks at so many hits.
const MAX_TEXT_HITS: i64 = 500;
/// And at so many contacts, with so many conversations of them all.
const MAX_TEXT_CONTACTS: i64 = 20;
const MAX_TEXT_CONVERSATIONS: i64 = 200;

#[derive(Clone, Debug)]
pub struct ListRequest {
    pub filter: ConversationFilter,
    /// What the conversation, a message of it or its contact must hold: words, an address, a number or an id.
    pub text: Option<String>,
    pub sort: Sort,
    pub after: Option<Position>,
    pub limit: i64,
}

#[derive(Clone, Debug)]
pub struct Page {
    pub conversations: Vec<Conversation>,
    pub next: Option<Position>,
    /// Matching conversations, counted up to the cap.
    pub total: i64,
    pub total_capped: bool,
    /// Events after this number are not in the page.
    pub seq: i64,
}

/// How many conversations the views of the inbox hold, counted up to `cap`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Counts {
    pub views: ViewCounts,
    /// Unread conversations by channel.
    pub channels: BTreeMap<String, i64>,
    pub unread_mine: i64,
    pub cap: i64,
    pub seq: i64,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ViewCounts {
    pub mine: i64,
    pub unassigned: i64,
    pub all: i64,
    pub drafts: i64,
    pub automated: i64,
    pub requires_action: i64,
}

impl Engine {
    pub async fn list_conversations(&self, caller: &Caller, request: ListRequest) -> Result<Page, Error> {
        caller.require(Permission::ConversationRead)?;
        let (caller_, mut request) = (caller.clone(), request);
        self.read(&caller.workspace, move |tx| {
            if let Some(text) = &request.text {
                request.filter.found = Some(find_by_text(tx, &caller_, text)?);
            }
            list(tx, &caller_, &request)
        })
        .await
    }

    pub async fn count_conversations(&self, caller: &Caller) -> Result<Counts, Error> {
        caller.require(Permission::ConversationRead)?;
        let caller_ = caller.clone();
        self.read(&caller.workspace, move |tx| counts(tx, &caller_)).await
    }

    pub async fn find_conversation(
        &self,
        caller: &Caller,
        id: &ConversationId,
    ) -> Result<Conversation, Error> {
        let (caller_, id) = (caller.clone(), id.clone());
        self.read(&caller.workspace, move |tx| access::conversation(tx, &caller_, &id)).await
    }

    pub async fn find_conversation_detail(
        &self,
        caller: &Caller,
        id: &ConversationId,
    ) -> Result<ConversationDetail, Error> {
        let viewers = self.presence().viewers(&caller.workspace, id, self.now());
        let (engine, caller_, id) = (self.clone(), caller.clone(), id.clone());
        self.read(&caller.workspace, move |tx| {
            let conversation = access::conversation(tx, &caller_, &id)?;
            let contact_detail = match &conversation.contact {
                Some(contact) if caller_.may(Permission::ContactRead) => {
                    rapport_store::contact::find(tx, &contact.id)?
                }
                _ => None,
            };
            Ok(ConversationDetail {
                links: rapport_store::link::list(tx, &id)?,
                reply_options: send::reply_options(tx, &engine, &conversation)?,
                email_reply: send::email_reply_defaults(tx, &engine, &conversation)?,
                seq: rapport_store::event::last_seq(tx)?,
                contact_detail,
                conversation,
                viewers,
            })
        })
        .await
    }
}

/// The conversation of this number or id, those of contacts whom the text names, and those of the newest hits. The
/// search itself finds everything; a list narrows what is recent.
fn find_by_text(tx: &mut Tx<'_>, caller: &Caller, text: &str) -> Result<Vec<ConversationId>, Error> {
    let text = text.trim();
    let mut found = Vec::new();
    if let Ok(number) = text.strip_prefix('#').unwrap_or(text).parse::<i64>() {
        found.extend(rapport_store::conversation::find_by_number(tx, number)?);
    }
    if caller.may(Permission::ContactRead) {
        found.extend(find_by_contact(tx, caller, text)?);
    }
    let hits = search::search(tx, &SearchQuery { text, kind: None, limit: MAX_TEXT_HITS, before: None })?;
    found.extend(hits.into_iter().filter_map(|hit| hit.conversation_id).map(ConversationId::from_stored));
    let mut seen = HashSet::new();
    found.retain(|id| seen.insert(id.clone()));
    found.truncate(MAX_TEXT_HITS as usize);
    Ok(found)
}

/// The latest conversations of contacts by their id, or by what their names and addresses begin with.
fn find_by_contact(tx: &mut Tx<'_>, caller: &Caller, text: &str) -> Result<Vec<ConversationId>, Error> {
    let contacts = match ContactId::parse(text) {
        Some(id) => vec![id],
        None => {
            let spelling = contact::spelling_that_finds(tx, text.to_owned())?;
            let contacts = rapport_store::contact::list(tx, Some(&spelling), None, MAX_TEXT_CONTACTS)?;
            contacts.into_iter().map(|contact| contact.id).collect()
        }
    };
    let of_each = MAX_TEXT_CONVERSATIONS / (contacts.len() as i64).max(1);
    let mut found = Vec::new();
    for id in contacts {
        let filter =
            ConversationFilter { contact: Some(id), include_test: true, ..ConversationFilter::default() };
        let (viewer, sort) = (caller.user_id(), Sort::LastActivity);
        let of_contact = conversation_list::list(tx, viewer, &filter, sort, None, of_each)?;
        found.extend(of_contact.into_iter().map(|conversation| conversation.id));
    }
    Ok(found)
}

fn list(tx: &mut Tx<'_>, caller: &Caller, request: &ListRequest) -> Result<Page, Error> {
    let viewer = caller.user_id();
    let mut conversations = conversation_list::list(
        tx,
        viewer,
        &request.filter,
        request.sort,
        request.after.as_ref(),
        request.limit + 1,
    )?;
    let more = conversations.len() as i64 > request.limit;
    conversations.truncate(request.limit as usize);
    let next = conversations
        .last()
        .filter(|_| more)
        .map(|conversation| conversation_list::position_of(conversation, request.sort));
    let total = match (&request.after, more) {
        (None, false) => conversations.len() as i64,
        _ => conversation_list::count(tx, viewer, &request.filter, TOTAL_CAP)?,
    };
    let seq = rapport_store::event::last_seq(tx)?;
    Ok(Page { conversations, next, total, total_capped: total >= TOTAL_CAP, seq })
}

fn counts(tx: &mut Tx<'_>, caller: &Caller) -> Result<Counts, Error> {
    let viewer = caller.user_id().clone();
    let active = ConversationFilter {
        statuses: vec![Status::Open, Status::Waiting, Status::Pending],
        ..ConversationFilter::default()
    };
    let mine = Some(AssigneeFilter::User(viewer.clone()));
    let mut count = |filter: ConversationFilter| conversation_list::count(tx, &viewer, &filter, COUNT_CAP);
    let views = ViewCounts {
        mine: count(ConversationFilter { assignee: mine, ..active.clone() })?,
        unassigned: count(ConversationFilter { assignee: Some(AssigneeFilter::Unassigned), ..active })?,
        // The view of all lists every status.
        all: count(ConversationFilter::default())?,
        drafts: count(ConversationFilter { has_draft: true, ..ConversationFilter::default() })?,
        automated: count(ConversationFilter {
            lifecycle: Some(Lifecycle::Automated),
            ..ConversationFilter::default()
        })?,
        requires_action: count(ConversationFilter {
            requires_action: true,
            ..ConversationFilter::default()
        })?,
    };
    let unread = conversation_list::count_unread(tx, &viewer, &COUNTED_CHANNELS)?;
    let channels = COUNTED_CHANNELS
        .iter()
        .zip(unread.by_channel)
        .map(|(channel, count)| (channel.as_str().to_owned(), count.min(COUNT_CAP)))
        .collect();
    let unread_mine = unread.mine.min(COUNT_CAP);
    let seq = rapport_store::event::last_seq(tx)?;
    Ok(Counts { views, channels, unread_mine, cap: COUNT_CAP, seq })
}
