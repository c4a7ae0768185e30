//! Parameters of the query. Unknown and mistyped ones are refused, because a filter that is ignored misleads.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use rapport_engine::{Error, FieldError};
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
            Err(rejection) => Err(refusal(&rejection.body_text()).into()),
        }
    }
}

/// Names the parameter that the text of a rejection begins with.
fn refusal(text: &str) -> Error {
    let text = text.rsplit_once("query string: ").map_or(text, |(_, reason)| reason);
    let (path, message) = text.split_once(": ").unwrap_or((".", text));
    let error = FieldError::of_deserialiser(path, message);
    match error.field.as_str() {
        "body" => Error::invalid("query", error.message),
        _ => Error::Validation(vec![error]),
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Search {
        #[allow(dead_code)]
        q: String,
        #[allow(dead_code)]
        limit: Option<i64>,
    }

    #[test]
    fn wrong_parameters_are_named() {
        for (query, wrong) in [
            ("q=a&limit=x", "invalid limit"),
            ("limit=1", "required q"),
            ("q=a&page=2", "unknown_field page"),
        ] {
            let address = format!("/search?{query}").parse().expect("is an address");
            let rejection = Query::<Search>::try_from_uri(&address).expect_err("is refused");
            let Error::Validation(errors) = refusal(&rejection.body_text()) else { panic!("{query}") };
            assert_eq!(format!("{} {}", errors[0].code, errors[0].field), wrong);
        }
    }
}
