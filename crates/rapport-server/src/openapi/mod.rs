//! The description of the API (OpenAPI 3.1), made from the handlers themselves.

mod answers;
mod events;
mod refusals;

use std::sync::LazyLock;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use rapport_domain as domain;
use serde_json::Value;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, OpenApi};
use utoipa::{Modify, OpenApi as _};

use crate::problem::{FieldProblem, Problem};
use crate::router;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Rapport",
        description = "The API of the Rapport inbox. Everything the web interface does, it does through this API.\n\n\
            Programs send a token: `Authorization: Bearer rpt_…`. Lists come in pages: hand `next_cursor` back as \
            `cursor`. A POST that creates or sends may carry an `Idempotency-Key`; the same request under the same key \
            gets the first one's answer. Errors are `application/problem+json` with a stable `code`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "setup", description = "The first steps on a new server."),
        (name = "account", description = "Logging in, oneself, invitations."),
        (name = "workspace", description = "People, settings and tokens."),
        (name = "conversations", description = "Conversations, their messages, notes and drafts."),
        (name = "contacts", description = "The people outside."),
        (name = "channels", description = "Mailboxes, chat widgets and API channels."),
        (name = "search", description = "Finding things by words."),
        (name = "events", description = "Everything that happens, as it happens."),
        (name = "operations", description = "Work that was given up."),
    ),
    components(schemas(
        domain::WorkspaceId, domain::UserId, domain::ContactId, domain::AddressId, domain::ChannelAccountId,
        domain::ConversationId, domain::MessageId, domain::AttachmentId, domain::TokenId, domain::InvitationId,
        domain::JobId, domain::Timestamp, domain::EventEnvelope, domain::Event, events::Signals, Problem, FieldProblem,
        rapport_engine::channel_account::EmailConfig, rapport_engine::channel_account::ChatConfig,
        rapport_engine::channel_account::ApiConfig,
    )),
    security(("session" = []), ("token" = [])),
    modifiers(&Security),
)]
struct Base;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut OpenApi) {
        let session = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
            "rapport_session",
            "The session of a person. Requests that change something also carry `X-Rapport-Csrf: 1`.",
        )));
        let token =
            HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An API token.")).build();
        let components = document.components.get_or_insert_with(Components::default);
        components.add_security_scheme("session", session);
        components.add_security_scheme("token", SecurityScheme::Http(token));
    }
}

/// What is the same for all operations.
pub fn base() -> OpenApi {
    Base::openapi()
}

/// The whole description.
pub fn document() -> Value {
    let mut document = serde_json::to_value(router::api().split_for_parts().1).unwrap_or_default();
    free_empty_bodies(&mut document);
    answers::describe_successes(&mut document);
    answers::name_items(&mut document);
    answers::name_account_settings(&mut document);
    events::describe(&mut document);
    answers::require_what_is_always_there(&mut document);
    refusals::share(&mut document);
    answers::show_examples(&mut document);
    document
}

/// A body in which nothing can be said may be left out.
fn free_empty_bodies(document: &mut Value) {
    let nothing = answers::reference("Nothing");
    for (_, operation) in operations(document) {
        if operation.pointer("/requestBody/content/application~1json/schema") == Some(&nothing) {
            operation["requestBody"]["required"] = false.into();
        }
    }
}

/// The operations with their method.
fn operations(document: &mut Value) -> impl Iterator<Item = (&str, &mut Value)> {
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    paths
        .flat_map(|(_, item)| item.as_object_mut().into_iter().flatten())
        .map(|(method, operation)| (method.as_str(), operation))
}

pub async fn show() -> Response {
    // The same for everybody and for as long as the server runs.
    static JSON: LazyLock<Bytes> =
        LazyLock::new(|| serde_json::to_vec(&document()).unwrap_or_default().into());
    ([(header::CONTENT_TYPE, "application/json")], JSON.clone()).into_response()
}
