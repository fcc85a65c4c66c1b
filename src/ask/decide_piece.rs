//! One piece decided: its formula solved, its model replayed or its proof checked.

use super::candidates::beautify;
use super::estate::Estate;
use super::facts::Facts;
use super::piece::{Formula, Piece};
use crate::decide::{Satisfiability, Strings};
use crate::engine::{Answer, solve};
use crate::question::Step;
use crate::solver::UnknownReason;
use gateproof_encodings::classes::Values;
use gateproof_encodings::field::Field;
use gateproof_encodings::proof::Proof;
use gateproof_encodings::term::{Atom, Term, Terms};
use gateproof_model::policy_set::PolicySet;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a piece comes to.
pub enum PieceAnswer {
    /// A request that the reference evaluator decides as the formula does; with the assumptions that it
    /// needs about what is not known.
    Reachable(Box<Step>, Vec<String>),
    /// No request of the piece.
    Impossible(PieceProof),
    /// Neither is shown.
    Unknown(UnknownReason),
    /// The resources of the case must be asked about one by one.
    Split,
}

/// The proof of one piece.
#[derive(Debug, Clone, Default)]
pub struct PieceProof {
    /// Lemmas and steps; both empty where the formula is false as it stands. The checker accepted it.
    pub proof: Proof,
    /// Whether the proof is about every request, or only about resources and keys that the catalogue
    /// gives the action.
    pub all_requests: bool,
    /// Whether the formula was false as it stood, so that the proof is its empty clause.
    pub folded: bool,
    /// What the strings encoding in Z3 says of the same formula.
    pub second: Second,
}

/// A second opinion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Second {
    /// It was not asked for, or the formula is a constant.
    #[default]
    NotAsked,
    /// No request makes the formula hold.
    Refuted,
    /// Some request does.
    Satisfiable,
    /// It could not tell.
    Unknown,
}

/// How often an open policy variable is bound to another value before the piece is given up.
const BINDINGS: usize = 6;

impl Estate {
    /// Decides a piece. First for requests that AWS could receive; where there is none, whether there is
    /// none at all.
    pub(crate) fn decide_piece(&self, terms: &mut Terms, piece: &Piece<'_>) -> PieceAnswer {
        if piece.effort.cancellation().is_cancelled() {
            return PieceAnswer::Unknown(UnknownReason::Cancelled);
        }
        let policies = self.policies(piece);
        let facts = Facts::of(
            self,
            piece.caller,
            piece.plan.action,
            piece.target,
            piece.when,
            piece.plan.action.is_some(),
        );
        terms.clear();
        let formula = self.encode(terms, piece, &policies, &facts);
        if formula.root != Terms::FALSE && facts.must_split() {
            return PieceAnswer::Split;
        }
        let answer = self.solve_formula(terms, piece, &policies, &facts, &formula);
        let opinion = second_opinion(terms, formula.root, piece);
        match (&answer, opinion) {
            (Solved::Step(..), Second::Refuted) | (Solved::Refuted(_), Second::Satisfiable) => {
                return PieceAnswer::Unknown(UnknownReason::Disagreement {
                    first: "the classes encoding".to_owned(),
                    second: "the strings encoding in Z3".to_owned(),
                });
            }
            _ => {}
        }
        let proof = match answer {
            Solved::Step(step, assumed) => return PieceAnswer::Reachable(step, assumed),
            Solved::Unknown(reason) => return PieceAnswer::Unknown(reason),
            Solved::Refuted(proof) => proof,
        };
        let folded = formula.root == Terms::FALSE;
        let realistic = PieceProof { proof, all_requests: false, folded, second: opinion };
        // Refused by the policies before any restriction to what AWS could receive came in.
        let already_general = piece.plan.action.is_none() || formula.goal_is_false && !facts.was_restricted();
        if already_general {
            return PieceAnswer::Impossible(PieceProof { all_requests: true, ..realistic });
        }
        PieceAnswer::Impossible(self.refute_for_all(terms, piece, &policies).unwrap_or(realistic))
    }

    /// A proof about every request, whatever resource and keys it carries. None where there is none, or
    /// where the second opinion is against it.
    fn refute_for_all(
        &self,
        terms: &mut Terms,
        piece: &Piece<'_>,
        policies: &PolicySet,
    ) -> Option<PieceProof> {
        let facts = Facts::of(self, piece.caller, piece.plan.action, piece.target, piece.when, false);
        terms.clear();
        let formula = self.encode_unrealistic(terms, piece, policies, &facts);
        let Answer::Unsatisfiable(proof) =
            solve(terms, formula.root, &self.cache, &piece.effort.limits, |_, _| Ok(()))
        else {
            return None;
        };
        let second = second_opinion(terms, formula.root, piece);
        let folded = formula.root == Terms::FALSE;
        (second != Second::Satisfiable).then_some(PieceProof { proof, all_requests: true, folded, second })
    }

    fn solve_formula(
        &self,
        terms: &mut Terms,
        piece: &Piece<'_>,
        policies: &PolicySet,
        facts: &Facts<'_>,
        formula: &Formula,
    ) -> Solved {
        if let Some(pessimistic) = without_favours(terms, formula.root)
            && let step @ Solved::Step(..) =
                self.solve_root(terms, piece, policies, facts, formula, pessimistic)
        {
            return step;
        }
        self.solve_root(terms, piece, policies, facts, formula, formula.root)
    }

    fn solve_root(
        &self,
        terms: &mut Terms,
        piece: &Piece<'_>,
        policies: &PolicySet,
        facts: &Facts<'_>,
        formula: &Formula,
        root: Term,
    ) -> Solved {
        if !formula.open_variables.is_empty() {
            return self.bind_variables(terms, piece, policies, formula, root);
        }
        let mut found: Option<(Box<Step>, Vec<String>)> = None;
        let answer = solve(terms, root, &self.cache, &piece.effort.limits, |values, combination| {
            let mut values = values.clone();
            beautify(piece, facts, terms.atoms(), combination, &mut values);
            let request = self.request(piece, facts, &values);
            let decision = self.replay(policies, &request, &values);
            if !self.confirms(piece, &decision) {
                let because: Vec<String> = decision.because.iter().map(ToString::to_string).collect();
                return Err(format!("{:?}: {}", decision.outcome, because.join("; ")));
            }
            let assumed = decision.assumed.iter().map(|(name, holds)| stated(name, *holds)).collect();
            found = Some((Box::new(self.step(piece, &request, &decision)), assumed));
            Ok(())
        });
        match (answer, found) {
            (Answer::Satisfiable(_), Some((step, assumed))) => Solved::Step(step, assumed),
            (Answer::Satisfiable(_), None) => {
                Solved::Unknown(UnknownReason::WitnessRejected { why: "no request was made".to_owned() })
            }
            (Answer::Unsatisfiable(proof), _) => Solved::Refuted(proof),
            (Answer::Unknown(reason), _) => Solved::Unknown(reason),
        }
    }

    /// The formula over-approximates policy variables: refuted, it is refuted; otherwise each open
    /// variable is bound to a value and the formula made anew, exactly.
    fn bind_variables(
        &self,
        terms: &mut Terms,
        piece: &Piece<'_>,
        policies: &PolicySet,
        formula: &Formula,
        root: Term,
    ) -> Solved {
        let mut hint: Option<Values> = None;
        let answer = solve(terms, root, &self.cache, &piece.effort.limits, |values, _| {
            hint = Some(values.clone());
            Ok(())
        });
        let values = match (answer, hint) {
            (Answer::Unsatisfiable(proof), _) => return Solved::Refuted(proof),
            (Answer::Unknown(reason), _) => return Solved::Unknown(reason),
            (Answer::Satisfiable(_), None) => {
                return Solved::Unknown(UnknownReason::WitnessRejected {
                    why: "no request was made".to_owned(),
                });
            }
            (Answer::Satisfiable(_), Some(values)) => values,
        };
        let mut last = None;
        for round in 0..BINDINGS {
            let Some(bindings) = bindings(formula, &values, piece, round) else { continue };
            let mut facts = Facts::of(
                self,
                piece.caller,
                piece.plan.action,
                piece.target,
                piece.when,
                piece.plan.action.is_some(),
            );
            facts.bindings = bindings;
            let mut fresh = Terms::default();
            let bound = self.encode(&mut fresh, piece, policies, &facts);
            if !bound.open_variables.is_empty() {
                continue;
            }
            match self.solve_root(&mut fresh, piece, policies, &facts, &bound, bound.root) {
                step @ Solved::Step(..) => return step,
                Solved::Refuted(_) => {}
                Solved::Unknown(reason) => last = Some(reason),
            }
        }
        let keys: Vec<&str> = formula.open_variables.iter().map(AsRef::as_ref).collect();
        Solved::Unknown(last.unwrap_or_else(|| UnknownReason::Unsupported {
            what: format!("a policy variable whose value is open: {}", keys.join(", ")),
            place: piece.caller.id.to_string(),
        }))
    }
}

enum Solved {
    Step(Box<Step>, Vec<String>),
    Refuted(Proof),
    Unknown(UnknownReason),
}

/// Asks the strings encoding in Z3, where `asked` and the formula is no constant: a constant would tell
/// nothing about the encoding.
fn second_opinion(terms: &Terms, root: Term, piece: &Piece<'_>) -> Second {
    if !piece.second || root == Terms::FALSE || root == Terms::TRUE {
        return Second::NotAsked;
    }
    match Strings::within(piece.effort.cancellation())
        .ok()
        .and_then(|mut strings| strings.is_satisfiable(terms, root).ok())
    {
        Some(true) => Second::Satisfiable,
        Some(false) => Second::Refuted,
        None => Second::Unknown,
    }
}

/// The formula with every assumption about unreadable documents taken against the request; `None`
/// where there is none.
fn without_favours(terms: &mut Terms, root: Term) -> Option<Term> {
    let favours: Vec<(Atom, bool)> = terms
        .atoms()
        .iter()
        .filter_map(|atom| match atom {
            Atom::Free(name) if name.ends_with(" allows") => Some((atom.clone(), false)),
            Atom::Free(name) if name.ends_with(" denies") => Some((atom.clone(), true)),
            _ => None,
        })
        .collect();
    if favours.is_empty() {
        return None;
    }
    let mut parts = vec![root];
    for (atom, holds) in favours {
        let term = terms.atom_term(atom);
        parts.push(if holds { term } else { terms.not(term) });
    }
    Some(terms.and(parts))
}

/// An assumption as a sentence.
fn stated(name: &str, holds: bool) -> String {
    if holds { name.to_owned() } else { format!("not so: {name}") }
}

/// Values for the open variables: first what the model says, then names of our own.
fn bindings(
    formula: &Formula,
    values: &Values,
    piece: &Piece<'_>,
    round: usize,
) -> Option<BTreeMap<Arc<str>, String>> {
    let mut bound = BTreeMap::new();
    for key in &formula.open_variables {
        let field = Field::Key(key.clone());
        let modelled = values.texts.get(&field).cloned().flatten().filter(|v| !v.is_empty());
        let unique = match &piece.caller.caller {
            gateproof_encodings::scope::Caller::RoleSession { unique_id, .. } => {
                format!("{unique_id}:gateproof")
            }
            _ => "example".to_owned(),
        };
        let value = match (round, &**key) {
            (0, "aws:userid") => unique,
            (0, "aws:requestedregion") => "us-east-1".to_owned(),
            (0, _) => "example".to_owned(),
            (1, _) => modelled?.to_string(),
            (2, _) => piece.resources.globs.first().and_then(|g| g.rsplit('/').next())?.to_owned(),
            (3, _) => piece.resources.globs.first().and_then(|g| g.split([':', '/']).nth_back(1))?.to_owned(),
            _ => return None,
        };
        bound.insert(key.clone(), value);
    }
    Some(bound)
}
