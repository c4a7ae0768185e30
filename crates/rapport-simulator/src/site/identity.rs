//! What a shop's own server does when somebody is logged in: it signs their id for the chat widget.

use std::fmt::Write;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;

use super::{Refusal, Site};

#[derive(Serialize)]
struct Identity<'a> {
    user_id: &'a str,
    hash: String,
    name: &'a str,
    email: &'a str,
}

pub(super) async fn show(State(site): State<Site>, Path(user_id): Path<String>) -> Response {
    let settings = site.settings();
    let Some(persona) = settings.personas.iter().find(|persona| persona.user_id == user_id) else {
        return Refusal(StatusCode::NOT_FOUND, "Nobody has this account.".to_owned()).into_response();
    };
    let hash = sign(&settings.identity_secret, &persona.user_id);
    Json(Identity { user_id: &persona.user_id, hash, name: &persona.name, email: &persona.address })
        .into_response()
}

/// Lower-case hex of HMAC-SHA256 over the id, as the chat widget wants it.
pub fn sign(secret: &str, user_id: &str) -> String {
    // HMAC takes keys of any length; an empty signature would prove nothing to anybody.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(user_id.as_bytes());
    mac.finalize().into_bytes().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
