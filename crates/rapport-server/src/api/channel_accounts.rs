//! `/api/v1/channel-accounts`: mailboxes, chat widgets and API channels.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use rapport_domain::model::ChannelAccount;
use rapport_domain::{Channel, ChannelAccountId};
use rapport_engine::channel_account::{
    AccountChange, ConnectionCheck, CreatedAccount, NewAccount, RotatedSecret,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::page::{Page, Paging};
use super::{Answer, Created, created, no_content, ok};
use crate::extract::{Allowed, Command, Id, Nothing, Params, Repeatable, needs};
use crate::problem::Problem;
use crate::state::AppState;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"channel": "api", "name": "Shop", "config": {}}))]
pub struct NewAccountBody {
    channel: Channel,
    name: String,
    #[serde(default = "yes")]
    active: bool,
    /// By channel: EmailConfig, ChatConfig or ApiConfig.
    #[serde(default = "no_settings")]
    #[schema(value_type = Object)]
    config: serde_json::Value,
    /// Write-only. Email: `inbound_password`, `outbound_password`.
    #[serde(default)]
    secrets: BTreeMap<String, Option<String>>,
}

fn no_settings() -> serde_json::Value {
    serde_json::json!({})
}

fn yes() -> bool {
    true
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Shop"}))]
pub struct AccountBody {
    /// May be repeated, cannot be changed.
    channel: Option<Channel>,
    name: Option<String>,
    active: Option<bool>,
    /// Replaces all settings.
    #[schema(value_type = Option<Object>)]
    config: Option<serde_json::Value>,
    /// Sets those that are named; null removes one.
    #[serde(default)]
    secrets: BTreeMap<String, Option<String>>,
    /// Refuse with 409 when the account has another version.
    expected_version: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub struct Checks {
    checks: Vec<ConnectionCheck>,
}

/// List channel accounts
#[utoipa::path(get, path = "/api/v1/channel-accounts", operation_id = "list_channel_accounts", tag = "channels",
    params(Paging), responses((status = 200, body = Page<ChannelAccount>)))]
pub async fn list(
    State(state): State<AppState>,
    caller: Allowed<needs::ChannelAccountRead>,
    Params(paging): Params<Paging>,
) -> Answer<Page<ChannelAccount>> {
    paging.only_page()?;
    Ok(Json(Page::whole(state.engine().list_channel_accounts(&caller).await?)))
}

/// Create a channel account
///
/// The answer for a chat widget is the only place that shows its identity secret.
#[utoipa::path(post, path = "/api/v1/channel-accounts", operation_id = "create_channel_account", tag = "channels",
    params(Repeatable), request_body = NewAccountBody, responses((status = 201, body = CreatedAccount)))]
pub async fn create(
    State(state): State<AppState>,
    caller: Allowed<needs::ChannelAccountManage>,
    command: Command<NewAccountBody>,
) -> Created<CreatedAccount> {
    let caller = command.caller(&caller);
    let NewAccountBody { channel, name, active, config, secrets } = command.body;
    let new = NewAccount { channel, name, active, config, secrets };
    created(state.engine().create_channel_account(&caller, new).await)
}

/// Show a channel account
#[utoipa::path(get, path = "/api/v1/channel-accounts/{id}", operation_id = "show_channel_account", tag = "channels",
    params(("id" = ChannelAccountId, Path)), responses((status = 200, body = ChannelAccount)))]
pub async fn show(
    State(state): State<AppState>,
    caller: Allowed<needs::ChannelAccountRead>,
    Id(id): Id<ChannelAccountId>,
) -> Answer<ChannelAccount> {
    ok(state.engine().find_channel_account(&caller, &id).await)
}

/// Change a channel account
#[utoipa::path(patch, path = "/api/v1/channel-accounts/{id}", operation_id = "change_channel_account", tag = "channels",
    params(("id" = ChannelAccountId, Path)), request_body = AccountBody,
    responses((status = 200, body = ChannelAccount)))]
pub async fn change(
    State(state): State<AppState>,
    caller: Allowed<needs::ChannelAccountManage>,
    Id(id): Id<ChannelAccountId>,
    Command { body, .. }: Command<AccountBody>,
) -> Answer<ChannelAccount> {
    let AccountBody { channel, name, active, config, secrets, expected_version } = body;
    let change = AccountChange { channel, name, active, config, secrets, expected_version };
    ok(state.engine().update_channel_account(&caller, &id, change).await)
}

/// Delete a channel account
///
/// Its messages stay.
#[utoipa::path(delete, path = "/api/v1/channel-accounts/{id}", operation_id = "delete_channel_account", tag = "channels",
    params(("id" = ChannelAccountId, Path)), responses((status = 204)))]
pub async fn delete(
    State(state): State<AppState>,
    caller: Allowed<needs::ChannelAccountManage>,
    Id(id): Id<ChannelAccountId>,
) -> Result<Response, Problem> {
    no_content(state.engine().delete_channel_account(&caller, &id).await)
}

/// Test whether a channel account works
#[utoipa::path(post, path = "/api/v1/channel-accounts/{id}/test", operation_id = "test_channel_account", tag = "channels",
    params(("id" = ChannelAccountId, Path)), request_body = Nothing, responses((status = 200, body = Checks)))]
pub async fn test(
    State(state): State<AppState>,
    caller: Allowed<needs::ChannelAccountManage>,
    Id(id): Id<ChannelAccountId>,
    _: Command<Nothing>,
) -> Answer<Checks> {
    ok(state.engine().test_channel_account(&caller, &id).await.map(|checks| Checks { checks }))
}

/// Give a chat widget a new identity secret
///
/// The one before stays good until `identity_secret_previous` is set to null.
#[utoipa::path(post, path = "/api/v1/channel-accounts/{id}/rotate-secret", operation_id = "rotate_identity_secret",
    tag = "channels", params(("id" = ChannelAccountId, Path), Repeatable), request_body = Nothing,
    responses((status = 200, body = RotatedSecret)))]
pub async fn rotate_secret(
    State(state): State<AppState>,
    caller: Allowed<needs::ChannelAccountManage>,
    Id(id): Id<ChannelAccountId>,
    command: Command<Nothing>,
) -> Answer<RotatedSecret> {
    let caller = command.caller(&caller);
    ok(state.engine().rotate_identity_secret(&caller, &id).await)
}
