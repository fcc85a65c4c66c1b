//! An attempt at the formula of a piece: its model becomes a request that the reference evaluator must
//! confirm, its refutation a checked proof.

use super::by_strings::may_know_more;
use super::candidates::beautify;
use super::effort::Encoding;
use super::estate::Estate;
use super::facts::Facts;
use super::federation;
use super::granted::taken_for_granted;
use super::piece::{Formula, Piece};
use crate::engine::{Answer, solve};
use crate::question::Step;
use crate::solver::UnknownReason;
use gateproof_encodings::classes::Values;
use gateproof_encodings::field::Field;
use gateproof_encodings::proof::Proof;
use gateproof_encodings::term::{Atom, AtomId, Term, Terms};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How often an open policy variable is bound to another value before the piece is given up.
pub(super) const BINDINGS: usize = 6;

/// What an attempt comes to.
pub(super) enum Solved {
    /// A confirmed request, and what it takes for granted about what is not known.
    Step(Box<Step>, Vec<String>),
    /// No request; the checker accepted the proof.
    Refuted(Proof),
    /// Neither is shown.
    Unknown(UnknownReason),
}

/// What a model is made a request with, and confirmed against.
#[derive(Clone, Copy)]
pub(super) struct Attempt<'a> {
    pub estate: &'a Estate,
    pub piece: &'a Piece<'a>,
    pub facts: &'a Facts<'a>,
}

impl Attempt<'_> {
    /// Decides the formula; a request that needs no favour of what is not known is looked for first.
    pub(super) fn solve_formula(&self, terms: &mut Terms, formula: &Formula) -> Solved {
        let strict = terms.and([formula.root, formula.as_a_rule]);
        let mut roots = Vec::new();
        for root in [strict, formula.root] {
            roots.extend(without_favours(terms, root));
            roots.push(root);
        }
        roots.dedup();
        roots.pop();
        for root in roots {
            if let step @ Solved::Step(..) = self.solve_root(terms, formula, root) {
                return step;
            }
        }
        self.solve_root(terms, formula, formula.root)
    }

    fn solve_root(&self, terms: &Terms, formula: &Formula, root: Term) -> Solved {
        if !formula.open_variables.is_empty() {
            return self.bind_variables(terms, formula, root);
        }
        match self.piece.effort.encoding {
            Encoding::Strings => self.solve_by_strings(terms, root),
            Encoding::Classes => match self.solve_by_classes(terms, root) {
                Solved::Unknown(reason) if may_know_more(&reason) => self.retreat(terms, root, reason),
                solved => solved,
            },
        }
    }

    /// Decides by the engine.
    pub(super) fn solve_by_classes(&self, terms: &Terms, root: Term) -> Solved {
        let mut found: Option<(Box<Step>, Vec<String>)> = None;
        let limits = &self.piece.effort.limits;
        let answer = solve(terms, root, &self.estate.memory, limits, |values, combination| {
            found = Some(self.confirm_model(terms.atoms(), values, combination)?);
            Ok(())
        });
        match (answer, found) {
            (Answer::Satisfiable(_), Some((step, assumed))) => Solved::Step(step, assumed),
            (Answer::Satisfiable(_), None) => {
                Solved::Unknown(UnknownReason::WitnessRejected { why: "no request was made".to_owned() })
            }
            (Answer::Unsatisfiable(proof), _) => Solved::Refuted(proof),
            (Answer::Unknown(reason), _) => {
                Solved::Unknown(self.piece.effort.reproduced(terms, root, reason))
            }
        }
    }

    fn confirm_model(
        &self,
        atoms: &[Atom],
        values: &Values,
        combination: &[(AtomId, bool)],
    ) -> Result<(Box<Step>, Vec<String>), String> {
        let mut values = values.clone();
        beautify(self.piece, self.facts, atoms, combination, &mut values);
        self.confirm(&values)
    }

    /// The values as a request that the reference evaluator decides as the formula does; otherwise what
    /// it says.
    pub(super) fn confirm(&self, values: &Values) -> Result<(Box<Step>, Vec<String>), String> {
        let Self { estate, piece, .. } = self;
        let request = estate.request(piece, self.facts, values);
        let decision = estate.replay(&estate.policies(piece, &request), &request, values);
        if !estate.confirms(piece, &decision) {
            let because: Vec<String> = decision.because.iter().map(ToString::to_string).collect();
            return Err(format!("{}: {}", decision.outcome, because.join("; ")));
        }
        let mut assumed: Vec<String> =
            decision.assumed.iter().filter_map(|(name, holds)| needed(name, *holds)).collect();
        assumed.extend(taken_for_granted(piece, &request));
        assumed.extend(federation::granted(estate, piece.caller, piece.target, &request));
        Ok((Box::new(estate.step(piece, &request, &decision)), assumed))
    }

    /// The formula over-approximates policy variables: refuted, it is refuted; otherwise each open
    /// variable is bound to a value and the formula made anew, exactly.
    fn bind_variables(&self, terms: &Terms, formula: &Formula, root: Term) -> Solved {
        let Self { estate, piece, .. } = *self;
        let mut hint: Option<Values> = None;
        let answer = solve(terms, root, &estate.memory, &piece.effort.limits, |values, _| {
            hint = Some(values.clone());
            Ok(())
        });
        let mut last = None;
        let values = match (answer, hint) {
            (Answer::Unsatisfiable(proof), _) => return Solved::Refuted(proof),
            (Answer::Unknown(reason), _) if may_know_more(&reason) => {
                last = Some(reason);
                Values::default()
            }
            (Answer::Unknown(reason), _) => {
                return Solved::Unknown(piece.effort.reproduced(terms, root, reason));
            }
            (Answer::Satisfiable(_), hint) => hint.unwrap_or_default(),
        };
        for round in 0..BINDINGS {
            let Some(bindings) = bindings(&formula.open_variables, &values, piece, round) else { continue };
            let mut facts = Facts::of(estate, piece, piece.plan.action.is_some());
            facts.bindings = bindings;
            let mut fresh = Terms::default();
            let bound = estate.encode(&mut fresh, piece, &facts);
            if !bound.open_variables.is_empty() {
                continue;
            }
            match (Attempt { facts: &facts, ..*self }).solve_formula(&mut fresh, &bound) {
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

/// The formula with every assumption about unreadable documents taken against the request; `None`
/// where there is none.
pub(super) fn without_favours(terms: &mut Terms, root: Term) -> Option<Term> {
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

/// An assumption that a witness may hang on, as a sentence. What was taken against the request, that an
/// unreadable policy denies or does not allow, is none: otherwise it could only be allowed more.
pub(super) fn needed(name: &str, holds: bool) -> Option<String> {
    if name.ends_with(if holds { " denies" } else { " allows" }) {
        return None;
    }
    Some(if holds { name.to_owned() } else { format!("not so: {name}") })
}

/// Values for the open variables: first what the model says, then names of our own.
pub(super) fn bindings(
    open_variables: &BTreeSet<Arc<str>>,
    values: &Values,
    piece: &Piece<'_>,
    round: usize,
) -> Option<BTreeMap<Arc<str>, String>> {
    let mut bound = BTreeMap::new();
    for key in open_variables {
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
