//! The engine of the *classes* encoding: a SAT core proposes a combination of atoms, the emptiness
//! search accepts it or says which part of it no request can have, until one is accepted or none is left.
//!
//! Asserts nothing by itself: *satisfiable* comes with values for the fields (to be replayed by the
//! caller), *unsatisfiable* with a [`Proof`] that the independent checker has accepted.

mod implicant;
mod memory;
mod propose;
mod sat;

use crate::solver::UnknownReason;
use gateproof_encodings::classes::{Budget, Combination, Unsettled, Values, check};
use gateproof_encodings::cnf::{Literal, encode_clauses};
use gateproof_encodings::emptiness::Meter;
use gateproof_encodings::proof::Proof;
use gateproof_encodings::term::{AtomId, Term, Terms};
pub use memory::Memory;
use sat::{BatSat, SatCore};

/// The answer to one formula.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The formula holds for these values, and the caller accepted them.
    Satisfiable(Box<Values>),
    /// No values make it hold.
    Unsatisfiable(Proof),
    /// Neither is shown.
    Unknown(UnknownReason),
}

/// How far the engine goes before it gives up on a formula.
#[derive(Debug, Clone)]
pub struct Limits {
    /// States of the emptiness search.
    pub search: Budget,
    /// Combinations tried.
    pub rounds: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { search: Budget::default(), rounds: 10_000 }
    }
}

/// Decides a formula. `accept` judges the values found, by replaying them say; values that it refuses
/// are not taken, and the formula is then never called unsatisfiable.
pub fn solve(
    terms: &Terms,
    root: Term,
    memory: &Memory,
    limits: &Limits,
    mut accept: impl FnMut(&Values, &[(AtomId, bool)]) -> Result<(), String>,
) -> Answer {
    if let Some(proof) = memory.proof_of(terms, root, limits) {
        return Answer::Unsatisfiable(proof);
    }
    let meter = Meter::of(limits.search.work, &limits.search.cancellation);
    let mut lemmas: Vec<Vec<Literal>> = Vec::new();
    // What a walk proposes is mostly right; where it isn't, why it isn't is the first lemma.
    if let Some(combination) = propose::propose(terms, root) {
        match check(terms.atoms(), &combination, &memory.emptiness, &limits.search, &meter) {
            Combination::Possible(values) if accept(&values, &combination).is_ok() => {
                return Answer::Satisfiable(values);
            }
            Combination::Impossible(part) => lemmas.push(part.into_iter().map(|l| -l).collect()),
            Combination::Possible(_) | Combination::Unsettled(..) => {}
        }
    }
    let cnf = encode_clauses(terms, root);
    let mut core = BatSat::new(&limits.search.cancellation);
    let mut doubt: Option<UnknownReason> = None;
    let mut consistent = cnf.clauses.iter().chain(&lemmas).all(|clause| core.add_clause(clause));
    for _ in 0..limits.rounds {
        if limits.search.cancellation.is_cancelled() {
            return Answer::Unknown(UnknownReason::Cancelled);
        }
        match if consistent { core.solve() } else { Some(false) } {
            Some(true) => {}
            None => return Answer::Unknown(UnknownReason::Cancelled),
            Some(false) => {
                return match doubt {
                    Some(reason) => Answer::Unknown(reason),
                    None => {
                        let answer = refuted(terms, &cnf, Proof { lemmas, steps: core.into_steps() });
                        if let Answer::Unsatisfiable(proof) = &answer {
                            memory.remember(terms, root, limits, Some(proof));
                        }
                        answer
                    }
                };
            }
        }
        let combination = implicant::choose(terms, root, |atom| core.value(atom));
        meter.charge(combination.len() as u64);
        let refused = match check(terms.atoms(), &combination, &memory.emptiness, &limits.search, &meter) {
            Combination::Possible(values) => {
                match accept(&values, &combination) {
                    Ok(()) => return Answer::Satisfiable(values),
                    Err(why) => doubt.get_or_insert(UnknownReason::WitnessRejected { why }),
                };
                combination.iter().map(|&(id, holds)| literal(id, holds)).collect()
            }
            Combination::Impossible(part) => {
                let lemma: Vec<Literal> = part.into_iter().map(|l| -l).collect();
                consistent = core.add_clause(&lemma);
                lemmas.push(lemma);
                continue;
            }
            Combination::Unsettled(_, Unsettled::Cancelled) => {
                return Answer::Unknown(UnknownReason::Cancelled);
            }
            Combination::Unsettled(part, why) => {
                doubt.get_or_insert_with(|| unsettled(terms, &part, why, limits));
                part
            }
        };
        if meter.is_spent() {
            return Answer::Unknown(UnknownReason::ResourceLimit { limit: limits.search.work });
        }
        let blocked: Vec<Literal> = refused.into_iter().map(|l| -l).collect();
        consistent = core.add_clause(&blocked);
    }
    Answer::Unknown(doubt.unwrap_or(UnknownReason::ResourceLimit { limit: limits.rounds as u64 }))
}

/// The proof that nothing makes the formula hold; `None` where something does, or neither is shown.
pub fn refute(terms: &Terms, root: Term, memory: &Memory, limits: &Limits) -> Option<Proof> {
    if memory.is_possible(terms, root, limits) {
        return None;
    }
    match solve(terms, root, memory, limits, |_, _| Ok(())) {
        Answer::Unsatisfiable(proof) => Some(proof),
        Answer::Satisfiable(_) => {
            memory.remember(terms, root, limits, None);
            None
        }
        Answer::Unknown(_) => None,
    }
}

fn refuted(terms: &Terms, cnf: &gateproof_encodings::cnf::Cnf, proof: Proof) -> Answer {
    match gateproof_checker::check(terms.atoms(), cnf, &proof) {
        Ok(_) => Answer::Unsatisfiable(proof),
        // What the engine sees may be too much for the checker, which neither refutes it nor lets it pass.
        Err(gateproof_checker::Refusal::Budget(_, limit)) => {
            Answer::Unknown(UnknownReason::ResourceLimit { limit: limit as u64 })
        }
        Err(refusal) => Answer::Unknown(UnknownReason::Disagreement {
            first: "the engine".to_owned(),
            second: format!("the proof checker: {refusal}"),
            saved: None,
        }),
    }
}

fn unsettled(terms: &Terms, part: &[Literal], why: Unsettled, limits: &Limits) -> UnknownReason {
    match why {
        Unsettled::OverBudget => UnknownReason::ResourceLimit { limit: limits.search.search as u64 },
        Unsettled::Cancelled => UnknownReason::Cancelled,
        Unsettled::MixedTypes => UnknownReason::Unsupported {
            what: "a key compared as text and as number, date or address at once".to_owned(),
            place: part.iter().filter_map(|l| field_of(terms, *l)).next().unwrap_or_default(),
        },
    }
}

fn literal(id: AtomId, holds: bool) -> Literal {
    let variable = Literal::try_from(id.0 + 1).unwrap_or(Literal::MAX);
    if holds { variable } else { -variable }
}

fn field_of(terms: &Terms, literal: Literal) -> Option<String> {
    let id = literal.unsigned_abs().checked_sub(1)?;
    terms.atom(AtomId(id))?.field().map(|f| f.name().to_owned())
}
