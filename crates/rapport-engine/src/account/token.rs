//! API tokens: a program acts as a person, with that person's rights or fewer.

use rapport_domain::model::ApiToken;
use rapport_domain::{Permission, Timestamp, TokenId};

use super::{all_valid, checked_name};
use crate::keys::{random_token, token_hash};
use crate::{Caller, Engine, Error, FieldError};

const TOKEN_PREFIX: &str = "rpt_";
/// So many characters are shown to recognise a token by; they give away 36 of its 192 bits.
const SHOWN_CHARACTERS: usize = 10;

#[derive(Clone, Debug)]
pub struct NewToken {
    pub name: String,
    /// Empty: all that the caller may do.
    pub scopes: Vec<Permission>,
    pub expires_at: Option<Timestamp>,
}

impl Engine {
    /// One's own tokens, or everybody's for those who manage them.
    pub async fn list_tokens(&self, caller: &Caller) -> Result<Vec<ApiToken>, Error> {
        let everybodys = caller.may(Permission::TokenManageAll);
        if !everybodys {
            caller.require(Permission::TokenManageOwn)?;
        }
        let user = (!everybodys).then(|| caller.user_id().clone());
        self.read(&caller.workspace, move |tx| Ok(rapport_store::credential::list_tokens(tx, user.as_ref())?))
            .await
    }

    /// Creates a token with at most the rights of the caller. The answer is the only place that shows it.
    pub async fn create_token(&self, caller: &Caller, new: NewToken) -> Result<ApiToken, Error> {
        caller.require(Permission::TokenManageOwn)?;
        self.make_token(caller, new).await
    }

    /// A token of the user with at most the user's rights, whether or not these include making tokens.
    pub(super) async fn make_token(&self, caller: &Caller, new: NewToken) -> Result<ApiToken, Error> {
        let now = self.now();
        let name = checked_name("name", &new.name);
        let excess = new.scopes.iter().find(|scope| !caller.may(**scope));
        all_valid([
            name.as_ref().err().cloned(),
            excess.map(|scope| FieldError {
                field: "scopes".into(),
                code: "invalid",
                message: format!("You do not have the permission {scope} yourself."),
            }),
            new.expires_at.filter(|at| *at <= now).map(|_| FieldError {
                field: "expires_at".into(),
                code: "invalid",
                message: "This moment has passed.".into(),
            }),
        ])?;
        // A limited token must not beget an unlimited one.
        let mut scopes = if new.scopes.is_empty() { caller.scopes.clone() } else { new.scopes };
        scopes.sort();
        scopes.dedup();
        let token = ApiToken {
            id: TokenId::generate(now, self.entropy()),
            name: name.unwrap_or_default(),
            prefix: String::new(),
            scopes,
            user: caller.user.clone(),
            created_at: now,
            last_used_at: None,
            expires_at: new.expires_at,
            token: None,
        };
        self.store_token(caller, token).await
    }

    async fn store_token(&self, caller: &Caller, token: ApiToken) -> Result<ApiToken, Error> {
        let (engine, key) = (self.clone(), caller.user_id().as_str().to_owned());
        let mut created: ApiToken = self
            .commit(caller, &key, move |tx| {
                let secret = random_token(engine.entropy(), TOKEN_PREFIX);
                let mut token = token.clone();
                token.prefix = secret.chars().take(SHOWN_CHARACTERS).collect();
                rapport_store::credential::create_token(tx, &token, &token_hash(&secret))?;
                // The answer may be kept for a repeated request, and no secret is kept in the clear.
                token.token = Some(engine.keys().seal(engine.entropy(), token.id.as_str(), &secret)?);
                Ok(token)
            })
            .await?;
        created.token =
            created.token.map(|sealed| self.keys().open(created.id.as_str(), &sealed)).transpose()?;
        Ok(created)
    }

    pub async fn revoke_token(&self, caller: &Caller, id: &TokenId) -> Result<(), Error> {
        let everybodys = caller.may(Permission::TokenManageAll);
        if !everybodys {
            caller.require(Permission::TokenManageOwn)?;
        }
        let user = (!everybodys).then(|| caller.user_id().clone());
        let (id, now) = (id.clone(), self.now());
        let owner = self
            .write(&caller.workspace, "tokens", move |tx| {
                let tokens = rapport_store::credential::list_tokens(tx, user.as_ref())?;
                let owner = tokens.into_iter().find(|token| token.id == id).map(|token| token.user.id);
                if !rapport_store::credential::revoke_token(tx, &id, user.as_ref(), now)? {
                    return Err(Error::NotFound);
                }
                owner.ok_or(Error::NotFound)
            })
            .await?;
        self.recheck_streams(&caller.workspace, &owner);
        Ok(())
    }
}
