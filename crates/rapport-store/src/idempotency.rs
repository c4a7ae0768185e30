//! Answers kept under a client's key, so that a repeated request gets the first one's answer.

use rapport_domain::Timestamp;

use crate::{Error, ServerTx, Tx, params};

#[derive(Clone, Debug)]
pub struct KeptAnswer {
    pub request_hash: String,
    /// JSON of what the use case returned.
    pub response: String,
}

pub fn find(tx: &mut Tx<'_>, principal: &str, key: &str) -> Result<Option<KeptAnswer>, Error> {
    tx.query_opt(
        "select request_hash, response from idempotency_keys where workspace_id = ?1 and principal = ?2 and key = ?3",
        &params![principal, key],
    )?
    .map(|row| Ok(KeptAnswer { request_hash: row.get(0)?, response: row.get(1)? }))
    .transpose()
}

/// `Error::Unique` when another request with this key committed meanwhile.
pub fn create(
    tx: &mut Tx<'_>,
    principal: &str,
    key: &str,
    answer: &KeptAnswer,
    at: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "insert into idempotency_keys (workspace_id, principal, key, request_hash, response, created_at) \
         values (?1, ?2, ?3, ?4, ?5, ?6)",
        &params![principal, key, &answer.request_hash, &answer.response, at],
    )?;
    Ok(())
}

pub fn delete_before(tx: &mut ServerTx<'_>, before: Timestamp) -> Result<u64, Error> {
    tx.execute("delete from idempotency_keys where created_at < ?1", &params![before])
}
