//! Access tokens for mailboxes whose providers take no passwords: asked for when needed, kept until shortly before
//! they expire.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use rapport_channels::email::TokenSource;
use rapport_channels::http::GuardedClient;
use rapport_channels::oauth::{self, Granted, RefreshRequest, TokenError};
use rapport_domain::{ChannelAccountId, Timestamp, WorkspaceId};
use rapport_store::Tx;
use sha2::{Digest, Sha256};

use super::query::{EmailAccount, load_email};
use super::secrets::{OAUTH_CLIENT_SECRET, OAUTH_REFRESH_TOKEN, Secrets};
use crate::{Engine, Error};

/// A token is not used in its last moments, so that it does not expire on the way.
const MARGIN_SECONDS: i64 = 120;

/// The tokens of all mailboxes.
#[derive(Default)]
pub(crate) struct AccessTokens(Mutex<HashMap<ChannelAccountId, Arc<Slot>>>);

/// Of one mailbox. Whoever asks the provider holds it, so that all others wait for the one answer.
#[derive(Default)]
struct Slot {
    asking: tokio::sync::Mutex<()>,
    kept: Mutex<Option<Kept>>,
}

#[derive(Clone)]
struct Kept {
    token: String,
    good_until: Timestamp,
    /// By which settings and secrets it was granted.
    granted_by: [u8; 32],
}

impl AccessTokens {
    fn slot(&self, account: &ChannelAccountId) -> Arc<Slot> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots.entry(account.clone()).or_default().clone()
    }
}

impl Slot {
    fn kept(&self) -> Option<Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, kept: Option<Kept>) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = kept;
    }
}

/// Gives out tokens for one mailbox.
pub(super) struct MailboxTokens {
    engine: Engine,
    workspace: WorkspaceId,
    account: ChannelAccountId,
}

impl MailboxTokens {
    pub(super) fn new(engine: &Engine, workspace: &WorkspaceId, account: &ChannelAccountId) -> Self {
        Self { engine: engine.clone(), workspace: workspace.clone(), account: account.clone() }
    }

    async fn find_token(&self) -> Result<String, TokenError> {
        let slot = self.engine.access_tokens().slot(&self.account);
        let _asking = slot.asking.lock().await;
        // Read each time, because a new sign-in changes what a token is asked for with.
        let id = self.account.clone();
        let account = self
            .engine
            .read(&self.workspace, move |tx| load_email(tx, &id))
            .await
            .map_err(|error| TokenError::Unavailable(error.to_string()))?;
        let request = refresh_request(&self.engine, &account)?;
        let granted_by = fingerprint(&request);
        let now = self.engine.now();
        if let Some(kept) = slot.kept().filter(|kept| kept.granted_by == granted_by && kept.good_until > now)
        {
            return Ok(kept.token);
        }
        let client = GuardedClient::new(self.engine.config().outbound_policy.clone())
            .map_err(|error| TokenError::Unavailable(error.to_string()))?;
        let granted = oauth::refresh(&client, &request).await?;
        let used_from_now_on = RefreshRequest {
            refresh_token: granted.refresh_token.clone().unwrap_or_else(|| request.refresh_token.clone()),
            ..request.clone()
        };
        self.keep_refresh_token(&request, &granted).await;
        let lifetime = i64::try_from(granted.lifetime.as_secs()).unwrap_or(i64::MAX);
        slot.keep(Some(Kept {
            token: granted.access_token.clone(),
            good_until: now.plus_seconds(lifetime - MARGIN_SECONDS.min(lifetime / 2)),
            granted_by: fingerprint(&used_from_now_on),
        }));
        Ok(granted.access_token)
    }

    /// Some providers exchange the refresh token each time. The old one mostly stays good for a while, so that a
    /// failure here is not the end.
    async fn keep_refresh_token(&self, request: &RefreshRequest, granted: &Granted) {
        let Some(fresh) = granted.refresh_token.clone().filter(|fresh| *fresh != request.refresh_token)
        else {
            return;
        };
        let (engine, id, used) = (self.engine.clone(), self.account.clone(), request.refresh_token.clone());
        let kept = self
            .engine
            .write(&self.workspace, self.account.as_str(), move |tx| {
                exchange(tx, &engine, &id, &used, &fresh)
            })
            .await;
        if let Err(error) = kept {
            tracing::warn!(account = %self.account, %error, "a new refresh token could not be stored");
        }
    }
}

impl TokenSource for MailboxTokens {
    fn token(&self) -> Pin<Box<dyn Future<Output = Result<String, TokenError>> + Send + '_>> {
        Box::pin(self.find_token())
    }

    fn forget(&self, token: &str) {
        let slot = self.engine.access_tokens().slot(&self.account);
        if slot.kept().is_some_and(|kept| kept.token == token) {
            slot.keep(None);
        }
    }
}

/// Puts the new refresh token in place of the one that was used, unless somebody has signed in anew meanwhile.
fn exchange(
    tx: &mut Tx<'_>,
    engine: &Engine,
    id: &ChannelAccountId,
    used: &str,
    fresh: &str,
) -> Result<(), Error> {
    let Some(stored) = rapport_store::channel_account::find_for_update(tx, id)? else { return Ok(()) };
    let mut secrets = Secrets::open(engine, id, &stored.sealed_secrets)?;
    if secrets.take(OAUTH_REFRESH_TOKEN).is_none_or(|present| present != used) {
        return Ok(());
    }
    secrets.set(OAUTH_REFRESH_TOKEN, fresh.to_owned());
    rapport_store::channel_account::save_secrets(tx, id, &secrets.seal(engine, id)?)?;
    Ok(())
}

fn refresh_request(engine: &Engine, account: &EmailAccount) -> Result<RefreshRequest, TokenError> {
    let missing = |what: &str| TokenError::Refused(format!("{what} is missing in its settings"));
    let oauth = account.config.oauth.as_ref().ok_or_else(|| missing("the provider's token endpoint"))?;
    let mut secrets = engine
        .open_secrets(&account.account.id, &account.sealed_secrets)
        .map_err(|error| TokenError::Unavailable(error.to_string()))?;
    Ok(RefreshRequest {
        token_endpoint: oauth.token_endpoint.clone(),
        client_id: oauth.client_id.clone(),
        client_secret: secrets.remove(OAUTH_CLIENT_SECRET),
        refresh_token: secrets.remove(OAUTH_REFRESH_TOKEN).ok_or_else(|| missing("the refresh token"))?,
        scope: oauth.scope.clone(),
    })
}

fn fingerprint(request: &RefreshRequest) -> [u8; 32] {
    let mut hash = Sha256::new();
    let parts = [
        request.token_endpoint.as_str(),
        &request.client_id,
        request.client_secret.as_deref().unwrap_or_default(),
        &request.refresh_token,
        request.scope.as_deref().unwrap_or_default(),
    ];
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}
