//! Random questions about random organizations. What is reachable is replayed on policies that the test puts
//! together itself; what is impossible is proved, seconded by strings in Z3, and tried with a thousand requests
//! that know nothing of encodings.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "tests"
)]

mod facts;
mod files;
mod oracle;
mod organization;
mod policy;
mod question;
#[path = "../generate/random.rs"]
mod random;
mod sampler;
mod verdicts;
mod vocabulary;

use gateproof::ask::{CrossCheck, Estate, EstateOptions, Settings};
use gateproof::question::{Selector, Verdict};
use organization::Organization;
use question::Question;
use random::Random;
use rayon::prelude::*;
use verdicts::{Asked, Tally};

/// How many questions each organization is asked.
const QUESTIONS: usize = 8;

/// Asks one organization all its questions.
fn ask(seed: u64, cross_check: CrossCheck) -> Tally {
    let mut random = Random::new(seed);
    let organization = Organization::random(&mut random);
    let directory = tempfile::tempdir().unwrap();
    files::write_snapshot(&organization, directory.path());
    let estate = Estate::load(directory.path(), EstateOptions::default()).unwrap();
    let problems = estate.snapshot.problems();
    assert!(problems.is_empty(), "seed {seed}: {problems:?}");
    let settings = Settings { cross_check, ..Settings::default() };
    let mut tally = Tally::default();
    for number in 0..QUESTIONS {
        let question = Question::random(&mut random, &organization);
        let answers = match &question.principal {
            None => estate.who_can(&question.requests, &settings),
            Some(principal) => {
                let selector: Selector = principal.parse().unwrap();
                let quantifier = question.quantifier();
                estate.can(&[selector], &question.requests, quantifier, &settings).map(|a| a.principals)
            }
        };
        let answers = answers.unwrap_or_else(|e| panic!("seed {seed}, question {number}: {e}"));
        let some = |verdict| answers.iter().any(|(_, a)| a.verdict == verdict);
        tally.questions += 1;
        tally.reachable += usize::from(some(Verdict::Reachable));
        tally.impossible += usize::from(!some(Verdict::Reachable) && !some(Verdict::Undecided));
        for (id, answer) in &answers {
            let asked = Asked { organization: &organization, question: &question, id, answer };
            let mut found = asked.check(&mut random);
            for text in found.wrong.iter_mut().chain(&mut found.undecided) {
                *text = format!("seed {seed}, question {number} ({question}): {text}");
            }
            tally.add(found);
        }
    }
    tally
}

fn run(organizations: std::ops::Range<u64>, cross_check: CrossCheck) -> Tally {
    let found: Vec<Tally> = organizations.into_par_iter().map(|seed| ask(seed, cross_check)).collect();
    let mut all = Tally::default();
    for tally in found {
        all.add(tally);
    }
    println!("{all}");
    let wrong: Vec<&str> = all.wrong.iter().take(8).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{} answers are wrong, the first:\n{}", all.wrong.len(), wrong.join("\n"));
    let left = all.undecided.len();
    let shown: Vec<&str> = all.undecided.iter().take(8).map(String::as_str).collect();
    assert!(left * 100 <= all.answers, "{all}, the first undecided:\n{}", shown.join("\n"));
    assert!(all.samples >= all.refuted * 250, "too few requests tried: {all}");
    all
}

/// The questions are of both kinds.
fn assert_mixed(all: &Tally) {
    assert!(all.reachable * 4 >= all.questions && all.impossible * 4 >= all.questions, "{all}");
}

#[test]
fn answers_stand_up_to_requests() {
    assert_mixed(&run(0..40, CrossCheck::Always));
}

#[test]
fn soak_answers_stand_up_to_requests() {
    let full = std::env::var("GATEPROOF_SOAK").is_ok_and(|v| v == "1");
    // In parts, so that the first wrong answer ends it.
    let parts = if full { 25 } else { 1 };
    let mut all = Tally::default();
    for part in 0..parts {
        let first = 1_000 + part * 100;
        all.add(run(first..if full { first + 100 } else { first + 20 }, CrossCheck::Sample));
    }
    assert_mixed(&all);
}
