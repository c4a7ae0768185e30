//! Files that nothing refers to go, and no others, whatever happens at the same time.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use rapport_engine::ingest::EmailSource;

use crate::fixture::{Fixture, Mail, on_both_engines};

fn all_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        if entry.path().is_dir() {
            files.extend(all_files(&entry.path()));
        } else {
            files.push(entry.path());
        }
    }
    files
}

/// Makes all files look as if they had been there for years.
fn age(folder: &Path) {
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(365 * 24 * 60 * 60);
    for path in all_files(folder) {
        let file = std::fs::File::options().write(true).open(path).expect("a file");
        file.set_modified(long_ago).expect("an older time");
    }
}

const WITH_FILE: &str = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
    --b\r\nContent-Type: text/plain\r\n\r\nSee the picture.\r\n\
    --b\r\nContent-Type: application/octet-stream; name=photo.raw\r\n\r\nbytes of a picture\r\n--b--\r\n";

fn with_file(trace: &str) -> Bytes {
    Bytes::from(format!(
        "{trace}From: maria@customers.example\r\nTo: support@bikes.example\r\nSubject: Photo\r\n\
         Message-ID: <photo@customers.example>\r\n{WITH_FILE}"
    ))
}

#[test]
fn raw_mails_of_duplicates_are_swept_after_a_while_and_what_is_in_use_stays() {
    on_both_engines(|app: Fixture| async move {
        let engine = &app.engine;
        let take =
            |raw: Bytes| engine.ingest_email(&app.workspace, &app.support, raw, EmailSource::default());
        let first = take(with_file("")).await.expect("taken");
        take(with_file("Received: from mx2.customers.example\r\n")).await.expect("taken as a duplicate");
        let aside =
            engine.blobs().set_aside(&app.workspace, Bytes::from_static(b"broken")).await.expect("kept");
        assert_eq!(all_files(app.files()).len(), 4, "two raw mails, the picture and the broken mail");

        assert_eq!(engine.sweep_files().await.expect("swept"), 0, "all of them are young");
        age(app.files());
        assert_eq!(engine.sweep_files().await.expect("swept"), 1);
        assert_eq!(engine.sweep_files().await.expect("swept"), 0);

        let (conversation, message) = (&first.conversation_id, &first.message_id);
        let raw = engine.raw_message(&app.alice, conversation, message).await.expect("the first mail stays");
        assert_eq!(raw, with_file(""));
        assert!(engine.blobs().get(&aside).await.expect("a look").is_some(), "what was set aside stays");
        assert_eq!(all_files(app.files()).len(), 3, "the picture stays");
    });
}

#[test]
fn a_file_that_is_put_again_while_the_sweeper_runs_is_kept() {
    on_both_engines(|app: Fixture| async move {
        for round in 0..40 {
            let id = format!("round{round}@customers.example");
            let raw = Bytes::from(Mail { id: &id, ..Mail::default() }.raw());
            // Nothing refers to it yet, and it is old enough to go.
            app.engine.blobs().put(&app.workspace, raw.clone()).await.expect("kept");
            age(app.files());
            let mail =
                app.engine.ingest_email(&app.workspace, &app.support, raw.clone(), EmailSource::default());
            let (accepted, swept) = futures_util::future::join(mail, app.engine.sweep_files()).await;
            let (accepted, _) = (accepted.expect("taken"), swept.expect("swept"));
            let (conversation, message) = (&accepted.conversation_id, &accepted.message_id);
            let kept = app.engine.raw_message(&app.alice, conversation, message).await;
            assert_eq!(kept.expect("the raw mail is there"), raw);
        }
    });
}
