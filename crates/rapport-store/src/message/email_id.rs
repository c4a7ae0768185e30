//! Knows mails by their Message-IDs, and by the ids that providers give.

use rapport_domain::{ChannelAccountId, ContactId, ConversationId, Direction, MessageId, Status};

use crate::filter::bind_ids;
use crate::value::ValueRef;
use crate::{Error, Param, Row, Tx, params};

/// Where a message with this Message-ID is, ours or theirs.
#[derive(Clone, Debug)]
pub struct KnownEmail {
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    pub channel_account_id: Option<ChannelAccountId>,
    pub outbound: bool,
}

impl KnownEmail {
    /// From rows that begin with a message's id, conversation, account and direction.
    fn from_row(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            message_id: row.get(0)?,
            conversation_id: row.get(1)?,
            channel_account_id: row.get(2)?,
            outbound: row.get::<Direction>(3)? == Direction::Outbound,
        })
    }
}

/// The messages under a Message-ID, the oldest first.
pub fn list_by_email_id(tx: &mut Tx<'_>, email_message_id: &str) -> Result<Vec<KnownEmail>, Error> {
    tx.query(
        "select m.id, m.conversation_id, m.channel_account_id, m.direction from email_message_ids e \
         join messages m on m.workspace_id = e.workspace_id and m.id = e.message_id \
         where e.workspace_id = ?1 and e.email_message_id = ?2 order by m.created_at, m.id",
        &params![email_message_id],
    )?
    .iter()
    .map(KnownEmail::from_row)
    .collect()
}

/// What is there under the ids of a message that comes in.
#[derive(Clone, Debug, Default)]
pub struct SeenMessage {
    /// The messages under its Message-ID, the oldest first.
    pub by_email_id: Vec<KnownEmail>,
    /// The one that the provider gave the same id.
    pub by_provider_id: Option<(MessageId, ConversationId)>,
}

/// Looks for both ids at once, as far as they are given.
pub fn find_seen(
    tx: &mut Tx<'_>,
    account: &ChannelAccountId,
    email_message_id: Option<&str>,
    provider_message_id: Option<&str>,
) -> Result<SeenMessage, Error> {
    let mut seen = SeenMessage::default();
    if email_message_id.is_none() && provider_message_id.is_none() {
        return Ok(seen);
    }
    let rows = tx.query(
        "select m.id, m.conversation_id, m.channel_account_id, m.direction, 'email' as found_by, m.created_at \
         from email_message_ids e join messages m on m.workspace_id = e.workspace_id and m.id = e.message_id \
         where e.workspace_id = ?1 and e.email_message_id = ?2 \
         union all select m.id, m.conversation_id, m.channel_account_id, m.direction, 'provider', m.created_at \
         from messages m where m.workspace_id = ?1 and m.channel_account_id = ?3 and m.provider_message_id = ?4 \
         order by 6, 1",
        &params![email_message_id, account, provider_message_id],
    )?;
    for row in &rows {
        let known = KnownEmail::from_row(row)?;
        match row.value(4)? {
            ValueRef::Text("provider") => {
                seen.by_provider_id = Some((known.message_id, known.conversation_id));
            }
            _ => seen.by_email_id.push(known),
        }
    }
    Ok(seen)
}

/// A conversation that a mail answers, with what decides whether the mail joins it.
#[derive(Clone, Debug)]
pub struct AnsweredConversation {
    pub id: ConversationId,
    pub number: i64,
    pub status: Status,
    pub contact_id: Option<ContactId>,
}

/// The conversation of the first of these Message-IDs that is known. A mail that reached two of our addresses is
/// answered at the one that was written to.
pub fn find_answered(
    tx: &mut Tx<'_>,
    email_message_ids: &[String],
    account: &ChannelAccountId,
) -> Result<Option<AnsweredConversation>, Error> {
    if email_message_ids.is_empty() {
        return Ok(None);
    }
    let mut params = vec![Param::Text(account.as_str())];
    let places = bind_ids(&mut params, email_message_ids.iter().map(String::as_str));
    let ranks: String =
        places.split(", ").enumerate().map(|(rank, place)| format!("when {place} then {rank} ")).collect();
    let sql = format!(
        "select c.id, c.number, c.status, c.contact_id from email_message_ids e \
         join messages m on m.workspace_id = e.workspace_id and m.id = e.message_id \
         join conversations c on c.workspace_id = m.workspace_id and c.id = m.conversation_id \
         where e.workspace_id = ?1 and e.email_message_id in ({places}) \
         order by case e.email_message_id {ranks} end, case when m.channel_account_id = ?2 then 0 else 1 end, \
         m.created_at, m.id limit 1"
    );
    tx.query_opt(&sql, &params)?
        .map(|row| {
            Ok(AnsweredConversation {
                id: row.get(0)?,
                number: row.get(1)?,
                status: row.get(2)?,
                contact_id: row.get(3)?,
            })
        })
        .transpose()
}

pub fn add_email_id(tx: &mut Tx<'_>, email_message_id: &str, message: &MessageId) -> Result<(), Error> {
    tx.execute(
        "insert into email_message_ids (workspace_id, email_message_id, message_id) values (?1, ?2, ?3) on conflict do nothing",
        &params![email_message_id, message],
    )?;
    Ok(())
}
