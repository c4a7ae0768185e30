//! Starts the command line; everything it does is in the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    rapport::cli::run()
}
