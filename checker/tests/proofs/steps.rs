//! Steps and clauses against truth tables.

use gateproof_checker::{Refusal, check};
use gateproof_encodings::cnf::{Cnf, Literal};
use gateproof_encodings::proof::Proof;
use proptest::prelude::*;

fn formula(variables: u32, clauses: Vec<Vec<Literal>>) -> Cnf {
    Cnf { atoms: 0, variables, clauses }
}

fn steps(steps: &[&[Literal]]) -> Proof {
    Proof { lemmas: Vec::new(), steps: steps.iter().map(|s| s.to_vec()).collect() }
}

/// Whether some row of the truth table satisfies all clauses.
fn satisfiable(variables: u32, clauses: &[Vec<Literal>]) -> bool {
    let makes_true = |row: u32, l: &Literal| (row >> (l.unsigned_abs() - 1) & 1 == 1) == (*l > 0);
    (0..1u32 << variables).any(|row| clauses.iter().all(|c| c.iter().any(|l| makes_true(row, l))))
}

/// Unit propagation without any data structure: whether the literals lead to a conflict.
fn conflicts(clauses: &[Vec<Literal>], mut truth: Vec<Literal>) -> bool {
    loop {
        let before = truth.len();
        if truth.iter().any(|l| truth.contains(&-l)) {
            return true;
        }
        for clause in clauses {
            if clause.iter().any(|l| truth.contains(l)) {
                continue;
            }
            let open: Vec<_> = clause.iter().filter(|l| !truth.contains(&-**l)).collect();
            match open.as_slice() {
                [] => return true,
                [first, others @ ..] if others.iter().all(|l| l == first) => truth.push(**first),
                _ => {}
            }
        }
        if truth.len() == before {
            return false;
        }
    }
}

#[test]
fn four_clauses_need_one_step() {
    let cnf = formula(2, vec![vec![1, 2], vec![1, -2], vec![-1, 2], vec![-1, -2]]);
    assert_eq!(check(&[], &cnf, &steps(&[])), Err(Refusal::Incomplete));
    assert_eq!(check(&[], &cnf, &steps(&[&[1]])).map(|c| (c.lemmas, c.steps)), Ok((0, 1)));
    assert!(check(&[], &cnf, &steps(&[&[1], &[]])).is_ok());
    assert_eq!(check(&[], &cnf, &steps(&[&[]])), Err(Refusal::Step(0)));
    assert_eq!(check(&[], &cnf, &steps(&[&[1, -1]])), Err(Refusal::Incomplete));
    for bad in [0, 3, -3, Literal::MIN] {
        assert_eq!(check(&[], &cnf, &steps(&[&[1], &[bad]])), Err(Refusal::Literal("step", 1, bad)));
        let cnf = formula(2, vec![vec![], vec![1, bad]]);
        assert_eq!(check(&[], &cnf, &steps(&[])), Err(Refusal::Literal("clause", 1, bad)));
    }
}

#[test]
fn trivial_formulas() {
    assert_eq!(check(&[], &formula(0, vec![]), &steps(&[])), Err(Refusal::Incomplete));
    assert_eq!(check(&[], &formula(0, vec![]), &steps(&[&[]])), Err(Refusal::Step(0)));
    assert!(check(&[], &formula(0, vec![vec![]]), &steps(&[])).is_ok());
    assert!(check(&[], &formula(1, vec![vec![1], vec![-1]]), &steps(&[])).is_ok());
    assert_eq!(check(&[], &formula(1, vec![vec![1, 1], vec![1, -1]]), &steps(&[])), Err(Refusal::Incomplete));
}

#[test]
fn long_chains_are_quick() {
    let last = 200_000;
    let mut clauses: Vec<Vec<Literal>> = (1..last).map(|v| vec![-v, v + 1]).collect();
    clauses.extend((1..last).map(|v| vec![-v, -(v + 1), v + 1, -last]));
    clauses.push(vec![1, last]);
    let cnf = formula(last.unsigned_abs(), clauses.clone());
    assert_eq!(check(&[], &cnf, &steps(&[&[last]])), Err(Refusal::Incomplete));
    clauses.push(vec![-last]);
    assert!(check(&[], &formula(last.unsigned_abs(), clauses), &steps(&[])).is_ok());
}

const VARIABLES: u32 = 5;

fn clauses(most: usize) -> impl Strategy<Value = Vec<Vec<Literal>>> {
    let literal =
        (1..=VARIABLES.cast_signed(), any::<bool>()).prop_map(|(v, sign)| if sign { v } else { -v });
    prop::collection::vec(prop::collection::vec(literal, 1..4), 1..most)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn the_verdict_is_that_of_plain_propagation(given in clauses(24), steps in clauses(6)) {
        let cnf = formula(VARIABLES, given.clone());
        let verdict = check(&[], &cnf, &Proof { lemmas: Vec::new(), steps: steps.clone() });
        if verdict.is_ok() {
            prop_assert!(!satisfiable(VARIABLES, &given));
        }
        let mut known = given;
        for (place, step) in steps.iter().enumerate() {
            if !conflicts(&known, step.iter().map(|l| -l).collect()) {
                prop_assert_eq!(verdict, Err(Refusal::Step(place)));
                return Ok(());
            }
            known.push(step.clone());
        }
        prop_assert_eq!(verdict.is_ok(), conflicts(&known, Vec::new()));
    }

    #[test]
    fn resolution_of_every_variable_is_accepted(given in clauses(40)) {
        // All clauses that hold, the longest first: each follows from two of one literal more.
        let mut steps = Vec::new();
        for width in (0..VARIABLES).rev() {
            for signs in 0..1u32 << width {
                let literal = |v: u32| if signs >> v & 1 == 1 { v.cast_signed() + 1 } else { -(v.cast_signed() + 1) };
                let clause: Vec<Literal> = (0..width).map(literal).collect();
                let negated = clause.iter().map(|l| vec![-l]);
                let all: Vec<_> = given.iter().cloned().chain(negated).collect();
                if !satisfiable(VARIABLES, &all) {
                    steps.push(clause);
                }
            }
        }
        let verdict = check(&[], &formula(VARIABLES, given.clone()), &Proof { lemmas: Vec::new(), steps });
        match satisfiable(VARIABLES, &given) {
            true => prop_assert_eq!(verdict, Err(Refusal::Incomplete)),
            false => prop_assert!(verdict.is_ok(), "{:?}", verdict),
        }
    }
}
