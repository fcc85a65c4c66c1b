//! The command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(gateproof::cli::run())
}
