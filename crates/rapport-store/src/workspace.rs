//! Workspaces: the organisations that share a server and nothing else.

use rapport_domain::model::{Workspace, WorkspaceSettings};
use rapport_domain::{Timestamp, WorkspaceId};

use crate::{Error, Row, ServerTx, Tx, columns, params};

fn from_row(row: &Row) -> Result<Workspace, Error> {
    Ok(Workspace {
        id: row.get(0)?,
        name: row.get(1)?,
        settings: columns::json::<WorkspaceSettings>(row, 2)?,
    })
}

pub fn find(tx: &mut Tx<'_>) -> Result<Option<Workspace>, Error> {
    // The workspace's own row is the one whose workspace_id is its id.
    tx.query_opt("select id, name, settings from workspaces where id = ?1 /* workspace_id */", &params![])?
        .map(|row| from_row(&row))
        .transpose()
}

pub fn save(tx: &mut Tx<'_>, workspace: &Workspace) -> Result<(), Error> {
    tx.execute(
        "update workspaces set name = ?2, settings = ?3, version = version + 1 where id = ?1 /* workspace_id */",
        &params![&workspace.name, columns::to_json(&workspace.settings)],
    )?;
    Ok(())
}

/// Creates a workspace with its counters.
pub fn create(tx: &mut ServerTx<'_>, workspace: &Workspace, at: Timestamp) -> Result<(), Error> {
    tx.execute(
        "insert into workspaces (id, name, settings, created_at) values (?1, ?2, ?3, ?4)",
        &params![&workspace.id, &workspace.name, columns::to_json(&workspace.settings), at],
    )?;
    tx.execute("insert into workspace_counters (workspace_id) values (?1)", &params![&workspace.id])?;
    tx.execute("insert into conversation_counters (workspace_id) values (?1)", &params![&workspace.id])?;
    Ok(())
}

pub fn list(tx: &mut ServerTx<'_>) -> Result<Vec<Workspace>, Error> {
    tx.query("select id, name, settings from workspaces order by created_at, id", &params![])?
        .iter()
        .map(from_row)
        .collect()
}

/// By id or by exact name.
pub fn find_by_name_or_id(tx: &mut ServerTx<'_>, text: &str) -> Result<Vec<Workspace>, Error> {
    tx.query(
        "select id, name, settings from workspaces where id = ?1 or name = ?1 order by created_at",
        &params![text],
    )?
    .iter()
    .map(from_row)
    .collect()
}

pub fn any_user_exists(tx: &mut ServerTx<'_>) -> Result<bool, Error> {
    Ok(tx.query_opt("select 1 from users limit 1", &params![])?.is_some())
}

pub fn list_ids(tx: &mut ServerTx<'_>) -> Result<Vec<WorkspaceId>, Error> {
    tx.query("select id from workspaces order by id", &params![])?.iter().map(|row| row.get(0)).collect()
}
