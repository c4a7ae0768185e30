//! Files and raw mails, kept by their content: the same bytes are stored once per workspace.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use rapport_domain::WorkspaceId;
use sha2::{Digest, Sha256};
use tokio::sync::RwLock;

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

/// Mails that could not be taken in lie here. Nothing refers to them, and no sweeper looks here.
const SET_ASIDE: &str = "set-aside";

#[derive(Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    /// Held by those who write, and alone by whoever removes: a file is not put again between being found stale and
    /// being removed.
    removing: Arc<RwLock<()>>,
}

impl Blobs {
    /// A folder on this machine; files are on disk before `put` returns.
    pub fn local(folder: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(folder)
            .map_err(|error| Error::Blob(format!("{}: {error}", folder.display())))?;
        let store =
            LocalFileSystem::new_with_prefix(folder).map_err(|error| Error::Blob(error.to_string()))?;
        Ok(Self::new(Arc::new(store.with_fsync(true))))
    }

    /// Any other store that the object_store crate knows.
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, removing: Arc::default() }
    }

    /// Keeps bytes and returns the key to get them back with.
    pub async fn put(&self, workspace: &WorkspaceId, bytes: Bytes) -> Result<String, Error> {
        let digest = hex(&Sha256::digest(&bytes));
        self.keep(format!("{workspace}/{}/{digest}", &digest[..2]), bytes).await
    }

    /// Keeps bytes that nothing will refer to, for whoever looks into what happened.
    pub async fn set_aside(&self, workspace: &WorkspaceId, bytes: Bytes) -> Result<String, Error> {
        let digest = hex(&Sha256::digest(&bytes));
        self.keep(format!("{workspace}/{SET_ASIDE}/{digest}"), bytes).await
    }

    async fn keep(&self, key: String, bytes: Bytes) -> Result<String, Error> {
        let _writing = self.removing.read().await;
        let path = ObjectPath::from(key.as_str());
        let fresh = |found: &object_store::ObjectMeta| {
            found.size == bytes.len() as u64 && age_seconds(found) < REFRESH_AFTER_SECONDS
        };
        if self.store.head(&path).await.is_ok_and(|found| fresh(&found)) {
            return Ok(key);
        }
        // Mostly a full disk or a store that is away: callers are told to come back, as with the database.
        self.store.put(&path, PutPayload::from_bytes(bytes)).await.map_err(|error| {
            rapport_store::Error::Unavailable(format!("a file cannot be written: {error}"))
        })?;
        Ok(key)
    }

    /// `None` when the bytes are gone.
    pub async fn get(&self, key: &str) -> Result<Option<Bytes>, Error> {
        match self.store.get(&ObjectPath::from(key)).await {
            Ok(found) => found.bytes().await.map(Some).map_err(|error| Error::Blob(error.to_string())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(Error::Blob(error.to_string())),
        }
    }

    /// The keys of files that were not put for so long that whoever put them has long said where they belong, in
    /// groups: the folders whose names begin with one of sixteen digits, one after the other.
    pub async fn list_stale(&self, workspace: &WorkspaceId, digit: u8) -> Result<Vec<String>, Error> {
        let mut stale = Vec::new();
        for second in 0..16u8 {
            let folder = ObjectPath::from(format!("{workspace}/{digit:x}{second:x}"));
            let mut files = self.store.list(Some(&folder));
            while let Some(found) = files.try_next().await.map_err(|error| Error::Blob(error.to_string()))? {
                if age_seconds(&found) >= STALE_AFTER_SECONDS {
                    stale.push(found.location.to_string());
                }
            }
        }
        Ok(stale)
    }

    /// Removes bytes that nothing refers to, unless somebody has put the same bytes lately.
    pub async fn delete_stale(&self, key: &str) -> Result<bool, Error> {
        let _alone = self.removing.write().await;
        match self.store.head(&ObjectPath::from(key)).await {
            Ok(found) if age_seconds(&found) < STALE_AFTER_SECONDS => Ok(false),
            Ok(_) => self.delete(key).await.map(|()| true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(Error::Blob(error.to_string())),
        }
    }

    pub async fn delete(&self, key: &str) -> Result<(), Error> {
        match self.store.delete(&ObjectPath::from(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(Error::Blob(error.to_string())),
        }
    }
}
