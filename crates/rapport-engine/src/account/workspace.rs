//! The workspace's name and settings.

use rapport_domain::model::{Workspace, WorkspaceSettings};
use rapport_domain::{ConversationScope, Event, Permission};

use super::{all_valid, checked_name};
use crate::{Caller, Engine, Error, FieldError, announce};

const MAX_UNDO_SECONDS: u32 = 30;

/// What to change; absent fields stay.
#[derive(Clone, Debug, Default)]
pub struct WorkspaceChange {
    pub name: Option<String>,
    pub settings: SettingsChange,
}

#[derive(Clone, Debug, Default)]
pub struct SettingsChange {
    pub conversation_scope: Option<ConversationScope>,
    pub email_undo_seconds: Option<u32>,
    pub manual_assignment: Option<bool>,
}

impl Engine {
    pub async fn update_workspace(
        &self,
        caller: &Caller,
        change: WorkspaceChange,
    ) -> Result<Workspace, Error> {
        caller.require(Permission::WorkspaceManage)?;
        let name = change.name.as_deref().map(|name| checked_name("name", name)).transpose();
        let too_long = change.settings.email_undo_seconds.is_some_and(|seconds| seconds > MAX_UNDO_SECONDS);
        all_valid([
            name.as_ref().err().cloned(),
            too_long.then(|| FieldError {
                field: "settings.email_undo_seconds".into(),
                code: "invalid",
                message: format!("Between 0 and {MAX_UNDO_SECONDS} seconds."),
            }),
        ])?;
        let name = name.unwrap_or_default();
        let settings = change.settings;
        let (engine, caller_) = (self.clone(), caller.clone());
        self.write(&caller.workspace, "workspace", move |tx| {
            let mut workspace = rapport_store::workspace::find(tx)?.ok_or(Error::NotFound)?;
            workspace.name = name.clone().unwrap_or(workspace.name);
            apply(&mut workspace.settings, &settings);
            rapport_store::workspace::save(tx, &workspace)?;
            let event = Event::WorkspaceUpdated { workspace: workspace.clone() };
            announce::general(tx, &caller_.actor(), engine.now(), None, &event)?;
            Ok(workspace)
        })
        .await
    }
}

fn apply(settings: &mut WorkspaceSettings, change: &SettingsChange) {
    settings.conversation_scope = change.conversation_scope.unwrap_or(settings.conversation_scope);
    settings.email_undo_seconds = change.email_undo_seconds.unwrap_or(settings.email_undo_seconds);
    settings.manual_assignment = change.manual_assignment.unwrap_or(settings.manual_assignment);
}
