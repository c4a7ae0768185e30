//! The content of one message, from DATA to the answer that says what became of it.

use bytes::Bytes;
use tokio::io::AsyncBufReadExt;

use super::data::DataReader;
use super::session::{Connection, End, Next, Session, Transaction, say};
use super::{DeliveryVerdict, MailReceiver, Protocol};
use crate::email::types::{Envelope, ReceivedEnvelope};

pub(super) const NO_ROOM: &str = "452 4.3.1 too much mail at once, try again later";

impl<R: MailReceiver> Session<R> {
    pub(super) async fn data(&mut self, connection: &mut Connection) -> Result<Next, End> {
        if self.transaction.as_ref().is_none_or(|transaction| transaction.recipients.is_empty()) {
            return self.fault(connection, "503 5.5.1 name a recipient first").await;
        }
        let Some(transaction) = self.transaction.take() else { return Ok(Next::Continue) };
        say(connection, "354 go ahead, end with a line that holds only a dot").await?;
        let mut reader = DataReader::new(self.settings.limits.message_bytes, self.memory.share());
        let read =
            tokio::time::timeout(self.settings.limits.data_timeout, read_content(connection, &mut reader))
                .await;
        match read {
            Ok(Ok(())) => {}
            Ok(Err(end)) => return Err(end),
            Err(_) => {
                let _ = say(connection, "421 4.4.2 timed out").await;
                return Err(End::Quit);
            }
        }
        self.messages += 1;
        if reader.smuggling {
            let _ = say(connection, "550 5.7.1 lines end with CRLF only").await;
            return Err(End::Quit);
        }
        if reader.is_dropped() {
            let reply = if reader.too_large { "552 5.3.4 the message is too large" } else { NO_ROOM };
            self.answer_all(connection, transaction.recipients.len(), reply).await?;
            if !reader.is_done() {
                return Err(End::Quit);
            }
            return Ok(Next::Continue);
        }
        let (message, share) = reader.into_message();
        let next = self.deliver(connection, transaction, message).await;
        drop(share);
        next
    }

    async fn answer_all(
        &self,
        connection: &mut Connection,
        recipients: usize,
        reply: &str,
    ) -> Result<(), End> {
        let count = if self.settings.protocol == Protocol::Lmtp { recipients } else { 1 };
        for _ in 0..count {
            say(connection, reply).await?;
        }
        Ok(())
    }

    async fn deliver(
        &mut self,
        connection: &mut Connection,
        transaction: Transaction,
        message: Vec<u8>,
    ) -> Result<Next, End> {
        let count = transaction.recipients.len();
        let envelope = ReceivedEnvelope {
            envelope: Envelope { sender: transaction.sender, recipients: transaction.recipients },
            peer: Some(self.peer),
            helo: self.helo.clone().unwrap_or_default(),
            tls: self.tls,
            smtp_utf8: transaction.smtp_utf8,
        };
        let mut verdicts = self.receiver.deliver(envelope, Bytes::from(message)).await;
        // A verdict that is missing must never count as stored.
        verdicts.resize(count, DeliveryVerdict::TemporaryFailure("no answer from the store".to_owned()));
        match self.settings.protocol {
            Protocol::Lmtp => {
                for verdict in &verdicts {
                    say(connection, &reply_for(verdict)).await?;
                }
            }
            Protocol::Smtp => say(connection, &reply_for(&joint_verdict(&verdicts))).await?,
        }
        Ok(Next::Continue)
    }
}

/// SMTP has one answer for all recipients. A retry brings the message again for those who have it,
/// which is recognised by its id; an answer of 250 would lose it for the others.
fn joint_verdict(verdicts: &[DeliveryVerdict]) -> DeliveryVerdict {
    let temporary = verdicts.iter().find(|verdict| matches!(verdict, DeliveryVerdict::TemporaryFailure(_)));
    let accepted = verdicts.iter().find(|verdict| matches!(verdict, DeliveryVerdict::Accept));
    let nobody = || DeliveryVerdict::TemporaryFailure("no recipient".to_owned());
    temporary.or(accepted).or(verdicts.first()).cloned().unwrap_or_else(nobody)
}

fn reply_for(verdict: &DeliveryVerdict) -> String {
    let printable =
        |reason: &str| -> String { reason.chars().filter(|c| (' '..='~').contains(c)).take(200).collect() };
    match verdict {
        DeliveryVerdict::Accept => "250 2.6.0 stored".to_owned(),
        DeliveryVerdict::TemporaryFailure(reason) => format!("451 4.3.0 {}", printable(reason)),
        DeliveryVerdict::Reject(reason) => format!("550 5.7.1 {}", printable(reason)),
    }
}

/// Reads to the end of the content; a peer that sends far beyond the limit is not read to the end.
async fn read_content(connection: &mut Connection, reader: &mut DataReader) -> Result<(), End> {
    let mut wasted = 0;
    while !reader.is_done() {
        let chunk = connection.fill_buf().await.map_err(|_| End::Gone)?;
        if chunk.is_empty() {
            return Err(End::Gone);
        }
        let used = reader.feed(chunk);
        connection.consume(used);
        if reader.is_dropped() {
            wasted += used;
            if wasted > 64 * 1024 * 1024 {
                return Ok(());
            }
        }
    }
    Ok(())
}
