//! Random small formulas over few characters: *classes*, and strings in Z3, against trying all short texts.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "tests"
)]

#[path = "generate/requests.rs"]
#[allow(dead_code, reason = "only the choices are used")]
mod generate;

use gateproof::decide::{Classes, Satisfiability, Strings};
use gateproof_encodings::assignment::{Assignment, evaluate_under};
use gateproof_encodings::cancellation::Cancellation;
use gateproof_encodings::field::Field;
use gateproof_encodings::language::Languages;
use gateproof_encodings::term::{Atom, Term, Terms};
use gateproof_model::pattern::{Pattern, Token};
use generate::Random;
use rayon::prelude::*;
use std::time::Duration;

const LETTERS: [char; 3] = ['a', 'A', ':'];

/// The key whose text is tried; absent, or up to three of four characters.
fn key() -> Field {
    Field::Key("aws:x".into())
}

fn pattern(random: &mut Random) -> Pattern {
    let tokens = [
        Token::Char('a'),
        Token::Char('A'),
        Token::Char(':'),
        Token::AnyOne,
        Token::AnyRun,
        Token::AnyRunInSegment,
        Token::AnyOneInSegment,
    ];
    // Three fixed characters at the most: what a longer text could do, one of three can.
    (0..random.below(4)).map(|_| tokens[random.below(tokens.len())]).collect()
}

fn formula(random: &mut Random, terms: &mut Terms, languages: &Languages, depth: usize) -> Term {
    if depth == 0 || random.percent(25) {
        if random.percent(10) {
            return terms.atom_term(Atom::Present(key()));
        }
        let patterns = (0..1 + random.below(2)).map(|_| pattern(random)).collect();
        let set = languages.set(patterns, random.percent(40));
        return terms.atom_term(Atom::Text(key(), set));
    }
    let parts: Vec<Term> =
        (0..2 + random.below(2)).map(|_| formula(random, terms, languages, depth - 1)).collect();
    match random.below(5) {
        0 => terms.or(parts),
        1 | 2 => terms.and(parts),
        _ => {
            let all = terms.and(parts);
            terms.not(all)
        }
    }
}

/// Every value to try: absence, and all texts of up to five characters, one of which no pattern names.
fn values() -> Vec<Option<String>> {
    let mut texts = vec![String::new()];
    let mut from = 0;
    for _ in 0..5 {
        let to = texts.len();
        for i in from..to {
            for c in LETTERS.into_iter().chain(['q']) {
                let longer = format!("{}{c}", texts[i]);
                texts.push(longer);
            }
        }
        from = to;
    }
    std::iter::once(None).chain(texts.into_iter().map(Some)).collect()
}

/// Compares both encodings with trying, on so many formulas; the shares of those that hold somewhere.
fn compare(count: u64, strings: bool) {
    let values = values();
    let holding: Vec<bool> = (0..count)
        .into_par_iter()
        .map_init(Classes::default, |classes, seed| {
            let mut random = Random::new(seed);
            let (mut terms, languages) = (Terms::default(), Languages::default());
            let root = formula(&mut random, &mut terms, &languages, 3);
            let tried = values.iter().any(|value| {
                let mut assignment = Assignment::default();
                assignment.texts.insert(key(), value.clone());
                evaluate_under(&terms, root, &assignment)
            });
            let by_classes = classes.is_satisfiable(&terms, root);
            // A text longer than those tried may make it hold: then the model is checked by the engine itself.
            assert!(
                by_classes == Ok(tried) || by_classes == Ok(true) && !tried,
                "seed {seed}: {by_classes:?}, tried {tried}"
            );
            assert!(by_classes != Ok(true) || tried || longer(&terms, root), "seed {seed}");
            if strings {
                let mut z3 = Strings::within(Duration::from_secs(5), &Cancellation::default()).unwrap();
                if let Ok(answer) = z3.is_satisfiable(&terms, root) {
                    assert_eq!(Ok(answer), by_classes, "seed {seed}: Z3 says {answer}");
                }
            }
            tried
        })
        .collect();
    let some = holding.iter().filter(|h| **h).count();
    println!("{some} of {count} hold for some value");
    assert!(
        some * 4 >= holding.len() && (holding.len() - some) * 20 >= holding.len(),
        "{some} of {count} hold"
    );
}

/// Whether some text of six to eight characters makes the formula hold.
fn longer(terms: &Terms, root: Term) -> bool {
    let mut texts = vec![String::new()];
    for _ in 0..8 {
        texts = texts
            .iter()
            .flat_map(|t| LETTERS.into_iter().chain(['q']).map(move |c| format!("{t}{c}")))
            .collect();
        let hit = texts.iter().any(|text| {
            let mut assignment = Assignment::default();
            assignment.texts.insert(key(), Some(text.clone()));
            evaluate_under(terms, root, &assignment)
        });
        if hit {
            return true;
        }
    }
    false
}

#[test]
fn classes_agree_with_trying() {
    compare(4_000, false);
}

#[test]
fn strings_agree_with_trying() {
    compare(400, true);
}

#[test]
fn soak_formulas() {
    let full = std::env::var("GATEPROOF_SOAK").is_ok_and(|v| v == "1");
    compare(if full { 100_000 } else { 100 }, full);
}
