//! Makes the demo's workspace: people, channel accounts and a token, through the same use cases as the screens.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use rapport_domain::model::{User, UserReference};
use rapport_domain::{Channel, ChannelAccountId, Role, WorkspaceId};
use rapport_engine::channel_account::{AccountChange, CreatedAccount, NewAccount};
use rapport_engine::{Caller, Engine};
use serde_json::{Value, json};

use super::cast::{PASSWORD, SHOP_NAME, SUPPORT_ADDRESS, TEAM};
use super::state::DemoState;

const SIGNATURE: &str = "<p>Northwind Outdoor · Harbour Street 12 · Open Monday to Saturday, 9 to 18</p>";

/// A person of the workspace, acting by hand.
pub fn caller(workspace: &WorkspaceId, user: &User) -> Caller {
    Caller {
        workspace: workspace.clone(),
        user: UserReference { id: user.id.clone(), name: user.name.clone() },
        role: user.role,
        session: None,
        token: None,
        scopes: Vec::new(),
        idempotency: None,
    }
}

pub async fn create(engine: &Engine, provider: SocketAddr) -> Result<DemoState> {
    let workspace = engine.create_workspace(SHOP_NAME).await?;
    let id = workspace.id.as_str();
    let users = try_join_all(TEAM.iter().map(|teammate| async move {
        engine.create_user(id, &teammate.email(), teammate.name, PASSWORD, teammate.role).await
    }))
    .await?;
    let admin =
        users.iter().find(|user| user.role == Role::Admin).context("the cast has an administrator")?;
    let caller = caller(&workspace.id, admin);
    let email =
        create_account(engine, &caller, Channel::Email, "Support mail", email_config(provider)).await?;
    let chat = chat_config(&email.account.id);
    let chat = create_account(engine, &caller, Channel::Chat, "Shop chat", chat).await?;
    let api = create_account(engine, &caller, Channel::Api, "Point of sale", json!({})).await?;
    let admin_email = admin.email.clone().unwrap_or_default();
    let token = engine.create_token_for(id, &admin_email, "Demo").await?;
    Ok(DemoState {
        workspace: workspace.id,
        admin: admin.id.clone(),
        email_account: email.account.id,
        widget_key: chat.account.widget_key.clone().context("chat accounts have a widget key")?,
        identity_secret: chat.identity_secret.context("chat accounts have an identity secret")?,
        chat_account: chat.account.id,
        api_account: api.account.id,
        api_token_id: token.id.clone(),
        api_token: token.token.context("a new token is shown once")?,
        provider_port: provider.port(),
    })
}

/// Tells the email account where the simulated provider listens now.
pub async fn reconnect(engine: &Engine, mut state: DemoState, provider: SocketAddr) -> Result<DemoState> {
    if state.provider_port == provider.port() {
        return Ok(state);
    }
    let caller = Caller {
        workspace: state.workspace.clone(),
        user: UserReference { id: state.admin.clone(), name: SHOP_NAME.to_owned() },
        role: Role::Admin,
        session: None,
        token: None,
        scopes: Vec::new(),
        idempotency: None,
    };
    let change = AccountChange { config: Some(email_config(provider)), ..AccountChange::default() };
    engine
        .update_channel_account(&caller, &state.email_account, change)
        .await
        .context("the email account of the demo cannot be updated")?;
    state.provider_port = provider.port();
    Ok(state)
}

async fn create_account(
    engine: &Engine,
    caller: &Caller,
    channel: Channel,
    name: &str,
    config: Value,
) -> Result<CreatedAccount> {
    let new = NewAccount { channel, name: name.to_owned(), active: true, config, secrets: BTreeMap::new() };
    Ok(engine.create_channel_account(caller, new).await?)
}

fn email_config(provider: SocketAddr) -> Value {
    json!({
        "address": SUPPORT_ADDRESS,
        "additional_addresses": ["orders@northwind.example"],
        "display_name": SHOP_NAME,
        "signature_html": SIGNATURE,
        "inbound": { "kind": "listener" },
        "outbound": { "kind": "smtp", "host": provider.ip().to_string(), "port": provider.port(), "tls": "none" },
    })
}

fn chat_config(reply_account: &ChannelAccountId) -> Value {
    json!({
        "site_name": SHOP_NAME,
        "greeting": "Hello! Ask us about gear, orders or the weather up there.",
        "accent_color": "#b4532a",
        "pre_chat_fields": [
            { "name": "name", "label": "Your name", "type": "text", "required": false },
            { "name": "email", "label": "Email, in case we lose each other", "type": "email", "required": false },
        ],
        "offline_message": "The hut is closed right now. Leave a message and we answer in the morning.",
        "reply_email_account_id": reply_account,
    })
}
