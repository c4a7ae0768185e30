//! Log lines on standard error, so that standard output stays for answers.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::Problem;

/// Starts logging; `filter` is a level or a list of `target=level`.
pub fn start(filter: &str) -> Result<(), Problem> {
    let filter = EnvFilter::try_new(filter).map_err(|error| {
        Problem::of_key("RAPPORT_LOG", error.to_string(), "write info, or rapport_engine=debug,warn")
    })?;
    // A second start within one process keeps the first one's settings.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        // A log that cannot be written must not bring requests down with it.
        .log_internal_errors(false)
        .try_init();
    Ok(())
}
