//! What becomes of a question when the engine gives up: strings in Z3, then in cvc5, then *undecided*.

use crate::program::ask;
use crate::snapshots::{OneUser, statement};
use gateproof::ask::{CrossCheck, Effort, Estate, EstateOptions, Settings};
use gateproof::engine::Limits;
use gateproof::question::{Answer, Quantifier, Requests, Verdict};
use gateproof_encodings::classes::Budget;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

fn answer(documents: &[Value], action: &str, resource: &str, effort: Effort) -> Answer {
    let snapshot = OneUser::with(documents);
    let estate = Estate::load(Path::new(&snapshot.path()), EstateOptions::default()).unwrap();
    let settings = Settings { effort, cross_check: CrossCheck::Never, ..Settings::default() };
    let requests = Requests {
        actions: vec![action.to_owned()],
        resources: vec![resource.to_owned()],
        ..Requests::default()
    };
    estate.can(&["user/ana".parse().unwrap()], &requests, Quantifier::Some, &settings).unwrap().overall
}

/// The answer of an engine that may not look at a single state.
fn starved(documents: &[Value], resource: &str) -> Answer {
    let search = Budget { search: 0, minimize: 0, ..Budget::default() };
    let limits = Limits { search, ..Limits::default() };
    answer(documents, "s3:GetObject", resource, Effort { limits, ..Effort::default() })
}

/// It takes both Denies together to leave nothing under `secret/`, so that no two sets alone show it.
fn documents() -> Vec<Value> {
    vec![
        statement("Allow", "s3:GetObject", json!("arn:aws:s3:::reports/*")),
        statement("Deny", "s3:GetObject", json!("arn:aws:s3:::reports/secret/?*")),
        statement("Deny", "s3:GetObject", json!("arn:aws:s3:::reports/secret/")),
    ]
}

#[test]
fn strings_find_the_request_and_the_evaluator_confirms_it() {
    let answer = starved(&documents(), "*");
    assert_eq!(answer.verdict, Verdict::Reachable, "{answer:?}");
    let step = &answer.witness.unwrap().steps[0];
    assert!(step.resource.starts_with("arn:aws:s3:::reports/"), "{step:?}");
    assert!(!step.resource.starts_with("arn:aws:s3:::reports/secret"), "{step:?}");
}

#[test]
fn that_strings_find_no_request_is_no_proof() {
    let answer = starved(&documents(), "arn:aws:s3:::reports/secret/*");
    assert_eq!(answer.verdict, Verdict::Undecided, "{answer:?}");
    let reason = answer.undecided.unwrap().reason;
    assert!(reason.starts_with("no checked proof: strings in z3 and cvc5 find no request"), "{reason}");
}

#[test]
fn a_key_that_is_text_and_number_at_once_is_undecided_where_strings_find_nothing_either() {
    let document = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*",
        "Condition": {"NumericLessThan": {"s3:max-keys": "5"}, "StringLike": {"s3:max-keys": "0?"}},
    }});
    let effort = Effort { strings: Duration::from_millis(500), ..Effort::default() };
    let answer = answer(&[document], "s3:ListBucket", "*", effort);
    assert_eq!(answer.verdict, Verdict::Undecided, "{answer:?}");
    let reason = answer.undecided.unwrap().reason;
    assert!(reason.contains("compared as text and as number"), "{reason}");
}

#[test]
fn strings_decide_and_an_impossible_still_has_a_checked_proof() {
    let snapshot = OneUser::with(&documents());
    let path = snapshot.path();
    let by_strings = |resource| {
        let question = ["can", &path, "--principal", "user/ana", "--action", "s3:GetObject"];
        ask(&[&question[..], &["--resource", resource, "--encoding", "strings"]].concat())
    };
    let (code, verdict) = by_strings("arn:aws:s3:::reports/*");
    assert_eq!((code, &verdict["verdict"]), (2, &json!("reachable")), "{verdict}");
    let (code, verdict) = by_strings("arn:aws:s3:::reports/secret/*");
    assert_eq!((code, &verdict["verdict"]), (0, &json!("impossible")), "{verdict}");
    assert_eq!(verdict["proof"]["encodings"], json!(["classes", "strings"]));
    assert!(verdict["proof"]["seconded"].as_u64().unwrap() > 0, "{verdict}");
}
