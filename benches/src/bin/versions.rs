//! Compares all consecutive versions of the AWS-managed policies: `versions FILE [--strings N]`, where FILE holds a pair a line
//! (`scripts/policy_versions.py` writes it) and every N-th pair is put to strings in Z3 as well.

use gateproof_benches::versions::{Pair, Tally};
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (file, strings) = match arguments.as_slice() {
        [file] => (file, Some(0)),
        [file, flag, n] if flag == "--strings" => (file, n.parse().ok()),
        _ => return ExitCode::from(64),
    };
    let Some(strings) = strings else { return ExitCode::from(64) };
    let pairs = std::fs::read_to_string(file).map(|text| Pair::read_all(&text));
    let Ok(Ok(pairs)) = pairs else { return ExitCode::FAILURE };
    let tally = Tally::of(&pairs, strings);
    let printed = std::io::stdout().write_all(tally.render(pairs.len()).as_bytes());
    if printed.is_ok() && tally.wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
