//! Access tokens from a provider's token endpoint by means of a refresh token (RFC 6749 §6).

use std::time::Duration;

use serde::Deserialize;

use crate::http::{GuardedClient, GuardedRequest, HttpError, form};

/// What providers grant when they do not say how long (RFC 6749 recommends that they do).
const USUAL_LIFETIME: u64 = 3_600;
const LONGEST_LIFETIME: u64 = 24 * 3_600;
const MAX_TOKEN_BYTES: usize = 16 * 1024;
const MAX_REASON_CHARACTERS: usize = 200;

/// Who asks and by which right. Never shown.
#[derive(Clone)]
pub struct RefreshRequest {
    pub token_endpoint: String,
    pub client_id: String,
    pub client_secret: Option<String>,
    pub refresh_token: String,
    pub scope: Option<String>,
}

/// What the provider granted. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Granted {
    pub access_token: String,
    pub lifetime: Duration,
    /// A new refresh token, which takes the place of the one that was used.
    pub refresh_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// A person has to sign in again or to correct the settings.
    #[error(
        "the provider refuses the sign-in of this mailbox: {0}. Sign in again and store the new refresh token"
    )]
    Refused(String),
    #[error("the provider gives no access token at the moment: {0}")]
    Unavailable(String),
}

#[derive(Deserialize)]
struct Answer {
    access_token: Option<String>,
    expires_in: Option<serde_json::Value>,
    refresh_token: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// Asks once.
pub async fn refresh(client: &GuardedClient, request: &RefreshRequest) -> Result<Granted, TokenError> {
    let mut fields = vec![
        ("grant_type", "refresh_token"),
        ("refresh_token", &request.refresh_token),
        ("client_id", &request.client_id),
    ];
    if let Some(secret) = &request.client_secret {
        fields.push(("client_secret", secret));
    }
    if let Some(scope) = &request.scope {
        fields.push(("scope", scope));
    }
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json")];
    let request = GuardedRequest {
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        max_response_bytes: 64 * 1024,
        ..GuardedRequest::post(&request.token_endpoint, form(&fields))
    };
    let response = client.send(request).await.map_err(|error| match error {
        HttpError::InvalidUrl | HttpError::Blocked => TokenError::Refused(error.to_string()),
        error => TokenError::Unavailable(error.to_string()),
    })?;
    judge(response.status, &response.body)
}

fn judge(status: u16, body: &[u8]) -> Result<Granted, TokenError> {
    let answer: Option<Answer> = serde_json::from_slice(body).ok();
    let described = || {
        let answer = answer.as_ref();
        let error = answer.and_then(|answer| answer.error.as_deref());
        let description = answer.and_then(|answer| answer.error_description.as_deref());
        match (error, description) {
            (Some(error), Some(description)) => printable(&format!("{error} ({description})")),
            (Some(error), None) => printable(error),
            (None, _) => format!("it answered with status {status}"),
        }
    };
    let passing = answer
        .as_ref()
        .and_then(|answer| answer.error.as_deref())
        .is_some_and(|error| matches!(error, "temporarily_unavailable" | "server_error" | "slow_down"));
    match status {
        200 => {}
        400..500 if !passing && !matches!(status, 408 | 425 | 429) => {
            return Err(TokenError::Refused(described()));
        }
        _ => return Err(TokenError::Unavailable(described())),
    }
    let usable = |token: &String| {
        !token.is_empty()
            && token.len() <= MAX_TOKEN_BYTES
            && token.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let not_understood = || TokenError::Unavailable("its answer was not understood".to_owned());
    let Some(answer) = answer else { return Err(not_understood()) };
    let access_token = answer.access_token.filter(usable).ok_or_else(not_understood)?;
    // A number on paper, and a text in some answers.
    let lifetime = answer
        .expires_in
        .and_then(|seconds| seconds.as_u64().or_else(|| seconds.as_str()?.parse().ok()))
        .unwrap_or(USUAL_LIFETIME)
        .min(LONGEST_LIFETIME);
    Ok(Granted {
        access_token,
        lifetime: Duration::from_secs(lifetime),
        refresh_token: answer.refresh_token.filter(usable),
    })
}

fn printable(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(MAX_REASON_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(body: &str) -> Granted {
        judge(200, body.as_bytes()).ok().unwrap()
    }

    #[test]
    fn grants_are_read_as_providers_write_them() {
        let google =
            granted(r#"{"access_token":"ya29.x","expires_in":3599,"scope":"s","token_type":"Bearer"}"#);
        assert_eq!((google.access_token.as_str(), google.lifetime.as_secs()), ("ya29.x", 3_599));
        assert_eq!(google.refresh_token, None);
        let microsoft = granted(r#"{"access_token":"eyJ0.x","expires_in":"4711","refresh_token":"0.AX"}"#);
        assert_eq!(microsoft.lifetime.as_secs(), 4_711);
        assert_eq!(microsoft.refresh_token.as_deref(), Some("0.AX"));
        assert_eq!(granted(r#"{"access_token":"x"}"#).lifetime.as_secs(), USUAL_LIFETIME);
        assert_eq!(granted(r#"{"access_token":"x","expires_in":1e99}"#).lifetime.as_secs(), USUAL_LIFETIME);
    }

    #[test]
    fn what_a_person_must_do_is_told_from_what_passes() {
        let revoked = r#"{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"#;
        let Err(TokenError::Refused(reason)) = judge(400, revoked.as_bytes()) else { panic!() };
        assert_eq!(reason, "invalid_grant (Token has been expired or revoked.)");
        for (status, body) in [(401, r#"{"error":"invalid_client"}"#), (404, "<html>"), (400, "")] {
            assert!(matches!(judge(status, body.as_bytes()), Err(TokenError::Refused(_))), "{status}");
        }
        for (status, body) in [
            (500, r#"{"error":"invalid_grant"}"#),
            (503, ""),
            (429, "{}"),
            (400, r#"{"error":"temporarily_unavailable"}"#),
            (302, ""),
            (200, "<html>"),
            (200, "{}"),
            (200, r#"{"access_token":"a\r\nb"}"#),
            (200, r#"{"access_token":""}"#),
        ] {
            assert!(
                matches!(judge(status, body.as_bytes()), Err(TokenError::Unavailable(_))),
                "{status} {body}"
            );
        }
    }
}
