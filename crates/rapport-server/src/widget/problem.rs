//! Refusals that only the widget knows, with the codes that the panel tells apart.

use axum::http::StatusCode;
use rapport_engine::Error;
use rapport_engine::chat::{ChatError, UploadRefusal};

use crate::problem::Problem;

impl From<ChatError> for Problem {
    fn from(error: ChatError) -> Self {
        match error {
            ChatError::WidgetNotFound => {
                Problem::new(StatusCode::NOT_FOUND, "widget_not_found", "There is no such chat.")
            }
            ChatError::OriginRefused => origin_refused(),
            ChatError::IdentityRequired => {
                let detail = "This chat is for visitors whom the website has identified.";
                Problem::new(StatusCode::UNAUTHORIZED, "identity_required", detail)
            }
            ChatError::IdentityInvalid => {
                let detail = "The website has not proved who this visitor is.";
                Problem::new(StatusCode::UNAUTHORIZED, "identity_invalid", detail)
            }
            ChatError::TokenInvalid => token_invalid(),
            ChatError::Engine(error) => error.into(),
        }
    }
}

impl From<UploadRefusal> for Problem {
    fn from(refusal: UploadRefusal) -> Self {
        match refusal {
            UploadRefusal::Empty => {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "empty_file", "The file is empty.")
            }
            UploadRefusal::QuotaUsedUp { retry_after_seconds } => {
                Error::RateLimited { retry_after_seconds }.into()
            }
            UploadRefusal::Chat(error) => error.into(),
        }
    }
}

pub fn origin_refused() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "origin_refused", "The chat may not be used from here.")
}

pub fn token_invalid() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "token_invalid", "This chat has ended. Start a new one.")
}
