//! Verdicts that were once wrong: each a small snapshot with questions around the fault, as data.
//!
//! A snapshot is asked questions of both answers, so that one which is not understood at all does not pass.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "golden/asked.rs"]
mod asked;

use asked::Asked;
use gateproof::ask::{CrossCheck, Environments, Estate, EstateOptions, Settings};
use gateproof::certificate::{Question, SnapshotDigest, digest_snapshot, export, verify_loaded};
use gateproof::question::{Answer, Quantifier, Requests, Selector, Verdict};
use rayon::prelude::*;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// One file of `corpus/regressions/questions`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Regression {
    /// The verdict that was wrong.
    once: String,
    /// The row of CONFORMANCE.md.
    rule: String,
    /// What AWS says, and where.
    why: String,
    /// The snapshot's files by their paths.
    files: BTreeMap<String, Value>,
    questions: Vec<Asking>,
}

/// A question and what has to be answered.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asking {
    ask: String,
    expect: Expected,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Expected {
    /// Of `can`.
    Verdict(String),
    /// Of `who-can`: all who can.
    Principals(BTreeSet<String>),
}

fn regressions() -> Vec<(String, Regression)> {
    let mut files: Vec<_> =
        std::fs::read_dir("corpus/regressions/questions").unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let read = |file: &Path| {
        let id = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(file).unwrap();
        let regression = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{id}: {e}"));
        (id, regression)
    };
    files.iter().map(|f| read(f)).collect()
}

fn name(verdict: Verdict) -> String {
    format!("{verdict:?}").to_lowercase()
}

/// A regression's snapshot, loaded.
struct Loaded {
    estate: Estate,
    digest: SnapshotDigest,
}

fn load(files: &BTreeMap<String, Value>) -> Loaded {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, content.to_string()).unwrap();
    }
    let estate = Estate::load(folder.path(), EstateOptions::default()).unwrap();
    assert_eq!(estate.snapshot.problems(), []);
    Loaded { estate, digest: digest_snapshot(folder.path()).unwrap() }
}

impl Loaded {
    /// The verdicts of all whom one question is about, and what is wrong with the answers.
    fn answer(&self, asking: &Asking) -> (BTreeSet<Verdict>, Option<String>) {
        let words: Vec<Value> = asking.ask.split_whitespace().map(Value::from).collect();
        let asked = Asked::of(&words);
        let settings = Settings { cross_check: CrossCheck::Always, ..Settings::default() };
        let (answers, fault) = match (asked.selectors(), &asking.expect) {
            (Some(selectors), Expected::Verdict(expected)) => {
                let can = self.estate.can(&selectors, &asked.requests, asked.quantifier, &settings).unwrap();
                let got = name(can.overall.verdict);
                let fault = (got != *expected).then(|| format!("{got}: {:?}", can.overall));
                (can.principals, fault)
            }
            (None, Expected::Principals(expected)) => {
                let answers = self.estate.who_can(&asked.requests, &settings).unwrap();
                let got = who(&answers, Verdict::Reachable);
                let undecided = who(&answers, Verdict::Undecided);
                let fault = (got != *expected || !undecided.is_empty())
                    .then(|| format!("{got:?} can, {undecided:?} undecided"));
                (answers, fault)
            }
            _ => panic!("{}: expects what is not asked", asking.ask),
        };
        let fault = fault.or_else(|| self.certify(&asked, &answers));
        (answers.iter().map(|(_, a)| a.verdict).collect(), fault)
    }

    /// What rests on a proof can be written down and verified; otherwise why not.
    fn certify(&self, asked: &Asked, answers: &[(Arc<str>, Answer)]) -> Option<String> {
        let question = Question::new(
            asked.selectors().as_deref(),
            &asked.requests,
            asked.quantifier,
            &Environments::default(),
            self.estate.missing,
            self.estate.rules,
        );
        let proved: Vec<bool> = answers.iter().map(|(_, a)| a.proof.is_some()).collect();
        match export(&self.estate, question, self.digest.clone(), &proved) {
            Ok(certificate) => verify_loaded(certificate.as_ref()?, &self.estate)
                .err()
                .map(|e| format!("a certificate: {e}")),
            Err(error) => Some(format!("no certificate: {error}")),
        }
    }
}

fn who(answers: &[(Arc<str>, Answer)], verdict: Verdict) -> BTreeSet<String> {
    answers.iter().filter(|(_, a)| a.verdict == verdict).map(|(id, _)| id.to_string()).collect()
}

/// Whatever is wrong with the answers to one regression's questions.
fn faults((id, regression): &(String, Regression)) -> Vec<String> {
    let loaded = load(&regression.files);
    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    for asking in &regression.questions {
        let (verdicts, fault) = loaded.answer(asking);
        seen.extend(verdicts);
        faults.extend(
            fault.map(|f| format!("{id}: {}\n  expected {:?}\n  got {f}", asking.ask, asking.expect)),
        );
    }
    if ![Verdict::Reachable, Verdict::Impossible].iter().all(|v| seen.contains(v)) {
        faults.push(format!("{id}: all answers are {seen:?}"));
    }
    faults
}

#[test]
fn verdicts_that_were_wrong_are_right() {
    let regressions = regressions();
    assert!(regressions.len() >= 20, "only {} regressions", regressions.len());
    let faults: Vec<String> = regressions.par_iter().flat_map(faults).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn each_says_what_was_wrong_and_by_which_rule() {
    let conformance = std::fs::read_to_string("CONFORMANCE.md").unwrap();
    for (id, regression) in regressions() {
        assert!(
            ["impossible", "reachable", "undecided"].contains(&&*regression.once),
            "{id}: {}",
            regression.once
        );
        assert!(conformance.contains(&format!("\n| {} ", regression.rule)), "{id}: {}", regression.rule);
        assert!(regression.why.contains('(') && regression.why.ends_with(")."), "{id}: no source");
    }
}

/// No action of the catalogue, nor one that it doesn't know, is asked about with a resource of another partition than the account's.
#[test]
fn no_resource_is_of_another_partition() {
    let (_, regression) =
        regressions().into_iter().find(|(id, _)| id == "resources-of-another-partition").unwrap();
    let Loaded { estate, .. } = load(&regression.files);
    let asked = Requests {
        actions: vec!["*".to_owned()],
        resources: vec!["arn:*".to_owned()],
        ..Requests::default()
    };
    let settings = Settings { cross_check: CrossCheck::Never, ..Settings::default() };
    let from: Vec<Selector> = vec!["role/worker".parse().unwrap()];
    let answer = estate.can(&from, &asked, Quantifier::Some, &settings).unwrap().overall;
    assert_eq!(answer.verdict, Verdict::Impossible, "{:?}", answer.witness);
}
