//! Child processes that end when this process ends, even if it is killed.
//!
//! A small shell supervisor holds the other end of a pipe; when the pipe closes without the word `stop`, it stops
//! the child and removes the child's folder.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

/// `$1` is the child's folder, the rest its command line.
/// Fractional sleeps are short so that nothing lingers and keeps an inherited file open.
const SUPERVISOR: &str = r#"
trap '' INT
folder=$1
shift
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
echo "$child" >"$folder/pid.new"
mv "$folder/pid.new" "$folder/pid"
{
  read -r word
  [ "$word" = stop ] || : >"$folder/orphaned"
  kill -TERM "$child" 2>/dev/null
  waited=0
  while [ "$waited" -lt 100 ]; do sleep 0.1; waited=$((waited + 1)); done
  kill -KILL "$child" 2>/dev/null
} <&3 &
watcher=$!
exec 3<&-
wait "$child"
code=$?
kill "$watcher" 2>/dev/null
if [ -e "$folder/orphaned" ]; then
  # Parts of the child may still be writing their last words while it is removed.
  tries=0
  while ! rm -rf "$folder" 2>/dev/null && [ "$tries" -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
fi
exit "$code"
"#;

/// What to run and where its process id and its output go.
pub(crate) struct Supervision<'a> {
    /// Put before the supervisor, for example `sudo -n`; empty to run as the current user.
    pub prefix: &'a [&'a str],
    /// An existing folder that belongs to this child alone.
    pub folder: &'a Path,
    pub command: Vec<OsString>,
    pub environment: Vec<(OsString, OsString)>,
}

/// A running child; dropping it stops the child, waits for its end and keeps its folder.
pub(crate) struct Supervised {
    supervisor: Child,
    stop_pipe: Option<ChildStdin>,
    folder: PathBuf,
    pid: u32,
    discarded: bool,
}

impl Supervised {
    pub fn start(supervision: Supervision<'_>) -> Result<Self> {
        let folder = supervision.folder;
        let pid_file = folder.join("pid");
        if pid_file.exists() {
            fs::remove_file(&pid_file)?;
        }
        let output = File::options().create(true).append(true).open(output_file(folder))?;
        let mut words: Vec<OsString> = supervision.prefix.iter().map(OsString::from).collect();
        words.extend(["sh", "-c", SUPERVISOR, "supervisor"].map(OsString::from));
        words.push(folder.into());
        words.extend(supervision.command);
        let mut supervisor = Command::new(&words[0])
            .args(&words[1..])
            .envs(supervision.environment)
            .stdin(Stdio::piped())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("starting {:?}", words[0]))?;
        let stop_pipe = supervisor.stdin.take();
        let pid = wait_until(Duration::from_secs(10), || {
            fs::read_to_string(&pid_file).ok().and_then(|text| text.trim().parse().ok())
        })
        .ok_or_else(|| anyhow!("no process id from the supervisor: {}", read_output(folder)))?;
        Ok(Self { supervisor, stop_pipe, folder: folder.to_owned(), pid, discarded: false })
    }

    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Everything that the child has written to its standard output and error so far.
    pub fn output(&self) -> String {
        read_output(&self.folder)
    }

    /// The exit status, once the child has ended; a signal shows as 128 plus its number.
    pub fn exit_status(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.supervisor.try_wait()?)
    }

    /// Waits for the child's end without asking for it.
    pub fn wait_for_exit(&mut self, timeout: Duration) -> Result<ExitStatus> {
        let deadline = Instant::now() + timeout;
        loop {
            if let Some(status) = self.supervisor.try_wait()? {
                return Ok(status);
            }
            if Instant::now() > deadline {
                bail!("process {} still runs after {timeout:?}: {}", self.pid, self.output());
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Sends TERM, after ten seconds KILL, and waits.
    pub fn stop(&mut self) -> Result<ExitStatus> {
        if let Some(mut pipe) = self.stop_pipe.take() {
            // The supervisor may have gone already, together with the child; then there is nobody to tell.
            let _ = pipe.write_all(b"stop\n");
        }
        Ok(self.supervisor.wait()?)
    }

    /// Lets the child end and its folder vanish without waiting for it, which takes Dovecot more than a second.
    pub fn discard(mut self) {
        drop(self.stop_pipe.take());
        self.discarded = true;
    }

    /// Waits until every port answers; fails with the child's output when it ends first or takes too long.
    pub fn wait_for_ports(&mut self, ports: &[u16], timeout: Duration) -> Result<()> {
        let deadline = Instant::now() + timeout;
        for port in ports {
            while TcpStream::connect((Ipv4Addr::LOCALHOST, *port)).is_err() {
                if let Some(status) = self.supervisor.try_wait()? {
                    bail!("ended with {status} before port {port} answered: {}", self.output());
                }
                if Instant::now() > deadline {
                    bail!("port {port} did not answer within {timeout:?}: {}", self.output());
                }
                thread::sleep(Duration::from_millis(10));
            }
        }
        Ok(())
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        if self.discarded {
            return;
        }
        if let Err(error) = self.stop() {
            eprintln!("stopping process {}: {error}", self.pid);
        }
    }
}

pub(crate) fn output_file(folder: &Path) -> PathBuf {
    folder.join("output.log")
}

fn read_output(folder: &Path) -> String {
    fs::read(output_file(folder)).map_or_else(
        |error| format!("(no output: {error})"),
        |bytes| String::from_utf8_lossy(&bytes).into_owned(),
    )
}

fn wait_until<T>(timeout: Duration, mut probe: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + timeout;
    loop {
        if let Some(value) = probe() {
            return Some(value);
        }
        if Instant::now() > deadline {
            return None;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Reserves distinct free loopback ports below the range from which the kernel serves outgoing connections,
/// so that only another server could take one before it is used.
pub fn free_ports<const COUNT: usize>() -> Result<[u16; COUNT]> {
    let mut held: Vec<(u16, TcpListener)> = Vec::with_capacity(COUNT);
    for _ in 0..1000 {
        if held.len() == COUNT {
            break;
        }
        let port = 18_000 + u16::try_from(random_number() % 14_000)?;
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            held.push((port, listener));
        }
    }
    if held.len() < COUNT {
        bail!("no {COUNT} free loopback ports");
    }
    Ok(std::array::from_fn(|index| held[index].0))
}

/// The standard library's only source of randomness: the keys of its hash maps.
fn random_number() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish()
}
