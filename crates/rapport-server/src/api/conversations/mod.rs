//! `/api/v1/conversations`, one file for each thing that one does with a conversation.

pub mod create;
pub mod drafts;
pub mod list;
pub mod messages;
pub mod notes;
pub mod presence;
pub mod show;
pub mod state;
pub mod timeline;

use rapport_domain::model::Message;
use rapport_engine::{Caller, Engine};

/// The message with the paths of its files, for this caller.
fn signed(engine: &Engine, caller: &Caller, message: Message) -> Message {
    engine.signed_for(caller, message)
}
