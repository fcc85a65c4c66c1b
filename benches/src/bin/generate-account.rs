//! Writes a generated snapshot: `generate-account [--extended] ROLES SEED DIRECTORY`; extended by compute, pipelines and trust.

use gateproof_benches::account::write_snapshot;
use gateproof_benches::extended::write_extended_snapshot;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (extended, rest) = match arguments.as_slice() {
        [flag, rest @ ..] if flag == "--extended" => (true, rest),
        rest => (false, rest),
    };
    let [roles, seed, directory] = rest else { return ExitCode::from(64) };
    let (Ok(roles), Ok(seed)) = (roles.parse(), seed.parse()) else { return ExitCode::from(64) };
    let write = if extended { write_extended_snapshot } else { write_snapshot };
    match write(Path::new(directory), roles, seed) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
