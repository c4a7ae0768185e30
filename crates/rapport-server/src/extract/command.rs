//! The body of a request that changes something, with the key under which it may be repeated.

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, Method};
use rapport_engine::{Caller, Error, IdempotencyKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};

use super::body::{MAX_JSON_BYTES, parse_json, read_bytes};
use crate::problem::Problem;

const HEADER: &str = "idempotency-key";
const MAX_KEY_CHARACTERS: usize = 255;

pub struct Command<T> {
    pub body: T,
    key: Option<IdempotencyKey>,
}

/// The header of a command, for the description of those that take it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "describes the header, which is read with the body")]
pub struct Repeatable {
    /// The same request under the same key gets the first answer and does nothing again, for two days.
    #[param(rename = "Idempotency-Key", value_type = String, required = false, min_length = 1, max_length = 255)]
    key: Option<String>,
}

/// The body of a command that needs none: absent or `{}`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

impl<T> Command<T> {
    /// The caller, so that a repetition of this very request gets its first answer.
    pub fn caller(&self, caller: &Caller) -> Caller {
        Caller { idempotency: self.key.clone(), ..caller.clone() }
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Command<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = read_bytes(&parts.headers, body, MAX_JSON_BYTES).await?;
        let key = idempotency_key(&parts.headers, &parts.method, parts.uri.path(), &bytes)?;
        Ok(Self { body: parse_json(&parts.headers, &bytes)?, key })
    }
}

fn idempotency_key(
    headers: &HeaderMap,
    method: &Method,
    path: &str,
    body: &[u8],
) -> Result<Option<IdempotencyKey>, Problem> {
    let Some(value) = headers.get(HEADER) else { return Ok(None) };
    let key = value
        .to_str()
        .ok()
        .filter(|key| (1..=MAX_KEY_CHARACTERS).contains(&key.len()))
        .ok_or_else(|| Error::invalid("Idempotency-Key", "1 to 255 visible ASCII characters."))?;
    let mut digest = Sha256::new();
    for part in [method.as_str().as_bytes(), path.as_bytes(), body] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    let request_hash = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Some(IdempotencyKey { key: key.to_owned(), request_hash }))
}
