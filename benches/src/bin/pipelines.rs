//! Writes a snapshot of many pipelines: `pipelines COUNT ACCOUNTS DIRECTORY`.

use gateproof_benches::pipelines::write_pipelines;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [count, accounts, directory] = arguments.as_slice() else { return ExitCode::from(64) };
    let (Ok(count), Ok(accounts)) = (count.parse(), accounts.parse()) else { return ExitCode::from(64) };
    match write_pipelines(Path::new(directory), count, accounts) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
