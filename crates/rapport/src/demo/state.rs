//! What a demo has to know on its next start and nobody may read: tokens, keys and ids.

use std::path::Path;

use anyhow::{Context, Result};
use rapport_domain::{ChannelAccountId, TokenId, UserId, WorkspaceId};
use serde::{Deserialize, Serialize};

use crate::secret::{read_optional, write_private};

const FILE: &str = "demo.json";

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DemoState {
    pub workspace: WorkspaceId,
    pub admin: UserId,
    pub email_account: ChannelAccountId,
    pub chat_account: ChannelAccountId,
    pub api_account: ChannelAccountId,
    pub widget_key: String,
    pub identity_secret: String,
    pub api_token: String,
    pub api_token_id: TokenId,
    /// Where the simulated mail provider listens; kept so that queued mail still finds it.
    pub provider_port: u16,
}

impl DemoState {
    /// `None` on the first start.
    pub fn load(data_folder: &Path) -> Result<Option<Self>> {
        let path = data_folder.join(FILE);
        let Some(text) = read_optional(&path)? else { return Ok(None) };
        serde_json::from_str(&text)
            .map(Some)
            .with_context(|| format!("{} is damaged — name an empty folder with --data-dir", path.display()))
    }

    pub fn save(&self, data_folder: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        write_private(&data_folder.join(FILE), &format!("{text}\n"))
    }
}
