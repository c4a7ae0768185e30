//! A small IMAP server that can be told to misbehave.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

#[derive(Clone, Default)]
pub(super) struct Mailbox {
    pub(super) uid_validity: u32,
    pub(super) messages: Vec<(u32, Vec<u8>)>,
    pub(super) capabilities: &'static str,
    /// Announced instead of the real size.
    pub(super) size_lie: Option<u32>,
    /// The connection breaks while this message is fetched.
    pub(super) cut_at: Option<u32>,
    /// Arrives while the others are being listed, and is announced with that answer only.
    pub(super) late: Option<(u32, Vec<u8>)>,
    /// Listed, but gone when it is fetched.
    pub(super) vanished: Option<u32>,
    pub(super) refuse_login: bool,
    pub(super) seen: Vec<u32>,
    /// How many messages the client knows of.
    pub(super) told: usize,
    pub(super) connections: usize,
}

pub(super) type Shared = Arc<Mutex<Mailbox>>;

pub(super) async fn serve(mailbox: Mailbox) -> (SocketAddr, Shared) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shared = Arc::new(Mutex::new(mailbox));
    let state = shared.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            state.lock().unwrap().connections += 1;
            tokio::spawn(converse(stream, state.clone()));
        }
    });
    (address, shared)
}

pub(super) async fn converse(stream: TcpStream, state: Shared) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.get_mut().write_all(b"* OK ready\r\n").await?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let (tag, command) = line.trim_end().split_once(' ').unwrap_or((line.trim_end(), ""));
        if command == "IDLE" {
            idle(&mut stream, tag, &state).await?;
            continue;
        }
        let Some(answer) = answer(tag, command, &state) else { return Ok(()) };
        stream.get_mut().write_all(&answer).await?;
        if answer.ends_with(b"CUT") {
            return Ok(());
        }
    }
}

/// Tells of new messages every few milliseconds, until the client says it is done.
pub(super) async fn idle(
    stream: &mut BufReader<TcpStream>,
    tag: &str,
    state: &Shared,
) -> std::io::Result<()> {
    stream.get_mut().write_all(b"+ idling\r\n").await?;
    loop {
        let mut line = String::new();
        let done = tokio::time::timeout(Duration::from_millis(5), stream.read_line(&mut line)).await;
        if let Ok(read) = done {
            read?;
            return stream.get_mut().write_all(format!("{tag} OK done\r\n").as_bytes()).await;
        }
        let (count, news) = {
            let mut mailbox = state.lock().unwrap();
            let count = mailbox.messages.len();
            (count, std::mem::replace(&mut mailbox.told, count) != count)
        };
        if news {
            stream.get_mut().write_all(format!("* {count} EXISTS\r\n").as_bytes()).await?;
        }
    }
}

fn answer(tag: &str, command: &str, state: &Shared) -> Option<Vec<u8>> {
    let mut mailbox = state.lock().unwrap();
    let ok = format!("{tag} OK done\r\n");
    let words: Vec<&str> = command.split(' ').collect();
    let text = match words.as_slice() {
        ["CAPABILITY"] => format!("* CAPABILITY IMAP4rev1 {}\r\n{ok}", mailbox.capabilities),
        ["LOGIN", ..] if mailbox.refuse_login => format!("{tag} NO [AUTHENTICATIONFAILED] wrong\r\n"),
        ["LOGIN", user, password] if *user == "\"us\\\"er\"" && *password == "\"pass\"" => ok,
        ["SELECT", "\"INBOX\""] => {
            let next = mailbox.messages.last().map_or(1, |(uid, _)| uid + 1);
            format!(
                "* {} EXISTS\r\n* OK [UIDVALIDITY {}] valid\r\n* OK [UIDNEXT {next}] next\r\n{tag} OK [READ-WRITE] done\r\n",
                mailbox.messages.len(),
                mailbox.uid_validity
            )
        }
        ["UID", "SEARCH", "SINCE", "25-Dec-1969"] => {
            let uids: Vec<String> = mailbox.messages.iter().map(|(uid, _)| uid.to_string()).collect();
            format!("* SEARCH {}\r\n{ok}", uids.join(" "))
        }
        ["UID", "STORE", uid, "+FLAGS.SILENT", "(\\Seen)"] => {
            let uid = uid.parse().unwrap();
            mailbox.seen.push(uid);
            ok
        }
        ["UID", "FETCH", range, "(UID", "RFC822.SIZE)"] => {
            let mut listed = list(&mailbox, range);
            if let Some(late) = mailbox.late.take() {
                mailbox.messages.push(late);
                listed.push_str(&format!("* {} EXISTS\r\n", mailbox.messages.len()));
            }
            mailbox.told = mailbox.messages.len();
            listed + &ok
        }
        ["UID", "FETCH", uid, "(UID", section] => {
            return Some(fetch(&mailbox, uid.parse().unwrap(), section, &ok));
        }
        ["NOOP"] => ok,
        ["LOGOUT"] => return None,
        _ => format!("{tag} BAD {command}\r\n"),
    };
    Some(text.into_bytes())
}

/// Like real servers, `n:*` gives the last message even when its identifier is below n.
fn list(mailbox: &Mailbox, range: &str) -> String {
    let first: u32 = range.split(':').next().unwrap().parse().unwrap();
    let last = mailbox.messages.last().map_or(0, |(uid, _)| *uid);
    let mut text = String::new();
    for (index, (uid, raw)) in mailbox.messages.iter().enumerate() {
        if *uid >= first || *uid == last {
            let size = mailbox.size_lie.unwrap_or(raw.len() as u32);
            text.push_str(&format!("* {} FETCH (RFC822.SIZE {size} UID {uid})\r\n", index + 1));
        }
    }
    text
}

fn fetch(mailbox: &Mailbox, uid: u32, section: &str, ok: &str) -> Vec<u8> {
    let Some((_, raw)) = mailbox.messages.iter().find(|(known, _)| *known == uid) else { return ok.into() };
    if mailbox.vanished == Some(uid) {
        return ok.into();
    }
    let whole = section == "BODY.PEEK[])";
    let end =
        raw.windows(4).position(|window| window == b"\r\n\r\n").map_or(raw.len(), |position| position + 4);
    let content = if whole { &raw[..] } else { &raw[..end] };
    let name = if whole { "BODY[]" } else { "BODY[HEADER]" };
    if whole && mailbox.cut_at == Some(uid) {
        return format!("* 1 FETCH (UID {uid} {name} {{{}}}\r\nCUT", content.len()).into_bytes();
    }
    // An unasked flag update in between is allowed at any time.
    let mut answer = format!(
        "* 9 EXISTS\r\n* 1 FETCH (FLAGS (\\Recent))\r\n* 1 FETCH (UID {uid} {name} {{{}}}\r\n",
        content.len()
    )
    .into_bytes();
    answer.extend_from_slice(content);
    answer.extend_from_slice(b")\r\n");
    answer.extend_from_slice(ok.as_bytes());
    answer
}

pub(super) fn mailbox(uids: &[u32]) -> Mailbox {
    let messages =
        uids.iter().map(|uid| (*uid, format!("Subject: {uid}\r\n\r\nbody {uid}").into_bytes())).collect();
    Mailbox { uid_validity: 1, messages, ..Mailbox::default() }
}
