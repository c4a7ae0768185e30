//! The workspace that everything is measured in: its people, its channel accounts and a caller to act as.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use rapport_domain::clock::FixedClock;
use rapport_domain::model::UserReference;
use rapport_domain::{
    Channel, ChannelAccountId, Clock, Entropy, Role, SystemClock, SystemEntropy, Timestamp, WorkspaceId,
};
use rapport_engine::blob::Blobs;
use rapport_engine::channel_account::NewAccount;
use rapport_engine::{Caller, Engine, EngineConfig, EngineParts};
use rapport_store::Store;
use serde_json::json;

use super::random::{Random, SeededEntropy};
use super::words::Words;

pub const WORKSPACE: &str = "Benchmark";
pub const EMAIL: &str = "bench@rapport.example";
/// Not a secret: the databases are thrown away.
const PASSWORD: &str = "only for measurements";
const AGENTS: usize = 24;
/// 2024-11-22T00:00:00Z, when the made-up history begins.
pub const HISTORY_START: i64 = 1_732_233_600_000;
/// How long the made-up history lasts: two years.
pub const HISTORY_MILLIS: i64 = 730 * 86_400_000;

/// Who and what there is in the workspace.
#[derive(Clone)]
pub struct World {
    pub workspace: WorkspaceId,
    pub admin: UserReference,
    pub users: Vec<UserReference>,
    pub accounts: BTreeMap<&'static str, ChannelAccountId>,
}

impl World {
    pub fn account(&self, channel: Channel) -> Option<&ChannelAccountId> {
        self.accounts.get(channel.as_str())
    }

    /// The administrator, as though logged in.
    pub fn caller(&self) -> Caller {
        Caller {
            workspace: self.workspace.clone(),
            user: self.admin.clone(),
            role: Role::Admin,
            session: None,
            token: None,
            scopes: Vec::new(),
            idempotency: None,
        }
    }

    /// Reads what an earlier run has set up; `None` in a database without a workspace.
    pub async fn find(store: &Store) -> Result<Option<Self>> {
        let workspaces = store.read_server(rapport_store::workspace::list).await?;
        let Some(workspace) = workspaces.into_iter().find(|workspace| workspace.name == WORKSPACE) else {
            return Ok(None);
        };
        let id = workspace.id;
        let (users, accounts) = store
            .read(&id, |tx| {
                let accounts = rapport_store::channel_account::list(tx)?;
                Ok::<_, rapport_store::Error>((rapport_store::user::list(tx)?, accounts))
            })
            .await?;
        let admin = users.iter().find(|user| user.email.as_deref() == Some(EMAIL));
        let Some(admin) = admin else { return Ok(None) };
        Ok(Some(Self {
            admin: UserReference { id: admin.id.clone(), name: admin.name.clone() },
            users: users
                .iter()
                .map(|user| UserReference { id: user.id.clone(), name: user.name.clone() })
                .collect(),
            accounts: accounts
                .into_iter()
                .map(|stored| (stored.account.channel.as_str(), stored.account.id))
                .collect(),
            workspace: id,
        }))
    }

    /// Sets the workspace up through the engine, as of the beginning of its history.
    pub async fn create(store: &Store, files: &Path) -> Result<Self> {
        let engine = repeatable_engine(store.clone(), files, 11)?;
        let workspace = engine.create_workspace(WORKSPACE).await?.id;
        let (words, mut random) = (Words::new(), Random::new(12));
        for number in 0..=AGENTS {
            let (email, role) = match number {
                0 => (EMAIL.to_owned(), Role::Admin),
                1 | 2 => (format!("supervisor{number}@rapport.example"), Role::Supervisor),
                _ => (format!("agent{number}@rapport.example"), Role::User),
            };
            let name = format!("{} {}", words.first_name(&mut random), words.family_name(&mut random));
            engine.create_user(workspace.as_str(), &email, &name, PASSWORD, role).await?;
        }
        let mut world =
            Self::find(store).await?.context("the workspace that was just created is not there")?;
        let email = json!({
            "address": "support@rapport.example", "inbound": { "kind": "http" }, "outbound": { "kind": "none" }
        });
        let chat = json!({ "site_name": "Shop", "allowed_origins": ["https://shop.example"] });
        for (channel, name, config) in [
            (Channel::Email, "Support", email),
            (Channel::Chat, "Shop", chat),
            (Channel::Api, "Orders", json!({})),
        ] {
            let new =
                NewAccount { channel, name: name.into(), active: true, config, secrets: BTreeMap::new() };
            let created = engine.create_channel_account(&world.caller(), new).await?;
            world.accounts.insert(channel.as_str(), created.account.id);
        }
        Ok(world)
    }
}

/// An engine whose clock stands still at the beginning of the history and whose ids follow from the seed.
pub fn repeatable_engine(store: Store, files: &Path, seed: u64) -> Result<Engine> {
    let clock = Arc::new(FixedClock::at(Timestamp::from_millis(HISTORY_START)));
    engine_on(store, files, clock, Arc::new(SeededEntropy::new(Random::new(seed))))
}

/// An engine with the machine's clock and randomness.
pub fn live_engine(store: Store, files: &Path) -> Result<Engine> {
    engine_on(store, files, Arc::new(SystemClock), Arc::new(SystemEntropy))
}

fn engine_on(store: Store, files: &Path, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Result<Engine> {
    Ok(Engine::new(EngineParts {
        store,
        blobs: Blobs::local(files)?,
        clock,
        entropy,
        secret: SECRET.to_vec(),
        config: EngineConfig::default(),
    }))
}

/// The key of servers that are measured.
pub const SECRET: &[u8; 32] = b"a key for measurements, not kept";
