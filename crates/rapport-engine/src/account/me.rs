//! Who one is and what one may do, and changing one's own name.

use rapport_domain::model::{User, Workspace};
use rapport_domain::{Event, Permission, UserId, WorkspaceId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{all_valid, checked_name, without_email};
use crate::{Caller, Engine, Error, announce};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuthKind {
    Session,
    Token,
}

/// The caller as a client shows them.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Me {
    pub user: User,
    pub workspace: Workspace,
    /// What the caller may do with this session or token.
    pub permissions: Vec<Permission>,
    pub auth: AuthKind,
    /// What the token is limited to; absent for sessions.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub scopes: Option<Vec<Permission>>,
}

impl Engine {
    pub async fn me(&self, caller: &Caller) -> Result<Me, Error> {
        let id = caller.user_id().clone();
        let (mut user, workspace) = self
            .read(&caller.workspace, move |tx| {
                let user = rapport_store::user::find(tx, &id)?.ok_or(Error::Unauthenticated)?;
                let workspace = rapport_store::workspace::find(tx)?.ok_or(Error::Unauthenticated)?;
                Ok((user, workspace))
            })
            .await?;
        user.online = self.is_online(&caller.workspace, &user.id);
        let auth = if caller.token.is_some() { AuthKind::Token } else { AuthKind::Session };
        Ok(Me {
            user,
            workspace,
            permissions: caller.permissions(),
            auth,
            scopes: caller.token.as_ref().map(|_| caller.scopes.clone()),
        })
    }

    pub async fn update_profile(&self, caller: &Caller, name: &str) -> Result<Me, Error> {
        let checked = checked_name("name", name);
        all_valid([checked.as_ref().err().cloned()])?;
        let name = checked.unwrap_or_default();
        let (engine, caller_) = (self.clone(), caller.clone());
        self.write(&caller.workspace, caller.user_id().as_str(), move |tx| {
            let mut user =
                rapport_store::user::find_for_update(tx, caller_.user_id())?.ok_or(Error::Unauthenticated)?;
            if user.name == name {
                return Ok(());
            }
            user.name = name.clone();
            rapport_store::user::save(tx, &user)?;
            user.online = engine.is_online(&caller_.workspace, &user.id);
            let event = Event::UserUpdated { user: without_email(&user) };
            announce::general(tx, &caller_.actor(), engine.now(), None, &event)
        })
        .await?;
        self.me(caller).await
    }

    pub(super) fn is_online(&self, workspace: &WorkspaceId, user: &UserId) -> bool {
        self.presence().online_users(workspace).contains(user)
    }
}
