//! A database file holds all that a team was told: other accounts of the machine must not read it.

use std::fs::{self, OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

const OTHERS: u32 = 0o007;

/// Makes the file for its owner alone, or takes it and what belongs to it from others where it is there.
/// What SQLite puts beside it gets the same mode.
pub(crate) fn ensure(path: &Path) {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            // By name: closing a file of its own would drop the locks that SQLite holds on it in this process.
            for ending in ["", "-wal", "-shm"] {
                close_to_others(&beside(path, ending));
            }
        }
        // SQLite meets the same refusal in a moment and says it better.
        _ => {}
    }
}

fn close_to_others(path: &Path) {
    let Ok(found) = fs::metadata(path) else { return };
    let mode = found.permissions().mode();
    if mode & OTHERS == 0 {
        return;
    }
    if let Err(error) = fs::set_permissions(path, Permissions::from_mode(mode & !OTHERS)) {
        tracing::warn!(file = %path.display(), %error, "other accounts of this machine can read the database");
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("there").permissions().mode() & 0o777
    }

    #[test]
    fn a_file_is_made_for_its_owner_and_an_older_one_is_taken_from_others() {
        let folder = tempfile::tempdir().expect("a folder");
        let made = folder.path().join("made.db");
        ensure(&made);
        assert_eq!(mode(&made), 0o600);

        let older = folder.path().join("older.db");
        let log = beside(&older, "-wal");
        for path in [&older, &log] {
            fs::write(path, "kept").expect("written");
            fs::set_permissions(path, Permissions::from_mode(0o644)).expect("opened to all");
        }
        ensure(&older);
        assert_eq!((mode(&older), mode(&log)), (0o640, 0o640));
        assert_eq!(fs::read(&older).expect("read"), b"kept");
    }
}
