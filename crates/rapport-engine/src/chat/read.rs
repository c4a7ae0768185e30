//! Notes how far a visitor has read, and tells the team that their answers were.

use rapport_domain::{Actor, AuthorKind, DeliveryStatus, Direction, MessageId};
use rapport_store::visitor::history as stored;

use super::{ChatError, Visit, history};
use crate::delivery::{self, Change};
use crate::{Engine, Error};

/// Answers that one report can mark as read; more are marked by the next one.
const MAX_MARKED: i64 = 500;

impl Engine {
    /// Notes that the visitor has read everything up to a message. Answers how much is unread.
    pub async fn chat_read(&self, visit: &Visit, message: MessageId) -> Result<i64, ChatError> {
        let (engine, visit_) = (self.clone(), visit.clone());
        let unread = self
            .write(&visit.workspace, visit.visitor.id.as_str(), move |tx| {
                let mut visitor = rapport_store::visitor::find_for_update(tx, &visit_.visitor.id)?
                    .ok_or(Error::NotFound)?;
                let target = stored::find(tx, &visitor.id, &message)?
                    .filter(|found| found.direction == Direction::Outbound)
                    .ok_or(Error::NotFound)?;
                let before = history::read_position(tx, &visitor)?;
                let target = (target.sent_at, target.id);
                if before.as_ref().is_none_or(|before| *before < target) {
                    let actor = Actor {
                        kind: AuthorKind::Contact,
                        id: visitor.contact_id.as_ref().map(|id| id.as_str().to_owned()),
                        name: "Visitor".to_owned(),
                    };
                    for answer in stored::list_answers_after(tx, &visitor.id, before.as_ref(), MAX_MARKED)? {
                        if (answer.sent_at, answer.id.clone()) <= target {
                            let change = Change {
                                status: DeliveryStatus::Read,
                                reason: answer.delivery_reason,
                                code: answer.delivery_code,
                                next_attempt_at: None,
                            };
                            delivery::apply(tx, &actor, &answer.id, change, engine.now())?;
                        }
                    }
                    visitor.read_message_id = Some(target.1.clone());
                    visitor.last_seen_at = engine.now();
                    rapport_store::visitor::save(tx, &visitor)?;
                }
                history::unread_count(tx, &visitor)
            })
            .await?;
        Ok(unread)
    }
}
