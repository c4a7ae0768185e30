//! Mailboxes in a folder, one file for each mail: a line about it, then the mail as it travelled.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use rapport_domain::Timestamp;
use serde::{Deserialize, Serialize};

use super::mailbox::{Mail, MailSide};

const ENDING: &str = "mail";

pub struct Archive {
    folder: PathBuf,
}

/// The first line of a file.
#[derive(Serialize, Deserialize)]
struct Label {
    mailbox: String,
    side: MailSide,
    /// Milliseconds since 1970.
    at: i64,
}

impl Archive {
    pub fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Every mail with its mailbox, in the order of their ids. What cannot be read is left out.
    pub fn read(&self) -> io::Result<Vec<(String, Mail)>> {
        let mut ids: Vec<u64> =
            fs::read_dir(&self.folder)?.flatten().filter_map(|entry| id_of(&entry.path())).collect();
        ids.sort_unstable();
        let mut mails = Vec::with_capacity(ids.len());
        for id in ids {
            match self.read_one(id) {
                Ok(found) => mails.push(found),
                Err(error) => {
                    let path = self.path(id);
                    tracing::warn!(path = %path.display(), %error, "a mail of the demo cannot be read");
                }
            }
        }
        Ok(mails)
    }

    /// A mail that cannot be written is lost with the process, and the demo goes on without it.
    pub fn write(&self, mailbox: &str, mail: &Mail) {
        if let Err(error) = self.try_write(mailbox, mail) {
            tracing::warn!(folder = %self.folder.display(), %error, "a mail of the demo cannot be kept");
        }
    }

    pub fn remove(&self, id: u64) {
        let path = self.path(id);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                tracing::warn!(path = %path.display(), %error, "an old mail of the demo cannot be removed");
            }
            _ => {}
        }
    }

    fn try_write(&self, mailbox: &str, mail: &Mail) -> io::Result<()> {
        let label = Label { mailbox: mailbox.to_owned(), side: mail.side, at: mail.at.as_millis() };
        let mut content = serde_json::to_vec(&label)?;
        content.push(b'\n');
        content.extend_from_slice(&mail.raw);
        // Under another name first, so that a process that ends here leaves no half of a mail.
        let unfinished = self.folder.join(format!("{}.part", mail.id));
        fs::write(&unfinished, content)?;
        fs::rename(&unfinished, self.path(mail.id))
    }

    fn read_one(&self, id: u64) -> io::Result<(String, Mail)> {
        let content = Bytes::from(fs::read(self.path(id))?);
        let end = content
            .iter()
            .position(|byte| *byte == b'\n')
            .ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "the first line has no end"))?;
        let label: Label = serde_json::from_slice(&content[..end])?;
        let mut mail = Mail::new(label.side, content.slice(end + 1..), Timestamp::from_millis(label.at));
        mail.id = id;
        Ok((label.mailbox, mail))
    }

    fn path(&self, id: u64) -> PathBuf {
        self.folder.join(format!("{id}.{ENDING}"))
    }
}

fn id_of(path: &Path) -> Option<u64> {
    if path.extension()? != ENDING {
        return None;
    }
    path.file_stem()?.to_str()?.parse().ok()
}
