//! Files and raw mails, kept by their content: the same bytes are stored once per workspace.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use rapport_domain::WorkspaceId;
use sha2::{Digest, Sha256};

use crate::Error;
use crate::keys::hex;

/// Bytes put again after so long are written again, which keeps the sweeper from them.
const REFRESH_AFTER_SECONDS: i64 = 6 * 60 * 60;
const STALE_AFTER_SECONDS: i64 = 12 * 60 * 60;

// File times are the file system's own, so they are compared with the machine's clock.
#[allow(clippy::disallowed_methods)]
fn age_seconds(found: &object_store::ObjectMeta) -> i64 {
    jiff::Timestamp::now().as_second() - found.last_modified.timestamp()
}

#[derive(Clone)]
pub struct Blobs(Arc<dyn ObjectStore>);

impl Blobs {
    /// A folder on this machine; files are on disk before `put` returns.
    pub fn local(folder: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(folder)
            .map_err(|error| Error::Blob(format!("{}: {error}", folder.display())))?;
        let store =
            LocalFileSystem::new_with_prefix(folder).map_err(|error| Error::Blob(error.to_string()))?;
        Ok(Self(Arc::new(store.with_fsync(true))))
    }

    /// Any other store that the object_store crate knows.
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self(store)
    }

    /// Keeps bytes and returns the key to get them back with.
    pub async fn put(&self, workspace: &WorkspaceId, bytes: Bytes) -> Result<String, Error> {
        let digest = hex(&Sha256::digest(&bytes));
        let key = format!("{workspace}/{}/{digest}", &digest[..2]);
        let path = ObjectPath::from(key.as_str());
        let fresh = |found: &object_store::ObjectMeta| {
            found.size == bytes.len() as u64 && age_seconds(found) < REFRESH_AFTER_SECONDS
        };
        if self.0.head(&path).await.is_ok_and(|found| fresh(&found)) {
            return Ok(key);
        }
        // Mostly a full disk or a store that is away: callers are told to come back, as with the database.
        self.0.put(&path, PutPayload::from_bytes(bytes)).await.map_err(|error| {
            rapport_store::Error::Unavailable(format!("a file cannot be written: {error}"))
        })?;
        Ok(key)
    }

    /// `None` when the bytes are gone.
    pub async fn get(&self, key: &str) -> Result<Option<Bytes>, Error> {
        match self.0.get(&ObjectPath::from(key)).await {
            Ok(found) => found.bytes().await.map(Some).map_err(|error| Error::Blob(error.to_string())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(Error::Blob(error.to_string())),
        }
    }

    /// Removes bytes that nothing refers to, unless somebody has put the same bytes lately.
    pub async fn delete_stale(&self, key: &str) -> Result<(), Error> {
        match self.0.head(&ObjectPath::from(key)).await {
            Ok(found) if age_seconds(&found) < STALE_AFTER_SECONDS => Ok(()),
            _ => self.delete(key).await,
        }
    }

    pub async fn delete(&self, key: &str) -> Result<(), Error> {
        match self.0.delete(&ObjectPath::from(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(Error::Blob(error.to_string())),
        }
    }
}
