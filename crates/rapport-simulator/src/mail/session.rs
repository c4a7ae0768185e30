//! One SMTP connection to the provider. Written apart from the product's own server, so that a mistake
//! which both ends would share cannot hide, and so that every reply can be played.

use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::mailbox::MailSide;
use super::script::Behaviour;
use super::{MailProvider, bounce};

const MAX_LINE_BYTES: u64 = 2_000;
const MAX_MESSAGE_BYTES: usize = 40 * 1024 * 1024;
const MAX_RECIPIENTS: usize = 100;
const PATIENCE: Duration = Duration::from_secs(60);

/// What has been said so far about the next message.
#[derive(Default)]
struct Transaction {
    sender: Option<String>,
    begun: bool,
    recipients: Vec<(String, Behaviour)>,
}

enum Next {
    Reply(String),
    ReadContent,
    /// Say goodbye and end.
    Quit,
    /// End without a word.
    Hang,
}

pub(super) async fn converse(provider: MailProvider, stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let mut stream = BufReader::new(stream);
    let greeting = format!("220 {} ESMTP", provider.settings().host_name);
    let mut transaction = Transaction::default();
    let mut reply = greeting;
    loop {
        if say(&mut stream, &reply).await.is_none() {
            return;
        }
        let Some(line) = read_line(&mut stream).await else { return };
        match answer(&provider, &mut transaction, &line) {
            Next::Reply(text) => reply = text,
            Next::Hang => return,
            Next::Quit => {
                let _ = say(&mut stream, "221 2.0.0 bye").await;
                return;
            }
            Next::ReadContent => {
                if say(&mut stream, "354 end with a dot").await.is_none() {
                    return;
                }
                let Some(content) = read_content(&mut stream).await else { return };
                match accept(&provider, std::mem::take(&mut transaction), content).await {
                    Next::Reply(text) => reply = text,
                    _ => return,
                }
            }
        }
    }
}

fn answer(provider: &MailProvider, transaction: &mut Transaction, line: &str) -> Next {
    let reply = |text: &str| Next::Reply(text.to_owned());
    let upper = line.to_ascii_uppercase();
    if upper.starts_with("EHLO") {
        *transaction = Transaction::default();
        let host = &provider.settings().host_name;
        return Next::Reply(format!(
            "250-{host}\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-SIZE {MAX_MESSAGE_BYTES}\r\n250 ENHANCEDSTATUSCODES"
        ));
    }
    if upper.starts_with("HELO") || upper == "RSET" {
        *transaction = Transaction::default();
        return reply("250 2.0.0 ok");
    }
    if upper.starts_with("MAIL FROM:") {
        let Some(sender) = path(line) else { return reply("501 5.1.7 no address in angle brackets") };
        *transaction = Transaction {
            sender: Some(sender).filter(|s| !s.is_empty()),
            begun: true,
            recipients: Vec::new(),
        };
        return reply("250 2.1.0 ok");
    }
    if upper.starts_with("RCPT TO:") {
        return recipient(provider, transaction, line);
    }
    match upper.as_str() {
        "DATA" if transaction.recipients.is_empty() => reply("503 5.5.1 no recipient"),
        "DATA" => Next::ReadContent,
        "NOOP" => reply("250 2.0.0 ok"),
        "QUIT" => Next::Quit,
        _ => reply("502 5.5.1 not offered"),
    }
}

fn recipient(provider: &MailProvider, transaction: &mut Transaction, line: &str) -> Next {
    let reply = |text: &str| Next::Reply(text.to_owned());
    if !transaction.begun {
        return reply("503 5.5.1 name the sender first");
    }
    let Some(address) = path(line).filter(|address| address.contains('@')) else {
        return reply("501 5.1.3 no address in angle brackets");
    };
    if transaction.recipients.len() >= MAX_RECIPIENTS {
        return reply("452 4.5.3 too many recipients");
    }
    let settings = provider.settings();
    let behaviour = Behaviour::of(&address, &settings.domains);
    let now = provider.now();
    match behaviour {
        Behaviour::Unknown => return reply("550 5.1.1 no such mailbox"),
        Behaviour::Foreign => return reply("550 5.7.1 no mail for other domains is taken here"),
        Behaviour::Greylist => {
            let sender = transaction.sender.clone().unwrap_or_default();
            let seconds = settings.greylist_seconds;
            if !provider.state().greylist.lets_through(&sender, &address, now, seconds) {
                return reply("451 4.7.1 greylisted, please try again later");
            }
        }
        _ => {}
    }
    transaction.recipients.push((address, behaviour));
    reply("250 2.1.5 ok")
}

/// Plays what the recipients' mailboxes do with the content. The most drastic of them decides the answer.
async fn accept(provider: &MailProvider, transaction: Transaction, content: Vec<u8>) -> Next {
    let plays = |behaviour| transaction.recipients.iter().any(|(_, played)| *played == behaviour);
    if content.len() > MAX_MESSAGE_BYTES || plays(Behaviour::Full) {
        return Next::Reply("552 5.2.2 the mailbox is full".to_owned());
    }
    if plays(Behaviour::Slow) {
        tokio::time::sleep(provider.settings().slow_reply).await;
    }
    let raw = Bytes::from(content);
    for (address, behaviour) in &transaction.recipients {
        if *behaviour == Behaviour::Bounce {
            bounce::send_later(provider.clone(), transaction.sender.clone(), address.clone(), raw.clone());
        } else {
            provider.keep(address, MailSide::Received, raw.clone());
        }
    }
    if plays(Behaviour::Cut) {
        return Next::Hang;
    }
    Next::Reply("250 2.0.0 ok, queued".to_owned())
}

/// What stands between the angle brackets.
fn path(line: &str) -> Option<String> {
    let (_, rest) = line.split_once('<')?;
    rest.split_once('>').map(|(path, _)| path.to_owned())
}

async fn say(stream: &mut BufReader<TcpStream>, reply: &str) -> Option<()> {
    let text = format!("{reply}\r\n");
    tokio::time::timeout(PATIENCE, stream.get_mut().write_all(text.as_bytes())).await.ok()?.ok()
}

async fn read_line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = Vec::new();
    let mut limited = stream.take(MAX_LINE_BYTES);
    tokio::time::timeout(PATIENCE, limited.read_until(b'\n', &mut line)).await.ok()?.ok()?;
    let line = line.strip_suffix(b"\r\n")?;
    String::from_utf8(line.to_vec()).ok()
}

/// The content without its final dot and with doubled dots undone (RFC 5321 §4.5.2); `None` when it was cut.
async fn read_content(stream: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    loop {
        let mut line = Vec::new();
        // Mail has lines of at most 998 characters; a longer one is read in pieces.
        let mut limited = (&mut *stream).take(64 * 1024);
        tokio::time::timeout(PATIENCE, limited.read_until(b'\n', &mut line)).await.ok()?.ok()?;
        if line.is_empty() {
            return None;
        }
        let at_start = content.is_empty() || content.ends_with(b"\r\n");
        if at_start && line == b".\r\n" {
            return Some(content);
        }
        let stuffed = at_start && line.starts_with(b".");
        // Beyond the limit the rest is read, so that the sender gets an answer, but not kept.
        if content.len() <= MAX_MESSAGE_BYTES || line.ends_with(b"\r\n") && !content.ends_with(b"\r\n") {
            content.extend_from_slice(if stuffed { &line[1..] } else { &line });
        }
    }
}
