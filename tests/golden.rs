//! The golden questions about the example organization and its twin.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

#[path = "golden/asked.rs"]
mod asked;
#[path = "golden/examples.rs"]
mod examples;

use asked::Asked;
use examples::{example, golden};
use gateproof::ask::{CrossCheck, Settings};
use gateproof::question::Verdict;
use std::collections::BTreeSet;

fn check(twin: &str) {
    let golden = golden();
    let estate = example(twin);
    let settings = Settings { cross_check: CrossCheck::Never, ..Settings::default() };
    let mut wrong = Vec::new();
    for entry in &golden {
        let id = entry["id"].as_str().unwrap();
        let arguments = entry["ask"].as_array().unwrap();
        let asked = Asked::of(arguments);
        let expected = &entry[twin];
        match asked.selectors() {
            Some(selectors) => match estate.can(&selectors, &asked.requests, asked.quantifier, &settings) {
                Ok(answer) => {
                    let got = format!("{:?}", answer.overall.verdict).to_lowercase();
                    if Some(got.as_str()) != expected["verdict"].as_str() {
                        let why = answer.overall.undecided.map(|u| u.reason);
                        let witness =
                            answer.overall.witness.map(|w| serde_json::to_string(&w.steps).unwrap());
                        wrong.push(format!("{id}: expected {expected}, got {got} {why:?} {witness:?}"));
                    }
                }
                Err(error) => {
                    if expected["error"].is_null() {
                        wrong.push(format!("{id}: expected {expected}, got error {error}"));
                    }
                }
            },
            None => {
                let answers = estate.who_can(&asked.requests, &settings).unwrap();
                let own = |arn: &str| arn.contains(":user/") || arn.contains(":role/");
                let names = |v: Verdict| -> BTreeSet<String> {
                    answers
                        .iter()
                        .filter(|(arn, a)| a.verdict == v && own(arn))
                        .map(|(arn, _)| arn.to_string())
                        .collect()
                };
                let list = |key: &str| -> BTreeSet<String> {
                    expected[key]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .map(|v| v.as_str().unwrap().to_owned())
                        .collect()
                };
                let (expected, either) = (list("principals"), list("either"));
                let got = names(Verdict::Reachable);
                let missing: Vec<_> = expected.difference(&got).collect();
                let extra: Vec<_> = got.difference(&expected).filter(|a| !either.contains(*a)).collect();
                let undecided = names(Verdict::Undecided);
                if !missing.is_empty() || !extra.is_empty() || !undecided.is_empty() {
                    wrong
                        .push(format!("{id}: missing {missing:?}, extra {extra:?}, undecided {undecided:?}"));
                }
            }
        }
    }
    assert!(golden.len() >= 40, "only {} golden questions", golden.len());
    assert!(wrong.is_empty(), "{}: {} of {} differ\n{}", twin, wrong.len(), golden.len(), wrong.join("\n"));
}

#[test]
fn the_example_organization() {
    check("acme");
}

#[test]
fn its_fixed_twin() {
    check("acme-fixed");
}
