//! `POST /api/v1/attachments`: a file on its way into a message.

use axum::extract::{FromRequest, Multipart, Request, State};
use bytes::{Bytes, BytesMut};
use rapport_domain::Permission;
use rapport_domain::model::Attachment;
use rapport_engine::Error;
use rapport_engine::signed_url::Reader;
use utoipa::ToSchema;

use super::{Created, created};
use crate::extract::Authenticated;
use crate::problem::Problem;
use crate::state::AppState;

/// What the parts around a file may add to its size.
const FORM_BYTES: u64 = 64 * 1024;

#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the form, which is read part by part")]
pub struct UploadForm {
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

struct Upload {
    file_name: String,
    declared_type: String,
    bytes: Bytes,
}

/// Upload a file
///
/// It belongs to nobody else until a message of yours takes it, and is removed after a day if none does.
#[utoipa::path(post, path = "/api/v1/attachments", operation_id = "upload_attachment", tag = "conversations",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 201, body = Attachment)))]
pub async fn upload(
    State(state): State<AppState>,
    Authenticated { caller, .. }: Authenticated,
    request: Request,
) -> Created<Attachment> {
    if !caller.may(Permission::ConversationReply) {
        caller.require(Permission::ConversationNote)?;
    }
    let max_bytes = state.engine().config().max_attachment_bytes;
    let declared =
        request.headers().get("content-length").and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|length| length > max_bytes + FORM_BYTES) {
        return Err(Problem::too_large(max_bytes));
    }
    let _slot =
        state.upload_slots().acquire().await.map_err(|_| Problem::unavailable("The server is stopping."))?;
    let upload = read(request, max_bytes).await?;
    let Upload { file_name, declared_type, bytes } = upload;
    let stored = state.engine().upload(&caller, &file_name, &declared_type, bytes).await;
    created(stored.map(|mut attachment| {
        let reader = Reader::User(caller.user_id().clone());
        state.engine().sign_attachment(&caller.workspace, &reader, &mut attachment);
        attachment
    }))
}

/// The one part named `file`. What is too large is noticed while it is read.
async fn read(request: Request, max_bytes: u64) -> Result<Upload, Problem> {
    let broken = || Problem::from(Error::invalid("body", "A form with one part named file is needed."));
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| broken())?;
    let mut upload = None;
    while let Some(mut part) = form.next_field().await.map_err(|_| broken())? {
        if part.name() != Some("file") {
            continue;
        }
        if upload.is_some() {
            return Err(Error::invalid("file", "One file at a time: the form has several.").into());
        }
        let file_name = part.file_name().unwrap_or("file").to_owned();
        let declared_type = part.content_type().unwrap_or("application/octet-stream").to_owned();
        let mut bytes = BytesMut::new();
        while let Some(chunk) = part.chunk().await.map_err(|_| broken())? {
            if (bytes.len() + chunk.len()) as u64 > max_bytes {
                return Err(Problem::too_large(max_bytes));
            }
            bytes.extend_from_slice(&chunk);
        }
        upload = Some(Upload { file_name, declared_type, bytes: bytes.freeze() });
    }
    upload.ok_or_else(|| Error::required("file").into())
}
