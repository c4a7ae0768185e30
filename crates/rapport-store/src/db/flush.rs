//! Writes what a batch gathered, just before its commit: changes of the search index, then events and jobs.
//!
//! The counter row of a workspace is locked from here to the commit, which is what makes numbers gap-free and
//! puts them in commit order. Workspaces are taken in sorted order, so two batches cannot wait for each other here.

use rapport_domain::WorkspaceId;

use super::connection::{Connection, SearchChange};
use super::tx::{NewEvent, NewJob};
use crate::value::Param;
use crate::{Error, dialect};

const EVENT_COLUMNS: &str = "workspace_id, seq, name, version, actor_kind, actor_id, actor_name, conversation_id, \
                             contact_id, visible_to_user, occurred_at, payload";
const JOB_COLUMNS: &str = "workspace_id, id, position, kind, key, payload, run_at, max_attempts";

const COUNT: &str =
    "insert into workspace_counters (workspace_id, event_seq, job_position) values (?1, ?2, ?3)
     on conflict (workspace_id) do update set
       event_seq = workspace_counters.event_seq + excluded.event_seq,
       job_position = workspace_counters.job_position + excluded.job_position
     returning event_seq, job_position";

/// Brings the changes of a batch into FTS5's index, in the order in which they were made.
pub(super) fn flush_search(connection: &mut Connection) -> Result<(), Error> {
    for change in std::mem::take(&mut connection.search) {
        match change {
            SearchChange::Add { id, scope, body } => connection.execute(
                "insert into search_index (rowid, scope, body) values (?1, ?2, ?3)",
                None,
                &[Param::Int(id), Param::OwnedText(scope), Param::OwnedText(body)],
            )?,
            SearchChange::Remove { id } => {
                connection.execute("delete from search_index where rowid = ?1", None, &[Param::Int(id)])?
            }
        };
    }
    Ok(())
}

pub(super) fn flush(connection: &mut Connection) -> Result<(), Error> {
    let mut events = std::mem::take(&mut connection.events);
    let mut jobs = std::mem::take(&mut connection.jobs);
    // Stable sorts: within a workspace the order of the closures stays.
    events.sort_by(|left, right| left.0.cmp(&right.0));
    jobs.sort_by(|left, right| left.0.cmp(&right.0));
    let (mut events, mut jobs) = (events.as_slice(), jobs.as_slice());
    while let Some(workspace) = next_workspace(events, jobs) {
        let (own_events, other_events) = events.split_at(count_of(events, workspace));
        let (own_jobs, other_jobs) = jobs.split_at(count_of(jobs, workspace));
        flush_workspace(connection, workspace, own_events, own_jobs)?;
        (events, jobs) = (other_events, other_jobs);
    }
    Ok(())
}

fn next_workspace<'a>(
    events: &'a [(WorkspaceId, NewEvent)],
    jobs: &'a [(WorkspaceId, NewJob)],
) -> Option<&'a WorkspaceId> {
    events.first().map(|entry| &entry.0).into_iter().chain(jobs.first().map(|entry| &entry.0)).min()
}

fn count_of<T>(sorted: &[(WorkspaceId, T)], workspace: &WorkspaceId) -> usize {
    sorted.iter().take_while(|entry| entry.0 == *workspace).count()
}

fn flush_workspace(
    connection: &mut Connection,
    workspace: &WorkspaceId,
    events: &[(WorkspaceId, NewEvent)],
    jobs: &[(WorkspaceId, NewJob)],
) -> Result<(), Error> {
    let counts = [Param::from(workspace), Param::from(events.len()), Param::from(jobs.len())];
    let rows = connection.query(COUNT, None, &counts)?;
    let counters =
        rows.first().ok_or_else(|| Error::Database("the counter row did not answer".to_owned()))?;
    let first_seq = counters.get::<i64>(0)? - events.len() as i64 + 1;
    let first_position = counters.get::<i64>(1)? - jobs.len() as i64 + 1;
    insert_rows(connection, "events", EVENT_COLUMNS, events, |index, (workspace, event), row| {
        row.extend([
            Param::from(workspace),
            Param::Int(first_seq + index as i64),
            Param::from(event.name),
            Param::from(event.version),
            Param::from(event.actor_kind),
            Param::from(&event.actor_id),
            Param::from(&event.actor_name),
            Param::from(&event.conversation_id),
            Param::from(&event.contact_id),
            Param::from(&event.visible_to_user),
            Param::from(event.occurred_at),
            Param::from(&event.payload),
        ]);
    })?;
    insert_rows(connection, "jobs", JOB_COLUMNS, jobs, |index, (workspace, job), row| {
        row.extend([
            Param::from(workspace),
            Param::from(&job.id),
            Param::Int(first_position + index as i64),
            Param::from(job.kind),
            Param::from(&job.key),
            Param::from(&job.payload),
            Param::from(job.run_at),
            Param::from(job.max_attempts),
        ]);
    })
}

/// Inserts many rows with few statements. `columns` is a list in SQL; `fill` appends one row's parameters.
fn insert_rows<'a, T>(
    connection: &mut Connection,
    table: &str,
    columns: &str,
    mut rest: &'a [T],
    fill: impl Fn(usize, &'a T, &mut Vec<Param<'a>>),
) -> Result<(), Error> {
    let width = columns.split(',').count();
    let total = rest.len();
    for &size in dialect::rows_per_insert(connection.engine()) {
        if rest.len() < size {
            continue;
        }
        let sql = insert_text(table, columns, width, size);
        while rest.len() >= size {
            let (rows, others) = rest.split_at(size);
            let mut params = Vec::with_capacity(width * size);
            for (offset, row) in rows.iter().enumerate() {
                fill(total - rest.len() + offset, row, &mut params);
            }
            connection.execute(&sql, None, &params)?;
            rest = others;
        }
    }
    Ok(())
}

fn insert_text(table: &str, columns: &str, width: usize, rows: usize) -> String {
    let mut sql = format!("insert into {table} ({columns}) values ");
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..width {
            if column > 0 {
                sql.push_str(", ");
            }
            sql.push('?');
            sql.push_str(&(row * width + column + 1).to_string());
        }
        sql.push(')');
    }
    sql
}
