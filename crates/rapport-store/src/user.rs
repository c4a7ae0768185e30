//! The people of a workspace.

use rapport_domain::model::{User, UserReference};
use rapport_domain::{Timestamp, UserId, WorkspaceId};

use crate::{Error, Row, ServerTx, Tx, params};

const COLUMNS: &str = "id, name, email, role, active, created_at, last_seen_at";

fn from_row(row: &Row) -> Result<User, Error> {
    Ok(User {
        id: row.get(0)?,
        name: row.get(1)?,
        email: Some(row.get(2)?),
        role: row.get(3)?,
        active: row.get(4)?,
        created_at: row.get(5)?,
        last_seen_at: row.get(6)?,
        online: false,
    })
}

pub fn find(tx: &mut Tx<'_>, id: &UserId) -> Result<Option<User>, Error> {
    let sql = format!("select {COLUMNS} from users where workspace_id = ?1 and id = ?2");
    tx.query_opt(&sql, &params![id])?.map(|row| from_row(&row)).transpose()
}

/// The user, locked until the transaction ends.
pub fn find_for_update(tx: &mut Tx<'_>, id: &UserId) -> Result<Option<User>, Error> {
    let sql = format!("select {COLUMNS} from users where workspace_id = ?1 and id = ?2");
    tx.query_one_for_update(&sql, &params![id])?.map(|row| from_row(&row)).transpose()
}

pub fn find_reference(tx: &mut Tx<'_>, id: &UserId) -> Result<Option<UserReference>, Error> {
    tx.query_opt("select id, name from users where workspace_id = ?1 and id = ?2", &params![id])?
        .map(|row| Ok(UserReference { id: row.get(0)?, name: row.get(1)? }))
        .transpose()
}

pub fn find_by_email(tx: &mut Tx<'_>, email: &str) -> Result<Option<User>, Error> {
    let sql = format!("select {COLUMNS} from users where workspace_id = ?1 and email = ?2");
    tx.query_opt(&sql, &params![email])?.map(|row| from_row(&row)).transpose()
}

pub fn list(tx: &mut Tx<'_>) -> Result<Vec<User>, Error> {
    let sql = format!("select {COLUMNS} from users where workspace_id = ?1 order by lower(name), id");
    tx.query(&sql, &params![])?.iter().map(from_row).collect()
}

/// `Error::Unique` when the email is taken in this workspace.
pub fn create(tx: &mut Tx<'_>, user: &User, email: &str, password_hash: Option<&str>) -> Result<(), Error> {
    tx.try_execute(
        "insert into users (workspace_id, id, email, name, role, active, password_hash, created_at) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        &params![&user.id, email, &user.name, user.role, user.active, password_hash, user.created_at],
    )?;
    Ok(())
}

pub fn save(tx: &mut Tx<'_>, user: &User) -> Result<(), Error> {
    tx.execute(
        "update users set name = ?3, role = ?4, active = ?5, version = version + 1 where workspace_id = ?1 and id = ?2",
        &params![&user.id, &user.name, user.role, user.active],
    )?;
    Ok(())
}

/// How many active administrators there are beside this user.
pub fn count_other_admins(tx: &mut Tx<'_>, id: &UserId) -> Result<i64, Error> {
    let row = tx.query_opt(
        "select count(*) from users where workspace_id = ?1 and role = 'admin' and active and id <> ?2",
        &params![id],
    )?;
    row.map_or(Ok(0), |row| row.get(0))
}

pub fn password_hash(tx: &mut Tx<'_>, id: &UserId) -> Result<Option<String>, Error> {
    let row =
        tx.query_opt("select password_hash from users where workspace_id = ?1 and id = ?2", &params![id])?;
    row.map(|row| row.get(0)).transpose().map(Option::flatten)
}

pub fn save_password_hash(tx: &mut Tx<'_>, id: &UserId, hash: &str) -> Result<(), Error> {
    tx.execute(
        "update users set password_hash = ?3, version = version + 1 where workspace_id = ?1 and id = ?2",
        &params![id, hash],
    )?;
    Ok(())
}

/// An account that a log-in may be for.
#[derive(Clone, Debug)]
pub struct LoginCandidate {
    pub workspace_id: WorkspaceId,
    pub workspace_name: String,
    pub user_id: UserId,
    pub password_hash: String,
}

/// The active accounts with this email, in all workspaces.
pub fn list_login_candidates(tx: &mut ServerTx<'_>, email: &str) -> Result<Vec<LoginCandidate>, Error> {
    tx.query(
        "select u.workspace_id, w.name, u.id, u.password_hash from users u join workspaces w on w.id = u.workspace_id \
         where u.email = ?1 and u.active and u.password_hash is not null order by u.created_at limit 20",
        &params![email],
    )?
    .iter()
    .map(|row| {
        Ok(LoginCandidate {
            workspace_id: row.get(0)?,
            workspace_name: row.get(1)?,
            user_id: row.get(2)?,
            password_hash: row.get(3)?,
        })
    })
    .collect()
}

pub fn note_seen(tx: &mut Tx<'_>, id: &UserId, at: Timestamp) -> Result<(), Error> {
    tx.execute("update users set last_seen_at = ?3 where workspace_id = ?1 and id = ?2", &params![id, at])?;
    Ok(())
}
