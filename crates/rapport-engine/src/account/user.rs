//! The people of the workspace: listing them and changing what they are.

use rapport_domain::model::User;
use rapport_domain::{Event, Permission, Role, UserId};
use rapport_store::Tx;

use super::{all_valid, checked_name, without_email};
use crate::{Caller, Engine, Error, announce};

/// What to change; absent fields stay.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    pub name: Option<String>,
    pub role: Option<Role>,
    pub active: Option<bool>,
}

impl Engine {
    /// Everybody, with addresses only for those who manage users, and one's own.
    pub async fn list_users(&self, caller: &Caller) -> Result<Vec<User>, Error> {
        caller.require(Permission::UserRead)?;
        let mut users = self.read(&caller.workspace, |tx| Ok(rapport_store::user::list(tx)?)).await?;
        let online = self.presence().online_users(&caller.workspace);
        for user in &mut users {
            user.online = online.contains(&user.id);
            hide_email(caller, user);
        }
        Ok(users)
    }

    /// Changes a user. The last active administrator can neither be demoted nor deactivated.
    pub async fn update_user(&self, caller: &Caller, id: &UserId, change: UserChange) -> Result<User, Error> {
        caller.require(Permission::UserManage)?;
        let name = change.name.as_deref().map(|name| checked_name("name", name)).transpose();
        all_valid([name.as_ref().err().cloned()])?;
        let change = UserChange { name: name.unwrap_or_default(), ..change };
        let (engine, caller_, id_) = (self.clone(), caller.clone(), id.clone());
        let user = self
            .write(&caller.workspace, "administrators", move |tx| {
                update(tx, &engine, &caller_, &id_, &change)
            })
            .await?;
        self.recheck_streams(&caller.workspace, id);
        Ok(user)
    }
}

fn update(
    tx: &mut Tx<'_>,
    engine: &Engine,
    caller: &Caller,
    id: &UserId,
    change: &UserChange,
) -> Result<User, Error> {
    let mut user = rapport_store::user::find(tx, id)?.ok_or(Error::NotFound)?;
    let before = (user.name.clone(), user.role, user.active);
    let demotes = change.role.is_some_and(|role| role != Role::Admin);
    if user.role == Role::Admin && user.active && (demotes || change.active == Some(false)) {
        lock_administrators(tx)?;
        if rapport_store::user::count_other_admins(tx, id)? == 0 {
            return Err(Error::conflict(
                "last_admin",
                "A workspace needs at least one active administrator.",
            ));
        }
    }
    user.name = change.name.clone().unwrap_or(user.name);
    user.role = change.role.unwrap_or(user.role);
    user.active = change.active.unwrap_or(user.active);
    if (user.name.clone(), user.role, user.active) != before {
        rapport_store::user::save(tx, &user)?;
        if !user.active {
            rapport_store::credential::delete_other_sessions(tx, id, None)?;
        }
        user.online = engine.is_online(&caller.workspace, id);
        let event = Event::UserUpdated { user: without_email(&user) };
        announce::general(tx, &caller.actor(), engine.now(), None, &event)?;
    }
    hide_email(caller, &mut user);
    Ok(user)
}

/// Two administrators who demote each other at once would otherwise leave none. Always locked in one order.
fn lock_administrators(tx: &mut Tx<'_>) -> Result<(), Error> {
    let mut ids: Vec<UserId> = rapport_store::user::list(tx)?
        .into_iter()
        .filter(|user| user.role == Role::Admin && user.active)
        .map(|user| user.id)
        .collect();
    ids.sort();
    for id in &ids {
        rapport_store::user::find_for_update(tx, id)?;
    }
    Ok(())
}

fn hide_email(caller: &Caller, user: &mut User) {
    if user.id != *caller.user_id() && !caller.may(Permission::UserManage) {
        user.email = None;
    }
}
