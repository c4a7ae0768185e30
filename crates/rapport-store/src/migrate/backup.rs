//! The copy that is kept of a SQLite file before it changes, and whether there is room for it.

use std::path::{Path, PathBuf};

use crate::Error;
use crate::db::private_file;

/// Refuses before anything is written when the copy and the change would fill the disk.
pub(super) fn check_room(
    connection: &rusqlite::Connection,
    path: &Path,
    free: impl Fn(&Path) -> Option<u64>,
) -> Result<(), Error> {
    let pragma = |name: &str| connection.query_row(&format!("pragma {name}"), [], |row| row.get::<_, i64>(0));
    let in_use = pragma("page_count")
        .and_then(|all| Ok((all - pragma("freelist_count")?) * pragma("page_size")?))
        .map_err(|error| super::failed(&error))?
        .max(0) as u64;
    // The copy, and a quarter for what the migration itself writes anew.
    let needed = in_use + in_use / 4;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match free(folder) {
        Some(free) if free < needed => Err(Error::Migration(format!(
            "there is no room to update {}: a copy is kept of it first, which needs {}, and {} are free in {}. \
             Free some space or move the data folder to a larger disk, then start again; the file was not changed",
            path.display(),
            in_words(needed),
            in_words(free),
            folder.display(),
        ))),
        _ => Ok(()),
    }
}

/// What can be written into a folder. `None` where the system does not say.
pub(super) fn free_bytes(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    disk.f_bavail.checked_mul(disk.f_frsize)
}

fn in_words(bytes: u64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let mut amount = bytes as f64;
    let mut unit = 0;
    while amount >= 1024.0 && unit + 1 < units.len() {
        amount /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} bytes") } else { format!("{amount:.1} {}", units[unit]) }
}

/// Copies the file beside itself as `<file>.before-v<version>`, complete or not at all.
pub(super) fn make(connection: &rusqlite::Connection, path: &Path, version: i64) -> Result<PathBuf, Error> {
    let beside = |ending: String| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    let target = beside(format!(".before-v{version}"));
    let partial = beside(format!(".before-v{version}.partial"));
    let problem = |error: &dyn std::fmt::Display| {
        Error::Migration(format!("the backup {} could not be made: {error}", target.display()))
    };
    if partial.exists() {
        std::fs::remove_file(&partial).map_err(|error| problem(&error))?;
    }
    // An empty file is filled, and keeps its mode: others may read the copy as little as the file.
    private_file::ensure(&partial);
    let name = partial.to_str().ok_or_else(|| problem(&"the path is not UTF-8"))?;
    connection.execute("vacuum into ?1", [name]).map_err(|error| problem(&error))?;
    std::fs::File::open(&partial).and_then(|file| file.sync_all()).map_err(|error| problem(&error))?;
    std::fs::rename(&partial, &target).map_err(|error| problem(&error))?;
    Ok(target)
}
