//! What whoever runs the server can do from its command line, without an account.

use rapport_domain::model::{ApiToken, User, UserReference, Workspace, WorkspaceSettings};
use rapport_domain::{Actor, Event, Role, UserId, WorkspaceId};

use super::{NewToken, all_valid, checked_email, checked_name, checked_password, password, without_email};
use crate::{Caller, Engine, Error, announce};

impl Engine {
    pub async fn create_workspace(&self, name: &str) -> Result<Workspace, Error> {
        let name = checked_name("name", name);
        all_valid([name.as_ref().err().cloned()])?;
        let now = self.now();
        let workspace = Workspace {
            id: WorkspaceId::generate(now, self.entropy()),
            name: name.unwrap_or_default(),
            settings: WorkspaceSettings::default(),
        };
        let created = workspace.clone();
        self.store()
            .write_server("workspaces", move |tx| {
                Ok::<_, Error>(rapport_store::workspace::create(tx, &created, now)?)
            })
            .await?;
        Ok(workspace)
    }

    /// `workspace` is an id or a name that only one workspace has.
    pub async fn create_user(
        &self,
        workspace: &str,
        email: &str,
        name: &str,
        password: &str,
        role: Role,
    ) -> Result<User, Error> {
        let (checked_email, checked_name) = (checked_email("email", email), checked_name("name", name));
        all_valid([
            checked_email.as_ref().err().cloned(),
            checked_name.as_ref().err().cloned(),
            checked_password("password", password).err(),
        ])?;
        let workspace = self.workspace_named(workspace).await?;
        let hash = password::hash(self.entropy(), password).await?;
        let email = checked_email.unwrap_or_default();
        let now = self.now();
        let user = User {
            id: UserId::generate(now, self.entropy()),
            name: checked_name.unwrap_or_default(),
            email: Some(email.clone()),
            role,
            active: true,
            created_at: now,
            last_seen_at: None,
            online: false,
        };
        let created = user.clone();
        self.write(&workspace.id, &email.clone(), move |tx| {
            if rapport_store::user::find_by_email(tx, &email)?.is_some() {
                return Err(Error::conflict(
                    "email_in_use",
                    format!("{email} is in this workspace already."),
                ));
            }
            rapport_store::user::create(tx, &created, &email, Some(&hash))?;
            let event = Event::UserCreated { user: without_email(&created) };
            announce::general(tx, &Actor::system(), now, None, &event)
        })
        .await?;
        Ok(user)
    }

    /// For somebody who cannot log in any more. Ends all their sessions.
    pub async fn set_password(&self, workspace: &str, email: &str, password: &str) -> Result<User, Error> {
        let email = checked_email("email", email);
        all_valid([email.as_ref().err().cloned(), checked_password("password", password).err()])?;
        let workspace = self.workspace_named(workspace).await?;
        let hash = password::hash(self.entropy(), password).await?;
        let email = email.unwrap_or_default();
        let user = self
            .write(&workspace.id, &email.clone(), move |tx| {
                let user = rapport_store::user::find_by_email(tx, &email)?.ok_or(Error::NotFound)?;
                if !user.active {
                    return Err(Error::NotFound);
                }
                rapport_store::user::save_password_hash(tx, &user.id, &hash)?;
                rapport_store::credential::delete_other_sessions(tx, &user.id, None)?;
                Ok(user)
            })
            .await?;
        self.recheck_streams(&workspace.id, &user.id);
        Ok(user)
    }

    /// An unlimited token of the user with this email, whatever their role: whoever runs the server hands it out.
    pub async fn create_token_for(
        &self,
        workspace: &str,
        email: &str,
        name: &str,
    ) -> Result<ApiToken, Error> {
        let email = checked_email("email", email).map_err(|error| Error::Validation(vec![error]))?;
        let workspace = self.workspace_named(workspace).await?;
        let user = self
            .read(&workspace.id, move |tx| Ok(rapport_store::user::find_by_email(tx, &email)?))
            .await?
            .filter(|user| user.active)
            .ok_or(Error::NotFound)?;
        let caller = Caller {
            workspace: workspace.id,
            user: UserReference { id: user.id, name: user.name },
            role: user.role,
            session: None,
            token: None,
            scopes: Vec::new(),
            idempotency: None,
        };
        self.make_token(&caller, NewToken { name: name.to_owned(), scopes: Vec::new(), expires_at: None })
            .await
    }

    async fn workspace_named(&self, name_or_id: &str) -> Result<Workspace, Error> {
        let text = name_or_id.to_owned();
        let mut found =
            self.read_server(move |tx| Ok(rapport_store::workspace::find_by_name_or_id(tx, &text)?)).await?;
        let workspace = found.pop().ok_or(Error::NotFound)?;
        if !found.is_empty() {
            return Err(Error::conflict(
                "ambiguous_workspace",
                "Several workspaces have this name; give the id.",
            ));
        }
        Ok(workspace)
    }
}
