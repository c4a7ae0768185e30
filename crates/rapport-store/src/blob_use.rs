//! Which files something in the database refers to.

use std::collections::HashSet;

use crate::{Error, Param, Tx};

/// Those of these keys that nothing refers to: no message has them as its raw mail and no attachment as its bytes.
pub fn list_unused(tx: &mut Tx<'_>, keys: &[String]) -> Result<Vec<String>, Error> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let bound: Vec<Param<'_>> = keys.iter().map(|key| Param::from(key.as_str())).collect();
    let placeholders = (2..keys.len() + 2).map(|number| format!("?{number}")).collect::<Vec<_>>().join(", ");
    let rows = tx.query(
        &format!(
            "select raw_blob from messages where workspace_id = ?1 and raw_blob in ({placeholders}) \
             union select blob_key from attachments where workspace_id = ?1 and blob_key in ({placeholders})"
        ),
        &bound,
    )?;
    let used = rows.iter().map(|row| row.get::<String>(0)).collect::<Result<HashSet<_>, _>>()?;
    Ok(keys.iter().filter(|key| !used.contains(*key)).cloned().collect())
}
