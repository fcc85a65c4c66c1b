//! Every authorization case of the corpus, decided by every encoding.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use gateproof::decide::{Classes, Satisfiability, decide_by};
use gateproof_encodings::compiled::Compiler;
use gateproof_model::catalogue::Catalogue;
use gateproof_model::decide::parse_line;
use gateproof_model::evaluator::{World, evaluate};

/// Cases whose expectation is a decision: id, line, expectation.
fn cases() -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    let mut files: Vec<_> = std::fs::read_dir("corpus/cases").unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for file in files.into_iter().filter(|f| f.extension().is_some_and(|e| e == "json")) {
        let cases: Vec<serde_json::Value> =
            serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        for case in cases {
            if let Some(expected) = case["expect"].as_str() {
                found.push((case["id"].as_str().unwrap().to_owned(), case.to_string(), expected.to_owned()));
            }
        }
    }
    assert!(found.len() > 400, "only {} cases found", found.len());
    found
}

fn differences(encoding: &mut dyn Satisfiability) -> Vec<String> {
    let world = World::new(Catalogue::embedded());
    let compiler = Compiler::default();
    let mut wrong = Vec::new();
    for (id, line, expected) in cases() {
        let line = parse_line(&line).unwrap_or_else(|e| panic!("{id}: {}", e.error));
        let answer = match decide_by(encoding, &compiler, &line.policies, &line.request, &world) {
            Ok(outcome) => format!("{outcome:?}"),
            Err(reason) => format!("undecided: {reason}"),
        };
        if answer != expected {
            let reference = evaluate(&line.policies, &line.request, &world);
            wrong.push(format!("{id}: expected {expected}, got {answer}, reference {:?}", reference.outcome));
        }
    }
    wrong
}

#[test]
fn classes_decides_every_case() {
    let wrong = differences(&mut Classes::default());
    assert!(wrong.is_empty(), "{} cases differ:\n{}", wrong.len(), wrong.join("\n"));
}
