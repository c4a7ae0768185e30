//! What all scenes share: the workspace, the people of the team at work, and the customers' mail provider.

use std::collections::HashMap;

use anyhow::{Context, Result};
use rapport_domain::Role;
use rapport_domain::model::UserReference;
use rapport_engine::{Caller, Engine};
use rapport_simulator::mail::MailProvider;

use crate::demo::cast::TEAM;
use crate::demo::state::DemoState;

pub struct Stage<'a> {
    pub provider: &'a MailProvider,
    pub state: &'a DemoState,
    team: HashMap<&'static str, Caller>,
    /// The other system behind the API channel.
    pub program: Caller,
}

impl<'a> Stage<'a> {
    pub async fn set(engine: &Engine, provider: &'a MailProvider, state: &'a DemoState) -> Result<Self> {
        let admin = Caller {
            workspace: state.workspace.clone(),
            user: UserReference { id: state.admin.clone(), name: String::new() },
            role: Role::Admin,
            session: None,
            token: None,
            scopes: Vec::new(),
            idempotency: None,
        };
        let users = engine.list_users(&admin).await?;
        let mut team = HashMap::new();
        for teammate in TEAM {
            let email = teammate.email();
            let user = users.iter().find(|user| user.email.as_deref() == Some(&email));
            let user = user.with_context(|| format!("{email} is not in the workspace"))?;
            let reference = UserReference { id: user.id.clone(), name: user.name.clone() };
            team.insert(teammate.key, Caller { user: reference, role: user.role, ..admin.clone() });
        }
        let program =
            Caller { token: Some(state.api_token_id.clone()), ..team.get("ava").context("Ava")?.clone() };
        Ok(Self { provider, state, team, program })
    }

    pub fn team(&self) -> impl Iterator<Item = &Caller> {
        self.team.values()
    }

    pub fn teammate(&self, key: &str) -> Result<&Caller> {
        self.team.get(key).with_context(|| format!("{key} is not in the team"))
    }
}
