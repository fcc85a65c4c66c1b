//! Asks of all pairs of AWS-managed policies whether the first allows something that the second does not:
//! `pairs [--every N]` takes every N-th first policy.

use gateproof::compare::{Comparer, Comparison, Exhibits, parse_identity_policy};
use gateproof_model::catalogue::Catalogue;
use rayon::prelude::*;
use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// One pair in so many that exhibits decide is decided by a formula as well.
const SECONDED: usize = 1_000;

#[derive(Debug, Default)]
struct Tally {
    wider: usize,
    not_wider: usize,
    undecided: Vec<String>,
    by_formula: usize,
    seconded: usize,
    contradictions: Vec<String>,
    slowest: (Duration, String),
}

impl Tally {
    fn join(mut self, other: Self) -> Self {
        self.wider += other.wider;
        self.not_wider += other.not_wider;
        self.undecided.extend(other.undecided);
        self.by_formula += other.by_formula;
        self.seconded += other.seconded;
        self.contradictions.extend(other.contradictions);
        self.slowest = self.slowest.max(other.slowest);
        self
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let every = match arguments.as_slice() {
        [] => Some(1),
        [flag, n] if flag == "--every" => n.parse().ok().filter(|n| *n > 0),
        _ => None,
    };
    let Some(every) = every else { return ExitCode::from(64) };
    let policies: Vec<Exhibits> = Catalogue::embedded()
        .managed_policies()
        .filter_map(|p| parse_identity_policy(p.document(), p.arn()))
        .map(Exhibits::of)
        .collect();
    let comparer = Comparer::default();
    let start = Instant::now();
    let tally = policies
        .par_iter()
        .enumerate()
        .filter(|(n, _)| n % every == 0)
        .map(|(n, first)| compare_with_all(n, first, &policies, &comparer))
        .reduce(Tally::default, Tally::join);
    let text = render(&tally, policies.len(), start.elapsed());
    let printed = std::io::stdout().write_all(text.as_bytes());
    if printed.is_ok() && tally.contradictions.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn compare_with_all(n: usize, first: &Exhibits, policies: &[Exhibits], comparer: &Comparer) -> Tally {
    let mut tally = Tally::default();
    for (m, second) in policies.iter().enumerate().filter(|(m, _)| *m != n) {
        let names =
            || format!("{} beyond {}", first.document().source.policy, second.document().source.policy);
        let start = Instant::now();
        if first.beyond(second, comparer).is_some() {
            tally.wider += 1;
            tally.note(start.elapsed(), &names);
            if (n * policies.len() + m).is_multiple_of(SECONDED) {
                tally.seconded += 1;
                let formula = comparer.compare(first.document(), second.document(), None);
                if matches!(formula, Comparison::NotWider(_)) {
                    tally.contradictions.push(names());
                }
            }
            continue;
        }
        tally.by_formula += 1;
        match comparer.compare(first.document(), second.document(), None) {
            Comparison::Wider(_) => tally.wider += 1,
            Comparison::NotWider(_) => tally.not_wider += 1,
            Comparison::Undecided(reason) => tally.undecided.push(format!("{}: {reason}", names())),
        }
        tally.note(start.elapsed(), &names);
    }
    tally
}

impl Tally {
    fn note(&mut self, took: Duration, names: &dyn Fn() -> String) {
        if took > self.slowest.0 {
            self.slowest = (took, names());
        }
    }
}

fn render(tally: &Tally, policies: usize, took: Duration) -> String {
    let pairs = tally.wider + tally.not_wider + tally.undecided.len();
    let some: String = tally.undecided.iter().take(20).map(|u| format!("  {u}\n")).collect();
    let wrong: String = tally.contradictions.iter().map(|c| format!("  {c}\n")).collect();
    format!(
        "{policies} policies, {pairs} pairs in {:.1} s: {:.0} a second\n\
         wider {} (a replayed request each), not wider {} (a checked proof each), undecided {}\n\
         decided by a formula {}; by exhibits and, as a check, by a formula too {}, contradictory {}\n\
         slowest {:.1} ms: {}\n\
         undecided (the first twenty):\n{some}contradictory:\n{wrong}",
        took.as_secs_f64(),
        pairs as f64 / took.as_secs_f64(),
        tally.wider,
        tally.not_wider,
        tally.undecided.len(),
        tally.by_formula,
        tally.seconded,
        tally.contradictions.len(),
        tally.slowest.0.as_secs_f64() * 1e3,
        tally.slowest.1,
    )
}
