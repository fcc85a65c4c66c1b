//! A piece decided by solvers of strings: because the question says so, or because the engine gave up.
//!
//! A model found here becomes a request that the reference evaluator must allow, like every other. That
//! *no* request is found is no proof that the checker could accept, so by itself it never makes a piece
//! impossible.

use super::attempt::{Attempt, Solved};
use crate::solver::strings::{StringsAnswer, solve_strings};
use crate::solver::{Budget, ChildProcess, SmtSolver, UnknownReason, Z3};
use gateproof_encodings::assignment::Assignment;
use gateproof_encodings::classes::Values;
use gateproof_encodings::term::{Term, Terms};
use gateproof_model::operand::{parse_point, render_point};
use std::sync::Arc;

/// What one solver says.
enum Said {
    Step(Box<Solved>),
    NoRequest,
    Unknown(UnknownReason),
}

/// Whether solvers of strings may know what the engine doesn't: it gave up for its own limits, or met
/// a key that is text and point at once.
pub(super) fn may_know_more(reason: &UnknownReason) -> bool {
    matches!(reason, UnknownReason::ResourceLimit { .. } | UnknownReason::Unsupported { .. })
}

impl Attempt<'_> {
    /// Asks Z3, then cvc5 where it is installed, what the engine gave up for `reason`.
    pub(super) fn retreat(&self, terms: &Terms, root: Term, reason: UnknownReason) -> Solved {
        let mut none_found: Vec<String> = Vec::new();
        for mut solver in solvers() {
            match self.ask_strings(solver.as_mut(), terms, root) {
                Said::Step(step) if none_found.is_empty() => return *step,
                Said::Step(_) => {
                    let first = format!("strings in {} (no request)", none_found.join(", "));
                    let second = format!("strings in {} (some request)", solver.name());
                    return self.disagreement(terms, root, first, second);
                }
                Said::NoRequest => none_found.push(solver.name().to_owned()),
                Said::Unknown(UnknownReason::Cancelled) => {
                    return Solved::Unknown(UnknownReason::Cancelled);
                }
                Said::Unknown(_) => {}
            }
        }
        Solved::Unknown(match none_found.is_empty() {
            true => reason,
            false => UnknownReason::NoProof { solvers: none_found.join(" and "), why: Box::new(reason) },
        })
    }

    /// Decides by strings in Z3. What Z3 calls impossible the engine must prove, for the checker.
    pub(super) fn solve_by_strings(&self, terms: &Terms, root: Term) -> Solved {
        if root == Terms::FALSE {
            return self.solve_by_classes(terms, root);
        }
        let mut solver = match Z3::new() {
            Ok(solver) => solver,
            Err(error) => return Solved::Unknown(failed(&error)),
        };
        match self.ask_strings(&mut solver, terms, root) {
            Said::Step(step) => *step,
            Said::Unknown(reason) => Solved::Unknown(reason),
            Said::NoRequest => match self.solve_by_classes(terms, root) {
                Solved::Step(..) => {
                    let first = "the strings encoding in Z3 (no request)".to_owned();
                    let second = "the classes encoding (some request)".to_owned();
                    self.disagreement(terms, root, first, second)
                }
                Solved::Unknown(UnknownReason::Cancelled) => Solved::Unknown(UnknownReason::Cancelled),
                Solved::Unknown(reason) => Solved::Unknown(UnknownReason::NoProof {
                    solvers: solver.name().to_owned(),
                    why: Box::new(reason),
                }),
                refuted => refuted,
            },
        }
    }

    fn disagreement(&self, terms: &Terms, root: Term, first: String, second: String) -> Solved {
        let reason = UnknownReason::Disagreement { first, second, saved: None };
        Solved::Unknown(self.piece.effort.reproduced(terms, root, reason))
    }

    fn ask_strings(&self, solver: &mut dyn SmtSolver, terms: &Terms, root: Term) -> Said {
        let effort = self.piece.effort;
        let cancellation = effort.cancellation().clone();
        let budget = Budget { cancellation, ..Budget::of_wall(effort.strings) };
        match solve_strings(terms, root, &budget, solver) {
            Ok(StringsAnswer::Unsat) => Said::NoRequest,
            // What was left of the time differs from run to run; what was given does not.
            Ok(StringsAnswer::Unknown(UnknownReason::Timeout { .. })) => {
                Said::Unknown(UnknownReason::Timeout { limit: effort.strings })
            }
            Ok(StringsAnswer::Unknown(reason)) => Said::Unknown(reason),
            Ok(StringsAnswer::Sat(assignment)) => match self.confirm(&values_of(assignment)) {
                Ok((step, assumed)) => Said::Step(Box::new(Solved::Step(step, assumed))),
                Err(why) => Said::Unknown(UnknownReason::WitnessRejected { why }),
            },
            Err(error) => Said::Unknown(failed(&error)),
        }
    }
}

fn failed(error: &crate::solver::SolverError) -> UnknownReason {
    UnknownReason::Unsupported { what: error.to_string(), place: "the solver".to_owned() }
}

/// The solvers of strings that are there.
fn solvers() -> Vec<Box<dyn SmtSolver>> {
    let mut found: Vec<Box<dyn SmtSolver>> = Vec::new();
    if let Ok(z3) = Z3::new() {
        found.push(Box::new(z3));
    }
    if let Some(cvc5) = ChildProcess::installed_cvc5() {
        found.push(Box::new(cvc5));
    }
    found
}

/// An assignment as values of a request. A field that the model places on a line has the text of that
/// place, unless its own text lies there already.
fn values_of(assignment: Assignment) -> Values {
    let mut texts: std::collections::BTreeMap<_, Option<Arc<str>>> =
        assignment.texts.into_iter().map(|(field, text)| (field, text.map(Arc::from))).collect();
    for ((field, scalar), point) in assignment.points {
        if let Some(Some(text)) = texts.get_mut(&field)
            && parse_point(scalar, text) != Some(point)
        {
            *text = render_point(scalar, point).into();
        }
    }
    let members = assignment
        .members
        .into_iter()
        .map(|(field, members)| (field, Some(members.into_iter().map(Arc::from).collect())))
        .collect();
    Values { texts, members, free: assignment.free }
}
