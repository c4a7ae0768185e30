//! What people and programs prove themselves with: sessions, API tokens and invitations. Only hashes are stored.

use rapport_domain::model::{ApiToken, Invitation, UserReference};
use rapport_domain::{InvitationId, Permission, Role, SessionId, Timestamp, TokenId, UserId, WorkspaceId};

use crate::{Error, Row, ServerTx, Tx, columns, params};

/// Whom a session cookie or a token stands for.
#[derive(Clone, Debug)]
pub struct Credential {
    pub workspace_id: WorkspaceId,
    pub user_id: UserId,
    pub user_name: String,
    pub role: Role,
    /// The session or token it was.
    pub source: CredentialSource,
    pub last_used_at: Option<Timestamp>,
}

#[derive(Clone, Debug)]
pub enum CredentialSource {
    Session { id: SessionId },
    Token { id: TokenId, scopes: Vec<Permission> },
}

pub struct NewSession<'a> {
    pub id: &'a SessionId,
    pub user_id: &'a UserId,
    pub token_hash: &'a str,
    pub at: Timestamp,
    pub expires_at: Timestamp,
    pub user_agent: Option<&'a str>,
}

pub fn create_session(tx: &mut Tx<'_>, session: &NewSession<'_>) -> Result<(), Error> {
    tx.execute(
        "insert into sessions (workspace_id, id, user_id, token_hash, created_at, last_seen_at, expires_at, user_agent) \
         values (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7)",
        &params![
            session.id,
            session.user_id,
            session.token_hash,
            session.at,
            session.expires_at,
            session.user_agent
        ],
    )?;
    Ok(())
}

/// The session of an active user that has not expired.
pub fn find_by_session_hash(
    tx: &mut ServerTx<'_>,
    token_hash: &str,
    now: Timestamp,
) -> Result<Option<Credential>, Error> {
    tx.query_opt(
        "select s.workspace_id, s.user_id, u.name, u.role, s.id, s.last_seen_at from sessions s \
         join users u on u.workspace_id = s.workspace_id and u.id = s.user_id \
         where s.token_hash = ?1 and s.expires_at > ?2 and u.active",
        &params![token_hash, now],
    )?
    .map(|row| {
        Ok(Credential {
            workspace_id: row.get(0)?,
            user_id: row.get(1)?,
            user_name: row.get(2)?,
            role: row.get(3)?,
            source: CredentialSource::Session { id: row.get(4)? },
            last_used_at: row.get(5)?,
        })
    })
    .transpose()
}

/// The token of an active user that has neither expired nor been revoked.
pub fn find_by_token_hash(
    tx: &mut ServerTx<'_>,
    token_hash: &str,
    now: Timestamp,
) -> Result<Option<Credential>, Error> {
    tx.query_opt(
        "select t.workspace_id, t.user_id, u.name, u.role, t.id, t.scopes, t.last_used_at from api_tokens t \
         join users u on u.workspace_id = t.workspace_id and u.id = t.user_id \
         where t.token_hash = ?1 and t.revoked_at is null and (t.expires_at is null or t.expires_at > ?2) and u.active",
        &params![token_hash, now],
    )?
    .map(|row| {
        Ok(Credential {
            workspace_id: row.get(0)?,
            user_id: row.get(1)?,
            user_name: row.get(2)?,
            role: row.get(3)?,
            source: CredentialSource::Token { id: row.get(4)?, scopes: columns::json(&row, 5)? },
            last_used_at: row.get(6)?,
        })
    })
    .transpose()
}

pub fn note_session_seen(
    tx: &mut Tx<'_>,
    id: &SessionId,
    at: Timestamp,
    expires_at: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "update sessions set last_seen_at = ?3, expires_at = ?4 where workspace_id = ?1 and id = ?2",
        &params![id, at, expires_at],
    )?;
    Ok(())
}

pub fn note_token_used(tx: &mut Tx<'_>, id: &TokenId, at: Timestamp) -> Result<(), Error> {
    tx.execute(
        "update api_tokens set last_used_at = ?3 where workspace_id = ?1 and id = ?2",
        &params![id, at],
    )?;
    Ok(())
}

pub fn delete_session(tx: &mut Tx<'_>, id: &SessionId) -> Result<(), Error> {
    tx.execute("delete from sessions where workspace_id = ?1 and id = ?2", &params![id])?;
    Ok(())
}

/// Ends every session of a user but one.
pub fn delete_other_sessions(tx: &mut Tx<'_>, user: &UserId, keep: Option<&SessionId>) -> Result<u64, Error> {
    let keep = keep.map_or("", |id| id.as_str());
    tx.execute(
        "delete from sessions where workspace_id = ?1 and user_id = ?2 and id <> ?3",
        &params![user, keep],
    )
}

pub fn delete_expired_sessions(tx: &mut ServerTx<'_>, now: Timestamp) -> Result<u64, Error> {
    tx.execute("delete from sessions where expires_at <= ?1", &params![now])
}

pub fn create_token(tx: &mut Tx<'_>, token: &ApiToken, token_hash: &str) -> Result<(), Error> {
    tx.execute(
        "insert into api_tokens (workspace_id, id, user_id, name, prefix, token_hash, scopes, created_at, expires_at) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        &params![
            &token.id,
            &token.user.id,
            &token.name,
            &token.prefix,
            token_hash,
            columns::to_json(&token.scopes),
            token.created_at,
            token.expires_at,
        ],
    )?;
    Ok(())
}

fn token_from_row(row: &Row) -> Result<ApiToken, Error> {
    Ok(ApiToken {
        id: row.get(0)?,
        name: row.get(1)?,
        prefix: row.get(2)?,
        scopes: columns::json(row, 3)?,
        user: UserReference { id: row.get(4)?, name: row.get(5)? },
        created_at: row.get(6)?,
        last_used_at: row.get(7)?,
        expires_at: row.get(8)?,
        token: None,
    })
}

/// The tokens that are not revoked: one user's, or everybody's.
pub fn list_tokens(tx: &mut Tx<'_>, user: Option<&UserId>) -> Result<Vec<ApiToken>, Error> {
    let user = user.map_or("", |id| id.as_str());
    tx.query(
        "select t.id, t.name, t.prefix, t.scopes, t.user_id, u.name, t.created_at, t.last_used_at, t.expires_at \
         from api_tokens t join users u on u.workspace_id = t.workspace_id and u.id = t.user_id \
         where t.workspace_id = ?1 and t.revoked_at is null and (?2 = '' or t.user_id = ?2) order by t.created_at desc, t.id",
        &params![user],
    )?
    .iter()
    .map(token_from_row)
    .collect()
}

pub fn revoke_token(
    tx: &mut Tx<'_>,
    id: &TokenId,
    user: Option<&UserId>,
    at: Timestamp,
) -> Result<bool, Error> {
    let user = user.map_or("", |id| id.as_str());
    let changed = tx.execute(
        "update api_tokens set revoked_at = ?3 where workspace_id = ?1 and id = ?2 and revoked_at is null \
         and (?4 = '' or user_id = ?4)",
        &params![id, at, user],
    )?;
    Ok(changed == 1)
}

fn invitation_from_row(row: &Row) -> Result<Invitation, Error> {
    Ok(Invitation {
        id: row.get(0)?,
        email: row.get(1)?,
        role: row.get(2)?,
        invited_by: UserReference { id: row.get(3)?, name: row.get(4)? },
        created_at: row.get(5)?,
        expires_at: row.get(6)?,
        accepted_at: row.get(7)?,
        url: None,
    })
}

pub fn create_invitation(tx: &mut Tx<'_>, invitation: &Invitation, token_hash: &str) -> Result<(), Error> {
    tx.execute(
        "insert into invitations (workspace_id, id, email, role, token_hash, invited_by, created_at, expires_at) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        &params![
            &invitation.id,
            &invitation.email,
            invitation.role,
            token_hash,
            &invitation.invited_by.id,
            invitation.created_at,
            invitation.expires_at,
        ],
    )?;
    Ok(())
}

/// The invitations that were not revoked, newest first.
pub fn list_invitations(tx: &mut Tx<'_>) -> Result<Vec<Invitation>, Error> {
    tx.query(
        "select i.id, i.email, i.role, i.invited_by, u.name, i.created_at, i.expires_at, i.accepted_at from invitations i \
         join users u on u.workspace_id = i.workspace_id and u.id = i.invited_by \
         where i.workspace_id = ?1 and i.revoked_at is null order by i.created_at desc, i.id limit 200",
        &params![],
    )?
    .iter()
    .map(invitation_from_row)
    .collect()
}

/// The open invitation with this token: neither used, revoked nor expired.
pub fn find_open_invitation(
    tx: &mut ServerTx<'_>,
    token_hash: &str,
    now: Timestamp,
) -> Result<Option<(WorkspaceId, Invitation)>, Error> {
    tx.query_opt(
        "select i.id, i.email, i.role, i.invited_by, u.name, i.created_at, i.expires_at, i.accepted_at, i.workspace_id \
         from invitations i join users u on u.workspace_id = i.workspace_id and u.id = i.invited_by \
         where i.token_hash = ?1 and i.accepted_at is null and i.revoked_at is null and i.expires_at > ?2",
        &params![token_hash, now],
    )?
    .map(|row| Ok((row.get(8)?, invitation_from_row(&row)?)))
    .transpose()
}

/// Uses an invitation up. False when somebody was faster or it is no longer open.
pub fn accept_invitation(tx: &mut Tx<'_>, id: &InvitationId, now: Timestamp) -> Result<bool, Error> {
    let changed = tx.execute(
        "update invitations set accepted_at = ?3 where workspace_id = ?1 and id = ?2 and accepted_at is null \
         and revoked_at is null and expires_at > ?3",
        &params![id, now],
    )?;
    Ok(changed == 1)
}

pub fn revoke_invitation(tx: &mut Tx<'_>, id: &InvitationId, at: Timestamp) -> Result<bool, Error> {
    let changed = tx.execute(
        "update invitations set revoked_at = ?3 where workspace_id = ?1 and id = ?2 and revoked_at is null and accepted_at is null",
        &params![id, at],
    )?;
    Ok(changed == 1)
}
