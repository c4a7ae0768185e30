//! PostgreSQL's side of the dialect.

pub(super) const FOR_UPDATE: &str = " for update";

/// Each statement is a round trip, so rows travel together where there are many.
pub(super) const ROWS_PER_INSERT: &[usize] = &[32, 8, 4, 2, 1];

/// Several workers claim at once: a row that another one holds is passed over instead of waited for.
pub(super) fn claim_jobs(kinds: &str) -> String {
    format!(
        "with due as materialized (
           select due.workspace_id, due.id from jobs due
           where due.state = 'queued' and due.run_at <= ?1 and due.kind in ({kinds})
             and not exists (
               select 1 from jobs other
               where other.workspace_id = due.workspace_id and other.key = due.key
                 and other.state in ('queued', 'running') and other.id <> due.id
                 and (other.position < due.position or other.state = 'running'))
           order by due.run_at, due.position
           limit ?3
           for update of due skip locked)
         update jobs set state = 'running', fence = jobs.fence + 1, attempts = jobs.attempts + 1,
                claimed_at = ?1, lease_until = ?2
         from due
         where jobs.workspace_id = due.workspace_id and jobs.id = due.id
         returning jobs.workspace_id, jobs.id, jobs.kind, jobs.key, jobs.payload, jobs.run_at, jobs.attempts,
                   jobs.max_attempts, jobs.fence, jobs.position"
    )
}
