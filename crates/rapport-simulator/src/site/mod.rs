//! The page on which one plays the customers, and the shop that they visit. For demo mode only: whoever
//! reaches it may read and write every simulated mailbox.

mod files;
mod identity;
mod mailboxes;
mod show;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use rapport_channels::email::EmailAddress;
use serde::Serialize;

use crate::mail::MailProvider;

pub use identity::sign as sign_identity;

/// A customer one can play.
#[derive(Clone, Debug, Serialize)]
pub struct Persona {
    pub name: String,
    pub address: String,
    /// One line about them.
    pub about: String,
    /// The shop's own id of their account, which it proves to the chat widget.
    pub user_id: String,
}

/// What the pages show and are about.
#[derive(Clone)]
pub struct SiteSettings {
    pub shop_name: String,
    pub support_address: String,
    pub personas: Vec<Persona>,
    /// The public key of the chat widget.
    pub widget_key: String,
    /// With it the shop signs who is logged in. It never leaves the server.
    pub identity_secret: String,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Site(Arc<Inner>);

struct Inner {
    settings: SiteSettings,
    provider: MailProvider,
}

impl Site {
    pub fn new(settings: SiteSettings, provider: MailProvider) -> Self {
        Self(Arc::new(Inner { settings, provider }))
    }

    /// Everything below `/demo`.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/demo", get(files::play_page))
            .route("/demo/", get(files::play_page))
            .route("/demo/shop", get(files::shop_page))
            .route("/demo/assets/{name}", get(files::asset))
            .route("/demo/api/site", get(describe))
            .route("/demo/api/identity/{user_id}", get(identity::show))
            .route("/demo/api/mailboxes", get(mailboxes::addresses))
            .route("/demo/api/mailboxes/{address}", get(mailboxes::list).post(mailboxes::send))
            .route("/demo/api/mailboxes/{address}/{id}", get(mailboxes::show))
            .route("/demo/api/mailboxes/{address}/{id}/body", get(mailboxes::body))
            .route("/demo/api/mailboxes/{address}/{id}/raw", get(mailboxes::raw))
            .route("/demo/api/mailboxes/{address}/{id}/files/{position}", get(mailboxes::file))
            .layer(axum::extract::DefaultBodyLimit::max(mailboxes::MAX_MAIL_BYTES))
            .layer(from_fn(never_cached))
            .with_state(self.clone())
    }

    fn settings(&self) -> &SiteSettings {
        &self.0.settings
    }

    fn provider(&self) -> &MailProvider {
        &self.0.provider
    }

    /// The person behind an address; a stranger goes by the address alone.
    fn person(&self, address: &str) -> EmailAddress {
        let known =
            self.settings().personas.iter().find(|persona| persona.address.eq_ignore_ascii_case(address));
        match known {
            Some(persona) => EmailAddress::named(&persona.name, &persona.address),
            None => EmailAddress::new(address),
        }
    }
}

#[derive(Serialize)]
struct Description<'a> {
    shop_name: &'a str,
    support_address: &'a str,
    widget_key: &'a str,
    personas: &'a [Persona],
}

async fn describe(State(site): State<Site>) -> Response {
    let settings = site.settings();
    Json(Description {
        shop_name: &settings.shop_name,
        support_address: &settings.support_address,
        widget_key: &settings.widget_key,
        personas: &settings.personas,
    })
    .into_response()
}

/// Pages and answers change with the server, so nothing of it is kept.
async fn never_cached(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// A failure in words, for the page to show.
struct Refusal(StatusCode, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(serde_json::json!({ "detail": self.1 }))).into_response()
    }
}

impl Refusal {
    fn not_found() -> Self {
        Self(StatusCode::NOT_FOUND, "There is no such mail.".to_owned())
    }

    fn bad_request(detail: impl Into<String>) -> Self {
        Self(StatusCode::BAD_REQUEST, detail.into())
    }
}

#[cfg(test)]
mod tests;
