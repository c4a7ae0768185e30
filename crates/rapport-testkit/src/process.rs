//! Runs the real `rapport` binary, to see it start, stop and be killed.

use std::ffi::OsString;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitStatus;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::supervised::{Supervised, Supervision, free_ports};

/// How to start the binary. The port is chosen when it starts and stays the same over restarts.
#[derive(Clone, Debug)]
pub struct RapportOptions {
    /// Without it: `RAPPORT_BIN`, then the binary that Cargo built for this test, then the one in the target folder.
    pub binary: Option<PathBuf>,
    pub arguments: Vec<OsString>,
    /// Besides `RAPPORT_LISTEN` and `RAPPORT_DATA`, which are always set.
    pub environment: Vec<(OsString, OsString)>,
    /// Kept afterwards when given; otherwise a temporary folder.
    pub data_folder: Option<PathBuf>,
    /// From start to the first 200 from `/readyz`.
    pub ready_timeout: Duration,
}

impl Default for RapportOptions {
    fn default() -> Self {
        Self {
            binary: None,
            arguments: vec!["serve".into()],
            environment: Vec::new(),
            data_folder: None,
            ready_timeout: Duration::from_secs(30),
        }
    }
}

impl RapportOptions {
    pub fn environment(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }
}

/// A running server; dropping it stops it with TERM.
pub struct RapportProcess {
    process: Option<Supervised>,
    options: RapportOptions,
    binary: PathBuf,
    port: u16,
    folder: TempDir,
}

impl RapportProcess {
    /// Starts the server and waits until it is ready.
    pub fn start(options: RapportOptions) -> Result<Self> {
        let binary = match &options.binary {
            Some(path) => path.clone(),
            None => find_binary()?,
        };
        let [port] = free_ports()?;
        let folder = tempfile::Builder::new().prefix("rapport-process-").tempdir()?;
        let mut server = Self { process: None, options, binary, port, folder };
        server.start_again()?;
        Ok(server)
    }

    /// Starts after a stop or a kill, on the same port and the same data.
    pub fn start_again(&mut self) -> Result<()> {
        if self.process.is_some() {
            bail!("the server is still running");
        }
        let data_folder = self.data_folder();
        fs::create_dir_all(&data_folder)?;
        let mut environment: Vec<(OsString, OsString)> = vec![
            ("RAPPORT_LISTEN".into(), self.address().to_string().into()),
            ("RAPPORT_DATA".into(), data_folder.into()),
        ];
        environment.extend(self.options.environment.iter().cloned());
        let mut command: Vec<OsString> = vec![self.binary.clone().into()];
        command.extend(self.options.arguments.iter().cloned());
        let mut process =
            Supervised::start(Supervision { prefix: &[], folder: self.folder.path(), command, environment })?;
        wait_until_ready(&mut process, self.address(), self.options.ready_timeout)?;
        self.process = Some(process);
        Ok(())
    }

    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// `http://127.0.0.1:<port>`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    pub fn data_folder(&self) -> PathBuf {
        self.options.data_folder.clone().unwrap_or_else(|| self.folder.path().join("data"))
    }

    pub fn pid(&self) -> Result<u32> {
        Ok(self.running()?.pid())
    }

    /// What the server has written to its standard output and error, over all its starts.
    pub fn log(&self) -> String {
        fs::read_to_string(crate::supervised::output_file(self.folder.path())).unwrap_or_default()
    }

    /// Ends the server without a chance to finish anything, as a power cut would; returns when it is gone.
    pub fn kill(&mut self) -> Result<()> {
        self.signal(Signal::KILL)?;
        self.finish(Duration::from_secs(10)).map(drop)
    }

    /// Asks the server to end and returns its exit status.
    pub fn terminate(&mut self) -> Result<ExitStatus> {
        self.signal(Signal::TERM)?;
        self.finish(Duration::from_secs(30))
    }

    fn finish(&mut self, timeout: Duration) -> Result<ExitStatus> {
        let mut process = self.process.take().context("the server is not running")?;
        process.wait_for_exit(timeout)
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let pid = i32::try_from(self.running()?.pid())?;
        let pid = Pid::from_raw(pid).ok_or_else(|| anyhow!("no such process id: {pid}"))?;
        Ok(kill_process(pid, signal)?)
    }

    fn running(&self) -> Result<&Supervised> {
        self.process.as_ref().context("the server is not running")
    }
}

impl Drop for RapportProcess {
    fn drop(&mut self) {
        self.process = None;
        if thread::panicking() {
            eprintln!("The server's log:\n{}", self.log());
        }
    }
}

fn wait_until_ready(process: &mut Supervised, address: SocketAddr, timeout: Duration) -> Result<()> {
    let deadline = Instant::now() + timeout;
    loop {
        if let Some(status) = process.exit_status()? {
            bail!("the server ended with {status} before it was ready: {}", process.output());
        }
        let answer = status_line(address, "/readyz").unwrap_or_else(|error| error.to_string());
        if answer.starts_with("HTTP/1.1 200 ") {
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!("not ready after {timeout:?} (last answer: {answer}): {}", process.output());
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// One plain request is not worth an HTTP client.
fn status_line(address: SocketAddr, path: &str) -> Result<String> {
    use std::io::{BufRead, BufReader, Write};
    let mut stream = std::net::TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    Ok(line)
}

fn find_binary() -> Result<PathBuf> {
    for variable in ["RAPPORT_BIN", "CARGO_BIN_EXE_rapport"] {
        if let Some(path) = std::env::var_os(variable) {
            return Ok(path.into());
        }
    }
    // A test runs as target/<profile>/deps/<name>, and the binaries lie one folder above.
    let test = std::env::current_exe()?;
    let built =
        test.ancestors().skip(1).take(2).map(|folder| folder.join("rapport")).find(|path| path.exists());
    built.ok_or_else(|| anyhow!("no rapport binary beside {}: run cargo build -p rapport", test.display()))
}
