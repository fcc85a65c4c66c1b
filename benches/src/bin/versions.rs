//! Compares all consecutive versions of the AWS-managed policies, `FILE`, which holds a pair a line
//! (`scripts/policy_versions.py` writes it):
//!
//! ```text
//! versions FILE [--strings N] [--cvc5 N] [--patience MS] [--slowest N]
//! ```
//!
//! `--strings` and `--cvc5` put every N-th pair to strings in Z3 and in cvc5 as well, which may take `--patience` for one formula
//! (500 ms); `--slowest` names so many pairs that took the longest.

use gateproof_benches::versions::{Pair, Seconding, Solver, Tally};
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

/// What the flags say.
struct Asked {
    strings: usize,
    cvc5: usize,
    patience: u64,
    slowest: usize,
}

impl Asked {
    /// The flags and their numbers; none where something else is written.
    fn parse(flags: &[String]) -> Option<Self> {
        let mut asked = Self { strings: 0, cvc5: 0, patience: 500, slowest: 1 };
        for pair in flags.chunks(2) {
            let [flag, number] = pair else { return None };
            match flag.as_str() {
                "--strings" => asked.strings = number.parse().ok()?,
                "--cvc5" => asked.cvc5 = number.parse().ok()?,
                "--patience" => asked.patience = number.parse().ok()?,
                "--slowest" => asked.slowest = number.parse().ok()?,
                _ => return None,
            }
        }
        Some(asked)
    }

    fn seconds(&self) -> Vec<Seconding> {
        let patience = Duration::from_millis(self.patience);
        let of = |solver, every| (every > 0).then_some(Seconding { solver, every, patience });
        [of(Solver::Z3, self.strings), of(Solver::Cvc5, self.cvc5)].into_iter().flatten().collect()
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((file, flags)) = arguments.split_first() else { return ExitCode::from(64) };
    let Some(asked) = Asked::parse(flags) else { return ExitCode::from(64) };
    let pairs = std::fs::read_to_string(file).map(|text| Pair::read_all(&text));
    let Ok(Ok(pairs)) = pairs else { return ExitCode::FAILURE };
    let tally = Tally::of(&pairs, &asked.seconds());
    let printed = std::io::stdout().write_all(tally.render(asked.slowest).as_bytes());
    if printed.is_ok() && tally.wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
