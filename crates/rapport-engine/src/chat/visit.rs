//! Who a token belongs to. Looked up anew for every request: what was ended is ended.

use rapport_domain::{Timestamp, WorkspaceId};
use rapport_store::visitor::{TokenOwner, Visitor};

use super::ChatError;
use crate::channel_account::{ChatAccount, load_chat};
use crate::keys::token_hash;
use crate::{Engine, Error};

/// A token lives on for so long after it was last used.
pub(super) const TOKEN_SECONDS: i64 = 180 * 24 * 3600;
/// Writing that down once an hour is enough.
const NOTE_SECONDS: i64 = 3600;
/// An older token is replaced when its browser opens a session.
pub(super) const ROTATE_SECONDS: i64 = 7 * 24 * 3600;
const MAX_TOKEN_BYTES: usize = 128;

/// A visitor whose token is good and who may use the widget.
#[derive(Clone, Debug)]
pub struct Visit {
    pub workspace: WorkspaceId,
    pub account: ChatAccount,
    pub visitor: Visitor,
    pub(super) token_hash: String,
    pub(super) token_created_at: Timestamp,
}

/// What a token leads to.
enum Found {
    WidgetGone,
    Here(Box<(TokenOwner, ChatAccount, String)>),
}

impl Visit {
    /// Stands for the browser's token in counters and registers, without being of use to anybody.
    pub fn token_key(&self) -> &str {
        &self.token_hash
    }
}

impl Engine {
    /// The visitor with this token, refused when the widget wants an identity that they have not proved.
    pub async fn chat_visit(&self, token: &str) -> Result<Visit, ChatError> {
        let visit = self.find_visit(token).await?.ok_or(ChatError::TokenInvalid)?;
        if visit.account.config.require_identity && visit.visitor.identity.is_none() {
            return Err(ChatError::IdentityRequired);
        }
        Ok(visit)
    }

    /// Whether the visit may go on: its token is still there and nothing more is asked of the visitor by now.
    pub async fn chat_recheck(&self, visit: &Visit) -> Result<(), ChatError> {
        let again =
            self.find_visit_by_hash(visit.token_hash.clone()).await?.ok_or(ChatError::TokenInvalid)?;
        if again.account.config.require_identity && again.visitor.identity.is_none() {
            return Err(ChatError::IdentityRequired);
        }
        Ok(())
    }

    /// Like `chat_visit`, without asking for an identity: a session may be about to prove it.
    pub(super) async fn find_visit(&self, token: &str) -> Result<Option<Visit>, ChatError> {
        if token.is_empty() || token.len() > MAX_TOKEN_BYTES {
            return Ok(None);
        }
        let visit = self.find_visit_by_hash(token_hash(token)).await?;
        Ok(visit)
    }

    async fn find_visit_by_hash(&self, hash: String) -> Result<Option<Visit>, ChatError> {
        let now = self.now();
        let found = self
            .read_server(move |tx| {
                let Some(owner) = rapport_store::visitor::find_by_token_hash(tx, &hash, now)? else {
                    return Ok(None);
                };
                if !owner.widget_in_use {
                    return Ok(Some(Found::WidgetGone));
                }
                match load_chat(&mut tx.scoped(&owner.workspace_id), &owner.visitor.channel_account_id) {
                    Ok(account) => Ok(Some(Found::Here(Box::new((owner, account, hash))))),
                    Err(Error::NotFound) => Ok(Some(Found::WidgetGone)),
                    Err(error) => Err(error),
                }
            })
            .await?;
        let (owner, account, hash) = match found {
            None => return Ok(None),
            // The token is kept: the widget may be switched on again.
            Some(Found::WidgetGone) => return Err(ChatError::WidgetNotFound),
            Some(Found::Here(found)) => *found,
        };
        self.note_token_use(&owner, &hash, now);
        Ok(Some(Visit {
            workspace: owner.workspace_id,
            account,
            visitor: owner.visitor,
            token_hash: hash,
            token_created_at: owner.token_created_at,
        }))
    }

    /// Lets the token live on, without letting the request wait for it. One that is due to be replaced is left alone.
    fn note_token_use(&self, owner: &TokenOwner, hash: &str, now: Timestamp) {
        let replaced_soon = owner.token_created_at.plus_seconds(ROTATE_SECONDS) <= now;
        if replaced_soon || owner.token_last_seen_at.plus_seconds(NOTE_SECONDS) > now {
            return;
        }
        let (engine, workspace, hash) = (self.clone(), owner.workspace_id.clone(), hash.to_owned());
        let key = owner.visitor.id.as_str().to_owned();
        tokio::spawn(async move {
            let noted = engine
                .write(&workspace, &key, move |tx| {
                    let expires_at = now.plus_seconds(TOKEN_SECONDS);
                    Ok(rapport_store::visitor::note_token_used(tx, &hash, now, expires_at)?)
                })
                .await;
            if let Err(error) = noted {
                tracing::warn!(%error, "the use of a visitor's token could not be noted");
            }
        });
    }
}
