//! `/api/v1/workspace`: name and settings.

use axum::extract::State;
use rapport_domain::ConversationScope;
use rapport_domain::model::Workspace;
use rapport_engine::account::{SettingsChange, WorkspaceChange};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Answer, ok};
use crate::extract::{Allowed, Command, needs};
use crate::state::AppState;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"settings": {"email_undo_seconds": 10}}))]
pub struct WorkspaceBody {
    name: Option<String>,
    #[serde(default)]
    settings: SettingsBody,
}

/// Settings to change; absent ones stay.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingsBody {
    conversation_scope: Option<ConversationScope>,
    #[schema(minimum = 0, maximum = 30)]
    email_undo_seconds: Option<u32>,
    manual_assignment: Option<bool>,
}

/// Change the workspace
#[utoipa::path(patch, path = "/api/v1/workspace", operation_id = "change_workspace", tag = "workspace",
    request_body = WorkspaceBody, responses((status = 200, body = Workspace)))]
pub async fn change(
    State(state): State<AppState>,
    caller: Allowed<needs::WorkspaceManage>,
    Command { body, .. }: Command<WorkspaceBody>,
) -> Answer<Workspace> {
    let settings = SettingsChange {
        conversation_scope: body.settings.conversation_scope,
        email_undo_seconds: body.settings.email_undo_seconds,
        manual_assignment: body.settings.manual_assignment,
    };
    ok(state.engine().update_workspace(&caller, WorkspaceChange { name: body.name, settings }).await)
}
