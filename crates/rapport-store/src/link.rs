//! Links between conversations: follow-ups of closed ones, and mails that reached two of our addresses.

use rapport_domain::model::{ConversationLink, LinkDirection, LinkedConversation};
use rapport_domain::{ConversationId, LinkId, LinkKind, Timestamp};

use crate::{Error, Tx, params};

/// Links `child` to `parent`. False when they are linked already.
pub fn create(
    tx: &mut Tx<'_>,
    id: &LinkId,
    kind: LinkKind,
    parent: &ConversationId,
    child: &ConversationId,
    at: Timestamp,
) -> Result<bool, Error> {
    let created = tx.execute(
        "insert into conversation_links (workspace_id, id, kind, parent_id, child_id, created_at) \
         select ?1, ?2, ?3, ?4, ?5, cast(?6 as bigint) where not exists (select 1 from conversation_links \
         where workspace_id = ?1 and ((parent_id = ?4 and child_id = ?5) or (parent_id = ?5 and child_id = ?4))) \
         on conflict do nothing",
        &params![id, kind, parent, child, at],
    )?;
    Ok(created == 1)
}

/// The conversations linked to this one, oldest link first.
pub fn list(tx: &mut Tx<'_>, conversation: &ConversationId) -> Result<Vec<ConversationLink>, Error> {
    tx.query(
        "select l.id, l.kind, l.parent_id, c.id, c.number, c.status, c.topic, c.channel, c.created_at \
         from conversation_links l join conversations c on c.workspace_id = l.workspace_id \
         and c.id = case when l.parent_id = ?2 then l.child_id else l.parent_id end \
         where l.workspace_id = ?1 and (l.parent_id = ?2 or l.child_id = ?2) order by l.created_at, l.id",
        &params![conversation],
    )?
    .iter()
    .map(|row| {
        let parent: ConversationId = row.get(2)?;
        Ok(ConversationLink {
            id: row.get(0)?,
            kind: row.get(1)?,
            direction: if parent == *conversation { LinkDirection::Child } else { LinkDirection::Parent },
            conversation: LinkedConversation {
                id: row.get(3)?,
                number: row.get(4)?,
                status: row.get(5)?,
                topic: row.get(6)?,
                channel: row.get(7)?,
                created_at: row.get(8)?,
            },
        })
    })
    .collect()
}

/// The follow-up of a closed conversation that is not closed itself, the newest one.
pub fn find_active_follow_up(
    tx: &mut Tx<'_>,
    closed: &ConversationId,
) -> Result<Option<ConversationId>, Error> {
    tx.query_opt(
        "select c.id from conversation_links l join conversations c on c.workspace_id = l.workspace_id and c.id = l.child_id \
         where l.workspace_id = ?1 and l.parent_id = ?2 and l.kind = 'follow_up' and c.status <> 'closed' \
         order by c.created_at desc limit 1",
        &params![closed],
    )?
    .map(|row| row.get(0))
    .transpose()
}
