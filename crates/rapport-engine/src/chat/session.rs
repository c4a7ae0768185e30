//! Begins, resumes and ends a browser's session with the widget.

use rapport_domain::{MessageId, Timestamp, VisitorId, WorkspaceId};
use rapport_store::Tx;
use rapport_store::visitor::Visitor;
use serde::Serialize;

use super::fields::{self, VisitorFields};
use super::visit::{ROTATE_SECONDS, TOKEN_SECONDS};
use super::widget::{anybody_online, check_host};
use super::{
    ChatError, ConversationView, IdentityClaim, MessageView, PageSeen, Visit, VisitorView, history, identity,
    text,
};
use crate::channel_account::ChatAccount;
use crate::keys::{random_token, token_hash};
use crate::{Engine, Error};

const TOKEN_PREFIX: &str = "vt_";
const MAX_TITLE_CHARACTERS: usize = 256;
/// A replaced token still serves other tabs of its browser for a day, and the browser that missed the answer.
const REPLACED_SECONDS: i64 = 24 * 3600;

#[derive(Clone, Debug)]
pub struct SessionRequest {
    pub key: String,
    pub host: Option<String>,
    pub page: Option<PageSeen>,
    pub identity: Option<IdentityClaim>,
    /// What the browser has from before.
    pub token: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Session {
    /// Replaces the one the browser had.
    pub token: String,
    pub visitor: VisitorView,
    pub conversation: Option<ConversationView>,
    /// The newest ones, in ascending order.
    pub messages: Vec<MessageView>,
    pub has_more: bool,
    /// Where a stream that misses nothing begins.
    pub cursor: String,
    pub unread_count: i64,
    pub seen_message_id: Option<MessageId>,
    pub agents_online: bool,
}

#[derive(Clone, Debug)]
pub struct OpenedSession {
    pub session: Session,
    /// It was not resumed by the token that was shown.
    pub fresh: bool,
}

/// Whose session it will be.
#[derive(Clone)]
enum Whose {
    /// Goes on with the token that was shown.
    Same(Box<Visit>),
    Identity(String),
    Nobody,
}

impl Engine {
    /// Opens a session for whoever the identity proves, else for whoever holds the token, else for a new visitor.
    pub async fn chat_open_session(&self, request: SessionRequest) -> Result<OpenedSession, ChatError> {
        let (workspace, account) = self.find_widget(&request.key).await?;
        check_host(&account.config, request.host.as_deref())?;
        let held = match &request.token {
            Some(token) => {
                let visit = self
                    .find_visit(token)
                    .await?
                    .filter(|visit| visit.account.account.id == account.account.id);
                Some(visit.ok_or(ChatError::TokenInvalid)?)
            }
            None => None,
        };
        if let Some(claim) = &request.identity {
            identity::verify(&account.identity_secrets(self)?, claim)?;
        }
        let whose = whose(held, request.identity.as_ref());
        let proved = match &whose {
            Whose::Same(visit) => visit.visitor.identity.is_some(),
            Whose::Identity(_) => true,
            Whose::Nobody => false,
        };
        if account.config.require_identity && !proved {
            return Err(ChatError::IdentityRequired);
        }
        let fresh = !matches!(whose, Whose::Same(_));
        let (visitor, token) = self.enter(&workspace, &account, whose, &request).await?;
        let token = token.or(request.token).unwrap_or_default();
        let engine = self.clone();
        let session =
            self.read(&workspace, move |tx| snapshot(tx, &engine, &account, &visitor, token.clone())).await?;
        Ok(OpenedSession { session, fresh })
    }

    /// Makes the token worthless. Other browsers of the visitor keep theirs.
    pub async fn chat_end_session(&self, visit: &Visit) -> Result<(), ChatError> {
        let hash = visit.token_hash.clone();
        self.write(&visit.workspace, visit.visitor.id.as_str(), move |tx| {
            rapport_store::visitor::revoke_token(tx, &hash)?;
            Ok(())
        })
        .await?;
        Ok(())
    }

    /// Brings the visitor up to date and answers a new token where one is due.
    async fn enter(
        &self,
        workspace: &WorkspaceId,
        account: &ChatAccount,
        whose: Whose,
        request: &SessionRequest,
    ) -> Result<(VisitorId, Option<String>), ChatError> {
        let now = self.now();
        let replaced = match &whose {
            Whose::Same(visit) => {
                let due = visit.token_created_at.plus_seconds(ROTATE_SECONDS) <= now;
                if due { Some(visit.token_hash.clone()) } else { None }
            }
            _ => None,
        };
        let issue = replaced.is_some() || !matches!(whose, Whose::Same(_));
        let token = issue.then(|| random_token(self.entropy(), TOKEN_PREFIX));
        let key = match &whose {
            Whose::Same(visit) => visit.visitor.id.as_str().to_owned(),
            Whose::Identity(identity) => identity.clone(),
            Whose::Nobody => request.key.clone(),
        };
        let (engine, account, request) = (self.clone(), account.clone(), request.clone());
        let hash = token.as_deref().map(token_hash);
        let visitor = self
            .write(workspace, &key, move |tx| {
                let mut visitor = find_or_create(tx, &engine, &account, &whose, now)?;
                note_page(&mut visitor, request.page.as_ref());
                visitor.last_seen_at = now;
                if let Some(claim) = &request.identity {
                    take_claim(tx, &engine, &mut visitor, claim)?;
                }
                rapport_store::visitor::save(tx, &visitor)?;
                if let Some(hash) = &hash {
                    let expires_at = now.plus_seconds(TOKEN_SECONDS);
                    rapport_store::visitor::add_token(tx, &visitor.id, hash, now, expires_at)?;
                }
                if let Some(old) = &replaced {
                    rapport_store::visitor::note_token_used(
                        tx,
                        old,
                        now,
                        now.plus_seconds(REPLACED_SECONDS),
                    )?;
                }
                Ok(visitor.id)
            })
            .await?;
        Ok((visitor, token))
    }
}

/// A proved identity never takes over what another visitor had.
fn whose(held: Option<Visit>, claim: Option<&IdentityClaim>) -> Whose {
    match (held, claim) {
        (Some(visit), Some(claim)) if visit.visitor.identity.as_ref() != Some(&claim.user_id) => {
            Whose::Identity(claim.user_id.clone())
        }
        (Some(visit), _) => Whose::Same(Box::new(visit)),
        (None, Some(claim)) => Whose::Identity(claim.user_id.clone()),
        (None, None) => Whose::Nobody,
    }
}

fn find_or_create(
    tx: &mut Tx<'_>,
    engine: &Engine,
    account: &ChatAccount,
    whose: &Whose,
    now: Timestamp,
) -> Result<Visitor, Error> {
    let identity = match whose {
        Whose::Same(visit) => {
            return rapport_store::visitor::find_for_update(tx, &visit.visitor.id)?.ok_or(Error::NotFound);
        }
        Whose::Identity(identity) => {
            if let Some(known) = rapport_store::visitor::find_by_identity(tx, &account.account.id, identity)?
            {
                return rapport_store::visitor::find_for_update(tx, &known.id)?.ok_or(Error::NotFound);
            }
            Some(identity.clone())
        }
        Whose::Nobody => None,
    };
    let visitor = Visitor {
        id: VisitorId::generate(now, engine.entropy()),
        channel_account_id: account.account.id.clone(),
        contact_id: None,
        fields: serde_json::to_string(&VisitorFields {
            untold: identity.is_some(),
            ..VisitorFields::default()
        })
        .map_err(|error| Error::Internal(error.to_string()))?,
        identity,
        page_url: None,
        page_title: None,
        read_message_id: None,
        created_at: now,
        last_seen_at: now,
    };
    rapport_store::visitor::create(tx, &visitor)?;
    Ok(visitor)
}

pub(super) fn note_page(visitor: &mut Visitor, page: Option<&PageSeen>) {
    let Some(page) = page else { return };
    if let Some(url) = text::clean_url(&page.url) {
        visitor.page_url = Some(url);
        let title = rapport_domain::text::single_line(
            page.title.as_deref().unwrap_or_default(),
            MAX_TITLE_CHARACTERS,
        );
        visitor.page_title = Some(title).filter(|title| !title.is_empty());
    }
}

fn take_claim(
    tx: &mut Tx<'_>,
    engine: &Engine,
    visitor: &mut Visitor,
    claim: &IdentityClaim,
) -> Result<(), Error> {
    let before = VisitorFields::of(visitor)?;
    let mut fields = before.clone();
    fields.take_claim(claim);
    if fields == before {
        return Ok(());
    }
    fields.store_in(visitor)?;
    if let Some(contact) = &visitor.contact_id
        && let Some(contact) = rapport_store::contact::find(tx, contact)?
    {
        fields::tell_contact(tx, engine, visitor, &fields, contact)?;
    }
    Ok(())
}

fn snapshot(
    tx: &mut Tx<'_>,
    engine: &Engine,
    account: &ChatAccount,
    visitor: &VisitorId,
    token: String,
) -> Result<Session, Error> {
    let visitor = rapport_store::visitor::find(tx, visitor)?.ok_or(Error::NotFound)?;
    let fields = VisitorFields::of(&visitor)?;
    let page = history::page(tx, engine, &visitor, None)?;
    Ok(Session {
        token,
        visitor: fields::view(&visitor, &fields, &account.config),
        conversation: history::current_conversation(tx, &visitor.id)?
            .as_ref()
            .map(history::show_conversation),
        messages: page.messages,
        has_more: page.has_more,
        cursor: rapport_store::event::last_seq(tx)?.to_string(),
        unread_count: history::unread_count(tx, &visitor)?,
        seen_message_id: history::seen_message(tx, &visitor.id)?,
        agents_online: anybody_online(tx, engine)?,
    })
}
