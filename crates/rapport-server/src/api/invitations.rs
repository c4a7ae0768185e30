//! `/api/v1/invitations`: the way into the workspace.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use rapport_domain::model::Invitation;
use rapport_domain::{InvitationId, Role};
use rapport_engine::account::{Acceptance, InvitationPreview, Me, NewInvitation};
use serde::Deserialize;
use utoipa::ToSchema;

use super::page::{Page, Paging};
use super::{Answer, Created, created, no_content, ok};
use crate::extract::{Allowed, Command, Id, Knock, Params, Repeatable, SameOrigin, needs, with_session};
use crate::problem::Problem;
use crate::state::AppState;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "ben@acme.example", "role": "user"}))]
pub struct InvitationBody {
    email: String,
    role: Role,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Ben", "password": "correct horse battery"}))]
pub struct AcceptanceBody {
    name: String,
    /// At least ten characters.
    password: String,
}

/// List invitations
#[utoipa::path(get, path = "/api/v1/invitations", operation_id = "list_invitations", tag = "account", params(Paging),
    responses((status = 200, body = Page<Invitation>)))]
pub async fn list(
    State(state): State<AppState>,
    caller: Allowed<needs::UserManage>,
    Params(paging): Params<Paging>,
) -> Answer<Page<Invitation>> {
    paging.only_page()?;
    Ok(Json(Page::whole(state.engine().list_invitations(&caller).await?)))
}

/// Invite somebody
///
/// The answer is the only place that shows the link. It works once and for seven days.
#[utoipa::path(post, path = "/api/v1/invitations", operation_id = "create_invitation", tag = "account",
    params(Repeatable), request_body = InvitationBody, responses((status = 201, body = Invitation)))]
pub async fn create(
    State(state): State<AppState>,
    caller: Allowed<needs::UserManage>,
    command: Command<InvitationBody>,
) -> Created<Invitation> {
    let caller = command.caller(&caller);
    let new = NewInvitation { email: command.body.email, role: command.body.role };
    created(state.engine().create_invitation(&caller, new).await)
}

/// Revoke an invitation
#[utoipa::path(delete, path = "/api/v1/invitations/{id}", operation_id = "revoke_invitation", tag = "account",
    params(("id" = InvitationId, Path)), responses((status = 204)))]
pub async fn revoke(
    State(state): State<AppState>,
    caller: Allowed<needs::UserManage>,
    Id(id): Id<InvitationId>,
) -> Result<Response, Problem> {
    no_content(state.engine().revoke_invitation(&caller, &id).await)
}

/// Show what an invitation is for
#[utoipa::path(get, path = "/api/v1/invitations/accept/{token}", operation_id = "preview_invitation", tag = "account",
    security(()), params(("token" = String, Path, description = "From the link of the invitation.")),
    responses((status = 200, body = InvitationPreview)))]
pub async fn preview(State(state): State<AppState>, Path(token): Path<String>) -> Answer<InvitationPreview> {
    ok(state.engine().preview_invitation(&token).await)
}

/// Accept an invitation
///
/// Makes an account of it and logs in.
#[utoipa::path(post, path = "/api/v1/invitations/accept/{token}", operation_id = "accept_invitation", tag = "account",
    security(()), params(("token" = String, Path, description = "From the link of the invitation.")),
    request_body = AcceptanceBody, responses((status = 200, body = Me)))]
pub async fn accept(
    State(state): State<AppState>,
    Path(token): Path<String>,
    Knock(peer): Knock,
    _: SameOrigin,
    Command { body, .. }: Command<AcceptanceBody>,
) -> Result<Response, Problem> {
    let acceptance = Acceptance { name: body.name, password: body.password };
    let logged_in = state.engine().accept_invitation(&token, acceptance, &peer).await?;
    let me = state.engine().me(&logged_in.caller).await?;
    Ok(with_session(&state, &logged_in.secret, Json(me).into_response()))
}
