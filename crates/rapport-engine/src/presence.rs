//! Who has which conversation on screen and who is typing. Kept in memory, gone after its time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rapport_domain::model::{UserReference, Viewer, ViewerState};
use rapport_domain::{ConversationId, DraftMode, Timestamp, UserId, WorkspaceId};

use crate::realtime::EventHub;

/// Seconds a sign of life counts for. Clients renew viewing every 20 s and typing every 4 s.
const VIEWING_SECONDS: i64 = 45;
const TYPING_SECONDS: i64 = 6;
const CONTACT_TYPING_SECONDS: i64 = 8;

/// Beyond so many conversations the ones that nobody looks at any more are forgotten.
const MAX_QUIET_ENTRIES: usize = 4096;

type Key = (WorkspaceId, ConversationId);

#[derive(Clone)]
pub struct Presence(Arc<Inner>);

struct Inner {
    hub: EventHub,
    viewers: Mutex<HashMap<Key, HashMap<UserId, Viewer>>>,
    online: Mutex<HashMap<WorkspaceId, HashMap<UserId, usize>>>,
}

impl Presence {
    pub(crate) fn new(hub: EventHub) -> Self {
        Self(Arc::new(Inner { hub, viewers: Mutex::default(), online: Mutex::default() }))
    }

    /// Notes what a person does in a conversation and tells the others.
    pub fn note(
        &self,
        workspace: &WorkspaceId,
        conversation: &ConversationId,
        user: &UserReference,
        state: ViewerState,
        mode: Option<DraftMode>,
        now: Timestamp,
    ) {
        let seconds = if state == ViewerState::Typing { TYPING_SECONDS } else { VIEWING_SECONDS };
        let viewer = Viewer { user: user.clone(), state, mode, expires_at: now.plus_seconds(seconds) };
        {
            let mut viewers = self.0.viewers.lock().unwrap_or_else(PoisonError::into_inner);
            let key = (workspace.clone(), conversation.clone());
            let of_conversation = viewers.entry(key.clone()).or_default();
            of_conversation.retain(|_, known| known.expires_at > now);
            if state == ViewerState::Left {
                of_conversation.remove(&user.id);
            } else {
                // After typing one still views; the longer time keeps the person on the list.
                let mut kept = viewer.clone();
                kept.expires_at = now.plus_seconds(VIEWING_SECONDS);
                of_conversation.insert(user.id.clone(), kept);
            }
            if of_conversation.is_empty() {
                viewers.remove(&key);
            }
            if viewers.len() > MAX_QUIET_ENTRIES {
                viewers.retain(|_, known| known.values().any(|viewer| viewer.expires_at > now));
            }
        }
        let data = serde_json::json!({ "conversation_id": conversation, "viewer": viewer });
        self.0.hub.tell(workspace, "presence.changed", &data, Some(user.id.clone()));
    }

    /// Who has the conversation on screen.
    pub fn viewers(
        &self,
        workspace: &WorkspaceId,
        conversation: &ConversationId,
        now: Timestamp,
    ) -> Vec<Viewer> {
        let viewers = self.0.viewers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut list: Vec<Viewer> = viewers
            .get(&(workspace.clone(), conversation.clone()))
            .map(|known| known.values().filter(|viewer| viewer.expires_at > now).cloned().collect())
            .unwrap_or_default();
        list.sort_by(|left, right| left.user.id.cmp(&right.user.id));
        list
    }

    /// Tells the team that the contact is typing.
    pub fn contact_typing(
        &self,
        workspace: &WorkspaceId,
        conversation: &ConversationId,
        active: bool,
        now: Timestamp,
    ) {
        let until = if active { now.plus_seconds(CONTACT_TYPING_SECONDS) } else { now };
        let data = serde_json::json!({ "conversation_id": conversation, "until": until });
        self.0.hub.tell(workspace, "contact.typing", &data, None);
    }

    /// Counts an open event stream of a person; the guard's end counts it down.
    pub fn connect(&self, workspace: &WorkspaceId, user: &UserId) -> Connected {
        let first = {
            let mut online = self.0.online.lock().unwrap_or_else(PoisonError::into_inner);
            let count = online.entry(workspace.clone()).or_default().entry(user.clone()).or_default();
            *count += 1;
            *count == 1
        };
        let guard = Connected { presence: self.clone(), workspace: workspace.clone(), user: user.clone() };
        if first {
            guard.tell(true);
        }
        guard
    }

    pub fn online_users(&self, workspace: &WorkspaceId) -> Vec<UserId> {
        let online = self.0.online.lock().unwrap_or_else(PoisonError::into_inner);
        online.get(workspace).map(|users| users.keys().cloned().collect()).unwrap_or_default()
    }

    pub fn anybody_online(&self, workspace: &WorkspaceId) -> bool {
        let online = self.0.online.lock().unwrap_or_else(PoisonError::into_inner);
        online.get(workspace).is_some_and(|users| !users.is_empty())
    }
}

/// A person's open event stream.
pub struct Connected {
    presence: Presence,
    workspace: WorkspaceId,
    user: UserId,
}

impl Connected {
    fn tell(&self, online: bool) {
        let data = serde_json::json!({ "user_id": self.user, "online": online });
        self.presence.0.hub.tell(&self.workspace, "user.online", &data, None);
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        let last = {
            let mut online = self.presence.0.online.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(users) = online.get_mut(&self.workspace) else { return };
            let last = match users.get_mut(&self.user) {
                Some(count) if *count > 1 => {
                    *count -= 1;
                    false
                }
                _ => users.remove(&self.user).is_some(),
            };
            if users.is_empty() {
                online.remove(&self.workspace);
            }
            last
        };
        if last {
            self.tell(false);
        }
    }
}
