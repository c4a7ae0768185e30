//! Channel accounts: one configured mailbox, widget or interface, with its health.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Channel, ChannelAccountId, Timestamp};

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ChannelAccount {
    pub id: ChannelAccountId,
    pub channel: Channel,
    pub name: String,
    pub active: bool,
    /// What contacts write to, when the channel has such a thing.
    pub address: Option<String>,
    /// The channel's own settings; secrets are never among them.
    #[schema(value_type = Object)]
    pub config: serde_json::Value,
    /// Names of the write-only secrets that have a value.
    pub secrets_set: Vec<String>,
    /// The public key of a web chat widget.
    pub widget_key: Option<String>,
    pub health: ChannelHealth,
    pub created_at: Timestamp,
    pub version: i64,
}

crate::text_enum! {
    pub enum HealthState {
        Ok = "ok",
        NeverReceived = "never_received",
        Error = "error",
        Inactive = "inactive",
    }
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ChannelHealth {
    pub state: HealthState,
    pub last_inbound_at: Option<Timestamp>,
    pub last_outbound_at: Option<Timestamp>,
    pub last_error: Option<String>,
    pub last_error_at: Option<Timestamp>,
}
