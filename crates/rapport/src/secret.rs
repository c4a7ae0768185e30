//! The server's one secret: made once, kept outside of the database, and recognised when it is not the right one.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result, bail};
use rapport_domain::Entropy;
use rapport_domain::clock::random_bytes;
use sha2::{Digest, Sha256};

const KEY_FILE: &str = "secret.key";
/// Tells whether a secret is the one this folder was begun with, without telling the secret.
const FINGERPRINT_FILE: &str = "secret.fingerprint";
const MIN_BYTES: usize = 32;

/// What is known before the secret is looked for.
pub struct Circumstances<'a> {
    pub data_folder: &'a Path,
    /// From the environment.
    pub given: Option<&'a [u8]>,
    /// A new secret would make what is stored unreadable.
    pub has_data: bool,
}

/// The secret given or kept; makes one when nothing was stored under another.
pub fn load(circumstances: &Circumstances<'_>, entropy: &dyn Entropy) -> Result<Vec<u8>> {
    let folder = circumstances.data_folder;
    let known = read_optional(&folder.join(FINGERPRINT_FILE))?;
    let secret = match circumstances.given {
        Some(given) => given.to_vec(),
        None => kept_or_new(circumstances, known.is_some(), entropy)?,
    };
    let fingerprint = fingerprint(&secret);
    match known {
        Some(known) if known.trim() == fingerprint => {}
        Some(_) => bail!(
            "the secret key is not the one that the data in {} was stored with — restore {KEY_FILE} from your backup, \
             or set RAPPORT_SECRET_KEY to the value it had",
            folder.display()
        ),
        None => write_private(&folder.join(FINGERPRINT_FILE), &format!("{fingerprint}\n"))?,
    }
    Ok(secret)
}

fn kept_or_new(circumstances: &Circumstances<'_>, was_known: bool, entropy: &dyn Entropy) -> Result<Vec<u8>> {
    let path = circumstances.data_folder.join(KEY_FILE);
    if let Some(kept) = read_optional(&path)? {
        let kept = kept.trim();
        if kept.len() < MIN_BYTES {
            bail!("{} is damaged — restore it from your backup", path.display());
        }
        return Ok(kept.as_bytes().to_vec());
    }
    if was_known || circumstances.has_data {
        bail!(
            "{} is missing, and without it what is stored cannot be read — restore it from your backup, or set \
             RAPPORT_SECRET_KEY to its content",
            path.display()
        );
    }
    let bytes: [u8; 32] = random_bytes(entropy);
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    write_private(&path, &format!("{text}\n"))?;
    Ok(text.into_bytes())
}

fn fingerprint(secret: &[u8]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(b"fingerprint of the secret key of a Rapport server\0");
    hasher.update(secret);
    hasher.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

/// `None` when there is no such file.
pub fn read_optional(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error)
            .with_context(|| format!("{} cannot be read — check its owner and permissions", path.display())),
    }
}

/// Writes a file that only its owner may read: complete and on disk, or not at all.
pub fn write_private(path: &Path, content: &str) -> Result<()> {
    let problem = || format!("{} cannot be written", path.display());
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&partial)
        .with_context(problem)?;
    file.write_all(content.as_bytes()).and_then(|()| file.sync_all()).with_context(problem)?;
    fs::rename(&partial, path).with_context(problem)?;
    if let Some(folder) = path.parent().and_then(|folder| fs::File::open(folder).ok()) {
        folder.sync_all().with_context(problem)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapport_domain::SystemEntropy;
    use std::os::unix::fs::PermissionsExt;

    fn load_from(folder: &Path, given: Option<&[u8]>, has_data: bool) -> Result<Vec<u8>> {
        load(&Circumstances { data_folder: folder, given, has_data }, &SystemEntropy)
    }

    #[test]
    fn a_new_folder_gets_a_secret_and_keeps_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let made = load_from(folder.path(), None, false).expect("makes one");
        assert_eq!(made.len(), 64);
        assert_eq!(load_from(folder.path(), None, true).expect("finds it again"), made);
        let mode = fs::metadata(folder.path().join(KEY_FILE)).expect("exists").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn data_without_its_secret_is_not_given_a_new_one() {
        let folder = tempfile::tempdir().expect("a folder");
        load_from(folder.path(), None, true).expect_err("there is data in the database");
        load_from(folder.path(), None, false).expect("a fresh start");
        fs::remove_file(folder.path().join(KEY_FILE)).expect("removes the key");
        let refusal = load_from(folder.path(), None, false).expect_err("the folder was in use").to_string();
        assert!(refusal.contains("secret.key is missing"), "{refusal}");
    }

    #[test]
    fn another_secret_than_the_first_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = b"0123456789abcdef0123456789abcdef";
        assert_eq!(load_from(folder.path(), Some(first), false).expect("takes it"), first);
        let other = b"abcdef0123456789abcdef0123456789";
        load_from(folder.path(), Some(other), true).expect_err("not the one it began with");
        assert!(!folder.path().join(KEY_FILE).exists(), "a given secret is not written down");
    }
}
