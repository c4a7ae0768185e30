//! Whether anything can be written where the files are kept, for those who ask whether to send requests here.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

/// However many ask, the disk is tried once in so long.
const FRESH: Duration = Duration::from_secs(3);
/// What a mail of some length takes, so that a disk with a few bytes left counts as full.
const TRIED_BYTES: usize = 64 * 1024;

pub struct DiskCheck {
    folder: PathBuf,
    /// How long an outcome counts.
    fresh: Duration,
    writable: AtomicBool,
    /// When it was tried last; held while it is tried.
    tried: Mutex<Option<Instant>>,
}

impl DiskCheck {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, fresh: FRESH, writable: AtomicBool::new(true), tried: Mutex::default() }
    }

    /// Those who ask while a slow disk is tried get the outcome from before.
    pub async fn is_writable(self: &Arc<Self>) -> bool {
        let Ok(mut tried) = self.tried.try_lock() else { return self.writable.load(Ordering::Acquire) };
        if tried.is_none_or(|at| at.elapsed() >= self.fresh) {
            let check = self.clone();
            let outcome = tokio::task::spawn_blocking(move || write_some(&check.folder)).await;
            let writable = match outcome {
                Ok(Ok(())) => true,
                Ok(Err(error)) => {
                    tracing::warn!(%error, folder = %self.folder.display(), "the data folder cannot be written");
                    false
                }
                Err(_) => false,
            };
            self.writable.store(writable, Ordering::Release);
            *tried = Some(Instant::now());
        }
        self.writable.load(Ordering::Acquire)
    }
}

fn write_some(folder: &Path) -> io::Result<()> {
    // A name of its own: at a restart the old process may still be there.
    let path = folder.join(format!(".write-check-{}", std::process::id()));
    let written = File::create(&path).and_then(|mut file| {
        file.write_all(&[0; TRIED_BYTES])?;
        file.sync_data()
    });
    let removed = fs::remove_file(&path);
    written.and(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of its own that is gone with its test.
    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("rapport-{name}-{}", std::process::id()));
            fs::create_dir_all(&folder).expect("made");
            Self(folder)
        }

        fn check(&self, fresh: Duration) -> Arc<DiskCheck> {
            Arc::new(DiskCheck { fresh, ..DiskCheck::new(self.0.join("data")) })
        }

        fn data(&self) -> PathBuf {
            self.0.join("data")
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_written_is_noticed_both_ways_and_keeps_no_trace() {
        let place = Place::new("write-check");
        let check = place.check(Duration::ZERO);
        assert!(!check.is_writable().await);
        fs::create_dir(place.data()).expect("made");
        assert!(check.is_writable().await);
        assert_eq!(fs::read_dir(place.data()).expect("a folder").count(), 0);
    }

    #[tokio::test]
    async fn the_disk_is_tried_once_in_a_while_and_nobody_waits_for_another() {
        let place = Place::new("write-check-rarely");
        fs::create_dir(place.data()).expect("made");
        let check = place.check(Duration::from_secs(3_600));
        assert!(check.is_writable().await);
        fs::remove_dir(place.data()).expect("removed");
        assert!(check.is_writable().await, "as it was a moment ago");

        let check = place.check(Duration::ZERO);
        let trying = check.tried.lock().await;
        assert!(check.is_writable().await, "nothing else is known yet");
        drop(trying);
        assert!(!check.is_writable().await);
    }
}
