//! Authorisation that can be read in a handler's signature: `Allowed<needs::ContactEdit>`.

use std::marker::PhantomData;
use std::ops::Deref;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use rapport_domain::Permission;
use rapport_engine::Caller;

use super::caller::Authenticated;
use crate::problem::Problem;
use crate::state::AppState;

/// What a handler needs.
pub trait Needs: Send + Sync {
    const PERMISSION: Permission;
}

/// A caller who has the permission. The engine checks again; this says it where one looks for it.
pub struct Allowed<N>(Caller, PhantomData<N>);

impl<N> Deref for Allowed<N> {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.0
    }
}

impl<N: Needs, S: Send + Sync> FromRequestParts<S> for Allowed<N>
where
    AppState: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Authenticated { caller, .. } = Authenticated::from_request_parts(parts, state).await?;
        caller.require(N::PERMISSION)?;
        Ok(Self(caller, PhantomData))
    }
}

/// One type for each permission.
pub mod needs {
    use rapport_domain::Permission;

    macro_rules! needs {
        ($($name:ident),* $(,)?) => {$(
            pub struct $name;

            impl super::Needs for $name {
                const PERMISSION: Permission = Permission::$name;
            }
        )*};
    }

    needs! {
        ConversationRead, ConversationReply, ConversationNote, ConversationAssign, ConversationClose, ConversationEdit,
        ContactRead, ContactEdit, ChannelAccountRead, ChannelAccountManage, UserRead, UserManage, TokenManageOwn,
        WorkspaceManage,
    }
}
