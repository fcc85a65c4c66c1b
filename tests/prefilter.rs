//! What is ruled out before encoding could not have been allowed: with and without, the verdicts agree.
#![allow(clippy::unwrap_used, reason = "tests")]

use gateproof::ask::{CrossCheck, Estate, EstateOptions, Settings};
use gateproof::question::{Requests, Verdict};
use std::path::Path;

const QUESTIONS: &str = include_str!("../benches/questions.txt");

#[test]
fn ruling_out_beforehand_changes_no_verdict() {
    let quick = Settings { cross_check: CrossCheck::Never, ..Settings::default() };
    let exhaustive = Settings { exhaustive: true, ..quick.clone() };
    let mut seen = (0, 0);
    for twin in ["acme", "acme-fixed"] {
        let estate =
            Estate::load(&Path::new("corpus/snapshots").join(twin), EstateOptions::default()).unwrap();
        for line in QUESTIONS.lines().filter(|l| !l.starts_with('#')) {
            let mut words = line.split_whitespace();
            let mut requests = Requests::default();
            requests.actions.extend(words.next().map(str::to_owned));
            requests.resources.extend(words.next().map(str::to_owned));
            requests.when.extend(words.map(|w| w.parse().unwrap()));
            let fast = estate.who_can(&requests, &quick).unwrap();
            let slow = estate.who_can(&requests, &exhaustive).unwrap();
            assert_eq!(fast.len(), slow.len());
            for ((arn, one), (_, other)) in fast.iter().zip(&slow) {
                assert_eq!(one.verdict, other.verdict, "{twin}: {line}: {arn}");
                match one.verdict {
                    Verdict::Reachable => seen.0 += 1,
                    Verdict::Impossible => seen.1 += 1,
                    Verdict::Undecided => {}
                }
            }
        }
    }
    assert!(seen.0 > 500 && seen.1 > 500, "{seen:?}");
}
