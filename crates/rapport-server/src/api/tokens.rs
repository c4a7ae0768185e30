//! `/api/v1/tokens`: what programs prove themselves with.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use rapport_domain::model::ApiToken;
use rapport_domain::{Permission, Timestamp, TokenId};
use rapport_engine::account::NewToken;
use serde::Deserialize;
use utoipa::ToSchema;

use super::page::{Page, Paging};
use super::{Answer, Created, created, no_content};
use crate::extract::{Allowed, Command, Id, Params, Repeatable, needs};
use crate::problem::Problem;
use crate::state::AppState;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Shop import", "scopes": ["conversation.read"]}))]
pub struct TokenBody {
    name: String,
    /// What the token may do, at most what you may. Empty: all of that.
    #[serde(default)]
    scopes: Vec<Permission>,
    expires_at: Option<Timestamp>,
}

/// List tokens
///
/// One's own, or everybody's for those who manage all tokens.
#[utoipa::path(get, path = "/api/v1/tokens", operation_id = "list_tokens", tag = "workspace", params(Paging),
    responses((status = 200, body = Page<ApiToken>)))]
pub async fn list(
    State(state): State<AppState>,
    caller: Allowed<needs::TokenManageOwn>,
    Params(paging): Params<Paging>,
) -> Answer<Page<ApiToken>> {
    paging.only_page()?;
    Ok(Json(Page::whole(state.engine().list_tokens(&caller).await?)))
}

/// Create a token
///
/// The answer is the only place that shows it.
#[utoipa::path(post, path = "/api/v1/tokens", operation_id = "create_token", tag = "workspace", params(Repeatable), request_body = TokenBody,
    responses((status = 201, body = ApiToken)))]
pub async fn create(
    State(state): State<AppState>,
    caller: Allowed<needs::TokenManageOwn>,
    command: Command<TokenBody>,
) -> Created<ApiToken> {
    let caller = command.caller(&caller);
    let TokenBody { name, scopes, expires_at } = command.body;
    created(state.engine().create_token(&caller, NewToken { name, scopes, expires_at }).await)
}

/// Revoke a token
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", operation_id = "revoke_token", tag = "workspace",
    params(("id" = TokenId, Path)), responses((status = 204)))]
pub async fn revoke(
    State(state): State<AppState>,
    caller: Allowed<needs::TokenManageOwn>,
    Id(id): Id<TokenId>,
) -> Result<Response, Problem> {
    no_content(state.engine().revoke_token(&caller, &id).await)
}
