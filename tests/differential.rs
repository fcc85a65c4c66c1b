//! Random policies and near-miss requests: the reference evaluator and both encodings decide alike.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

#[path = "generate/requests.rs"]
mod generate;

use gateproof::decide::{Classes, Satisfiability, Strings, decide_by};
use gateproof::solver::UnknownReason;
use gateproof_encodings::compiled::Compiler;
use gateproof_model::catalogue::Catalogue;
use gateproof_model::decide::parse_line;
use gateproof_model::evaluator::{Outcome, World, evaluate};
use generate::line;
use rayon::prelude::*;

/// What the reference evaluator and an encoding say of so many pinned requests.
#[derive(Debug, Default)]
struct Tally {
    allowed: usize,
    denied: usize,
    wrong: Vec<String>,
    undecided: Vec<String>,
}

fn compare<S: Satisfiability>(count: u64, start: impl Fn() -> S + Sync + Send) -> Tally {
    let world = World::new(Catalogue::embedded());
    let results: Vec<(Outcome, Result<Outcome, UnknownReason>, u64)> = (0..count)
        .into_par_iter()
        .map_init(start, |encoding, seed| {
            let text = line(seed).to_string();
            let parsed = parse_line(&text).unwrap_or_else(|e| panic!("{}: {text}", e.error));
            let reference = evaluate(&parsed.policies, &parsed.request, &world).outcome;
            let compiler = Compiler::default();
            (reference, decide_by(encoding, &compiler, &parsed.policies, &parsed.request, &world), seed)
        })
        .collect();
    let mut tally = Tally::default();
    for (reference, answer, seed) in results {
        match reference {
            Outcome::Allowed => tally.allowed += 1,
            _ => tally.denied += 1,
        }
        match answer {
            Ok(outcome) if outcome == reference => {}
            Ok(_) | Err(UnknownReason::Disagreement { .. }) => {
                tally.wrong.push(format!("reference {reference:?}, encoding {answer:?}\n{}", line(seed)));
            }
            Err(reason) => tally.undecided.push(format!("{reason}\n{}", line(seed))),
        }
    }
    assert!(
        tally.wrong.is_empty(),
        "{} of {count} differ, the first:\n{}",
        tally.wrong.len(),
        tally.wrong[0]
    );
    let left = &tally.undecided;
    assert!(left.is_empty(), "{} of {count} undecided, the first:\n{}", left.len(), left[0]);
    tally
}

#[test]
fn reference_equals_classes_on_pinned_requests() {
    let tally = compare(20_000, Classes::default);
    assert!(tally.allowed >= 6_000 && tally.denied >= 6_000, "{tally:?}");
}

#[test]
fn reference_equals_strings_on_pinned_requests() {
    let tally = compare(20_000, || Strings::new().unwrap());
    assert!(tally.allowed >= 6_000 && tally.denied >= 6_000, "{tally:?}");
}

#[test]
fn soak_reference_equals_classes() {
    let full = std::env::var("GATEPROOF_SOAK").is_ok_and(|v| v == "1");
    compare(if full { 1_000_000 } else { 500 }, Classes::default);
}
