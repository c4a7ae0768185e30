//! Creates, changes and deletes accounts, and exchanges the secret of a chat widget.

use std::collections::BTreeMap;

use rapport_domain::model::{ChannelAccount, ChannelHealth, HealthState};
use rapport_domain::{Actor, Channel, ChannelAccountId, Event, Permission, text};
use rapport_store::Tx;
use rapport_store::channel_account::StoredAccount;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::secrets::{IDENTITY_SECRET, IDENTITY_SECRET_PREVIOUS, Secrets};
use super::validate::{Checked, check};
use super::{addresses, query};
use crate::keys::random_token;
use crate::{Caller, Engine, Error, announce};

const WIDGET_KEY_PREFIX: &str = "wk_";
const IDENTITY_SECRET_PREFIX: &str = "rpw_";

#[derive(Clone, Debug)]
pub struct NewAccount {
    pub channel: Channel,
    pub name: String,
    pub active: bool,
    /// The channel's own settings, still unchecked.
    pub config: serde_json::Value,
    pub secrets: BTreeMap<String, Option<String>>,
}

/// What to change; absent fields stay. Settings are replaced as a whole, secrets by name.
#[derive(Clone, Debug, Default)]
pub struct AccountChange {
    /// May be repeated, cannot be changed.
    pub channel: Option<Channel>,
    pub name: Option<String>,
    pub active: Option<bool>,
    pub config: Option<serde_json::Value>,
    pub secrets: BTreeMap<String, Option<String>>,
    pub expected_version: Option<i64>,
}

/// A new account. The secret of a chat widget is shown here and nowhere else.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CreatedAccount {
    #[serde(flatten)]
    pub account: ChannelAccount,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub identity_secret: Option<String>,
}

/// The new secret, shown once. The one before stays good until it is removed or exchanged again.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RotatedSecret {
    pub identity_secret: String,
}

impl Engine {
    pub async fn create_channel_account(
        &self,
        caller: &Caller,
        new: NewAccount,
    ) -> Result<CreatedAccount, Error> {
        caller.require(Permission::ChannelAccountManage)?;
        let name = account_name(&new.name)?;
        let checked = check(new.channel, &new.config)?;
        let new = NewAccount { name, ..new };
        let (engine, actor) = (self.clone(), caller.actor());
        let mut created: CreatedAccount = self
            .commit(caller, "channel accounts", move |tx| create(tx, &engine, &actor, &new, &checked))
            .await?;
        let sealed = created.identity_secret.take();
        self.wake_mailboxes();
        created.identity_secret =
            sealed.map(|sealed| self.keys().open(created.account.id.as_str(), &sealed)).transpose()?;
        Ok(created)
    }

    pub async fn update_channel_account(
        &self,
        caller: &Caller,
        id: &ChannelAccountId,
        change: AccountChange,
    ) -> Result<ChannelAccount, Error> {
        caller.require(Permission::ChannelAccountManage)?;
        let name = change.name.as_deref().map(account_name).transpose()?;
        let change = AccountChange { name, ..change };
        let (engine, actor, id_) = (self.clone(), caller.actor(), id.clone());
        let updated = self
            .write(&caller.workspace, id.as_str(), move |tx| update(tx, &engine, &actor, &id_, &change))
            .await;
        self.wake_mailboxes();
        updated
    }

    pub async fn delete_channel_account(&self, caller: &Caller, id: &ChannelAccountId) -> Result<(), Error> {
        caller.require(Permission::ChannelAccountManage)?;
        let (engine, actor, id_) = (self.clone(), caller.actor(), id.clone());
        let deleted = self
            .write(&caller.workspace, id.as_str(), move |tx| {
                // Locked, or else an address that is being added would stay with what is gone.
                let stored =
                    rapport_store::channel_account::find_for_update(tx, &id_)?.ok_or(Error::NotFound)?;
                let now = engine.now();
                addresses::release_all(tx, &id_)?;
                if !rapport_store::channel_account::delete(tx, &id_, now)? {
                    return Err(Error::NotFound);
                }
                let event = Event::ChannelAccountDeleted {
                    channel_account_id: id_.as_str().to_owned(),
                    name: stored.account.name,
                };
                announce::general(tx, &actor, now, None, &event)
            })
            .await;
        self.wake_mailboxes();
        deleted
    }

    /// Gives a chat widget a new identity secret.
    pub async fn rotate_identity_secret(
        &self,
        caller: &Caller,
        id: &ChannelAccountId,
    ) -> Result<RotatedSecret, Error> {
        caller.require(Permission::ChannelAccountManage)?;
        let (engine, actor, id_) = (self.clone(), caller.actor(), id.clone());
        let sealed: String = self
            .commit(caller, id.as_str(), move |tx| {
                let mut stored = rapport_store::channel_account::find(tx, &id_)?.ok_or(Error::NotFound)?;
                let mut secrets = Secrets::open(&engine, &id_, &stored.sealed_secrets)?;
                let Some(previous) = secrets.take(IDENTITY_SECRET) else {
                    return Err(Error::conflict("no_secret", "Only chat widgets have an identity secret."));
                };
                let fresh = random_token(engine.entropy(), IDENTITY_SECRET_PREFIX);
                secrets.set(IDENTITY_SECRET_PREVIOUS, previous);
                secrets.set(IDENTITY_SECRET, fresh.clone());
                stored.sealed_secrets = secrets.seal(&engine, &id_)?;
                save(tx, &engine, &actor, stored)?;
                engine.keys().seal(engine.entropy(), id_.as_str(), &fresh)
            })
            .await?;
        Ok(RotatedSecret { identity_secret: self.keys().open(id.as_str(), &sealed)? })
    }
}

fn account_name(name: &str) -> Result<String, Error> {
    let name = text::single_line(name, 100);
    if name.is_empty() { Err(Error::required("name")) } else { Ok(name) }
}

fn create(
    tx: &mut Tx<'_>,
    engine: &Engine,
    actor: &Actor,
    new: &NewAccount,
    checked: &Checked,
) -> Result<CreatedAccount, Error> {
    let now = engine.now();
    let id = ChannelAccountId::generate(now, engine.entropy());
    let mut secrets = Secrets::default();
    secrets.apply(new.channel, &new.secrets)?;
    check_reply_account(tx, checked)?;
    let is_chat = new.channel == Channel::Chat;
    let identity_secret = is_chat.then(|| random_token(engine.entropy(), IDENTITY_SECRET_PREFIX));
    if let Some(secret) = &identity_secret {
        secrets.set(IDENTITY_SECRET, secret.clone());
    }
    let state = if new.active { HealthState::NeverReceived } else { HealthState::Inactive };
    let account = ChannelAccount {
        channel: new.channel,
        name: new.name.clone(),
        active: new.active,
        address: checked.address.clone(),
        config: checked.config.clone(),
        secrets_set: secrets.names(),
        widget_key: is_chat.then(|| random_token(engine.entropy(), WIDGET_KEY_PREFIX)),
        health: ChannelHealth {
            state,
            last_inbound_at: None,
            last_outbound_at: None,
            last_error: None,
            last_error_at: None,
        },
        created_at: now,
        version: 1,
        id,
    };
    let sealed_secrets = secrets.seal(engine, &account.id)?;
    rapport_store::channel_account::create(tx, &StoredAccount { account: account.clone(), sealed_secrets })?;
    addresses::replace(tx, &account.id, &checked.addresses, &account.config)?;
    let event = Event::ChannelAccountCreated { channel_account: Box::new(account.clone()) };
    announce::general(tx, actor, now, None, &event)?;
    // The answer may be kept for a repeated request, and no secret is kept in the clear.
    let identity_secret = identity_secret
        .map(|secret| engine.keys().seal(engine.entropy(), account.id.as_str(), &secret))
        .transpose()?;
    Ok(CreatedAccount { account, identity_secret })
}

fn update(
    tx: &mut Tx<'_>,
    engine: &Engine,
    actor: &Actor,
    id: &ChannelAccountId,
    change: &AccountChange,
) -> Result<ChannelAccount, Error> {
    let mut stored = rapport_store::channel_account::find_for_update(tx, id)?.ok_or(Error::NotFound)?;
    let account = &mut stored.account;
    if change.expected_version.is_some_and(|expected| expected != account.version) {
        let current = query::shown(engine, stored)?;
        return Err(Error::conflict_with("version_conflict", "The account was changed meanwhile.", &current));
    }
    if change.channel.is_some_and(|channel| channel != account.channel) {
        return Err(Error::invalid("channel", "An account stays on its channel."));
    }
    account.name = change.name.clone().unwrap_or_else(|| account.name.clone());
    account.active = change.active.unwrap_or(account.active);
    if let Some(config) = &change.config {
        let checked = check(account.channel, config)?;
        check_reply_account(tx, &checked)?;
        account.address = checked.address;
        account.config = checked.config;
        addresses::replace(tx, id, &checked.addresses, &account.config)?;
    }
    let mut secrets = Secrets::open(engine, id, &stored.sealed_secrets)?;
    secrets.apply(stored.account.channel, &change.secrets)?;
    stored.sealed_secrets = secrets.seal(engine, id)?;
    save(tx, engine, actor, stored)
}

/// Saves the account, announces it and returns it as people see it.
fn save(
    tx: &mut Tx<'_>,
    engine: &Engine,
    actor: &Actor,
    stored: StoredAccount,
) -> Result<ChannelAccount, Error> {
    rapport_store::channel_account::save(tx, &stored)?;
    let saved = rapport_store::channel_account::find(tx, &stored.account.id)?.ok_or(Error::NotFound)?;
    let account = query::shown(engine, saved)?;
    let event = Event::ChannelAccountUpdated { channel_account: Box::new(account.clone()) };
    announce::general(tx, actor, engine.now(), None, &event)?;
    Ok(account)
}

fn check_reply_account(tx: &mut Tx<'_>, checked: &Checked) -> Result<(), Error> {
    let Some(id) = &checked.reply_email_account_id else { return Ok(()) };
    match query::load_email(tx, id) {
        Err(Error::NotFound) => {
            Err(Error::invalid("config.reply_email_account_id", "There is no such email account."))
        }
        outcome => outcome.map(drop),
    }
}
