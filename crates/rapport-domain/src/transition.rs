//! What an event does to a conversation's status and lifecycle: the table that every channel obeys.

use crate::{AuthorKind, Lifecycle, Status};

/// The status after the customer wrote, or `None` when the conversation is closed and a follow-up is due.
pub fn status_after_inbound(status: Status) -> Option<Status> {
    (status != Status::Closed).then_some(Status::Open)
}

/// The lifecycle that follows from the status and from who drives the conversation.
///
/// `automated_driver`: an agent session, a campaign or a sequence is active.
/// `human_acted`: a person has acted or was assigned since that driver took over.
pub fn lifecycle(status: Status, automated_driver: bool, human_acted: bool) -> Lifecycle {
    match status {
        Status::Closed => Lifecycle::Closed,
        _ if automated_driver && !human_acted => Lifecycle::Automated,
        _ => Lifecycle::Open,
    }
}

/// Whether messages of this author make the conversation automated when no person owns it.
pub fn is_automated_author(author: AuthorKind) -> bool {
    matches!(author, AuthorKind::Agent | AuthorKind::Campaign | AuthorKind::Sequence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customer_message_opens_everything_but_a_closed_conversation() {
        for status in [Status::Open, Status::Waiting, Status::Pending, Status::Solved] {
            assert_eq!(status_after_inbound(status), Some(Status::Open));
        }
        assert_eq!(status_after_inbound(Status::Closed), None);
    }

    #[test]
    fn a_person_who_acted_makes_an_automated_conversation_open() {
        assert_eq!(lifecycle(Status::Waiting, true, false), Lifecycle::Automated);
        assert_eq!(lifecycle(Status::Waiting, true, true), Lifecycle::Open);
        assert_eq!(lifecycle(Status::Solved, false, false), Lifecycle::Open);
        assert_eq!(lifecycle(Status::Closed, true, false), Lifecycle::Closed);
    }
}
