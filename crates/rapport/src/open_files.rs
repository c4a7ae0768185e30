//! Raises the number of files and connections this process may hold open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What one busy server should have at least.
const COMFORTABLE: u64 = 16_384;
/// Beyond this some systems refuse, and nobody needs it.
const ENOUGH: u64 = 1_048_576;

/// Takes as much as the system grants and warns when that is little.
pub fn raise_limit() {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(ENOUGH, |hard| hard.min(ENOUGH));
    if limit.current.is_none_or(|current| current >= wanted) {
        return;
    }
    let raised = Rlimit { current: Some(wanted), maximum: limit.maximum };
    let granted = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => wanted,
        Err(error) => {
            tracing::warn!(%error, "the limit of open files could not be raised");
            limit.current.unwrap_or(0)
        }
    };
    if granted < COMFORTABLE {
        tracing::warn!(
            granted,
            "few files may be open at once, so few people can be connected; raise the limit (ulimit -n)"
        );
    }
}
