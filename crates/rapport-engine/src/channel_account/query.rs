//! Reads accounts: as people see them, and with typed settings for those who use them.

use rapport_domain::model::ChannelAccount;
use rapport_domain::{Channel, ChannelAccountId, Permission};
use rapport_store::Tx;
use rapport_store::channel_account::StoredAccount;
use serde::de::DeserializeOwned;

use super::config::{ApiConfig, ChatConfig, EmailConfig};
use super::secrets::{IDENTITY_SECRET, IDENTITY_SECRET_PREVIOUS, Secrets};
use crate::{Caller, Engine, Error};

impl Engine {
    pub async fn list_channel_accounts(&self, caller: &Caller) -> Result<Vec<ChannelAccount>, Error> {
        caller.require(Permission::ChannelAccountRead)?;
        let engine = self.clone();
        self.read(&caller.workspace, move |tx| {
            rapport_store::channel_account::list(tx)?
                .into_iter()
                .map(|stored| shown(&engine, stored))
                .collect()
        })
        .await
    }

    pub async fn find_channel_account(
        &self,
        caller: &Caller,
        id: &ChannelAccountId,
    ) -> Result<ChannelAccount, Error> {
        caller.require(Permission::ChannelAccountRead)?;
        let (engine, id) = (self.clone(), id.clone());
        self.read(&caller.workspace, move |tx| {
            let stored = rapport_store::channel_account::find(tx, &id)?.ok_or(Error::NotFound)?;
            shown(&engine, stored)
        })
        .await
    }
}

/// The account as people see it: with the names of its secrets and nothing more of them.
pub(crate) fn shown(engine: &Engine, stored: StoredAccount) -> Result<ChannelAccount, Error> {
    let secrets = Secrets::open(engine, &stored.account.id, &stored.sealed_secrets)?;
    Ok(ChannelAccount { secrets_set: secrets.names(), ..stored.account })
}

fn find(tx: &mut Tx<'_>, id: &ChannelAccountId, channel: Channel) -> Result<StoredAccount, Error> {
    rapport_store::channel_account::find(tx, id)?
        .filter(|stored| stored.account.channel == channel)
        .ok_or(Error::NotFound)
}

fn settings<T: DeserializeOwned>(account: &ChannelAccount) -> Result<T, Error> {
    T::deserialize(&account.config)
        .map_err(|error| Error::Internal(format!("the settings of {} cannot be read: {error}", account.id)))
}

/// Whether nothing can be sent from the account, whatever its channel could carry.
pub(crate) fn only_receives(account: &ChannelAccount) -> bool {
    account.config.pointer("/outbound/kind").is_some_and(|kind| kind == "none")
}

/// A mailbox.
#[derive(Clone, Debug)]
pub struct EmailAccount {
    pub account: ChannelAccount,
    pub config: EmailConfig,
    pub(crate) sealed_secrets: String,
}

/// `Error::NotFound` unless it is an email account of this workspace. It may be switched off.
pub fn load_email(tx: &mut Tx<'_>, id: &ChannelAccountId) -> Result<EmailAccount, Error> {
    let StoredAccount { account, sealed_secrets } = find(tx, id, Channel::Email)?;
    Ok(EmailAccount { config: settings(&account)?, account, sealed_secrets })
}

/// A web chat widget.
#[derive(Clone, Debug)]
pub struct ChatAccount {
    pub account: ChannelAccount,
    pub config: ChatConfig,
    sealed_secrets: String,
}

/// `Error::NotFound` unless it is a chat account of this workspace. It may be switched off.
pub fn load_chat(tx: &mut Tx<'_>, id: &ChannelAccountId) -> Result<ChatAccount, Error> {
    let StoredAccount { account, sealed_secrets } = find(tx, id, Channel::Chat)?;
    Ok(ChatAccount { config: settings(&account)?, account, sealed_secrets })
}

impl ChatAccount {
    /// What the site signs its visitors' identities with: the current secret, then the one before.
    pub fn identity_secrets(&self, engine: &Engine) -> Result<Vec<String>, Error> {
        let mut secrets = Secrets::open(engine, &self.account.id, &self.sealed_secrets)?;
        Ok([IDENTITY_SECRET, IDENTITY_SECRET_PREVIOUS].iter().filter_map(|name| secrets.take(name)).collect())
    }
}

/// A channel that programs of the customer's feed.
#[derive(Clone, Debug)]
pub struct ApiAccount {
    pub account: ChannelAccount,
    pub config: ApiConfig,
}

pub fn load_api(tx: &mut Tx<'_>, id: &ChannelAccountId) -> Result<ApiAccount, Error> {
    let StoredAccount { account, .. } = find(tx, id, Channel::Api)?;
    Ok(ApiAccount { config: settings(&account)?, account })
}
