//! Reading the event log. Writing it is `Tx::emit`, the only producer.

use rapport_domain::event::{Activity, TIMELINE_EVENTS};
use rapport_domain::{Actor, ConversationId, EventEnvelope, Timestamp, UserId};

use crate::{Error, Row, Tx, columns, params};

/// An event as stored, with whom it is for.
#[derive(Clone, Debug)]
pub struct StoredEvent {
    pub envelope: EventEnvelope,
    /// Only this person may see it.
    pub visible_to_user: Option<UserId>,
}

const COLUMNS: &str = "seq, name, version, actor_kind, actor_id, actor_name, conversation_id, contact_id, visible_to_user, \
    occurred_at, payload";

fn from_row(row: &Row) -> Result<StoredEvent, Error> {
    Ok(StoredEvent {
        envelope: EventEnvelope {
            seq: row.get(0)?,
            name: row.get(1)?,
            version: row.get(2)?,
            actor: Actor { kind: row.get(3)?, id: row.get(4)?, name: row.get(5)? },
            conversation_id: row.get(6)?,
            contact_id: row.get(7)?,
            occurred_at: row.get(9)?,
            data: columns::json(row, 10)?,
        },
        visible_to_user: row.get(8)?,
    })
}

/// The number of the last committed event.
pub fn last_seq(tx: &mut Tx<'_>) -> Result<i64, Error> {
    let row = tx.query_opt("select event_seq from workspace_counters where workspace_id = ?1", &params![])?;
    row.map_or(Ok(0), |row| row.get(0))
}

pub fn list_after(tx: &mut Tx<'_>, seq: i64, limit: i64) -> Result<Vec<StoredEvent>, Error> {
    let sql = format!(
        "select {COLUMNS} from events where workspace_id = ?1 and seq > ?2 order by seq limit {limit}"
    );
    tx.query(&sql, &params![seq])?.iter().map(from_row).collect()
}

/// The events that a conversation's timeline shows, before a moment, newest first.
pub fn list_activity_before(
    tx: &mut Tx<'_>,
    conversation: &ConversationId,
    before: Option<(Timestamp, i64)>,
    limit: i64,
) -> Result<Vec<Activity>, Error> {
    let (at, seq) = before.unwrap_or((Timestamp::from_millis(i64::MAX), i64::MAX));
    let sql = format!(
        "select {COLUMNS} from events where workspace_id = ?1 and conversation_id = ?2 and (occurred_at, seq) < (?3, ?4) \
         and name in ({}) order by occurred_at desc, seq desc limit {limit}",
        timeline_names()
    );
    tx.query(&sql, &params![conversation, at, seq])?.iter().map(activity_from_row).collect()
}

/// The same after a moment, oldest first.
pub fn list_activity_after(
    tx: &mut Tx<'_>,
    conversation: &ConversationId,
    after: (Timestamp, i64),
    limit: i64,
) -> Result<Vec<Activity>, Error> {
    let sql = format!(
        "select {COLUMNS} from events where workspace_id = ?1 and conversation_id = ?2 and (occurred_at, seq) > (?3, ?4) \
         and name in ({}) order by occurred_at, seq limit {limit}",
        timeline_names()
    );
    tx.query(&sql, &params![conversation, after.0, after.1])?.iter().map(activity_from_row).collect()
}

fn timeline_names() -> String {
    TIMELINE_EVENTS.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ")
}

fn activity_from_row(row: &Row) -> Result<Activity, Error> {
    let mut envelope = from_row(row)?.envelope;
    // The line says what changed; the snapshot of the conversation is of no use to it.
    if let Some(data) = envelope.data.as_object_mut() {
        data.remove("conversation");
    }
    Ok(Activity {
        seq: envelope.seq,
        name: envelope.name,
        actor: envelope.actor,
        occurred_at: envelope.occurred_at,
        data: envelope.data,
    })
}
