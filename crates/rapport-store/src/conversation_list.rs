//! Lists and counts of conversations: filters are bound, never written into the text.

use rapport_domain::model::Conversation;
use rapport_domain::{Channel, ContactId, ConversationId, Lifecycle, Priority, Status, UserId};

use crate::conversation::{JOINS, SELECT, from_row};
use crate::filter::FilterBuilder;
use crate::{Error, Tx};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    LastActivity,
    OldestUnanswered,
    Created,
    Priority,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssigneeFilter {
    Unassigned,
    User(UserId),
}

/// Everything is combined with "and". Closed and test conversations are in unless filtered out.
#[derive(Clone, Debug, Default)]
pub struct ConversationFilter {
    pub statuses: Vec<Status>,
    pub lifecycle: Option<Lifecycle>,
    pub channel: Option<Channel>,
    pub assignee: Option<AssigneeFilter>,
    pub unread: bool,
    pub requires_action: bool,
    pub has_draft: bool,
    pub contact: Option<ContactId>,
    pub priorities: Vec<Priority>,
    pub include_test: bool,
    /// Only these, as a search found them.
    pub found: Option<Vec<ConversationId>>,
}

/// Where a page ended: the sort key and the id of its last row.
#[derive(Clone, Debug)]
pub struct Position {
    pub key: i64,
    pub id: ConversationId,
}

const JOIN_READS: &str = "left join conversation_reads r on r.workspace_id = c.workspace_id and r.user_id = ?2 \
    and r.conversation_id = c.id";

/// One page in the given order, read for one person.
pub fn list(
    tx: &mut Tx<'_>,
    viewer: &UserId,
    filter: &ConversationFilter,
    sort: Sort,
    after: Option<&Position>,
    limit: i64,
) -> Result<Vec<Conversation>, Error> {
    let mut builder = FilterBuilder::new();
    builder.bind_viewer(viewer);
    apply(&mut builder, filter);
    let (column, descending) = match sort {
        Sort::LastActivity => ("c.last_activity_at", true),
        Sort::Created => ("c.created_at", true),
        Sort::Priority => ("c.priority_rank", true),
        Sort::OldestUnanswered => ("c.waiting_since", false),
    };
    if sort == Sort::OldestUnanswered {
        builder.push("c.waiting_since is not null and c.status <> 'closed'");
    }
    if let Some(position) = after {
        builder.push_after(column, descending, position.key, position.id.as_str());
    }
    let order = if descending { "desc" } else { "asc" };
    let order = format!("order by {column} {order}, c.id {order}");
    let conditions = builder.conditions();
    // The limit stands in the text: how few rows are asked for decides which plan is good.
    let sql = if filter.unread || filter.channel.is_some() {
        // Most of what is looked at is passed over, so an index alone says which rows to read. That many will do is
        // unknown to a planner, who would otherwise read and sort them all.
        let reads = if filter.unread { JOIN_READS } else { "" };
        format!(
            "{SELECT} from (select c.id from conversations c {reads} where c.workspace_id = ?1 {conditions} {order} \
             limit {limit}) page join conversations c on c.workspace_id = ?1 and c.id = page.id {JOINS} {order}"
        )
    } else {
        format!(
            "{SELECT} from conversations c {JOINS} where c.workspace_id = ?1 {conditions} {order} limit {limit}"
        )
    };
    tx.query(&sql, builder.params())?.iter().map(|row| from_row(row, true)).collect()
}

/// The sort key of a row, to continue after it.
pub fn position_of(conversation: &Conversation, sort: Sort) -> Position {
    let key = match sort {
        Sort::LastActivity => conversation.last_activity_at.as_millis(),
        Sort::Created => conversation.created_at.as_millis(),
        Sort::Priority => crate::conversation::priority_rank(conversation.priority),
        Sort::OldestUnanswered => conversation.waiting_since.map_or(0, |at| at.as_millis()),
    };
    Position { key, id: conversation.id.clone() }
}

/// How many match, counted no further than `cap`.
pub fn count(tx: &mut Tx<'_>, viewer: &UserId, filter: &ConversationFilter, cap: i64) -> Result<i64, Error> {
    let mut builder = FilterBuilder::new();
    builder.bind_viewer(viewer);
    apply(&mut builder, filter);
    let joins = if filter.unread { JOIN_READS } else { "" };
    let order = if filter.assignee.is_none() { "order by c.last_activity_at desc, c.id desc" } else { "" };
    // The person is bound in either case, so that both engines see every parameter used.
    let sql = format!(
        "select count(*) from (select 1 as one from conversations c {joins} \
         where c.workspace_id = ?1 and cast(?2 as text) is not null {} {order} limit {cap}) as capped",
        builder.conditions()
    );
    match tx.query_opt(&sql, builder.params())? {
        Some(row) => row.get(0),
        None => Ok(0),
    }
}

/// Unread conversations of a person among those that are active.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnreadCounts {
    /// Of those assigned to the person.
    pub mine: i64,
    /// In the order of the channels asked for.
    pub by_channel: Vec<i64>,
}

/// Counts all in one pass over the active conversations, from indexes alone.
pub fn count_unread(tx: &mut Tx<'_>, viewer: &UserId, channels: &[Channel]) -> Result<UnreadCounts, Error> {
    let mut builder = FilterBuilder::new();
    builder.bind_viewer(viewer);
    apply(
        &mut builder,
        &ConversationFilter { statuses: ACTIVE.to_vec(), unread: true, ..Default::default() },
    );
    let sums: Vec<String> = channels
        .iter()
        .map(|channel| {
            let pattern = builder.bind_text(&format!("%\"{channel}\"%"));
            format!(", coalesce(sum(case when c.channels like {pattern} then 1 else 0 end), 0)")
        })
        .collect();
    let sql = format!(
        "select coalesce(sum(case when c.assignee_user_id = ?2 then 1 else 0 end), 0){} from conversations c \
         {JOIN_READS} where c.workspace_id = ?1 {}",
        sums.concat(),
        builder.conditions()
    );
    let Some(row) = tx.query_opt(&sql, builder.params())? else { return Ok(UnreadCounts::default()) };
    let by_channel = (1..=channels.len()).map(|column| row.get(column)).collect::<Result<_, _>>()?;
    Ok(UnreadCounts { mine: row.get(0)?, by_channel })
}

fn apply(builder: &mut FilterBuilder, filter: &ConversationFilter) {
    match filter.found.as_deref() {
        None => {}
        Some([]) => builder.push("1 = 0"),
        Some(found) => builder.push_in("c.id", found.iter().map(ConversationId::as_str)),
    }
    if !filter.include_test {
        builder.push(if is_active(&filter.statuses) { "c.test = false" } else { "not c.test" });
    }
    apply_statuses(builder, &filter.statuses);
    if let Some(lifecycle) = filter.lifecycle {
        match lifecycle {
            Lifecycle::Automated => builder.push("c.lifecycle = 'automated'"),
            other => builder.push_equal("c.lifecycle", other.as_str()),
        }
    }
    if let Some(channel) = filter.channel {
        builder.push_like("c.channels", &format!("%\"{channel}\"%"));
    }
    match &filter.assignee {
        Some(AssigneeFilter::Unassigned) => builder.push("c.assignee_user_id is null"),
        Some(AssigneeFilter::User(user)) => builder.push_equal("c.assignee_user_id", user.as_str()),
        None => {}
    }
    if filter.unread {
        builder.push("c.inbound_count > coalesce(r.read_count, 0)");
    }
    if filter.requires_action {
        builder.push("c.requires_action is not null");
    }
    if filter.has_draft {
        builder.push(
            "c.id in (select d.conversation_id from drafts d where d.workspace_id = ?1 and d.user_id = ?2)",
        );
    }
    if let Some(contact) = &filter.contact {
        builder.push_equal("c.contact_id", contact.as_str());
    }
    if !filter.priorities.is_empty() {
        builder.push_in("c.priority", filter.priorities.iter().map(|priority| priority.as_str()));
    }
}

const ACTIVE: [Status; 3] = [Status::Open, Status::Waiting, Status::Pending];

/// Whether only conversations can match that are being worked on.
fn is_active(statuses: &[Status]) -> bool {
    !statuses.is_empty() && statuses.iter().all(|status| ACTIVE.contains(status))
}

/// Some statuses are spelled out, because the partial indexes are chosen by this very text.
fn apply_statuses(builder: &mut FilterBuilder, statuses: &[Status]) {
    if statuses.is_empty() {
        return;
    }
    if statuses == [Status::Solved] {
        builder.push("c.status = 'solved'");
        return;
    }
    let only_active = is_active(statuses);
    if only_active {
        builder.push("c.status in ('open', 'waiting', 'pending')");
    }
    if !only_active || !ACTIVE.iter().all(|status| statuses.contains(status)) {
        builder.push_in("c.status", statuses.iter().map(|status| status.as_str()));
    }
}
