//! The second opinion: a formula as text for a solver of strings, and its model as an assignment.

use super::{Budget, SmtAnswer, SmtSolver, SolverError, UnknownReason};
use gateproof_encodings::assignment::{Assignment, evaluate_under};
use gateproof_encodings::smtlib::{Style, decode_model, render_script};
use gateproof_encodings::term::{Term, Terms};
use std::time::Instant;

/// What the strings encoding answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StringsAnswer {
    /// The formula holds of this assignment; that has been checked.
    Sat(Assignment),
    /// The formula holds of no request.
    Unsat,
    /// Neither is known, and why.
    Unknown(UnknownReason),
}

/// Asks a solver whether a formula can hold, first with one membership a set, and where that ends without
/// an answer, with one atom a pattern; each gets half of the time.
///
/// A model that does not satisfy the formula is no answer.
pub fn solve_strings(
    terms: &Terms,
    root: Term,
    budget: &Budget,
    solver: &mut dyn SmtSolver,
) -> Result<StringsAnswer, SolverError> {
    let started = Instant::now();
    let half = Budget { wall: budget.wall / 2, ..budget.clone() };
    match solve_in_style(terms, root, Style::Union, &half, solver)? {
        StringsAnswer::Unknown(UnknownReason::Cancelled) => {
            Ok(StringsAnswer::Unknown(UnknownReason::Cancelled))
        }
        StringsAnswer::Unknown(_) => {
            let rest = Budget { wall: budget.wall.saturating_sub(started.elapsed()), ..budget.clone() };
            solve_in_style(terms, root, Style::PerPattern, &rest, solver)
        }
        answer => Ok(answer),
    }
}

/// The same in one style.
pub fn solve_in_style(
    terms: &Terms,
    root: Term,
    style: Style,
    budget: &Budget,
    solver: &mut dyn SmtSolver,
) -> Result<StringsAnswer, SolverError> {
    let script = match render_script(terms, root, style) {
        Ok(script) => script,
        Err(cause) => {
            let place = "the patterns of the question".to_owned();
            return Ok(StringsAnswer::Unknown(UnknownReason::Unsupported { what: cause.to_string(), place }));
        }
    };
    Ok(match solver.check_script(&script, budget)? {
        SmtAnswer::Unsat => StringsAnswer::Unsat,
        SmtAnswer::Unknown(reason) => StringsAnswer::Unknown(reason),
        SmtAnswer::Sat(values) => match decode_model(terms, root, &values) {
            Ok(assignment) if evaluate_under(terms, root, &assignment) => StringsAnswer::Sat(assignment),
            Ok(assignment) => {
                let why = format!("the formula does not hold of {assignment:?}");
                StringsAnswer::Unknown(UnknownReason::WitnessRejected { why })
            }
            Err(cause) => StringsAnswer::Unknown(UnknownReason::WitnessRejected { why: cause.to_string() }),
        },
    })
}
