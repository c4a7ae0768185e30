//! Why a use case refused, as decisions a caller can make.

use rapport_domain::Permission;

use crate::FieldError;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Unknown, or of another workspace: the two are not told apart.
    #[error("not found")]
    NotFound,
    #[error("not logged in")]
    Unauthenticated,
    #[error("the permission {0} is missing")]
    Forbidden(Permission),
    #[error("some fields are not valid")]
    Validation(Vec<FieldError>),
    /// The present state does not allow it. `current` shows that state.
    #[error("{detail}")]
    Conflict { code: &'static str, detail: String, current: Option<serde_json::Value> },
    /// The message cannot be delivered, so it was not accepted.
    #[error("{detail}")]
    SendRefused { code: &'static str, detail: String },
    #[error("this idempotency key was used for another request")]
    IdempotencyMismatch,
    #[error("too large: at most {max_bytes} bytes")]
    TooLarge { max_bytes: u64 },
    #[error("too many attempts")]
    RateLimited { retry_after_seconds: u64 },
    #[error("wrong email or password")]
    InvalidCredentials,
    #[error("attachment storage: {0}")]
    Blob(String),
    #[error(transparent)]
    Store(rapport_store::Error),
    /// A fault of ours. Logged where it is turned into an answer.
    #[error("{0}")]
    Internal(String),
}

impl From<rapport_store::Error> for Error {
    fn from(error: rapport_store::Error) -> Self {
        Self::Store(error)
    }
}

impl Error {
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Conflict { code, detail: detail.into(), current: None }
    }

    pub fn conflict_with(
        code: &'static str,
        detail: impl Into<String>,
        current: &impl serde::Serialize,
    ) -> Self {
        Self::Conflict { code, detail: detail.into(), current: serde_json::to_value(current).ok() }
    }

    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Validation(vec![FieldError { field: field.into(), code: "invalid", message: message.into() }])
    }

    pub fn required(field: impl Into<String>) -> Self {
        Self::Validation(vec![FieldError {
            field: field.into(),
            code: "required",
            message: "This field is required.".into(),
        }])
    }

    /// The same refusal, its fields being those of the object in this field.
    pub(crate) fn within(self, parent: &str) -> Self {
        let Error::Validation(errors) = self else { return self };
        Error::Validation(errors.into_iter().map(|error| error.within(parent)).collect())
    }

    /// Whether a race was lost at a unique index, so that running again sees the winner's row.
    pub(crate) fn is_lost_race(&self) -> bool {
        matches!(self, Error::Store(rapport_store::Error::Unique { .. } | rapport_store::Error::Retryable(_)))
    }
}
