//! People and programs: setting a server up, logging in, invitations, users, tokens and the workspace's settings.

mod admin;
mod authenticate;
mod doorkeeper;
mod invitation;
mod limiter;
mod log_in;
mod me;
mod password;
mod set_up;
mod token;
mod user;
mod workspace;

use rapport_domain::model::User;
use rapport_domain::{email_address, text};

use crate::{Error, FieldError};

pub use authenticate::Presented;
pub use doorkeeper::{Doorkeeper, Peer};
pub use invitation::{Acceptance, InvitationPreview, NewInvitation};
pub use limiter::{Limiter, Rate};
pub use log_in::{LogIn, LoggedIn, WorkspaceChoice};
pub use me::{AuthKind, Me};
pub use set_up::SetUp;
pub use token::NewToken;
pub use user::UserChange;
pub use workspace::{SettingsChange, WorkspaceChange};

/// Name of the frame that tells open streams of a person to prove themselves again. Never sent to clients.
pub const CREDENTIALS_CHANGED: &str = "credentials.changed";

const MAX_NAME_CHARACTERS: usize = 100;
const MIN_PASSWORD_CHARACTERS: usize = 10;
const MAX_PASSWORD_BYTES: usize = 1024;

/// A name on one line, or what is wrong with it.
fn checked_name(field: &str, name: &str) -> Result<String, FieldError> {
    let name = text::single_line(name, MAX_NAME_CHARACTERS);
    if name.is_empty() {
        return Err(FieldError {
            field: field.into(),
            code: "required",
            message: "This field is required.".into(),
        });
    }
    Ok(name)
}

fn checked_email(field: &str, email: &str) -> Result<String, FieldError> {
    email_address::normalise(email).ok_or_else(|| FieldError {
        field: field.into(),
        code: "invalid",
        message: "This is not an email address.".into(),
    })
}

fn checked_password(field: &str, password: &str) -> Result<(), FieldError> {
    if password.chars().count() < MIN_PASSWORD_CHARACTERS {
        return Err(FieldError {
            field: field.into(),
            code: "too_short",
            message: format!("A password has at least {MIN_PASSWORD_CHARACTERS} characters."),
        });
    }
    if password.len() > MAX_PASSWORD_BYTES {
        return Err(FieldError {
            field: field.into(),
            code: "too_long",
            message: format!("A password has at most {MAX_PASSWORD_BYTES} bytes."),
        });
    }
    Ok(())
}

/// All that is wrong at once, so that a form can show it at once.
fn all_valid<const N: usize>(checks: [Option<FieldError>; N]) -> Result<(), Error> {
    let errors: Vec<FieldError> = checks.into_iter().flatten().collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::Validation(errors)) }
}

/// The user as everybody in the workspace may see them.
fn without_email(user: &User) -> User {
    User { email: None, ..user.clone() }
}
