//! Keeps two servers out of one data folder. The lock goes with the process, however that ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Held as long as the value lives.
pub struct FolderLock {
    _file: File,
}

/// Takes the folder, or says who has it.
pub fn acquire(folder: &Path) -> Result<FolderLock> {
    match try_acquire(folder)? {
        Ok(lock) => Ok(lock),
        Err(holder) => bail!(
            "the data folder {} is in use by another Rapport{holder} — stop that one, or choose another folder with --data-dir",
            folder.display()
        ),
    }
}

/// The lock, or in words whose it is.
pub fn try_acquire(folder: &Path) -> Result<std::result::Result<FolderLock, String>> {
    let path = folder.join("lock");
    let mut file =
        OpenOptions::new().create(true).read(true).write(true).truncate(false).open(&path).with_context(
            || format!("{} cannot be opened — check the folder's owner and permissions", path.display()),
        )?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // Who holds it is a help, not a condition.
            let _ = (&file).take(20).read_to_string(&mut holder);
            let holder = holder.trim();
            return Ok(Err(if holder.is_empty() { String::new() } else { format!(" (process {holder})") }));
        }
        Err(TryLockError::Error(error)) => {
            return Err(error).context(format!("{} cannot be locked", path.display()));
        }
    }
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())?;
    Ok(Ok(FolderLock { _file: file }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_taken_once_and_free_again_afterwards() {
        let folder = tempfile::tempdir().expect("a folder");
        let held = acquire(folder.path()).expect("the folder is free");
        let refusal = acquire(folder.path()).err().expect("the folder is taken").to_string();
        assert!(refusal.contains(&std::process::id().to_string()), "{refusal}");
        drop(held);
        acquire(folder.path()).expect("the folder is free again");
    }
}
