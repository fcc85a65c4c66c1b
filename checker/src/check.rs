//! The whole of a proof, in order: clauses in range, lemmas true of every request, steps that follow,
//! the empty clause at the end.

use crate::lemma::{Flaw, judge_lemma};
use crate::propagation::Propagation;
use gateproof_encodings::cnf::{Cnf, Literal};
use gateproof_encodings::proof::Proof;
use gateproof_encodings::term::Atom;

/// That a proof was accepted: the clauses have no model that a request could have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checked {
    /// How many lemmas were found true of every request.
    pub lemmas: usize,
    /// How many steps were found to follow.
    pub steps: usize,
}

/// Why a proof was refused. Clauses, lemmas and steps are counted from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A clause, lemma or step (which one) has a literal without a variable.
    #[error("{0} {1}: literal {2} is of no variable of the formula")]
    Literal(&'static str, usize, Literal),
    /// A lemma isn't true of every request, or not of a kind that can be.
    #[error("lemma {0}: {1}")]
    Lemma(usize, Flaw),
    /// Whether a lemma is true could not be found out within so many positions of patterns.
    #[error("lemma {0}: not decided within {1} positions")]
    Budget(usize, usize),
    /// A step doesn't follow from what precedes it.
    #[error("step {0}: does not follow by unit propagation")]
    Step(usize),
    /// All steps follow, but don't lead to the empty clause.
    #[error("the empty clause does not follow by unit propagation")]
    Incomplete,
}

/// Checks that `proof` shows `cnf`, whose first variables are `atoms`, to hold for no request.
///
/// Accepts only if no assignment that some request gives to the atoms extends to a model of the
/// clauses. The converse does not hold: a refused proof says nothing of the formula.
pub fn check(atoms: &[Atom], cnf: &Cnf, proof: &Proof) -> Result<Checked, Refusal> {
    let in_range = |what, place, literals: &[Literal]| {
        let bad = |l: &&Literal| matches!(**l, 0 | Literal::MIN) || l.unsigned_abs() > cnf.variables;
        literals.iter().find(bad).map_or(Ok(()), |l| Err(Refusal::Literal(what, place, *l)))
    };
    let mut propagation = Propagation::default();
    for (place, clause) in cnf.clauses.iter().enumerate() {
        in_range("clause", place, clause)?;
        propagation.add(clause);
    }
    // Variables from `cnf.atoms` on name subformulas, whatever atoms were made since.
    let atoms = atoms.get(..cnf.atoms as usize).unwrap_or(atoms);
    for (place, lemma) in proof.lemmas.iter().enumerate() {
        in_range("lemma", place, lemma)?;
        judge_lemma(atoms, lemma).map_err(|flaw| match flaw {
            Flaw::Undecided(limit) => Refusal::Budget(place, limit),
            flaw => Refusal::Lemma(place, flaw),
        })?;
        propagation.add(lemma);
    }
    for (place, step) in proof.steps.iter().enumerate() {
        in_range("step", place, step)?;
        if !propagation.follows(step) {
            return Err(Refusal::Step(place));
        }
        propagation.add(step);
    }
    let checked = Checked { lemmas: proof.lemmas.len(), steps: proof.steps.len() };
    if propagation.is_contradictory() { Ok(checked) } else { Err(Refusal::Incomplete) }
}
