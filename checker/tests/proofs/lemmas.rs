//! The verdict on a lemma never contradicts a request, and is exact where all texts can be tried.

use crate::requests::{self, Request, holds, key, member, number, numbers, patterns, set, text, texts_up_to};
use gateproof_checker::{Flaw, Refusal, check};
use gateproof_encodings::cnf::{Cnf, Literal};
use gateproof_encodings::field::Field;
use gateproof_encodings::language::{Languages, PatternSet};
use gateproof_encodings::proof::Proof;
use gateproof_encodings::term::Atom;
use gateproof_model::operand::{Point, Scalar};
use gateproof_model::pattern::{Pattern, Token};
use gateproof_model::text::{fold, unfold};
use proptest::prelude::*;
use std::sync::Arc;

/// The verdict on one lemma: a proof of the formula that is the lemma's negation.
fn verdict(atoms: &[Atom], lemma: &[Literal]) -> Result<(), Refusal> {
    let count = u32::try_from(atoms.len()).unwrap();
    let cnf = Cnf { atoms: count, variables: count, clauses: lemma.iter().map(|l| vec![-l]).collect() };
    check(atoms, &cnf, &Proof { lemmas: vec![lemma.to_vec()], steps: Vec::new() }).map(|_| ())
}

fn untrue() -> Result<(), Refusal> {
    Err(Refusal::Lemma(0, Flaw::Untrue))
}

/// Whether the lemma "not in all of `inside`, or in some of `outside`" is accepted of a field.
fn excluded(field: &Field, inside: &[Arc<PatternSet>], outside: &[Arc<PatternSet>]) -> bool {
    let sets = inside.iter().chain(outside);
    let atoms: Vec<Atom> = sets.map(|s| Atom::Text(field.clone(), s.clone())).collect();
    let lemma: Vec<Literal> = (1..).take(atoms.len()).collect();
    let split = Literal::try_from(inside.len()).unwrap();
    let lemma: Vec<Literal> = lemma.into_iter().map(|l| if l <= split { -l } else { l }).collect();
    match verdict(&atoms, &lemma) {
        Ok(()) => true,
        refused => {
            assert_eq!(refused, untrue());
            false
        }
    }
}

#[test]
fn sets_of_texts() {
    let languages = Languages::default();
    let s = |patterns: &[&str]| set(&languages, patterns, false);
    let i = |patterns: &[&str]| set(&languages, patterns, true);
    for (inside, outside, expected) in [
        (vec![s(&["arn:aws:s3:::a/*"])], vec![s(&["arn:aws:s3:::*"])], true),
        (vec![s(&["arn:aws:s3:::*"])], vec![s(&["arn:aws:s3:::a/*"])], false),
        (vec![s(&["s3:Get*"]), s(&["s3:*Object"])], vec![s(&["s3:*t*"])], true),
        (vec![s(&["s3:Get*"]), s(&["iam:*"])], vec![], true),
        (vec![s(&["a*"]), s(&["*b"])], vec![], false),
        (vec![s(&["a*"]), s(&["*b"])], vec![s(&["ab"])], false),
        (vec![s(&["?"]), s(&["??"])], vec![], true),
        (vec![s(&["*?*"])], vec![s(&["?*"])], true),
        (vec![s(&["*"])], vec![s(&["?*"])], false),
        (vec![s(&["*"])], vec![s(&["?*", ""])], true),
        (vec![s(&["**a"])], vec![s(&["*a"])], true),
        (vec![s(&["a", "b"])], vec![s(&["a"]), s(&["b"])], true),
        (vec![s(&["*a*"]), s(&["*b*"])], vec![s(&["*a*b*"]), s(&["*b*a*"])], true),
        (vec![s(&["*a*"]), s(&["*b*"])], vec![s(&["*a*b*"])], false),
        (vec![i(&["GET*"])], vec![i(&["get*"])], true),
        (vec![i(&["get"])], vec![s(&["get"])], false),
        (vec![s(&["GeT"])], vec![i(&["get"])], true),
        (vec![i(&["k"])], vec![s(&["k", "K"])], true),
        (vec![i(&["é"])], vec![s(&["é", "É"])], true),
        (vec![i(&["é"])], vec![s(&["é"])], false),
        (vec![s(&["\u{212a}"])], vec![i(&["k"])], false),
        (vec![], vec![s(&["*"])], true),
        (vec![], vec![s(&["a*"]), s(&["?*"])], false),
        (vec![s(&[])], vec![], true),
        (vec![s(&["a"])], vec![s(&[])], false),
        // `[` and `]` stand for `*` and `?` within a segment.
        (vec![s(&["a:[:b"])], vec![s(&["a:*:b"])], true),
        (vec![s(&["a:*:b"])], vec![s(&["a:[:b"])], false),
        (vec![s(&["["]), s(&["*:*"])], vec![], true),
        (vec![s(&["]"])], vec![s(&["?"])], true),
        (vec![s(&["?"])], vec![s(&["]"])], false),
        (vec![s(&["?"])], vec![s(&["]", ":"])], true),
    ] {
        assert_eq!(excluded(&Field::Resource, &inside, &outside), expected, "{inside:?} {outside:?}");
    }
}

#[test]
fn presence() {
    let languages = Languages::default();
    let s = |patterns: &[&str]| set(&languages, patterns, false);
    let atoms = [
        Atom::Present(key()),
        text(s(&["a*"])),
        text(s(&["*"])),
        text(s(&["b*"])),
        number(&[(1, 5)]),
        Atom::Present(Field::Action),
    ];
    let ok = Ok(());
    assert_eq!(verdict(&atoms, &[1, -2]), ok);
    assert_eq!(verdict(&atoms, &[1, -5]), ok);
    assert_eq!(verdict(&atoms, &[-1, 3]), ok);
    assert_eq!(verdict(&atoms, &[1, -1]), ok);
    assert_eq!(verdict(&atoms, &[6]), ok);
    assert_eq!(verdict(&atoms, &[-2, -4]), ok);
    for possible in
        [vec![3], vec![1, 3], vec![-1, 2], vec![1, 2], vec![-1, -2], vec![1], vec![-1], vec![2, 4], vec![-6]]
    {
        assert_eq!(verdict(&atoms, &possible), untrue(), "{possible:?}");
    }
    // Of a multivalued key presence says nothing of values.
    let mut atoms = atoms.to_vec();
    atoms.push(member(s(&["a*"]), true));
    assert_eq!(verdict(&atoms, &[-1, 3]), untrue());
    assert_eq!(verdict(&atoms, &[1, -7]), ok);
    assert_eq!(verdict(&atoms, &[-1, 7]), untrue());
}

#[test]
fn points() {
    let at = number(&[(1, 5)]);
    let atoms = [at, number(&[(6, 9)]), number(&[(1, 3), (4, 5)]), number(&[(4, 8)]), number(&[(1, 4)])];
    let ok = Ok(());
    assert_eq!(verdict(&atoms, &[-1, -2]), ok);
    assert_eq!(verdict(&atoms, &[-1, -2, -4]), ok);
    assert_eq!(verdict(&atoms, &[-4, 1, 2]), untrue());
    assert_eq!(verdict(&atoms, &[-1, 4, 5]), ok);
    assert_eq!(verdict(&atoms, &[-4, 5]), untrue());
    assert_eq!(verdict(&atoms, &[-5, 1]), ok);
    assert_eq!(verdict(&atoms, &[-1, 3]), untrue());
    assert_eq!(verdict(&atoms, &[1, 2, 3, 4]), untrue());
    // A whole family may be cut away, up to both its ends.
    let whole = gateproof_model::operand::whole_line(Scalar::Ip);
    let all = requests::range(Scalar::Ip, whole.clone());
    for family in whole {
        let one = requests::range(Scalar::Ip, vec![family]);
        assert_eq!(verdict(&[one.clone(), all.clone()], &[-1, 2]), ok);
        assert_eq!(verdict(&[all.clone(), one], &[-1, 2]), untrue());
    }
    // What is cut away ends exactly at its ends.
    let addresses = |first, last| {
        let point = |value| Point { family: 4, value };
        requests::range(Scalar::Ip, vec![(point(first), point(last))])
    };
    for (a, b, cut_a, cut_b) in (0..5u128.pow(4)).map(|n| (n % 5, n / 5 % 5, n / 25 % 5, n / 125)) {
        if a > b || cut_a > cut_b {
            continue;
        }
        let expected = if (a..=b).all(|n| (cut_a..=cut_b).contains(&n)) { ok.clone() } else { untrue() };
        assert_eq!(verdict(&[addresses(a, b), addresses(cut_a, cut_b)], &[-1, 2]), expected);
        let apart = b < cut_a || cut_b < a;
        let expected = if apart { ok.clone() } else { untrue() };
        assert_eq!(verdict(&[addresses(a, b), addresses(cut_a, cut_b)], &[-1, -2]), expected);
    }
    // Different lines don't meet: nothing is known of a number that is also a date.
    let date = gateproof_model::operand::whole_line(Scalar::Date);
    assert_eq!(verdict(&[number(&[(1, 5)]), requests::range(Scalar::Date, date)], &[-1, -2]), untrue());
}

#[test]
fn members() {
    let languages = Languages::default();
    let s = |patterns: &[&str]| set(&languages, patterns, false);
    let (a, any_a) = (s(&["a"]), s(&["a*"]));
    let atoms = [
        member(a.clone(), true),
        member(a, false),
        member(any_a.clone(), true),
        member(any_a, false),
        Atom::Present(key()),
        requests::member_number(&[(1, 5)], true),
        requests::member_number(&[(1, 5)], false),
        requests::member_number(&[(2, 3)], true),
        requests::member_number(&[(2, 3)], false),
    ];
    let ok = Ok(());
    for lemma in [[-1, 3], [-4, 2], [5, -1], [5, -2], [-8, 6], [-7, 9], [5, -8]] {
        assert_eq!(verdict(&atoms, &lemma), ok, "{lemma:?}");
    }
    for lemma in [
        [-3, 1],
        [-2, 4],
        [-1, 2],
        [1, 2],
        [-1, -2],
        [-5, 1],
        [-3, -4],
        [-6, 8],
        [-9, 7],
        [-9, 8],
        [6, 7],
        [-1, 6],
        [-6, -7],
    ] {
        assert_eq!(verdict(&atoms, &lemma), untrue(), "{lemma:?}");
    }
    // Every member in and every member out leaves none.
    assert_eq!(verdict(&atoms, &[3, 4, -6]), ok);
    assert_eq!(verdict(&atoms, &[6, 7, -1]), ok);
    assert_eq!(verdict(&atoms, &[3, 4]), untrue());
}

#[test]
fn lemmas_of_the_wrong_kind() {
    let languages = Languages::default();
    let action = Atom::Text(Field::Action, set(&languages, &[], true));
    let atoms = [text(set(&languages, &["a"], false)), action, Atom::Free("x".into())];
    let flaw = |flaw| Err(Refusal::Lemma(0, flaw));
    assert_eq!(verdict(&atoms, &[-2]), Ok(()));
    assert_eq!(verdict(&atoms, &[-2, 1]), flaw(Flaw::Fields("action".into(), "k".into())));
    assert_eq!(verdict(&atoms, &[-2, 3]), flaw(Flaw::Free(3)));
    assert_eq!(verdict(&atoms, &[]), Err(Refusal::Lemma(0, Flaw::Empty)));
    // A name of a subformula is no atom, even where more atoms were made since.
    let cnf = Cnf { atoms: 1, variables: 2, clauses: vec![vec![2]] };
    let proof = |lemma: &[Literal]| Proof { lemmas: vec![lemma.to_vec()], steps: Vec::new() };
    assert_eq!(check(&atoms, &cnf, &proof(&[-2])).map(|_| ()), flaw(Flaw::NoAtom(-2)));
    for bad in [0, 3, -3, Literal::MIN, Literal::MAX] {
        assert_eq!(check(&atoms, &cnf, &proof(&[bad])), Err(Refusal::Literal("lemma", 0, bad)));
    }
}

#[test]
fn a_question_beyond_the_limit_is_left_open() {
    let languages = Languages::default();
    // No letter is both `a` and `b`, but to see that by derivatives takes 3^25 states.
    let tail = |c: char| set(&languages, &[&format!("*{c}{}", "?".repeat(24))], false);
    let refusal = verdict(&[text(tail('a')), text(tail('b'))], &[-1, -2]);
    assert!(matches!(refusal, Err(Refusal::Budget(0, _))), "{refusal:?}");
}

#[test]
fn folding_settles_after_one_step() {
    for c in '\0'..=char::MAX {
        assert_eq!(fold(fold(c)), fold(c));
        assert!(c == fold(c) || unfold(fold(c)) == Some(c), "{c:?}");
        assert!(fold(c) != ':' || c == ':');
    }
}

fn arb_sets(most: usize) -> impl Strategy<Value = Vec<(bool, Vec<Pattern>)>> {
    prop::collection::vec((any::<bool>(), patterns(4, 3)), 0..=most)
}

/// The same patterns, each with some tokens widened to `*`.
fn widened(patterns: &[Pattern], at: usize) -> Vec<Pattern> {
    let widen = |p: &Pattern| -> Pattern {
        let step = |(i, t): (usize, &Token)| if (i + at).is_multiple_of(3) { Token::AnyRun } else { *t };
        p.iter().enumerate().map(step).collect()
    };
    patterns.iter().map(widen).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn no_text_contradicts_a_lemma(inside in arb_sets(3), outside in arb_sets(3)) {
        let languages = Languages::default();
        let sets = |sets: Vec<(bool, Vec<Pattern>)>| -> Vec<_> {
            sets.into_iter().map(|(fold_case, patterns)| languages.set(patterns, fold_case)).collect()
        };
        let (inside, outside) = (sets(inside), sets(outside));
        prop_assume!(!inside.is_empty() || !outside.is_empty());
        let fits = |t: &String| inside.iter().all(|s| s.contains(t)) && !outside.iter().any(|s| s.contains(t));
        let found = texts_up_to(4).find(fits);
        let accepted = excluded(&Field::Resource, &inside, &outside);
        prop_assert!(!(accepted && found.is_some()), "accepted, but {:?} fits", found);
        // Where a set to lie in has no `*`, no longer text can fit, and all letters that patterns tell
        // apart were tried.
        let bounded = |s: &Arc<PatternSet>| s.patterns.iter().all(|p| {
            !p.iter().any(|t| matches!(t, Token::AnyRun | Token::AnyRunInSegment))
        });
        if inside.iter().any(bounded) {
            prop_assert_eq!(accepted, found.is_none());
        }
    }

    #[test]
    fn what_is_wider_excludes(inside in arb_sets(2), patterns in patterns(5, 4), fold_case: bool, at in 0usize..3) {
        let languages = Languages::default();
        let mut sets = vec![languages.set(patterns.clone(), fold_case)];
        sets.extend(inside.into_iter().map(|(fold_case, patterns)| languages.set(patterns, fold_case)));
        let wide = languages.set(widened(&patterns, at), fold_case);
        let folded = languages.set(widened(&patterns, at), true);
        prop_assert!(excluded(&key(), &sets, &[wide]));
        prop_assert!(excluded(&key(), &sets, &[folded]));
    }

    #[test]
    fn no_request_contradicts_a_lemma(
        texts in prop::collection::vec((any::<bool>(), patterns(3, 2)), 1..4),
        ranges in prop::collection::vec(numbers(), 1..3),
        multivalued: bool,
        choice in prop::collection::vec(0u8..3, 12),
    ) {
        let languages = Languages::default();
        let mut atoms = vec![Atom::Present(key())];
        for (fold_case, patterns) in texts {
            let set = languages.set(patterns, fold_case);
            if multivalued {
                atoms.extend([member(set.clone(), true), member(set, false)]);
            } else {
                atoms.push(text(set));
            }
        }
        for range in ranges {
            if multivalued {
                atoms.extend([requests::member_number(&range, true), requests::member_number(&range, false)]);
            } else {
                atoms.push(number(&range));
            }
        }
        let lemma: Vec<Literal> = (1..).zip(&choice).take(atoms.len()).filter(|(_, c)| **c > 0)
            .map(|(l, c)| if *c == 1 { l } else { -l }).collect();
        if verdict(&atoms, &lemma).is_ok() {
            let values = || texts_up_to(2).chain((0..8).map(|n| n.to_string()));
            for request in Request::all(values(), multivalued) {
                let some = lemma.iter().any(|l| {
                    atoms.get(l.unsigned_abs() as usize - 1).is_some_and(|a| holds(a, &request) == (*l > 0))
                });
                prop_assert!(some, "{:?} makes {:?} false", request, lemma);
            }
        }
    }
}
