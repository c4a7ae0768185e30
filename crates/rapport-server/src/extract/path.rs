//! Ids from the path. One that cannot be an id is answered like one that nobody has.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use rapport_domain::*;

use crate::problem::Problem;

/// A type that stands in a path.
pub trait PathValue: Sized {
    fn from_path(text: &str) -> Option<Self>;
}

macro_rules! path_values {
    ($($name:ty),* $(,)?) => {$(
        impl PathValue for $name {
            fn from_path(text: &str) -> Option<Self> {
                <$name>::parse(text)
            }
        }
    )*};
}

path_values! {
    AttachmentId, ChannelAccountId, ContactId, ConversationId, DraftMode, InvitationId, JobId, MessageId, TokenId, UserId,
}

/// The only id of the path.
pub struct Id<T>(pub T);

impl<T: PathValue, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) =
            Path::<String>::from_request_parts(parts, state).await.map_err(|_| Problem::not_found())?;
        T::from_path(&text).map(Self).ok_or_else(Problem::not_found)
    }
}

/// Both ids of the path, in their order.
pub struct Ids<T, U>(pub T, pub U);

impl<T: PathValue, U: PathValue, S: Send + Sync> FromRequestParts<S> for Ids<T, U> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path((first, second)) = Path::<(String, String)>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::not_found())?;
        match (T::from_path(&first), U::from_path(&second)) {
            (Some(first), Some(second)) => Ok(Self(first, second)),
            _ => Err(Problem::not_found()),
        }
    }
}
