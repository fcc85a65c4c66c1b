//! Writes a generated snapshot: `generate-account ROLES SEED DIRECTORY`.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [roles, seed, directory] = arguments.as_slice() else { return ExitCode::from(64) };
    let (Ok(roles), Ok(seed)) = (roles.parse(), seed.parse()) else { return ExitCode::from(64) };
    match gateproof_benches::account::write_snapshot(Path::new(directory), roles, seed) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
