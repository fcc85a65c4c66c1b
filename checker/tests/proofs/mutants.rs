//! Valid proofs made worse: what is still accepted is still true.

use crate::requests::{Request, holds, key, member, number, numbers, patterns, text, texts_up_to};
use gateproof_checker::{Flaw, Refusal, check};
use gateproof_encodings::cnf::{Cnf, Literal};
use gateproof_encodings::language::Languages;
use gateproof_encodings::proof::Proof;
use gateproof_encodings::term::Atom;
use gateproof_model::pattern::Pattern;
use proptest::prelude::*;
use proptest::sample::Index;

fn is_true(atoms: &[Atom], request: &Request, literal: Literal) -> bool {
    atoms.get(literal.unsigned_abs() as usize - 1).is_some_and(|a| holds(a, request) == (literal > 0))
}

/// The clause that forbids one assignment of the first variables.
fn forbid(signs: usize, width: usize) -> Vec<Literal> {
    (1..).take(width).map(|v: Literal| if signs >> (v - 1) & 1 == 1 { -v } else { v }).collect()
}

/// Clauses that forbid what requests do, lemmas that forbid what none does, steps from both to nothing.
fn made_up(atoms: &[Atom], requests: &[Request]) -> (Cnf, Proof) {
    let width = atoms.len();
    let mut realised: Vec<usize> = requests
        .iter()
        .map(|r| (0..).zip(atoms).map(|(bit, a)| usize::from(holds(a, r)) << bit).sum())
        .collect();
    realised.sort_unstable();
    realised.dedup();
    let clauses = realised.iter().map(|signs| forbid(*signs, width)).collect();
    let others = (0..1 << width).filter(|signs| realised.binary_search(signs).is_err());
    let lemmas = others.map(|signs| forbid(signs, width)).collect();
    let steps = (1..width).rev().flat_map(|w| (0..1 << w).map(move |signs| forbid(signs, w))).collect();
    let count = u32::try_from(width).unwrap();
    (Cnf { atoms: count, variables: count, clauses }, Proof { lemmas, steps })
}

fn atoms(
    languages: &Languages,
    sets: Vec<(bool, Vec<Pattern>)>,
    range: &[(u8, u8)],
    multi: bool,
) -> Vec<Atom> {
    let mut atoms = vec![Atom::Present(key()), number(range)];
    if multi {
        atoms.truncate(1);
    }
    for (fold_case, patterns) in sets {
        let set = languages.set(patterns, fold_case);
        atoms.push(if multi { member(set, !fold_case) } else { text(set) });
    }
    atoms
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn accepted_means_no_request(
        sets in prop::collection::vec((any::<bool>(), patterns(2, 2)), 1..4),
        other in (any::<bool>(), patterns(2, 2)),
        range in numbers(),
        multi: bool,
        mutations in prop::collection::vec((0u8..8, any::<Index>(), any::<Index>(), 1i32..6), 24),
    ) {
        let languages = Languages::default();
        let original = atoms(&languages, sets.clone(), &range, multi);
        let length = if multi { 2 } else { 3 };
        let requests = Request::all(texts_up_to(length).chain((0..8).map(|n| n.to_string())), multi);
        let (cnf, proof) = made_up(&original, &requests);
        // A lemma that longer texts or more members break is refused; the rest is a proof.
        match check(&original, &cnf, &proof) {
            Ok(checked) => prop_assert_eq!(checked.lemmas, proof.lemmas.len()),
            Err(refusal) => prop_assert!(matches!(refusal, Refusal::Lemma(_, Flaw::Untrue)), "{}", refusal),
        }
        for (kind, a, b, literal) in mutations {
            let (mut atoms, mut cnf, mut proof) = (original.clone(), cnf.clone(), proof.clone());
            let lists = [&mut cnf.clauses, &mut proof.lemmas, &mut proof.steps];
            let Some(list) = lists.into_iter().nth(a.index(3)).filter(|l| !l.is_empty()) else { continue };
            let place = b.index(list.len());
            let Some(clause) = list.get_mut(place) else { continue };
            match kind {
                0 => drop(list.remove(place)),
                1 if !clause.is_empty() => drop(clause.remove(b.index(clause.len()))),
                2 => clause.push(literal),
                3 => clause.push(-literal),
                4 => clause.iter_mut().take(1).for_each(|l| *l = -*l),
                5 => clause.iter_mut().for_each(|l| *l = if l.abs() == 1 { literal * l.signum() } else { *l }),
                6 => proof.lemmas.truncate(place),
                _ => {
                    let mut sets = sets.clone();
                    let slot = b.index(sets.len());
                    sets.get_mut(slot).unwrap().clone_from(&other);
                    atoms = self::atoms(&languages, sets, &range, multi);
                }
            }
            if check(&atoms, &cnf, &proof).is_err() {
                continue;
            }
            for request in &requests {
                let fails = cnf.clauses.iter().any(|c| !c.iter().any(|l| is_true(&atoms, request, *l)));
                prop_assert!(fails, "{:?} satisfies the clauses, yet {:?} is accepted", request, proof);
                for lemma in &proof.lemmas {
                    prop_assert!(lemma.iter().any(|l| is_true(&atoms, request, *l)), "{:?} {:?}", request, lemma);
                }
            }
        }
        // Without the clause against something that requests do, nothing can be proved.
        for place in 0..cnf.clauses.len() {
            let mut cnf = cnf.clone();
            cnf.clauses.remove(place);
            prop_assert!(check(&original, &cnf, &proof).is_err());
        }
    }
}
