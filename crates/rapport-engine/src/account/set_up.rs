//! The first workspace and its administrator, once per server.

use rapport_domain::model::{User, Workspace, WorkspaceSettings};
use rapport_domain::{Actor, Event, Role, UserId, WorkspaceId};
use rapport_store::ServerTx;

use super::doorkeeper::{Doorkeeper, Peer};
use super::log_in::LoggedIn;
use super::{all_valid, checked_email, checked_name, checked_password, password, without_email};
use crate::{Engine, Error, announce};

/// Every set-up tries to take the same id, so the database's primary key lets exactly one of them through,
/// however many processes try.
const FIRST_WORKSPACE: &str = "wsp_00000000000000000000000001";

#[derive(Clone)]
pub struct SetUp {
    pub workspace_name: String,
    pub name: String,
    pub email: String,
    pub password: String,
    /// What `serve` printed on the console.
    pub setup_code: String,
}

impl Engine {
    /// Whether nobody has an account yet.
    pub async fn set_up_required(&self) -> Result<bool, Error> {
        self.read_server(|tx| Ok(!rapport_store::workspace::any_user_exists(tx)?)).await
    }

    pub async fn set_up(
        &self,
        doorkeeper: &Doorkeeper,
        request: SetUp,
        peer: &Peer,
    ) -> Result<LoggedIn, Error> {
        if !self.set_up_required().await? {
            return Err(already_set_up());
        }
        self.knock(doorkeeper, "set-up", peer).await?;
        if !doorkeeper.is_setup_code(&request.setup_code) {
            return Err(Error::invalid(
                "setup_code",
                "This is not the code that the server's console shows.",
            ));
        }
        let workspace_name = checked_name("workspace_name", &request.workspace_name);
        let name = checked_name("name", &request.name);
        let email = checked_email("email", &request.email);
        all_valid([
            workspace_name.as_ref().err().cloned(),
            name.as_ref().err().cloned(),
            email.as_ref().err().cloned(),
            checked_password("password", &request.password).err(),
        ])?;
        let hash = password::hash(self.entropy(), &request.password).await?;
        let now = self.now();
        let workspace = Workspace {
            id: WorkspaceId::from_stored(FIRST_WORKSPACE),
            name: workspace_name.unwrap_or_default(),
            settings: WorkspaceSettings::default(),
        };
        let user = User {
            id: UserId::generate(now, self.entropy()),
            name: name.unwrap_or_default(),
            email: email.ok(),
            role: Role::Admin,
            active: true,
            created_at: now,
            last_seen_at: None,
            online: false,
        };
        let (id, user_id) = (workspace.id.clone(), user.id.clone());
        let engine = self.clone();
        let outcome = self
            .store()
            .write_server("set-up", move |tx| create_first(tx, &engine, &workspace, &user, &hash))
            .await;
        match outcome {
            Err(Error::Store(rapport_store::Error::Unique { .. })) => return Err(already_set_up()),
            outcome => outcome?,
        }
        self.open_session(&id, &user_id, peer, None).await
    }
}

fn create_first(
    tx: &mut ServerTx<'_>,
    engine: &Engine,
    workspace: &Workspace,
    user: &User,
    password_hash: &str,
) -> Result<(), Error> {
    if rapport_store::workspace::any_user_exists(tx)? {
        return Err(already_set_up());
    }
    let now = engine.now();
    rapport_store::workspace::create(tx, workspace, now)?;
    let mut tx = tx.scoped(&workspace.id);
    let email = user.email.as_deref().unwrap_or_default();
    rapport_store::user::create(&mut tx, user, email, Some(password_hash))?;
    announce::general(&mut tx, &Actor::system(), now, None, &Event::UserCreated { user: without_email(user) })
}

fn already_set_up() -> Error {
    Error::conflict("already_set_up", "This server is set up already. Log in, or ask for an invitation.")
}
