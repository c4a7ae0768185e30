//! Conversations: finding, creating and saving them. What may happen to one is decided by the engine.

use rapport_domain::model::{
    ContactReference, Conversation, ConversationReference, DraftPreview, LastMessage, UserReference,
};
use rapport_domain::{
    AddressId, ChannelAccountId, ContactId, ConversationId, DraftMode, Priority, Timestamp, UserId,
};

use crate::filter::bind_ids;
use crate::{Error, Param, Row, Tx, dialect, params};

/// The columns of a conversation with the names it shows, in the order `from_row` reads them.
/// `?2` is the person it is read for; an empty text reads it for nobody.
pub(crate) const SELECT: &str = "select c.id, c.number, c.status, c.lifecycle, c.channel, c.channels, c.origin, c.test, \
    c.topic, c.subject, c.priority, c.contact_id, ct.display_name, ct.known, ct.company, c.assignee_user_id, au.name, \
    c.requires_action, c.channel_account_id, c.inbound_count, coalesce(r.read_count, 0), \
    c.last_message_id, c.last_message_kind, c.last_message_direction, c.last_message_author_kind, \
    c.last_message_author_name, c.last_message_preview, c.last_message_channel, c.last_message_at, c.last_message_delivery, \
    c.last_activity_at, c.waiting_since, c.created_at, c.updated_at, c.closed_at, c.closed_by, cu.name, \
    c.follow_up_of, c.follow_up_of_number, c.version, dr.preview, dr.updated_at, dn.preview, dn.updated_at";

/// Where the version is in a row of `SELECT`.
const VERSION: usize = 39;
/// The first place behind `SELECT`.
const SEEN_VERSION: usize = 44;

pub(crate) const JOINS: &str = "left join contacts ct on ct.workspace_id = c.workspace_id and ct.id = c.contact_id \
    left join users au on au.workspace_id = c.workspace_id and au.id = c.assignee_user_id \
    left join users cu on cu.workspace_id = c.workspace_id and cu.id = c.closed_by \
    left join conversation_reads r on r.workspace_id = c.workspace_id and r.user_id = ?2 and r.conversation_id = c.id \
    left join drafts dr on dr.workspace_id = c.workspace_id and dr.user_id = ?2 and dr.conversation_id = c.id and dr.mode = 'reply' \
    left join drafts dn on dn.workspace_id = c.workspace_id and dn.user_id = ?2 and dn.conversation_id = c.id and dn.mode = 'note'";

/// Reads the columns of `SELECT`. `for_viewer` fills in what belongs to one person.
pub(crate) fn from_row(row: &Row, for_viewer: bool) -> Result<Conversation, Error> {
    let inbound_count: i64 = row.get(19)?;
    let contact = match row.get::<Option<ContactId>>(11)? {
        Some(id) => Some(ContactReference {
            id,
            display_name: row.get(12)?,
            known: row.get(13)?,
            company: row.get(14)?,
        }),
        None => None,
    };
    Ok(Conversation {
        id: row.get(0)?,
        number: row.get(1)?,
        status: row.get(2)?,
        lifecycle: row.get(3)?,
        channel: row.get(4)?,
        channels: crate::columns::json(row, 5)?,
        origin: row.get(6)?,
        test: row.get(7)?,
        topic: row.get(8)?,
        subject: row.get(9)?,
        priority: row.get(10)?,
        contact,
        assignee: reference(row, 15, 16)?,
        requires_action: row.get(17)?,
        channel_account_id: row.get(18)?,
        inbound_count,
        unread_count: if for_viewer { Some((inbound_count - row.get::<i64>(20)?).max(0)) } else { None },
        last_message: last_message(row)?,
        draft: if for_viewer { draft_preview(row)? } else { None },
        last_activity_at: row.get(30)?,
        waiting_since: row.get(31)?,
        created_at: row.get(32)?,
        updated_at: row.get(33)?,
        closed_at: row.get(34)?,
        closed_by: reference(row, 35, 36)?,
        follow_up_of: match row.get::<Option<ConversationId>>(37)? {
            Some(id) => Some(ConversationReference { id, number: row.get(38)? }),
            None => None,
        },
        version: row.get(VERSION)?,
    })
}

fn reference(row: &Row, id: usize, name: usize) -> Result<Option<UserReference>, Error> {
    Ok(match row.get::<Option<UserId>>(id)? {
        Some(id) => Some(UserReference { id, name: row.get::<Option<String>>(name)?.unwrap_or_default() }),
        None => None,
    })
}

fn last_message(row: &Row) -> Result<Option<LastMessage>, Error> {
    let Some(id) = row.get(21)? else { return Ok(None) };
    Ok(Some(LastMessage {
        id,
        kind: row.get(22)?,
        direction: row.get(23)?,
        author_kind: row.get(24)?,
        author_name: row.get(25)?,
        preview: row.get(26)?,
        channel: row.get(27)?,
        sent_at: row.get(28)?,
        delivery_status: row.get(29)?,
    }))
}

fn draft_preview(row: &Row) -> Result<Option<DraftPreview>, Error> {
    for (mode, preview, updated_at) in [(DraftMode::Reply, 40, 41), (DraftMode::Note, 42, 43)] {
        if let Some(preview) = row.get(preview)? {
            return Ok(Some(DraftPreview { mode, preview, updated_at: row.get(updated_at)? }));
        }
    }
    Ok(None)
}

/// The conversation as everybody sees it.
pub fn find(tx: &mut Tx<'_>, id: &ConversationId) -> Result<Option<Conversation>, Error> {
    let sql = format!("{SELECT} from conversations c {JOINS} where c.workspace_id = ?1 and c.id = ?3");
    tx.query_opt(&sql, &params!["", id])?.map(|row| from_row(&row, false)).transpose()
}

/// The conversation as one person sees it.
pub fn find_for(
    tx: &mut Tx<'_>,
    id: &ConversationId,
    viewer: &UserId,
) -> Result<Option<Conversation>, Error> {
    let sql = format!("{SELECT} from conversations c {JOINS} where c.workspace_id = ?1 and c.id = ?3");
    tx.query_opt(&sql, &params![viewer, id])?.map(|row| from_row(&row, true)).transpose()
}

/// Those of the conversations that there are, as one person sees them, in no order.
pub fn list_for(
    tx: &mut Tx<'_>,
    ids: &[ConversationId],
    viewer: &UserId,
) -> Result<Vec<Conversation>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut params = vec![Param::Text(viewer.as_str())];
    let places = bind_ids(&mut params, ids.iter().map(ConversationId::as_str));
    let sql =
        format!("{SELECT} from conversations c {JOINS} where c.workspace_id = ?1 and c.id in ({places})");
    tx.query(&sql, &params)?.iter().map(|row| from_row(row, true)).collect()
}

/// The conversation, locked until the transaction ends, so that read-then-write cannot interleave.
pub fn find_for_update(tx: &mut Tx<'_>, id: &ConversationId) -> Result<Option<Conversation>, Error> {
    let lock = dialect::for_update(tx.engine());
    let sql = format!(
        "{SELECT}, (select seen.version from conversations seen where seen.workspace_id = ?1 and seen.id = ?3) \
         from (select * from conversations where workspace_id = ?1 and id = ?3{lock}) c {JOINS} where c.workspace_id = ?1"
    );
    let Some(row) = tx.query_opt(&sql, &params!["", id])? else { return Ok(None) };
    // Where the lock was waited for, the row is as the one before left it, while the names beside it may be those
    // from before the wait: they are read again.
    if row.get::<i64>(SEEN_VERSION)? != row.get::<i64>(VERSION)? {
        return find(tx, id);
    }
    from_row(&row, false).map(Some)
}

pub fn find_by_number(tx: &mut Tx<'_>, number: i64) -> Result<Option<ConversationId>, Error> {
    tx.query_opt("select id from conversations where workspace_id = ?1 and number = ?2", &params![number])?
        .map(|row| row.get(0))
        .transpose()
}

/// A conversation that is not closed, with what limits who joins it.
pub struct ActiveConversation {
    pub id: ConversationId,
    pub scope_key: String,
    pub channel_account_id: Option<ChannelAccountId>,
}

/// The conversations of the contact that are not closed, the freshest first. Those of one mail thread are left out:
/// there can be any number of them.
pub fn list_active_of_contact(
    tx: &mut Tx<'_>,
    contact: &ContactId,
) -> Result<Vec<ActiveConversation>, Error> {
    tx.query(
        "select id, scope_key, channel_account_id from conversations where workspace_id = ?1 and contact_id = ?2 \
         and status <> 'closed' and scope_key not like 'thread:%' order by last_activity_at desc, id desc limit 100",
        &params![contact],
    )?
    .iter()
    .map(|row| {
        Ok(ActiveConversation { id: row.get(0)?, scope_key: row.get(1)?, channel_account_id: row.get(2)? })
    })
    .collect()
}

/// The one conversation of the contact in this scope that is not closed.
pub fn find_active_in_scope(
    tx: &mut Tx<'_>,
    contact: &ContactId,
    scope_key: &str,
) -> Result<Option<ConversationId>, Error> {
    tx.query_opt(
        "select id from conversations where workspace_id = ?1 and contact_id = ?2 and scope_key = ?3 and status <> 'closed'",
        &params![contact, scope_key],
    )?
    .map(|row| row.get(0))
    .transpose()
}

pub fn scope_key(tx: &mut Tx<'_>, id: &ConversationId) -> Result<Option<String>, Error> {
    tx.query_opt("select scope_key from conversations where workspace_id = ?1 and id = ?2", &params![id])?
        .map(|row| row.get(0))
        .transpose()
}

/// The next number of the workspace. Numbers of transactions that fail are not used again.
pub fn next_number(tx: &mut Tx<'_>) -> Result<i64, Error> {
    let row = tx.query_opt(
        "update conversation_counters set last_number = last_number + 1 where workspace_id = ?1 returning last_number",
        &params![],
    )?;
    row.ok_or_else(|| Error::Database("the workspace has no conversation counter".into()))?.get(0)
}

/// Stores a new conversation. `Error::Unique` when the contact already has one in this scope.
pub fn create(
    tx: &mut Tx<'_>,
    conversation: &Conversation,
    scope_key: &str,
    variables: &str,
) -> Result<(), Error> {
    let channels = crate::columns::to_json(&conversation.channels);
    tx.execute(
        "insert into conversations (workspace_id, id, number, contact_id, scope_key, status, lifecycle, channel, channels, \
         origin, test, topic, subject, priority, priority_rank, assignee_user_id, requires_action, channel_account_id, \
         last_activity_at, waiting_since, variables, follow_up_of, follow_up_of_number, created_at, updated_at, assigned_at) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, \
         ?24, ?24, ?25)",
        &params![
            &conversation.id,
            conversation.number,
            conversation.contact.as_ref().map(|contact| &contact.id),
            scope_key,
            conversation.status,
            conversation.lifecycle,
            conversation.channel,
            channels,
            conversation.origin,
            conversation.test,
            &conversation.topic,
            &conversation.subject,
            conversation.priority,
            priority_rank(conversation.priority),
            conversation.assignee.as_ref().map(|assignee| &assignee.id),
            &conversation.requires_action,
            &conversation.channel_account_id,
            conversation.last_activity_at,
            conversation.waiting_since,
            variables,
            conversation.follow_up_of.as_ref().map(|original| &original.id),
            conversation.follow_up_of.as_ref().map(|original| original.number),
            conversation.created_at,
            conversation.assignee.as_ref().map(|_| conversation.created_at),
        ],
    )?;
    Ok(())
}

/// Saves everything but the assignment, and counts the version up. Returns the new version.
pub fn save(tx: &mut Tx<'_>, conversation: &Conversation) -> Result<i64, Error> {
    let channels = crate::columns::to_json(&conversation.channels);
    let last = conversation.last_message.as_ref();
    let row = tx.query_opt(
        "update conversations set status = ?3, lifecycle = ?4, channel = ?5, channels = ?6, topic = ?7, subject = ?8, \
         priority = ?9, priority_rank = ?10, requires_action = ?11, channel_account_id = ?12, inbound_count = ?13, \
         last_message_id = ?14, last_message_kind = ?15, last_message_direction = ?16, last_message_author_kind = ?17, \
         last_message_author_name = ?18, last_message_preview = ?19, last_message_channel = ?20, last_message_at = ?21, \
         last_message_delivery = ?22, last_activity_at = ?23, waiting_since = ?24, updated_at = ?25, closed_at = ?26, \
         closed_by = ?27, version = version + 1 where workspace_id = ?1 and id = ?2 returning version",
        &params![
            &conversation.id,
            conversation.status,
            conversation.lifecycle,
            conversation.channel,
            channels,
            &conversation.topic,
            &conversation.subject,
            conversation.priority,
            priority_rank(conversation.priority),
            &conversation.requires_action,
            &conversation.channel_account_id,
            conversation.inbound_count,
            last.map(|message| &message.id),
            last.map(|message| message.kind),
            last.map(|message| message.direction),
            last.map(|message| message.author_kind),
            last.map(|message| message.author_name.as_str()),
            last.map(|message| message.preview.as_str()),
            last.map(|message| message.channel),
            last.map(|message| message.sent_at),
            last.and_then(|message| message.delivery_status),
            conversation.last_activity_at,
            conversation.waiting_since,
            conversation.updated_at,
            conversation.closed_at,
            conversation.closed_by.as_ref().map(|user| &user.id),
        ],
    )?;
    row.ok_or_else(|| Error::Database("the conversation to save is gone".into()))?.get(0)
}

/// Gives the conversation to somebody if it is still with `expected` and not closed. Returns whether it was.
pub fn compare_and_set_assignee(
    tx: &mut Tx<'_>,
    id: &ConversationId,
    expected: Option<&UserId>,
    next: Option<&UserId>,
    at: Timestamp,
) -> Result<bool, Error> {
    let changed = match expected {
        None => tx.execute(
            "update conversations set assignee_user_id = ?3, assigned_at = ?4, updated_at = ?4, version = version + 1 \
             where workspace_id = ?1 and id = ?2 and status <> 'closed' and assignee_user_id is null",
            &params![id, next, at],
        )?,
        Some(expected) => tx.execute(
            "update conversations set assignee_user_id = ?3, assigned_at = ?4, updated_at = ?4, version = version + 1 \
             where workspace_id = ?1 and id = ?2 and status <> 'closed' and assignee_user_id = ?5",
            &params![id, next, at, expected],
        )?,
    };
    Ok(changed == 1)
}

/// Since when the present assignee has had it.
pub fn assigned_at(tx: &mut Tx<'_>, id: &ConversationId) -> Result<Option<Timestamp>, Error> {
    let row = tx.query_opt(
        "select assigned_at from conversations where workspace_id = ?1 and id = ?2",
        &params![id],
    )?;
    row.map(|row| row.get(0)).transpose().map(Option::flatten)
}

/// The status a closed conversation had before, for taking the closing back.
pub fn set_closed_from(tx: &mut Tx<'_>, id: &ConversationId, from: Option<&str>) -> Result<(), Error> {
    tx.execute(
        "update conversations set closed_from = ?3 where workspace_id = ?1 and id = ?2",
        &params![id, from],
    )?;
    Ok(())
}

pub fn closed_from(tx: &mut Tx<'_>, id: &ConversationId) -> Result<Option<String>, Error> {
    let row = tx.query_opt(
        "select closed_from from conversations where workspace_id = ?1 and id = ?2",
        &params![id],
    )?;
    row.map(|row| row.get(0)).transpose().map(Option::flatten)
}

/// Notes that the conversation is led with this address.
pub fn add_address(tx: &mut Tx<'_>, id: &ConversationId, address: &AddressId) -> Result<(), Error> {
    tx.execute(
        "insert into conversation_addresses (workspace_id, conversation_id, address_id) values (?1, ?2, ?3) \
         on conflict do nothing",
        &params![id, address],
    )?;
    Ok(())
}

pub fn has_address(tx: &mut Tx<'_>, id: &ConversationId, address: &AddressId) -> Result<bool, Error> {
    let row = tx.query_opt(
        "select 1 from conversation_addresses where workspace_id = ?1 and conversation_id = ?2 and address_id = ?3",
        &params![id, address],
    )?;
    Ok(row.is_some())
}

/// The account that last carried a message of this channel in the conversation.
pub fn last_account(
    tx: &mut Tx<'_>,
    id: &ConversationId,
    channel: rapport_domain::Channel,
) -> Result<Option<ChannelAccountId>, Error> {
    let row = tx.query_opt(
        "select channel_account_id from messages where workspace_id = ?1 and conversation_id = ?2 and channel = ?3 \
         and channel_account_id is not null order by sent_at desc, id desc limit 1",
        &params![id, channel],
    )?;
    row.map(|row| row.get(0)).transpose().map(Option::flatten)
}

pub const fn priority_rank(priority: Priority) -> i64 {
    match priority {
        Priority::Low => 0,
        Priority::Normal => 1,
        Priority::High => 2,
        Priority::Urgent => 3,
    }
}
