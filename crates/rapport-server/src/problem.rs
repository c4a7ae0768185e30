//! Errors as `application/problem+json` (RFC 9457) with stable codes. The cause of a fault is logged, never sent.

use axum::Json;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use rapport_engine::{Error, FieldError};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::middleware::RequestId;

/// Why a request was refused, and what to do next.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the code says what it is.
    #[serde(rename = "type")]
    kind: &'static str,
    title: String,
    status: u16,
    /// Stable; what clients decide on.
    code: &'static str,
    /// In words for people.
    detail: String,
    /// Names this request in the log of the server.
    request_id: String,
    /// The permission that is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    permission: Option<String>,
    /// The code behind a refusal to send.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<&'static str>,
    /// What is wrong with which field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
    /// The present state, where that is why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Value, required = false)]
    current: Option<Value>,
    #[serde(skip)]
    retry_after_seconds: Option<u64>,
    #[serde(skip)]
    cause: Option<String>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FieldProblem {
    /// Path of the field, such as `addresses.0.value`.
    field: String,
    /// Stable, such as `required`.
    code: &'static str,
    message: String,
}

impl From<FieldError> for FieldProblem {
    fn from(error: FieldError) -> Self {
        Self { field: error.field, code: error.code, message: error.message }
    }
}

impl Problem {
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            code,
            detail: detail.into(),
            request_id: String::new(),
            permission: None,
            reason: None,
            errors: Vec::new(),
            current: None,
            retry_after_seconds: None,
            cause: None,
        }
    }

    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing here.")
    }

    pub fn unavailable(detail: &str) -> Self {
        Self {
            retry_after_seconds: Some(5),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
        }
    }

    pub fn internal(cause: impl Into<String>) -> Self {
        let detail = "Something went wrong on our side. The request id helps to find it in the server's log.";
        Self { cause: Some(cause.into()), ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail) }
    }

    pub fn too_large(max_bytes: u64) -> Self {
        let detail = format!("At most {max_bytes} bytes are taken.");
        Self {
            current: Some(serde_json::json!({ "max_bytes": max_bytes })),
            ..Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
        }
    }

    fn validation(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [only] => format!("{}: {}", only.field, only.message),
            _ => "Some fields are not valid.".to_owned(),
        };
        Self {
            errors: errors.into_iter().map(FieldProblem::from).collect(),
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "validation_failed", detail)
        }
    }

    fn store(error: rapport_store::Error) -> Self {
        use rapport_store::Error::*;
        match error {
            Unavailable(_) | Retryable(_) | Closed => Self {
                cause: Some(error.to_string()),
                ..Self::unavailable(
                    "The data cannot be reached or written at the moment. Nothing was changed as far as we know.",
                )
            },
            _ => Self::internal(error.to_string()),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => Self::not_found(),
            Error::Unauthenticated => Self::new(
                StatusCode::UNAUTHORIZED,
                "unauthenticated",
                "Log in, or send a token that is known and has neither expired nor been revoked.",
            ),
            Error::InvalidCredentials => Self::new(
                StatusCode::UNAUTHORIZED,
                "invalid_credentials",
                "The email or the password is wrong.",
            ),
            Error::Forbidden(permission) => Self {
                permission: Some(permission.as_str().to_owned()),
                ..Self::new(
                    StatusCode::FORBIDDEN,
                    "forbidden",
                    format!("You lack the permission {permission}."),
                )
            },
            Error::Validation(errors) => Self::validation(errors),
            Error::Conflict { code, detail, current } => {
                Self { current, ..Self::new(StatusCode::CONFLICT, code, detail) }
            }
            Error::SendRefused { code, detail } => Self {
                reason: Some(code),
                ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "send_refused", detail)
            },
            Error::IdempotencyMismatch => Self::new(
                StatusCode::CONFLICT,
                "idempotency_mismatch",
                "This idempotency key was used for another request.",
            ),
            Error::TooLarge { max_bytes } => Self::too_large(max_bytes),
            Error::RateLimited { retry_after_seconds } => Self {
                retry_after_seconds: Some(retry_after_seconds),
                ..Self::new(
                    StatusCode::TOO_MANY_REQUESTS,
                    "rate_limited",
                    "Too many attempts. Wait a moment.",
                )
            },
            Error::Store(error) => Self::store(error),
            Error::Blob(cause) | Error::Internal(cause) => Self::internal(cause),
        }
    }
}

impl IntoResponse for Problem {
    /// The body is written by [`render`], which knows the request.
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(Box::new(self));
        response
    }
}

/// Writes problems out with the id of their request, and logs the cause of faults, once.
pub async fn render(request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().cloned().unwrap_or_default();
    let mut response = next.run(request).await;
    let Some(problem) = response.extensions_mut().remove::<Box<Problem>>() else { return response };
    if let Some(cause) = &problem.cause {
        tracing::error!(request_id = id.as_str(), status = problem.status, cause, "a request failed");
    }
    let retry_after = problem.retry_after_seconds;
    let body = Json(Problem { request_id: id.as_str().to_owned(), ..*problem });
    let (_, body) = body.into_response().into_parts();
    *response.body_mut() = Body::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.remove(header::CONTENT_LENGTH);
    if let Some(seconds) = retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if response.status() == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// What is answered where no route is.
pub async fn no_route() -> Problem {
    Problem::not_found()
}

pub async fn no_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "This address does not take this method.",
    )
}
