//! Gives a conversation to a person or takes it back. Of two who take it at once, one gets it.

use rapport_domain::model::{Conversation, UserReference};
use rapport_domain::{ConversationId, Event, Permission, Status, Timestamp, UserId};
use rapport_store::Tx;
use serde::Serialize;

use crate::{Caller, Engine, Error, access, announce};

#[derive(Clone, Debug)]
pub struct Assignment {
    /// `None` takes it away from whoever has it.
    pub user: Option<UserId>,
    /// Whom the caller believes to have it; absent: no belief. `Some(None)` is nobody.
    /// Without a belief, only a free conversation can be taken.
    pub expected: Option<Option<UserId>>,
}

/// What a loser of the race is told.
#[derive(Serialize)]
struct Taken {
    assignee: Option<UserReference>,
    at: Option<Timestamp>,
    conversation: Conversation,
}

impl Engine {
    pub async fn assign(
        &self,
        caller: &Caller,
        id: &ConversationId,
        assignment: Assignment,
    ) -> Result<Conversation, Error> {
        caller.require(Permission::ConversationAssign)?;
        let (engine, caller_, id_) = (self.clone(), caller.clone(), id.clone());
        self.commit(caller, id.as_str(), move |tx| assign(tx, &engine, &caller_, &id_, &assignment)).await
    }
}

fn assign(
    tx: &mut Tx<'_>,
    engine: &Engine,
    caller: &Caller,
    id: &ConversationId,
    assignment: &Assignment,
) -> Result<Conversation, Error> {
    let conversation = access::conversation(tx, caller, id)?;
    if conversation.status == Status::Closed {
        return Err(Error::conflict_with(
            "conversation_closed",
            "A closed conversation cannot be assigned. Create a follow-up.",
            &conversation,
        ));
    }
    let holder = conversation.assignee.clone();
    let next = match &assignment.user {
        Some(user) => Some(assignable(tx, user)?),
        None => None,
    };
    if holder.as_ref().map(|user| &user.id) == next.as_ref().map(|user| &user.id) {
        return Ok(conversation);
    }
    let expectation_fails = assignment
        .expected
        .as_ref()
        .is_some_and(|expected| expected.as_ref() != holder.as_ref().map(|user| &user.id));
    if expectation_fails {
        return Err(taken(tx, conversation)?);
    }
    if let Some(holder) = holder.as_ref().filter(|holder| holder.id != *caller.user_id())
        && !may_change_hands(tx, caller, holder, next.as_ref(), assignment)?
    {
        return Err(taken(tx, conversation)?);
    }
    let now = engine.now();
    let changed = rapport_store::conversation::compare_and_set_assignee(
        tx,
        id,
        holder.as_ref().map(|user| &user.id),
        next.as_ref().map(|user| &user.id),
        now,
    )?;
    if !changed {
        let current = access::conversation(tx, caller, id)?;
        return Err(taken(tx, current)?);
    }
    announce_change(tx, caller, id, holder, next, now)
}

/// Whether what a colleague has may go to `next`: if not, the colleague was faster.
fn may_change_hands(
    tx: &mut Tx<'_>,
    caller: &Caller,
    holder: &UserReference,
    next: Option<&UserReference>,
    assignment: &Assignment,
) -> Result<bool, Error> {
    let takes_it = next.is_some_and(|user| user.id == *caller.user_id());
    // Whoever takes without a word about the colleague saw a free conversation, whatever their role allows.
    let knows_holder = assignment.expected.as_ref().is_some_and(|user| user.as_ref() == Some(&holder.id));
    if takes_it && !knows_holder {
        return Ok(false);
    }
    if caller.may(Permission::ConversationReassign) {
        return Ok(true);
    }
    if !takes_it {
        // Taking is a conflict one can talk about; moving it around is not theirs to do.
        return Err(Error::Forbidden(Permission::ConversationReassign));
    }
    let workspace = rapport_store::workspace::find(tx)?;
    Ok(workspace.is_some_and(|workspace| !workspace.settings.manual_assignment))
}

/// Announces the new assignment and returns the conversation as the caller sees it.
pub(crate) fn announce_change(
    tx: &mut Tx<'_>,
    caller: &Caller,
    id: &ConversationId,
    previous: Option<UserReference>,
    next: Option<UserReference>,
    now: Timestamp,
) -> Result<Conversation, Error> {
    let mut conversation = rapport_store::conversation::find_for_update(tx, id)?.ok_or(Error::NotFound)?;
    if next.is_some() && conversation.lifecycle == rapport_domain::Lifecycle::Automated {
        conversation.lifecycle = rapport_domain::Lifecycle::Open;
        super::open::save(tx, &mut conversation, now)?;
    }
    let snapshot = Box::new(conversation.clone());
    let event = match (next, previous) {
        (Some(assignee), previous) => {
            Event::ConversationAssigned { conversation: snapshot, assignee, previous }
        }
        (None, Some(previous)) => Event::ConversationUnassigned { conversation: snapshot, previous },
        (None, None) => return access::conversation(tx, caller, id),
    };
    announce::conversation(tx, &caller.actor(), now, &conversation, &event)?;
    access::conversation(tx, caller, id)
}

fn taken(tx: &mut Tx<'_>, conversation: Conversation) -> Result<Error, Error> {
    let at = rapport_store::conversation::assigned_at(tx, &conversation.id)?;
    let assignee = conversation.assignee.clone();
    let detail = match &assignee {
        Some(user) => format!("{} took this conversation.", user.name),
        None => "Somebody gave this conversation back meanwhile.".to_owned(),
    };
    Ok(Error::conflict_with("already_assigned", detail, &Taken { assignee, at, conversation }))
}

/// An active person of the workspace who can answer.
pub(crate) fn assignable(tx: &mut Tx<'_>, id: &UserId) -> Result<UserReference, Error> {
    let user = rapport_store::user::find(tx, id)?
        .ok_or_else(|| Error::invalid("user_id", "There is no such person in this workspace."))?;
    if !user.active {
        return Err(Error::invalid("user_id", format!("{} is no longer active.", user.name)));
    }
    if !user.role.may(Permission::ConversationReply) {
        return Err(Error::invalid("user_id", format!("{} cannot answer conversations.", user.name)));
    }
    Ok(UserReference { id: user.id, name: user.name })
}
