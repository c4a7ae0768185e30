//! The mail server of the outside world, scripted: it accepts, refuses, or keeps its answer to itself.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::ledger::Ledger;

/// What happens to the next message that comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Script {
    /// Refused with these words after RCPT.
    RefuseRecipient(String),
    /// Refused with these words after the final dot.
    RefuseData(String),
    /// Taken, but nothing is ever answered to the final dot.
    TakeInSilence,
    /// Taken, and the yes to it comes when the test allows it.
    TakeAndAnswerLater,
}

/// Serves until it is dropped.
pub struct Sink {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    ledger: Ledger,
    scripts: Mutex<VecDeque<Script>>,
    taken: Mutex<BTreeMap<String, usize>>,
    changed: Condvar,
    ended: AtomicBool,
    may_answer: Mutex<bool>,
}

impl Sink {
    pub fn start(ledger: Ledger) -> Self {
        Self::listen(TcpListener::bind("127.0.0.1:0").unwrap(), ledger)
    }

    /// On an address that nobody listened on until now.
    pub fn start_at(address: SocketAddr, ledger: Ledger) -> Self {
        Self::listen(TcpListener::bind(address).unwrap(), ledger)
    }

    fn listen(listener: TcpListener, ledger: Ledger) -> Self {
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            ledger,
            scripts: Mutex::default(),
            taken: Mutex::default(),
            changed: Condvar::new(),
            ended: AtomicBool::new(false),
            may_answer: Mutex::new(false),
        });
        let accepting = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if accepting.ended.load(Ordering::SeqCst) {
                    break;
                }
                let shared = accepting.clone();
                // A client that is killed in the middle of a mail is what these tests are about.
                thread::spawn(move || drop(converse(stream, &shared)));
            }
        });
        Self { address, shared }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Says what happens to the next message for which nothing is said yet.
    pub fn next(&self, script: Script) {
        self.shared.scripts.lock().unwrap().push_back(script);
    }

    /// Gives the answers that were kept for later.
    pub fn answer_now(&self) {
        *self.shared.may_answer.lock().unwrap() = true;
        self.shared.changed.notify_all();
    }

    /// How often each Message-ID was taken.
    pub fn taken(&self) -> BTreeMap<String, usize> {
        let counted = self.shared.taken.lock().unwrap().clone();
        assert_eq!(counted, self.shared.ledger.counts("taken"), "the ledger holds what was taken");
        counted
    }

    pub fn times_taken(&self, message_id: &str) -> usize {
        self.taken().get(bare(message_id)).copied().unwrap_or_default()
    }

    /// The Message-IDs that were refused after they had come.
    pub fn refused(&self) -> Vec<String> {
        self.shared.ledger.keys("refused").into_iter().collect()
    }

    /// Waits until this many messages were taken in all.
    pub fn wait_for(&self, count: usize, patience: Duration) {
        let deadline = Instant::now() + patience;
        let mut taken = self.shared.taken.lock().unwrap();
        while taken.values().sum::<usize>() < count {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{count} messages were not sent in {patience:?}, only {taken:?}");
            taken = self.shared.changed.wait_timeout(taken, left).unwrap().0;
        }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts; if that fails, it has ended already.
        drop(TcpStream::connect(self.address));
    }
}

/// A Message-ID without its angle brackets.
pub fn bare(message_id: &str) -> &str {
    message_id.trim().trim_start_matches('<').trim_end_matches('>')
}

fn converse(stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(120)))?;
    let mut output = stream.try_clone()?;
    let mut input = BufReader::new(stream);
    let mut say = |words: &str| output.write_all(format!("{words}\r\n").as_bytes());
    say("220 sink.example ESMTP")?;
    let mut line = String::new();
    loop {
        line.clear();
        if input.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => say("250-sink.example\r\n250 8BITMIME")?,
            "RCPT" => match take_script(shared, |script| matches!(script, Script::RefuseRecipient(_))) {
                Some(Script::RefuseRecipient(words)) => say(&words)?,
                _ => say("250 2.1.5 Recipient ok")?,
            },
            "DATA" => {
                say("354 Go ahead")?;
                let Some(message_id) = read_message(&mut input)? else { return Ok(()) };
                match take_script(shared, |script| !matches!(script, Script::RefuseRecipient(_))) {
                    Some(Script::RefuseData(words)) => {
                        shared.ledger.note("refused", &message_id);
                        say(&words)?;
                    }
                    Some(Script::TakeAndAnswerLater) => {
                        take(shared, &message_id);
                        wait_to_answer(shared);
                        say("250 2.0.0 Ok")?;
                    }
                    Some(_) => {
                        take(shared, &message_id);
                        // The peer goes away first, or the test ends.
                        while input.read_line(&mut line)? > 0 {}
                        return Ok(());
                    }
                    None => {
                        take(shared, &message_id);
                        say("250 2.0.0 Ok")?;
                    }
                }
            }
            "QUIT" => return say("221 Bye"),
            _ => say("250 2.0.0 Ok")?,
        }
    }
}

fn take_script(shared: &Shared, fits: impl Fn(&Script) -> bool) -> Option<Script> {
    let mut scripts = shared.scripts.lock().unwrap();
    if scripts.front().is_some_and(fits) { scripts.pop_front() } else { None }
}

fn take(shared: &Shared, message_id: &str) {
    let mut taken = shared.taken.lock().unwrap();
    shared.ledger.note("taken", message_id);
    *taken.entry(message_id.to_owned()).or_default() += 1;
    drop(taken);
    shared.changed.notify_all();
}

fn wait_to_answer(shared: &Shared) {
    let mut may_answer = shared.may_answer.lock().unwrap();
    while !*may_answer && !shared.ended.load(Ordering::SeqCst) {
        may_answer = shared.changed.wait_timeout(may_answer, Duration::from_secs(1)).unwrap().0;
    }
}

/// The Message-ID of the mail up to the final dot; `None` when it is cut off before.
fn read_message(input: &mut impl BufRead) -> std::io::Result<Option<String>> {
    let mut message_id = None;
    let mut line = String::new();
    loop {
        line.clear();
        if input.read_line(&mut line)? == 0 || !line.ends_with('\n') {
            return Ok(None);
        }
        if line == ".\r\n" {
            return Ok(Some(message_id.unwrap_or_default()));
        }
        let name = line.get(..11).unwrap_or_default();
        if message_id.is_none() && name.eq_ignore_ascii_case("message-id:") {
            message_id = Some(bare(&line[11..]).to_owned());
        }
    }
}
