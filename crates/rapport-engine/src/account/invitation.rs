//! Invitations: the way into a workspace for everybody but the first administrator.

use rapport_domain::model::{Invitation, User};
use rapport_domain::{
    Actor, AuthorKind, Event, InvitationId, Permission, Role, Timestamp, UserId, WorkspaceId,
};
use rapport_store::Tx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::doorkeeper::Peer;
use super::log_in::LoggedIn;
use super::{all_valid, checked_email, checked_name, checked_password, password, without_email};
use crate::keys::{random_token, token_hash};
use crate::{Caller, Engine, Error, announce};

const TOKEN_PREFIX: &str = "rpi_";
const MAX_TOKEN_BYTES: usize = 256;

#[derive(Clone, Debug)]
pub struct NewInvitation {
    pub email: String,
    pub role: Role,
}

/// What somebody who holds the link is told before they accept.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct InvitationPreview {
    pub email: String,
    pub role: Role,
    pub workspace_name: String,
}

#[derive(Clone)]
pub struct Acceptance {
    pub name: String,
    pub password: String,
}

impl Engine {
    pub async fn list_invitations(&self, caller: &Caller) -> Result<Vec<Invitation>, Error> {
        caller.require(Permission::UserManage)?;
        self.read(&caller.workspace, |tx| Ok(rapport_store::credential::list_invitations(tx)?)).await
    }

    /// Invites somebody. The answer is the only place that shows the link.
    pub async fn create_invitation(&self, caller: &Caller, new: NewInvitation) -> Result<Invitation, Error> {
        caller.require(Permission::UserManage)?;
        let email = checked_email("email", &new.email);
        all_valid([email.as_ref().err().cloned()])?;
        let email = email.unwrap_or_default();
        let (engine, caller_) = (self.clone(), caller.clone());
        let mut invitation: Invitation = self
            .commit(caller, &email.clone(), move |tx| invite(tx, &engine, &caller_, &email, new.role))
            .await?;
        let sealed = invitation.url.take();
        invitation.url = sealed
            .map(|sealed| {
                let token = self.keys().open(invitation.id.as_str(), &sealed)?;
                Ok::<_, Error>(format!("{}/invitations/{token}", self.config().public_url))
            })
            .transpose()?;
        Ok(invitation)
    }

    pub async fn revoke_invitation(&self, caller: &Caller, id: &InvitationId) -> Result<(), Error> {
        caller.require(Permission::UserManage)?;
        let (id_, now) = (id.clone(), self.now());
        self.write(&caller.workspace, id.as_str(), move |tx| {
            match rapport_store::credential::revoke_invitation(tx, &id_, now)? {
                true => Ok(()),
                false => Err(Error::NotFound),
            }
        })
        .await
    }

    /// Unknown, used, revoked and expired ones look the same.
    pub async fn preview_invitation(&self, token: &str) -> Result<InvitationPreview, Error> {
        let (workspace, invitation) = self.open_invitation(token).await?;
        let name = self
            .read(&workspace, |tx| Ok(rapport_store::workspace::find(tx)?.ok_or(Error::NotFound)?.name))
            .await?;
        Ok(InvitationPreview { email: invitation.email, role: invitation.role, workspace_name: name })
    }

    /// Makes a user of the invited person and logs them in. Of several at once, one succeeds.
    pub async fn accept_invitation(
        &self,
        token: &str,
        acceptance: Acceptance,
        peer: &Peer,
    ) -> Result<LoggedIn, Error> {
        let (workspace, invitation) = self.open_invitation(token).await?;
        let name = checked_name("name", &acceptance.name);
        all_valid([name.as_ref().err().cloned(), checked_password("password", &acceptance.password).err()])?;
        let hash = password::hash(self.entropy(), &acceptance.password).await?;
        let now = self.now();
        let user = User {
            id: UserId::generate(now, self.entropy()),
            name: name.unwrap_or_default(),
            email: Some(invitation.email.clone()),
            role: invitation.role,
            active: true,
            created_at: now,
            last_seen_at: None,
            online: false,
        };
        let user_id = user.id.clone();
        let key = invitation.id.as_str().to_owned();
        self.write(&workspace, &key, move |tx| join(tx, &invitation, &user, &hash, now)).await?;
        self.open_session(&workspace, &user_id, peer, None).await
    }

    async fn open_invitation(&self, token: &str) -> Result<(WorkspaceId, Invitation), Error> {
        if !token.starts_with(TOKEN_PREFIX) || token.len() > MAX_TOKEN_BYTES {
            return Err(Error::NotFound);
        }
        let (hash, now) = (token_hash(token), self.now());
        self.read_server(move |tx| Ok(rapport_store::credential::find_open_invitation(tx, &hash, now)?))
            .await?
            .ok_or(Error::NotFound)
    }
}

/// The invitation with its sealed token in the place of the link, because the answer may be kept.
fn invite(
    tx: &mut Tx<'_>,
    engine: &Engine,
    caller: &Caller,
    email: &str,
    role: Role,
) -> Result<Invitation, Error> {
    if rapport_store::user::find_by_email(tx, email)?.is_some() {
        return Err(email_in_use());
    }
    let now = engine.now();
    let token = random_token(engine.entropy(), TOKEN_PREFIX);
    let mut invitation = Invitation {
        id: InvitationId::generate(now, engine.entropy()),
        email: email.to_owned(),
        role,
        invited_by: caller.user.clone(),
        created_at: now,
        expires_at: now.plus_seconds(engine.config().invitation_days * 86_400),
        accepted_at: None,
        url: None,
    };
    rapport_store::credential::create_invitation(tx, &invitation, &token_hash(&token))?;
    invitation.url = Some(engine.keys().seal(engine.entropy(), invitation.id.as_str(), &token)?);
    Ok(invitation)
}

fn join(
    tx: &mut Tx<'_>,
    invitation: &Invitation,
    user: &User,
    password_hash: &str,
    now: Timestamp,
) -> Result<(), Error> {
    if !rapport_store::credential::accept_invitation(tx, &invitation.id, now)? {
        return Err(Error::NotFound);
    }
    if rapport_store::user::find_by_email(tx, &invitation.email)?.is_some() {
        return Err(email_in_use());
    }
    rapport_store::user::create(tx, user, &invitation.email, Some(password_hash))?;
    let actor = Actor { kind: AuthorKind::User, id: Some(user.id.to_string()), name: user.name.clone() };
    announce::general(tx, &actor, now, None, &Event::UserCreated { user: without_email(user) })
}

fn email_in_use() -> Error {
    Error::conflict("email_in_use", "Somebody with this email address is in the workspace already.")
}
