//! The fetch loop against a small server that can be told to misbehave.

use std::net::SocketAddr;
use std::sync::Mutex;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::*;
use crate::email::types::{Credentials, TlsMode};

#[derive(Clone, Default)]
struct Mailbox {
    uid_validity: u32,
    messages: Vec<(u32, Vec<u8>)>,
    capabilities: &'static str,
    /// Announced instead of the real size.
    size_lie: Option<u32>,
    /// The connection breaks while this message is fetched.
    cut_at: Option<u32>,
    /// Arrives while the others are being listed, and is announced with that answer only.
    late: Option<(u32, Vec<u8>)>,
    /// Listed, but gone when it is fetched.
    vanished: Option<u32>,
    refuse_login: bool,
    seen: Vec<u32>,
    /// How many messages the client knows of.
    told: usize,
    connections: usize,
}

type Shared = Arc<Mutex<Mailbox>>;

async fn serve(mailbox: Mailbox) -> (SocketAddr, Shared) {
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

async fn converse(stream: TcpStream, state: Shared) -> std::io::Result<()> {
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
async fn idle(stream: &mut BufReader<TcpStream>, tag: &str, state: &Shared) -> std::io::Result<()> {
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

#[derive(Debug, PartialEq)]
enum Seen {
    Stored { uid: u32, raw: String, headers_only: bool },
    Quarantined { uid: u32, raw: String },
    Advanced(u32, u32),
    Connected,
    Disconnected { needs_reauthorisation: bool },
}

struct Sink {
    events: mpsc::UnboundedSender<Seen>,
    /// Answers of the next calls of `store`, last one first.
    failures: Vec<SinkError>,
}

impl ImapSink for Sink {
    async fn store(&mut self, message: FetchedMessage) -> Result<(), SinkError> {
        if let Some(failure) = self.failures.pop() {
            return Err(failure);
        }
        assert_eq!(message.cursor.last_uid, message.uid);
        let raw = String::from_utf8(message.raw).unwrap();
        let _ = self.events.send(Seen::Stored { uid: message.uid, raw, headers_only: message.headers_only });
        Ok(())
    }

    async fn quarantine(&mut self, message: FetchedMessage, _reason: String) -> Result<(), SinkError> {
        let raw = String::from_utf8(message.raw).unwrap();
        let _ = self.events.send(Seen::Quarantined { uid: message.uid, raw });
        Ok(())
    }

    async fn advance(&mut self, cursor: ImapCursor) -> Result<(), SinkError> {
        let _ = self.events.send(Seen::Advanced(cursor.uid_validity, cursor.last_uid));
        Ok(())
    }

    async fn status(&mut self, status: ImapStatus) {
        let _ = self.events.send(match status {
            ImapStatus::Connected => Seen::Connected,
            ImapStatus::Disconnected { needs_reauthorisation, .. } => {
                Seen::Disconnected { needs_reauthorisation }
            }
        });
    }
}

fn settings(address: SocketAddr) -> ImapSettings {
    ImapSettings {
        server: ServerSettings {
            host: address.ip().to_string(),
            port: address.port(),
            tls: TlsMode::None,
            verify_certificates: true,
            additional_roots_pem: None,
            credentials: Some(Credentials::Password { username: "us\"er".into(), password: "pass".into() }),
        },
        mailbox: "INBOX".into(),
        first_sync: FirstSync::Everything,
        mark_seen: false,
        max_message_bytes: 1_000,
        poll_interval: Duration::from_millis(20),
        resync_days: 6,
        jitter_seed: 7,
        clock: Arc::new(|| Timestamp::UNIX_EPOCH),
    }
}

struct Run {
    events: mpsc::UnboundedReceiver<Seen>,
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl Run {
    fn start(settings: ImapSettings, cursor: Option<ImapCursor>, failures: Vec<SinkError>) -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        let (stop, stopped) = watch::channel(false);
        let policy = OutboundPolicy { allow: vec!["127.0.0.1".parse().unwrap()] };
        let task = tokio::spawn(run(settings, cursor, Sink { events: sender, failures }, policy, stopped));
        Self { events, stop, task }
    }

    async fn next(&mut self) -> Seen {
        tokio::time::timeout(Duration::from_secs(60), self.events.recv()).await.unwrap().unwrap()
    }

    /// The next event that is not about the connection.
    async fn next_message(&mut self) -> Seen {
        loop {
            match self.next().await {
                Seen::Connected | Seen::Disconnected { .. } => {}
                seen => return seen,
            }
        }
    }

    async fn stop(self) {
        self.stop.send(true).unwrap();
        tokio::time::timeout(Duration::from_secs(5), self.task).await.unwrap().unwrap();
    }
}

fn mailbox(uids: &[u32]) -> Mailbox {
    let messages =
        uids.iter().map(|uid| (*uid, format!("Subject: {uid}\r\n\r\nbody {uid}").into_bytes())).collect();
    Mailbox { uid_validity: 1, messages, ..Mailbox::default() }
}

fn stored(uid: u32) -> Seen {
    Seen::Stored { uid, raw: format!("Subject: {uid}\r\n\r\nbody {uid}"), headers_only: false }
}

#[tokio::test]
async fn a_message_announced_with_another_answer_is_fetched_at_once() {
    let late = Some((5, b"Subject: 5\r\n\r\nbody 5".to_vec()));
    let (address, _) = serve(Mailbox { capabilities: "IDLE", late, ..mailbox(&[]) }).await;
    // Far beyond the patience of the test: only the announcement can bring it.
    let settings = ImapSettings { poll_interval: Duration::from_secs(3_600), ..settings(address) };
    let mut run = Run::start(settings, CURSOR, Vec::new());
    assert_eq!(run.next_message().await, stored(5));
    run.stop().await;
}

const CURSOR: Option<ImapCursor> = Some(ImapCursor { uid_validity: 1, last_uid: 4 });

#[tokio::test]
async fn new_messages_come_once_and_in_order_by_polling_and_by_idle() {
    for capabilities in ["", "IDLE"] {
        let (address, state) = serve(Mailbox { capabilities, ..mailbox(&[3, 4, 7, 6]) }).await;
        let mut settings = settings(address);
        settings.mark_seen = true;
        // With IDLE the news comes long before the next poll.
        if capabilities == "IDLE" {
            settings.poll_interval = Duration::from_secs(300);
        }
        let mut run = Run::start(settings, CURSOR, vec![]);
        assert_eq!(run.next().await, Seen::Connected);
        assert_eq!(run.next().await, stored(6));
        assert_eq!(run.next().await, stored(7));
        state.lock().unwrap().messages.push((9, b"Subject: 9\r\n\r\nbody 9".to_vec()));
        assert_eq!(run.next().await, stored(9));
        run.stop().await;
        assert_eq!(state.lock().unwrap().seen.get(..2), Some(&[6, 7][..]));
        assert_eq!(state.lock().unwrap().connections, 1);
    }
}

#[tokio::test]
async fn the_first_position_follows_the_choice() {
    let cases = [(FirstSync::FromNow, 7), (FirstSync::LastDays(6), 2), (FirstSync::Everything, 0)];
    for (first_sync, expected) in cases {
        let (address, _) = serve(mailbox(&[3, 7])).await;
        let mut run = Run::start(ImapSettings { first_sync, ..settings(address) }, None, vec![]);
        assert_eq!(run.next().await, Seen::Advanced(1, expected), "{first_sync:?}");
        run.stop().await;
    }
}

#[tokio::test]
async fn renumbered_messages_are_read_again_from_a_date() {
    let (address, _) = serve(Mailbox { uid_validity: 2, ..mailbox(&[2, 3]) }).await;
    let mut run = Run::start(settings(address), CURSOR, vec![]);
    assert_eq!(run.next().await, Seen::Advanced(2, 1));
    assert_eq!(run.next_message().await, stored(2));
    assert_eq!(run.next_message().await, stored(3));
    run.stop().await;
}

#[tokio::test]
async fn large_messages_give_their_header_and_vanished_ones_are_passed_over() {
    let mut mailbox = mailbox(&[5, 6, 7]);
    mailbox.messages[0].1.extend(b"x".repeat(2_000));
    mailbox.vanished = Some(6);
    let (address, _) = serve(mailbox).await;
    let mut run = Run::start(settings(address), CURSOR, vec![]);
    assert_eq!(
        run.next_message().await,
        Seen::Stored { uid: 5, raw: "Subject: 5\r\n\r\n".into(), headers_only: true }
    );
    assert_eq!(run.next_message().await, stored(7));
    run.stop().await;
}

#[tokio::test]
async fn a_position_behind_a_vanished_message_is_kept() {
    let (address, _) = serve(Mailbox { vanished: Some(6), ..mailbox(&[6]) }).await;
    let mut run = Run::start(settings(address), CURSOR, vec![]);
    assert_eq!(run.next_message().await, Seen::Advanced(1, 6));
    run.stop().await;
}

#[tokio::test]
async fn a_poison_message_is_set_aside_and_the_rest_goes_on() {
    let (address, state) = serve(mailbox(&[5, 6])).await;
    let failures = vec![SinkError::Permanent("no".into()); 3];
    let mut run = Run::start(settings(address), CURSOR, failures);
    assert_eq!(
        run.next_message().await,
        Seen::Quarantined { uid: 5, raw: "Subject: 5\r\n\r\nbody 5".into() }
    );
    assert_eq!(run.next_message().await, stored(6));
    assert_eq!(state.lock().unwrap().connections, 1);
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_busy_store_delays_but_loses_nothing() {
    let (address, _) = serve(mailbox(&[5])).await;
    let failures = vec![SinkError::Temporary("busy".into()); 5];
    let mut run = Run::start(settings(address), CURSOR, failures);
    assert_eq!(run.next().await, Seen::Connected);
    assert_eq!(run.next().await, Seen::Disconnected { needs_reauthorisation: false });
    assert_eq!(run.next_message().await, stored(5));
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_message_that_breaks_the_connection_is_set_aside() {
    let (address, _) = serve(Mailbox { cut_at: Some(5), ..mailbox(&[5, 6]) }).await;
    let mut run = Run::start(settings(address), CURSOR, vec![]);
    assert_eq!(run.next_message().await, Seen::Quarantined { uid: 5, raw: "Subject: 5\r\n\r\n".into() });
    assert_eq!(run.next_message().await, stored(6));
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_lies_about_sizes_is_survived() {
    let mut mailbox = mailbox(&[5, 6]);
    mailbox.messages[0].1.extend(b"x".repeat(200_000));
    mailbox.size_lie = Some(10);
    let (address, _) = serve(mailbox).await;
    let mut run = Run::start(settings(address), CURSOR, vec![]);
    assert_eq!(run.next_message().await, Seen::Quarantined { uid: 5, raw: "Subject: 5\r\n\r\n".into() });
    assert_eq!(run.next_message().await, stored(6));
    run.stop().await;
}

#[tokio::test]
async fn a_refused_login_asks_for_authorisation() {
    let (address, _) = serve(Mailbox { refuse_login: true, ..mailbox(&[5]) }).await;
    let mut run = Run::start(settings(address), CURSOR, vec![]);
    assert_eq!(run.next().await, Seen::Disconnected { needs_reauthorisation: true });
    run.stop().await;
}

#[test]
fn retries_spread_and_stay_within_bounds() {
    for failures in 1..100 {
        let wait = backoff(failures, 1);
        assert!(wait >= SHORTEST_BACKOFF / 2 && wait <= LONGEST_BACKOFF, "{failures}: {wait:?}");
    }
    assert!(backoff(20, 1) > backoff(1, 1) * 10);
    assert_ne!(backoff(5, 1), backoff(5, 2));
}
