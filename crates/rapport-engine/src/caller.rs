//! On whose behalf a use case runs, and what they may do.

use rapport_domain::model::{Author, UserReference};
use rapport_domain::{Actor, AuthorKind, Permission, Role, SessionId, TokenId, UserId, WorkspaceId};

use crate::Error;

/// A key under which the answer of a request is kept, so that repeating it repeats the answer and not the act.
#[derive(Clone, Debug)]
pub struct IdempotencyKey {
    pub key: String,
    /// Of method, path and body: another request under the same key is refused.
    pub request_hash: String,
}

/// A person, or a program with a person's token.
#[derive(Clone, Debug)]
pub struct Caller {
    pub workspace: WorkspaceId,
    pub user: UserReference,
    pub role: Role,
    pub session: Option<SessionId>,
    pub token: Option<TokenId>,
    /// What the token is limited to; empty for sessions and unlimited tokens.
    pub scopes: Vec<Permission>,
    pub idempotency: Option<IdempotencyKey>,
}

impl Caller {
    pub fn user_id(&self) -> &UserId {
        &self.user.id
    }

    pub fn may(&self, permission: Permission) -> bool {
        self.role.may(permission) && (self.scopes.is_empty() || self.scopes.contains(&permission))
    }

    pub fn require(&self, permission: Permission) -> Result<(), Error> {
        if self.may(permission) { Ok(()) } else { Err(Error::Forbidden(permission)) }
    }

    pub fn permissions(&self) -> Vec<Permission> {
        Permission::ALL.iter().copied().filter(|permission| self.may(*permission)).collect()
    }

    /// A program is told apart from the person whose token it uses.
    pub fn author_kind(&self) -> AuthorKind {
        if self.token.is_some() { AuthorKind::Api } else { AuthorKind::User }
    }

    pub fn actor(&self) -> Actor {
        Actor {
            kind: self.author_kind(),
            id: Some(self.user.id.as_str().to_owned()),
            name: self.user.name.clone(),
        }
    }

    pub fn author(&self) -> Author {
        Author {
            kind: self.author_kind(),
            id: Some(self.user.id.as_str().to_owned()),
            name: self.user.name.clone(),
        }
    }

    /// What idempotency keys are kept under.
    pub fn principal(&self) -> &str {
        self.token.as_ref().map_or(self.user.id.as_str(), |token| token.as_str())
    }
}
