//! Asks `who-can` for each question of the list and prints a JSON line each, with who can and their witness:
//! `ask-all SNAPSHOT`. For comparisons with other tools.

use gateproof::ask::{CrossCheck, Estate, EstateOptions, Settings};
use gateproof::question::Verdict;
use gateproof_benches::measure::Failure;
use gateproof_benches::questions::{TEXT, parse_questions};
use serde_json::json;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [snapshot] = arguments.as_slice() else { return ExitCode::from(64) };
    match ask_all(Path::new(snapshot)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "ask-all: {error}");
            ExitCode::FAILURE
        }
    }
}

fn ask_all(snapshot: &Path) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let start = Instant::now();
    let estate = Estate::load(snapshot, EstateOptions::default())?;
    writeln!(out, "{}", json!({"load": start.elapsed().as_secs_f64()}))?;
    let settings = Settings { cross_check: CrossCheck::Never, ..Settings::default() };
    for question in parse_questions(TEXT)? {
        let requests = &question.requests;
        let start = Instant::now();
        let answers = estate.who_can(requests, &settings)?;
        let took = start.elapsed();
        let mut can = serde_json::Map::new();
        let mut undecided = Vec::new();
        for (arn, answer) in &answers {
            match (&answer.verdict, answer.witness.as_ref().and_then(|w| w.steps.first())) {
                (Verdict::Reachable, Some(step)) => {
                    let because: Vec<&str> = step.allowed_by.iter().map(|e| e.policy.as_str()).collect();
                    let witness =
                        json!({"action": step.action, "resource": step.resource, "because": because});
                    can.insert(arn.to_string(), witness);
                }
                (Verdict::Undecided, _) => undecided.push(arn.to_string()),
                _ => {}
            }
        }
        let when: Vec<String> = requests.when.iter().map(ToString::to_string).collect();
        let levels: Vec<&str> = requests.access.iter().map(|level| level.name()).collect();
        let line = json!({"question": question.text, "actions": requests.actions, "resources": requests.resources,
                          "access": levels, "when": when, "seconds": took.as_secs_f64(), "can": can,
                          "undecided": undecided});
        writeln!(out, "{line}")?;
    }
    Ok(())
}
