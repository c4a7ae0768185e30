//! The server to be measured: in this process where only time counts, as a process of its own where memory does.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rapport_engine::Engine;
use rapport_server::ServerOptions;
use rapport_store::DatabaseUrl;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::http::Client;
use super::world::SECRET;

const START_PATIENCE: Duration = Duration::from_secs(60);

/// The whole server, with its workers, on a port of the loopback.
pub struct InProcess {
    pub address: SocketAddr,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl InProcess {
    pub async fn start(engine: Engine) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (stop, stopping) = watch::channel(false);
        let workers = {
            let (engine, stopping) = (engine.clone(), stopping.clone());
            tokio::spawn(async move { engine.run_workers(stopping).await })
        };
        let options = ServerOptions::new(&engine);
        let mut stopping = stopping;
        let serving = tokio::spawn(async move {
            let stopped = async move {
                // The sender lives as long as the server.
                let _ = stopping.wait_for(|stop| *stop).await;
            };
            if let Err(error) = rapport_server::serve(engine, listener, options, stopped).await {
                tracing::error!(%error, "the measured server ended");
            }
        });
        Ok(Self { address, stop, tasks: vec![workers, serving] })
    }

    pub async fn stop(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            // A task that panicked has said so itself.
            let _ = task.await;
        }
    }
}

/// `rapport serve` with a data folder of its own.
pub struct Process {
    child: Child,
    pub address: SocketAddr,
    /// From the start of the process to its first answer.
    pub first_answer: Duration,
}

impl Process {
    pub async fn start(folder: &Path, database: &DatabaseUrl) -> Result<Self> {
        let address = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let database = match database {
            DatabaseUrl::Sqlite(path) => format!("sqlite:{}", std::path::absolute(path)?.display()),
            DatabaseUrl::Postgres(url) => url.clone(),
        };
        let started = Instant::now();
        let child = Command::new(std::env::current_exe()?)
            .arg("serve")
            .env("RAPPORT_DATA", folder)
            .env("RAPPORT_LISTEN", address.to_string())
            .env("RAPPORT_DATABASE_URL", database)
            .env("RAPPORT_SECRET_KEY", String::from_utf8_lossy(SECRET).as_ref())
            .env("RAPPORT_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .context("the server cannot be started")?;
        let mut process = Self { child, address, first_answer: Duration::ZERO };
        while !process.answers().await {
            if let Some(status) = process.child.try_wait()? {
                bail!("the server ended at once with {status}");
            }
            if started.elapsed() > START_PATIENCE {
                bail!("the server does not answer");
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        process.first_answer = started.elapsed();
        Ok(process)
    }

    async fn answers(&self) -> bool {
        let Ok(mut client) = Client::connect(self.address, None).await else { return false };
        client.get("/readyz").await.is_ok_and(|answer| answer.status == 200)
    }

    /// Resident memory in megabytes (of a million bytes), shared pages of the program's own file included.
    pub fn resident_megabytes(&self) -> Result<f64> {
        let path = PathBuf::from(format!("/proc/{}/status", self.child.id()));
        let text = std::fs::read_to_string(&path).context("memory can only be measured on Linux")?;
        let kibibytes = text.lines().find_map(|line| {
            line.strip_prefix("VmRSS:")?.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()
        });
        Ok(kibibytes.context("the kernel does not tell the resident memory")? * 1024.0 / 1e6)
    }

    pub fn stop(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has ended already unless the measurement failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
