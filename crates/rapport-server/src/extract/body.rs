//! Bodies: bounded in size, typed, and refused with the path of each field that is wrong.

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use rapport_engine::{Error, FieldError};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::problem::Problem;

/// JSON bodies hold texts; files come another way.
pub const MAX_JSON_BYTES: usize = 1024 * 1024;

/// The whole body, unless it is larger than `max_bytes`. What is declared to be larger is not read at all.
pub async fn read_bytes(headers: &HeaderMap, mut body: Body, max_bytes: usize) -> Result<Bytes, Problem> {
    let declared =
        headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|length| length > max_bytes as u64) {
        return Err(Problem::too_large(max_bytes as u64));
    }
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| {
            Problem::new(StatusCode::BAD_REQUEST, "incomplete_body", "The body ended before its end.")
        })?;
        if let Ok(data) = frame.into_data() {
            if bytes.len() + data.len() > max_bytes {
                return Err(Problem::too_large(max_bytes as u64));
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes.freeze())
}

/// A body without content counts as an empty object.
pub fn parse_json<T: DeserializeOwned>(headers: &HeaderMap, bytes: &[u8]) -> Result<T, Problem> {
    if bytes.is_empty() {
        return typed(b"{}");
    }
    let content_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "The body has to be application/json.",
        ));
    }
    // A list would be taken for the fields in the order of our type.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(Error::invalid("body", "The body has to be a JSON object.").into());
    }
    if holds_null_escape(bytes) {
        let mut value: Value = typed(bytes)?;
        strip_nulls(&mut value);
        return typed(value.to_string().as_bytes());
    }
    typed(bytes)
}

fn typed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        refusal(&path, &error.into_inner())
    })?;
    deserializer.end().map_err(|error| refusal(".", &error))?;
    Ok(value)
}

fn refusal(path: &str, error: &serde_json::Error) -> Problem {
    if !error.is_data() {
        return Problem::new(StatusCode::BAD_REQUEST, "invalid_json", format!("This is not JSON: {error}"));
    }
    let text = error.to_string();
    // Where in the text it stands helps nobody who built the body with a program.
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    Error::Validation(vec![FieldError::of_deserialiser(path, message)]).into()
}

fn holds_null_escape(bytes: &[u8]) -> bool {
    bytes.windows(6).any(|window| window == b"\\u0000")
}

/// No database keeps this character in a text, and no reader misses it.
fn strip_nulls(value: &mut Value) {
    match value {
        Value::String(text) => text.retain(|character| character != '\0'),
        Value::Array(values) => values.iter_mut().for_each(strip_nulls),
        Value::Object(fields) => {
            let old = std::mem::take(fields);
            for (mut name, mut value) in old {
                name.retain(|character| character != '\0');
                strip_nulls(&mut value);
                fields.insert(name, value);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[allow(dead_code)]
        name: String,
        #[allow(dead_code)]
        #[serde(default)]
        inner: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[allow(dead_code)]
        count: i64,
    }

    fn refused(body: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, "application/json".parse().expect("is a header value"));
        let problem = parse_json::<Outer>(&headers, body.as_bytes()).expect_err("is refused");
        let json = serde_json::to_value(&problem).expect("has a JSON form");
        match json["errors"][0]["field"].as_str() {
            Some(field) => format!("{} {field}", json["errors"][0]["code"].as_str().unwrap_or_default()),
            None => json["code"].as_str().unwrap_or_default().to_owned(),
        }
    }

    #[test]
    fn wrong_fields_are_named_by_their_path() {
        assert_eq!(refused(r#"{"name": 1}"#), "invalid name");
        assert_eq!(refused("{}"), "required name");
        assert_eq!(refused(r#"{"name": "a", "role": "admin"}"#), "unknown_field role");
        assert_eq!(
            refused(r#"{"name": "a", "inner": [{"count": 1}, {"count": "2"}]}"#),
            "invalid inner.1.count"
        );
        assert_eq!(refused(r#"{"name": "a", "inner": [{}]}"#), "required inner.0.count");
        assert_eq!(refused("{"), "invalid_json");
        assert_eq!(refused(r#"["a", []]"#), "invalid body");
        assert_eq!(refused(r#"{"name": "a"} {}"#), "invalid_json");
    }

    #[test]
    fn null_characters_are_taken_out_of_texts() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::CONTENT_TYPE,
            "application/json; charset=utf-8".parse().expect("is a header value"),
        );
        let outer: Outer = parse_json(&headers, br#"{"name": "a\u0000b"}"#).expect("is taken");
        assert_eq!(outer.name, "ab");
    }

    #[test]
    fn forms_are_not_json() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, "text/plain".parse().expect("is a header value"));
        let problem = parse_json::<Outer>(&headers, br#"{"name": "a"}"#).expect_err("is refused");
        assert_eq!(serde_json::to_value(problem).expect("has a JSON form")["code"], "unsupported_media_type");
    }
}
