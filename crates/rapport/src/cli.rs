//! The command line: what can be asked of the program, and how its failures are shown.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

use crate::config::{self, Environment, Overrides, Settings};
use crate::console::say;
use crate::{admin, bench, demo, logging, mail_listener, serve, wiring};

/// A self-hosted inbox in which people answer customers together.
#[derive(Parser)]
#[command(name = "rapport", version, propagate_version = true)]
struct Arguments {
    /// TOML file with settings; flags and RAPPORT_… variables win over it.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder for the database, files and keys (RAPPORT_DATA; default: ./data, for demo ./demo-data).
    #[arg(long, global = true, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// Address and port to serve on (RAPPORT_LISTEN; default: 127.0.0.1:7700).
    #[arg(long, global = true, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server.
    Serve,
    /// Run a server with sample data and a page on which you play its customers.
    Demo,
    /// Bring the database up to date and exit.
    Migrate,
    /// Check the settings without starting anything.
    CheckConfig,
    /// Measure throughput and latency on databases of its own.
    Bench(bench::Arguments),
    /// Create workspaces, users and tokens from the command line.
    #[command(subcommand)]
    Admin(admin::Verb),
}

/// Runs the program. Failures are one line on standard error.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    match start(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let line: Vec<String> = error.chain().map(|cause| cause.to_string()).collect();
            eprintln!("rapport: {}", line.join(": ").replace('\n', " "));
            ExitCode::FAILURE
        }
    }
}

fn start(arguments: Arguments) -> Result<()> {
    // Made-up data must not end up where real data is looked for.
    let default_data_dir = match arguments.command {
        Command::Demo => Some(PathBuf::from("demo-data")),
        Command::Bench(_) => Some(PathBuf::from("bench-data")),
        _ => None,
    };
    let overrides = Overrides {
        config: arguments.config,
        data_dir: arguments.data_dir,
        listen: arguments.listen,
        default_data_dir,
    };
    let settings = config::resolve(&overrides, &Environment::of_process())?;
    logging::start(&settings.log)?;
    // Every TLS connection takes this implementation; a second installation in one process changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("no threads can be started")?;
    let outcome = runtime.block_on(dispatch(arguments.command, settings));
    // Threads that still wait for a slow disk or peer do not hold the end up.
    runtime.shutdown_timeout(Duration::from_millis(100));
    outcome
}

async fn dispatch(command: Command, settings: Settings) -> Result<()> {
    match command {
        Command::Serve => serve::run(settings).await,
        Command::Demo => demo::run(settings).await,
        Command::Migrate => migrate(&settings),
        Command::CheckConfig => check_config(&settings).await,
        Command::Bench(arguments) => bench::run(settings, arguments).await,
        Command::Admin(verb) => admin::run(&settings, verb).await,
    }
}

fn migrate(settings: &Settings) -> Result<()> {
    wiring::create_data_folder(&settings.data_folder)?;
    let _lock = crate::folder_lock::acquire(&settings.data_folder)?;
    let report = rapport_store::migrate::migrate_database(&settings.database)
        .context("the database cannot be brought up to date")?;
    if report.applied.is_empty() {
        say(&format!("The database is at version {} already.", report.version));
    } else {
        say(&format!("The database is now at version {}.", report.version));
    }
    if let Some(backup) = report.backup {
        say(&format!("A copy from before is at {}.", backup.display()));
    }
    Ok(())
}

/// What parsing cannot see: certificates and ports. Nothing is created.
async fn check_config(settings: &Settings) -> Result<()> {
    drop(mail_listener::bind(settings.listen, "listen").await?);
    mail_listener::check(&settings.smtp).await?;
    say("The configuration is good.");
    say(&format!("  listen      {}", settings.listen));
    say(&format!("  public_url  {}", settings.public_url.resolve(settings.listen)));
    say(&format!("  data_dir    {}", settings.data_folder.display()));
    match &settings.database {
        rapport_store::DatabaseUrl::Sqlite(path) => say(&format!("  database    {}", path.display())),
        // The connection string holds a password.
        rapport_store::DatabaseUrl::Postgres(_) => say("  database    PostgreSQL"),
    }
    Ok(())
}
