//! Parameters of the query. Unknown and mistyped ones are refused, because a filter that is ignored misleads.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use rapport_engine::Error;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // No text with this character can be stored or found.
        if parts.uri.query().is_some_and(|query| query.contains("%00")) {
            return Err(Error::invalid("query", "U+0000 is not allowed.").into());
        }
        match Query::<T>::try_from_uri(&parts.uri) {
            Ok(Query(value)) => Ok(Self(value)),
            Err(rejection) => Err(Error::invalid("query", rejection.body_text()).into()),
        }
    }
}

const DEFAULT_LIMIT: i64 = 50;
const MAX_LIMIT: i64 = 100;

/// How long a page is to be.
pub fn page_limit(limit: Option<i64>) -> Result<i64, Error> {
    match limit.unwrap_or(DEFAULT_LIMIT) {
        limit @ 1..=MAX_LIMIT => Ok(limit),
        _ => Err(Error::invalid("limit", format!("Between 1 and {MAX_LIMIT}."))),
    }
}
