//! The golden questions about the example organization and its twin.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use gateproof::ask::{CrossCheck, Estate, EstateOptions, Settings};
use gateproof::question::{Quantifier, Requests, Verdict};
use gateproof_model::catalogue::AccessLevel;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

struct Asked {
    principals: Vec<String>,
    requests: Requests,
    quantifier: Quantifier,
}

/// The question of command-line arguments.
fn asked(arguments: &[Value]) -> Asked {
    let mut asked =
        Asked { principals: Vec::new(), requests: Requests::default(), quantifier: Quantifier::Some };
    let mut rest = arguments.iter().skip(1).map(|a| a.as_str().unwrap().to_owned());
    while let Some(flag) = rest.next() {
        let mut value = || rest.next().unwrap();
        match flag.as_str() {
            "--principal" => asked.principals.push(value()),
            "--action" => asked.requests.actions.push(value()),
            "--resource" => asked.requests.resources.push(value()),
            "--in" => asked.requests.within.push(value().parse().unwrap()),
            "--when" => asked.requests.when.push(value().parse().unwrap()),
            "--access" => {
                asked.requests.access.extend(value().split(',').map(|l| AccessLevel::parse(l).unwrap()));
            }
            "--every" => asked.quantifier = Quantifier::Every,
            other => panic!("unknown flag {other}"),
        }
    }
    asked
}

fn check(twin: &str) {
    let golden: Vec<Value> =
        serde_json::from_str(&std::fs::read_to_string("corpus/snapshots/golden.json").unwrap()).unwrap();
    let estate = Estate::load(&Path::new("corpus/snapshots").join(twin), EstateOptions::default()).unwrap();
    let settings = Settings { cross_check: CrossCheck::Never, ..Settings::default() };
    let mut wrong = Vec::new();
    for entry in &golden {
        let id = entry["id"].as_str().unwrap();
        let arguments = entry["ask"].as_array().unwrap();
        let asked = asked(arguments);
        let expected = &entry[twin];
        match arguments[0].as_str().unwrap() {
            "can" => {
                let selectors: Vec<_> = asked.principals.iter().map(|s| s.parse().unwrap()).collect();
                match estate.can(&selectors, &asked.requests, asked.quantifier, &settings) {
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
                }
            }
            "who-can" => {
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
            other => panic!("unknown command {other}"),
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
