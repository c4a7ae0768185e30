//! SQLite's side of the dialect.

/// There is one writer, so a row that was read cannot change before the commit.
pub(super) const FOR_UPDATE: &str = "";

/// Without round trips, a cached statement for one row is the fastest.
pub(super) const ROWS_PER_INSERT: &[usize] = &[1];

pub(super) fn claim_jobs(kinds: &str) -> String {
    format!(
        "update jobs set state = 'running', fence = fence + 1, attempts = attempts + 1,
                claimed_at = ?1, lease_until = ?2
         where (workspace_id, id) in (
           select due.workspace_id, due.id from jobs due
           where due.state = 'queued' and due.run_at <= ?1 and due.kind in ({kinds})
             and not exists (
               select 1 from jobs other
               where other.workspace_id = due.workspace_id and other.key = due.key
                 and other.state in ('queued', 'running') and other.id <> due.id
                 and (other.position < due.position or other.state = 'running'))
           order by due.run_at, due.position
           limit ?3)
         returning workspace_id, id, kind, key, payload, run_at, attempts, max_attempts, fence, position"
    )
}
