//! People, their workspace and what they hold to prove who they are.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{ConversationScope, InvitationId, Permission, Role, Timestamp, TokenId, UserId, WorkspaceId};

/// The id and name of a person, as shown beside what they did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UserReference {
    pub id: UserId,
    pub name: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct User {
    pub id: UserId,
    pub name: String,
    /// Only shown to oneself and to those who manage users.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub email: Option<String>,
    pub role: Role,
    pub active: bool,
    pub created_at: Timestamp,
    pub last_seen_at: Option<Timestamp>,
    #[serde(default)]
    #[schema(required = true)]
    pub online: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkspaceSettings {
    /// At most one conversation that is not closed exists per contact and scope.
    pub conversation_scope: ConversationScope,
    /// How many seconds an email from a person waits before it leaves, so that it can be taken back. 0 to 30.
    pub email_undo_seconds: u32,
    /// Whether a conversation that somebody has cannot be taken by others.
    pub manual_assignment: bool,
}

impl Default for WorkspaceSettings {
    fn default() -> Self {
        Self {
            conversation_scope: ConversationScope::Contact,
            email_undo_seconds: 10,
            manual_assignment: true,
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Workspace {
    pub id: WorkspaceId,
    pub name: String,
    pub settings: WorkspaceSettings,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ApiToken {
    pub id: TokenId,
    pub name: String,
    /// The first characters, to recognise it by.
    pub prefix: String,
    /// Empty: everything that its user may do.
    pub scopes: Vec<Permission>,
    pub user: UserReference,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    /// Present once, in the answer that creates it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub token: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Invitation {
    pub id: InvitationId,
    pub email: String,
    pub role: Role,
    pub invited_by: UserReference,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub accepted_at: Option<Timestamp>,
    /// The link to accept it; present once, in the answer that creates it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub url: Option<String>,
}
