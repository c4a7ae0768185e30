//! Finds out who calls from a session cookie or a token. Looked up anew for every request: what was ended is ended.

use rapport_domain::model::UserReference;
use rapport_domain::{SessionId, Timestamp, TokenId, UserId, WorkspaceId};
use rapport_store::credential::{Credential, CredentialSource};

use crate::keys::token_hash;
use crate::{Caller, Engine, Error};

const SECOND: i64 = 1000;
/// A session lives on while it is used; writing that down once an hour is enough.
const SESSION_NOTE_MILLIS: i64 = 3600 * SECOND;
const TOKEN_NOTE_MILLIS: i64 = 60 * SECOND;
/// No secret of ours is longer; hashing megabytes for a stranger is not our job.
const MAX_SECRET_BYTES: usize = 256;

/// What somebody proves themselves with. Only its hash is kept.
#[derive(Clone, Debug)]
pub struct Presented {
    kind: PresentedKind,
    hash: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PresentedKind {
    Session,
    Token,
}

impl Presented {
    /// `None` when it cannot be a secret of ours.
    pub fn session(secret: &str) -> Option<Self> {
        Self::new(PresentedKind::Session, secret)
    }

    pub fn token(secret: &str) -> Option<Self> {
        Self::new(PresentedKind::Token, secret)
    }

    /// Whether it is sent by a browser of its own accord.
    pub fn is_session(&self) -> bool {
        self.kind == PresentedKind::Session
    }

    fn new(kind: PresentedKind, secret: &str) -> Option<Self> {
        let plausible = !secret.is_empty() && secret.len() <= MAX_SECRET_BYTES;
        plausible.then(|| Self { kind, hash: token_hash(secret) })
    }
}

impl Engine {
    /// The caller, or `Error::Unauthenticated` when the session or token is unknown, ended or its user inactive.
    pub async fn authenticate(&self, presented: &Presented) -> Result<Caller, Error> {
        let now = self.now();
        let Presented { kind, hash } = presented.clone();
        let credential = self
            .read_server(move |tx| {
                Ok(match kind {
                    PresentedKind::Session => {
                        rapport_store::credential::find_by_session_hash(tx, &hash, now)?
                    }
                    PresentedKind::Token => rapport_store::credential::find_by_token_hash(tx, &hash, now)?,
                })
            })
            .await?
            .ok_or(Error::Unauthenticated)?;
        self.note_use(&credential, now);
        Ok(caller_of(credential))
    }

    /// Writes down that the credential was used, without letting the request wait for it.
    fn note_use(&self, credential: &Credential, now: Timestamp) {
        let age =
            credential.last_used_at.map_or(i64::MAX, |at| now.as_millis().saturating_sub(at.as_millis()));
        let (workspace, user) = (credential.workspace_id.clone(), credential.user_id.clone());
        match &credential.source {
            CredentialSource::Session { id } if age >= SESSION_NOTE_MILLIS => {
                tokio::spawn(note_session(self.clone(), workspace, user, id.clone(), now));
            }
            CredentialSource::Token { id, .. } if age >= TOKEN_NOTE_MILLIS => {
                tokio::spawn(note_token(self.clone(), workspace, id.clone(), now));
            }
            _ => {}
        }
    }
}

fn caller_of(credential: Credential) -> Caller {
    let (session, token, scopes) = match credential.source {
        CredentialSource::Session { id } => (Some(id), None, Vec::new()),
        CredentialSource::Token { id, scopes } => (None, Some(id), scopes),
    };
    Caller {
        workspace: credential.workspace_id,
        user: UserReference { id: credential.user_id, name: credential.user_name },
        role: credential.role,
        session,
        token,
        scopes,
        idempotency: None,
    }
}

async fn note_session(engine: Engine, workspace: WorkspaceId, user: UserId, id: SessionId, now: Timestamp) {
    let expires_at = now.plus_seconds(engine.config().session_days * 86_400);
    let key = user.as_str().to_owned();
    let outcome = engine
        .write(&workspace, &key, move |tx| {
            rapport_store::credential::note_session_seen(tx, &id, now, expires_at)?;
            Ok(rapport_store::user::note_seen(tx, &user, now)?)
        })
        .await;
    warn_if_failed(outcome);
}

async fn note_token(engine: Engine, workspace: WorkspaceId, id: TokenId, now: Timestamp) {
    let key = id.as_str().to_owned();
    let outcome = engine
        .write(&workspace, &key, move |tx| Ok(rapport_store::credential::note_token_used(tx, &id, now)?))
        .await;
    warn_if_failed(outcome);
}

fn warn_if_failed(outcome: Result<(), Error>) {
    if let Err(error) = outcome {
        tracing::warn!(%error, "the last use of a credential could not be noted");
    }
}
