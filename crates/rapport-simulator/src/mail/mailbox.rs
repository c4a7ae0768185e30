//! Mailboxes with bounds: the oldest mail goes when there is too much.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use rapport_channels::email::{self, ParseContext, ParsedEmail};
use rapport_domain::Timestamp;
use serde::{Deserialize, Serialize};

const MAX_MAILS_PER_ADDRESS: usize = 200;
const MAX_ADDRESSES: usize = 500;
const MAX_TOTAL_BYTES: usize = 96 * 1024 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailSide {
    Received,
    Sent,
}

/// One mail, raw and taken apart.
#[derive(Debug)]
pub struct Mail {
    /// Counts up over all mailboxes; 0 until it is kept.
    pub id: u64,
    pub side: MailSide,
    pub at: Timestamp,
    pub raw: Bytes,
    pub parsed: ParsedEmail,
}

impl Mail {
    pub fn new(side: MailSide, raw: Bytes, at: Timestamp) -> Self {
        let parsed = email::parse(&raw, &ParseContext::default());
        // What was written long ago is dated so, but nothing comes from the future.
        let claimed = parsed.date.map(|date| Timestamp::from_millis(date.as_millisecond()));
        let at = claimed.map_or(at, |claimed| claimed.min(at));
        Self { id: 0, side, at, raw, parsed }
    }
}

#[derive(Default)]
pub struct Mailboxes {
    by_address: BTreeMap<String, VecDeque<Arc<Mail>>>,
    last_id: u64,
    total_bytes: usize,
}

impl Mailboxes {
    /// Keeps a mail for an address, under the next id. Returns the ids of those that had to go for it.
    pub fn keep(&mut self, address: &str, mut mail: Mail) -> (Arc<Mail>, Vec<u64>) {
        mail.id = self.last_id + 1;
        let mail = Arc::new(mail);
        let dropped = self.put(address, mail.clone());
        (mail, dropped)
    }

    /// Keeps a mail under the id that it has. Mails are put in the order of their ids.
    pub fn put(&mut self, address: &str, mail: Arc<Mail>) -> Vec<u64> {
        let mut dropped = Vec::new();
        self.last_id = self.last_id.max(mail.id);
        self.total_bytes += mail.raw.len();
        let mailbox = self.by_address.entry(canonical(address)).or_default();
        mailbox.push_back(mail);
        if mailbox.len() > MAX_MAILS_PER_ADDRESS
            && let Some(oldest) = mailbox.pop_front()
        {
            self.total_bytes -= oldest.raw.len();
            dropped.push(oldest.id);
        }
        while self.total_bytes > MAX_TOTAL_BYTES || self.by_address.len() > MAX_ADDRESSES {
            match self.drop_oldest() {
                Some(id) => dropped.push(id),
                None => break,
            }
        }
        dropped
    }

    /// The id of the newest mail that was ever kept, or 0.
    pub fn last_id(&self) -> u64 {
        self.last_id
    }

    /// Oldest first.
    pub fn list(&self, address: &str) -> Vec<Arc<Mail>> {
        let mut mails: Vec<_> = self
            .by_address
            .get(&canonical(address))
            .map(|mails| mails.iter().cloned().collect())
            .unwrap_or_default();
        mails.sort_by_key(|mail: &Arc<Mail>| (mail.at, mail.id));
        mails
    }

    pub fn find(&self, address: &str, id: u64) -> Option<Arc<Mail>> {
        self.by_address.get(&canonical(address))?.iter().find(|mail| mail.id == id).cloned()
    }

    pub fn addresses(&self) -> Vec<String> {
        let mut newest: Vec<(u64, &String)> = self
            .by_address
            .iter()
            .map(|(address, mails)| (mails.back().map_or(0, |mail| mail.id), address))
            .collect();
        newest.sort_unstable_by(|left, right| right.cmp(left));
        newest.into_iter().map(|(_, address)| address.clone()).collect()
    }

    fn drop_oldest(&mut self) -> Option<u64> {
        let (id, address) = self
            .by_address
            .iter()
            .filter_map(|(address, mails)| mails.front().map(|mail| (mail.id, address.clone())))
            .min()?;
        if let Some(mailbox) = self.by_address.get_mut(&address) {
            if let Some(mail) = mailbox.pop_front() {
                self.total_bytes -= mail.raw.len();
            }
            if mailbox.is_empty() {
                self.by_address.remove(&address);
            }
        }
        Some(id)
    }
}

/// `jo+orders@Example.org` is the mailbox of `jo@example.org`.
fn canonical(address: &str) -> String {
    let lower = address.trim().to_lowercase();
    match lower.split_once('@') {
        Some((local, domain)) => {
            let local = local.split('+').next().unwrap_or_default();
            format!("{local}@{domain}")
        }
        None => lower,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(size: usize) -> Mail {
        let raw = format!("From: a@example.org\r\nSubject: x\r\n\r\n{}", "y".repeat(size));
        Mail::new(MailSide::Received, raw.into(), Timestamp::from_millis(0))
    }

    #[test]
    fn a_full_mailbox_loses_its_oldest_mail() {
        let mut mailboxes = Mailboxes::default();
        for _ in 0..MAX_MAILS_PER_ADDRESS + 3 {
            mailboxes.keep("jo@example.org", mail(10));
        }
        let kept = mailboxes.list("JO+shop@Example.org");
        assert_eq!(kept.len(), MAX_MAILS_PER_ADDRESS);
        assert_eq!(kept[0].id, 4);
        assert!(mailboxes.find("jo@example.org", 1).is_none());
    }

    #[test]
    fn neither_many_addresses_nor_large_mails_fill_the_memory() {
        let mut mailboxes = Mailboxes::default();
        for number in 0..MAX_ADDRESSES + 50 {
            mailboxes.keep(&format!("a{number}@example.org"), mail(10));
        }
        assert_eq!(mailboxes.addresses().len(), MAX_ADDRESSES);
        for _ in 0..12 {
            mailboxes.keep("big@example.org", mail(10 * 1024 * 1024));
        }
        assert!(mailboxes.total_bytes <= MAX_TOTAL_BYTES);
        assert!(!mailboxes.list("big@example.org").is_empty());
    }
}
