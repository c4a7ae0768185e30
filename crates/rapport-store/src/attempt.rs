//! Counts attempts for all servers on one database: each key has a bucket that fills with attempts and drains with
//! time. A key without a row has an empty one.

use rapport_domain::Timestamp;

use crate::{Error, ServerTx, params};

/// Counts one attempt on a bucket that holds `burst` of them and forgets one every `millis_each`. When it is full,
/// nothing is counted and the answer is how many milliseconds there are until one is let in.
pub fn count(
    tx: &mut ServerTx<'_>,
    key: &str,
    now: Timestamp,
    burst: u32,
    millis_each: i64,
) -> Result<Option<i64>, Error> {
    let full = now.plus_millis(millis_each.saturating_mul(burst.into()));
    let counted = tx.query_opt(
        "insert into attempts (key, drained_at) values (?1, ?5) on conflict (key) do update set drained_at = \
         case when attempts.drained_at > ?2 then attempts.drained_at + ?3 else ?5 end \
         where attempts.drained_at + ?3 <= ?4 returning drained_at",
        &params![key, now, millis_each, full, now.plus_millis(millis_each)],
    )?;
    if counted.is_some() {
        return Ok(None);
    }
    let row = tx.query_opt("select drained_at from attempts where key = ?1", &params![key])?;
    let drained_at: i64 = row.map_or(Ok(0), |row| row.get(0))?;
    Ok(Some((drained_at + millis_each - full.as_millis()).max(1)))
}

/// Takes one attempt back, because it turned out to be a good one.
pub fn forgive(tx: &mut ServerTx<'_>, key: &str, millis_each: i64) -> Result<(), Error> {
    tx.execute(
        "update attempts set drained_at = drained_at - ?2 where key = ?1",
        &params![key, millis_each],
    )?;
    Ok(())
}

/// Removes the buckets that have drained.
pub fn sweep(tx: &mut ServerTx<'_>, now: Timestamp) -> Result<u64, Error> {
    tx.execute("delete from attempts where drained_at <= ?1", &params![now])
}
