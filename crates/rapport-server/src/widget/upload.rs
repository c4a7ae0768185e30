//! Files from visitors: counted and bounded before they are read.

use axum::Json;
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::BytesMut;
use rapport_domain::AttachmentId;
use rapport_engine::Error;

use super::guard::Visiting;
use super::limits::Act;
use super::session::no_store;
use crate::extract::Id;
use crate::problem::Problem;
use crate::state::AppState;

/// What the form around the file may take.
const FORM_BYTES: u64 = 16 * 1024;
const FIELD: &str = "file";

pub async fn upload(
    State(state): State<AppState>,
    visiting: Visiting,
    request: Request,
) -> Result<Response, Problem> {
    visiting.count(&state, Act::Upload)?;
    let most = state.engine().config().max_attachment_bytes;
    require_fitting_form(request.headers(), most)?;
    state.engine().chat_may_upload(&visiting.visit).await?;
    let mut form = Multipart::from_request(request, &state).await.map_err(|_| not_a_form())?;
    let mut field = form
        .next_field()
        .await
        .map_err(|_| broken_form())?
        .filter(|field| field.name() == Some(FIELD))
        .ok_or_else(|| Error::required(FIELD))?;
    let file_name = field.file_name().unwrap_or("file").to_owned();
    let declared_type = field.content_type().unwrap_or_default().to_owned();
    let mut bytes = BytesMut::new();
    while let Some(chunk) = field.chunk().await.map_err(|_| broken_form())? {
        if (bytes.len() + chunk.len()) as u64 > most {
            return Err(Problem::too_large(most));
        }
        bytes.extend_from_slice(&chunk);
    }
    let attachment =
        state.engine().chat_upload(&visiting.visit, &file_name, &declared_type, bytes.freeze()).await?;
    Ok((StatusCode::CREATED, no_store(), Json(attachment)).into_response())
}

pub async fn discard(
    State(state): State<AppState>,
    visiting: Visiting,
    Id(id): Id<AttachmentId>,
) -> Result<StatusCode, Problem> {
    visiting.count(&state, Act::Upload)?;
    state.engine().chat_discard_upload(&visiting.visit, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn require_fitting_form(headers: &HeaderMap, most: u64) -> Result<(), Problem> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !text(header::CONTENT_TYPE).to_ascii_lowercase().starts_with("multipart/form-data") {
        return Err(not_a_form());
    }
    match text(header::CONTENT_LENGTH).parse::<u64>() {
        Ok(length) if length > most + FORM_BYTES => Err(Problem::too_large(most)),
        _ => Ok(()),
    }
}

fn not_a_form() -> Problem {
    let detail = "A file comes as multipart/form-data.";
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
}

fn broken_form() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "incomplete_body", "The form ended before its end.")
}
