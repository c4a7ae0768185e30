//! `/api/v1/users`: the people of the workspace.

use axum::Json;
use axum::extract::State;
use rapport_domain::model::User;
use rapport_domain::{Role, UserId};
use rapport_engine::account::UserChange;
use serde::Deserialize;
use utoipa::ToSchema;

use super::page::{Page, Paging};
use super::{Answer, ok};
use crate::extract::{Allowed, Command, Id, Params, needs};
use crate::state::AppState;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Ben", "role": "user"}))]
pub struct UserBody {
    name: Option<String>,
    role: Option<Role>,
    /// False ends all sessions of the person and bars the way back in.
    active: Option<bool>,
}

/// List the people of the workspace
#[utoipa::path(get, path = "/api/v1/users", operation_id = "list_users", tag = "workspace", params(Paging),
    responses((status = 200, body = Page<User>)))]
pub async fn list(
    State(state): State<AppState>,
    caller: Allowed<needs::UserRead>,
    Params(paging): Params<Paging>,
) -> Answer<Page<User>> {
    paging.only_page()?;
    Ok(Json(Page::whole(state.engine().list_users(&caller).await?)))
}

/// Change a person's name, role or access
///
/// 409 `last_admin` when nobody else could administer the workspace.
#[utoipa::path(patch, path = "/api/v1/users/{id}", operation_id = "change_user", tag = "workspace",
    params(("id" = UserId, Path)), request_body = UserBody, responses((status = 200, body = User)))]
pub async fn change(
    State(state): State<AppState>,
    caller: Allowed<needs::UserManage>,
    Id(id): Id<UserId>,
    Command { body, .. }: Command<UserBody>,
) -> Answer<User> {
    let change = UserChange { name: body.name, role: body.role, active: body.active };
    ok(state.engine().update_user(&caller, &id, change).await)
}
