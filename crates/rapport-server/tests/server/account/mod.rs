//! People and programs: how they come in, what they hold, how they are shut out.

mod invitations;
mod log_in;
mod set_up;
mod tokens;
mod users;
