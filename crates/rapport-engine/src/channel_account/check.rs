//! Tests an account on request: can we reach its servers and log in, and does anything arrive?

use rapport_channels::email::check::{Check, test_inbound, test_outbound};
use rapport_domain::model::ChannelAccount;
use rapport_domain::{Channel, ChannelAccountId, Permission, WorkspaceId};
use serde::Serialize;
use utoipa::ToSchema;

use super::config::{ChatConfig, InboundKind};
use super::query::{EmailAccount, load_chat, load_email};
use crate::{Caller, Engine, Error};

/// One thing that was tested.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ConnectionCheck {
    pub name: String,
    pub ok: bool,
    pub detail: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

impl From<Check> for ConnectionCheck {
    fn from(check: Check) -> Self {
        Self { name: check.name.to_owned(), ok: check.ok, detail: check.detail, remedy: check.remedy }
    }
}

impl Engine {
    pub async fn test_channel_account(
        &self,
        caller: &Caller,
        id: &ChannelAccountId,
    ) -> Result<Vec<ConnectionCheck>, Error> {
        caller.require(Permission::ChannelAccountManage)?;
        let account = self.find_channel_account(caller, id).await?;
        let mut checks = vec![active(&account)];
        let id = id.clone();
        match account.channel {
            Channel::Email => {
                let email = self.read(&caller.workspace, move |tx| load_email(tx, &id)).await?;
                checks.extend(self.test_email(&caller.workspace, &email).await?);
            }
            Channel::Chat => {
                let chat = self.read(&caller.workspace, move |tx| load_chat(tx, &id)).await?;
                checks.push(origins(&chat.config));
            }
            _ => checks.push(arrival(&account, "Post a message to the API to see one arrive.")),
        }
        Ok(checks)
    }

    async fn test_email(
        &self,
        workspace: &WorkspaceId,
        email: &EmailAccount,
    ) -> Result<Vec<ConnectionCheck>, Error> {
        let policy = &self.config().outbound_policy;
        let mut checks: Vec<ConnectionCheck> = match email.imap_settings(self, workspace)? {
            Some(settings) => test_inbound(&settings, policy).await.into_iter().map(Into::into).collect(),
            None => vec![arrival(&email.account, how_mail_arrives(email.config.inbound.kind))],
        };
        match email.submit_settings(self, workspace)? {
            Some(settings) => {
                checks.extend(test_outbound(&settings, policy).await.into_iter().map(ConnectionCheck::from));
            }
            None => checks.push(ConnectionCheck {
                name: "outbound".into(),
                ok: true,
                detail: "This account only receives.".into(),
                remedy: None,
            }),
        }
        Ok(checks)
    }
}

fn how_mail_arrives(kind: InboundKind) -> &'static str {
    match kind {
        InboundKind::Listener => "Let your mail server deliver this address to Rapport's mail listener.",
        InboundKind::Http | InboundKind::Imap => "Post each mail for this address to the API's ingest path.",
    }
}

fn active(account: &ChannelAccount) -> ConnectionCheck {
    ConnectionCheck {
        name: "active".into(),
        ok: account.active,
        detail: if account.active { "The account is switched on." } else { "The account is switched off." }
            .into(),
        remedy: (!account.active).then(|| "Switch it on to send and receive.".into()),
    }
}

fn arrival(account: &ChannelAccount, remedy: &str) -> ConnectionCheck {
    match account.health.last_inbound_at {
        Some(at) => ConnectionCheck {
            name: "inbound".into(),
            ok: true,
            detail: format!("The last message arrived at {at}."),
            remedy: None,
        },
        None => ConnectionCheck {
            name: "inbound".into(),
            ok: false,
            detail: "Nothing has arrived yet.".into(),
            remedy: Some(remedy.to_owned()),
        },
    }
}

fn origins(config: &ChatConfig) -> ConnectionCheck {
    let (ok, detail, remedy) = match config.allowed_origins.len() {
        0 => (
            false,
            "Any website can show this widget.".to_owned(),
            Some("List the origins of your own sites.".to_owned()),
        ),
        1 => (true, "One origin may show this widget.".to_owned(), None),
        count => (true, format!("{count} origins may show this widget."), None),
    };
    ConnectionCheck { name: "origins".into(), ok, detail, remedy }
}
