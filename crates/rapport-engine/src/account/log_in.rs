//! Logging in and out, and changing one's password.

use rapport_domain::model::UserReference;
use rapport_domain::{SessionId, Timestamp, UserId, WorkspaceId, email_address};
use rapport_store::Tx;
use rapport_store::credential::NewSession;
use rapport_store::user::LoginCandidate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::doorkeeper::{Doorkeeper, Peer};
use super::{CREDENTIALS_CHANGED, all_valid, checked_password, password};
use crate::keys::{random_token, token_hash};
use crate::{Caller, Engine, Error};

const SESSION_PREFIX: &str = "rps_";
const MAX_USER_AGENT_CHARACTERS: usize = 200;

#[derive(Clone)]
pub struct LogIn {
    pub email: String,
    pub password: String,
    /// Id of the workspace, when the person has accounts in several.
    pub workspace: Option<String>,
}

/// A new session. `secret` is for the cookie and is shown nowhere else.
pub struct LoggedIn {
    pub caller: Caller,
    pub secret: String,
    pub expires_at: Timestamp,
}

/// One of the workspaces that the same email and password open.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct WorkspaceChoice {
    pub id: WorkspaceId,
    pub name: String,
}

impl Engine {
    pub async fn log_in(
        &self,
        doorkeeper: &Doorkeeper,
        request: LogIn,
        peer: &Peer,
    ) -> Result<LoggedIn, Error> {
        // Attempts on addresses that cannot exist are counted like all others.
        let account = email_address::normalise(&request.email).unwrap_or_default();
        self.knock(doorkeeper, &account, peer).await?;
        let email = account.clone();
        let mut candidates = match account.is_empty() {
            true => Vec::new(),
            false => {
                self.read_server(move |tx| Ok(rapport_store::user::list_login_candidates(tx, &email)?))
                    .await?
            }
        };
        if let Some(workspace) = &request.workspace {
            candidates.retain(|candidate| candidate.workspace_id.as_str() == workspace);
        }
        let hashes = candidates.iter().map(|candidate| candidate.password_hash.clone()).collect();
        let matches = password::verify(&request.password, hashes).await?;
        let mut matching: Vec<LoginCandidate> = candidates
            .into_iter()
            .zip(matches)
            .filter_map(|(candidate, fits)| fits.then_some(candidate))
            .collect();
        let chosen = matching.pop().ok_or(Error::InvalidCredentials)?;
        self.forgive(doorkeeper, &account, peer).await?;
        if !matching.is_empty() {
            matching.push(chosen);
            let choices: Vec<WorkspaceChoice> = matching
                .into_iter()
                .map(|candidate| WorkspaceChoice {
                    id: candidate.workspace_id,
                    name: candidate.workspace_name,
                })
                .collect();
            return Err(Error::conflict_with("workspace_required", "Choose a workspace.", &choices));
        }
        self.open_session(&chosen.workspace_id, &chosen.user_id, peer, Some(chosen.password_hash)).await
    }

    /// Starts a session of an active user. With `proven_hash`, only while that is still the user's password:
    /// a change that came between check and start must win.
    pub(super) async fn open_session(
        &self,
        workspace: &WorkspaceId,
        user: &UserId,
        peer: &Peer,
        proven_hash: Option<String>,
    ) -> Result<LoggedIn, Error> {
        let (engine, user_, peer) = (self.clone(), user.clone(), peer.clone());
        let secret = random_token(self.entropy(), SESSION_PREFIX);
        let hash = token_hash(&secret);
        let (caller, expires_at) = self
            .write(workspace, user.as_str(), move |tx| {
                if let Some(proven) = &proven_hash
                    && rapport_store::user::password_hash(tx, &user_)?.as_ref() != Some(proven)
                {
                    return Err(Error::InvalidCredentials);
                }
                start_session(tx, &engine, &user_, &peer, &hash)
            })
            .await?;
        Ok(LoggedIn { caller, secret, expires_at })
    }

    pub async fn log_out(&self, caller: &Caller) -> Result<(), Error> {
        let Some(session) = caller.session.clone() else { return Ok(()) };
        self.write(&caller.workspace, caller.user_id().as_str(), move |tx| {
            Ok(rapport_store::credential::delete_session(tx, &session)?)
        })
        .await?;
        self.recheck_streams(&caller.workspace, caller.user_id());
        Ok(())
    }

    /// Sets another password and ends all other sessions.
    pub async fn change_password(
        &self,
        doorkeeper: &Doorkeeper,
        caller: &Caller,
        current: &str,
        new: &str,
        peer: &Peer,
    ) -> Result<(), Error> {
        all_valid([checked_password("new_password", new).err()])?;
        self.knock(doorkeeper, caller.user_id().as_str(), peer).await?;
        let user = caller.user_id().clone();
        let stored = self
            .read(&caller.workspace, move |tx| Ok(rapport_store::user::password_hash(tx, &user)?))
            .await?;
        if !password::verify(current, stored.iter().cloned().collect()).await?.contains(&true) {
            return Err(Error::invalid("current_password", "This is not your current password."));
        }
        self.forgive(doorkeeper, caller.user_id().as_str(), peer).await?;
        let hash = password::hash(self.entropy(), new).await?;
        let (user, session) = (caller.user_id().clone(), caller.session.clone());
        self.write(&caller.workspace, caller.user_id().as_str(), move |tx| {
            // Of two changes at once, the second proved a password that is no longer current.
            rapport_store::user::find_for_update(tx, &user)?.ok_or(Error::Unauthenticated)?;
            if rapport_store::user::password_hash(tx, &user)? != stored {
                return Err(Error::invalid("current_password", "This is not your current password."));
            }
            rapport_store::user::save_password_hash(tx, &user, &hash)?;
            rapport_store::credential::delete_other_sessions(tx, &user, session.as_ref())?;
            Ok(())
        })
        .await?;
        self.recheck_streams(&caller.workspace, caller.user_id());
        Ok(())
    }

    /// Makes the open event streams of a person prove themselves again at once.
    pub(super) fn recheck_streams(&self, workspace: &WorkspaceId, user: &UserId) {
        self.hub().tell(workspace, CREDENTIALS_CHANGED, &serde_json::json!({ "user_id": user }), None);
    }
}

fn start_session(
    tx: &mut Tx<'_>,
    engine: &Engine,
    user: &UserId,
    peer: &Peer,
    token_hash: &str,
) -> Result<(Caller, Timestamp), Error> {
    // The lock keeps a deactivation from slipping in between this check and the new session.
    let user = rapport_store::user::find_for_update(tx, user)?
        .filter(|user| user.active)
        .ok_or(Error::InvalidCredentials)?;
    let now = engine.now();
    let id = SessionId::generate(now, engine.entropy());
    let expires_at = now.plus_seconds(engine.config().session_days * 86_400);
    let user_agent = peer
        .user_agent
        .as_deref()
        .map(|text| rapport_domain::text::single_line(text, MAX_USER_AGENT_CHARACTERS));
    rapport_store::credential::create_session(
        tx,
        &NewSession {
            id: &id,
            user_id: &user.id,
            token_hash,
            at: now,
            expires_at,
            user_agent: user_agent.as_deref(),
        },
    )?;
    rapport_store::user::note_seen(tx, &user.id, now)?;
    let caller = Caller {
        workspace: tx.workspace().clone(),
        user: UserReference { id: user.id, name: user.name },
        role: user.role,
        session: Some(id),
        token: None,
        scopes: Vec::new(),
        idempotency: None,
    };
    Ok((caller, expires_at))
}
