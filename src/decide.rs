//! `decide`: concrete requests, answered by the encoding asked for.

use crate::engine::{Answer, Limits, Memory, solve};
use crate::solver::strings::{StringsAnswer, solve_strings};
use crate::solver::{Budget, Cancellation, SolverError, UnknownReason, Z3};
use gateproof_encodings::compiled::Compiler;
use gateproof_encodings::concrete::encode_request;
use gateproof_encodings::term::{Term, Terms};
use gateproof_model::evaluator::{Outcome, World};
use gateproof_model::policy_set::PolicySet;
use gateproof_model::request::Request;
use std::time::Duration;

/// Decides whether a formula has a model.
pub trait Satisfiability {
    /// Whether some values make the formula hold.
    fn is_satisfiable(&mut self, terms: &Terms, root: Term) -> Result<bool, UnknownReason>;
}

/// The *classes* encoding.
#[derive(Debug, Default)]
pub struct Classes {
    /// What was answered so far.
    pub memory: Memory,
}

impl Satisfiability for Classes {
    fn is_satisfiable(&mut self, terms: &Terms, root: Term) -> Result<bool, UnknownReason> {
        match solve(terms, root, &self.memory, &Limits::default(), |_, _| Ok(())) {
            Answer::Satisfiable(_) => Ok(true),
            Answer::Unsatisfiable(_) => Ok(false),
            Answer::Unknown(reason) => Err(reason),
        }
    }
}

/// The decision on one request through an encoding.
///
/// # Errors
/// Why it is not decided; among others where it depends on an assumption about what is not modelled.
pub fn decide_by(
    encoding: &mut dyn Satisfiability,
    compiler: &Compiler,
    policies: &PolicySet,
    request: &Request,
    world: &World<'_>,
) -> Result<Outcome, UnknownReason> {
    let mut terms = Terms::default();
    let encoded = encode_request(&mut terms, compiler, policies, request, world);
    let authorization = encoded.authorization;
    let allowed = authorization.allowed(&mut terms);
    let mut settled = |formula: Term| -> Result<bool, UnknownReason> {
        let holds = terms.and([encoded.request, formula]);
        let opposite = terms.not(formula);
        let fails = terms.and([encoded.request, opposite]);
        match (encoding.is_satisfiable(&terms, holds)?, encoding.is_satisfiable(&terms, fails)?) {
            (true, false) => Ok(true),
            (false, true) => Ok(false),
            (true, true) => Err(UnknownReason::Unsupported {
                what: "the decision depends on what is not modelled".to_owned(),
                place: "the policies".to_owned(),
            }),
            (false, false) => Err(UnknownReason::Disagreement {
                first: "a formula".to_owned(),
                second: "its negation".to_owned(),
                saved: None,
            }),
        }
    };
    Ok(if settled(allowed)? {
        Outcome::Allowed
    } else if settled(authorization.denied)? {
        Outcome::ExplicitlyDenied
    } else {
        Outcome::ImplicitlyDenied
    })
}

/// The *strings* encoding in Z3.
pub struct Strings {
    solver: Z3,
    budget: Budget,
}

impl Strings {
    /// A solver of strings, ten seconds a formula.
    ///
    /// # Errors
    /// Where the linked Z3 is not the pinned one.
    pub fn new() -> Result<Self, SolverError> {
        Self::within(Duration::from_secs(10), &Cancellation::default())
    }

    /// A solver of strings that gives up on a formula after so long, or when the flag is raised.
    ///
    /// # Errors
    /// Where the linked Z3 is not the pinned one.
    pub fn within(wall: Duration, cancellation: &Cancellation) -> Result<Self, SolverError> {
        let budget = Budget { cancellation: cancellation.clone(), ..Budget::of_wall(wall) };
        Ok(Self { solver: Z3::new()?, budget })
    }
}

impl Satisfiability for Strings {
    fn is_satisfiable(&mut self, terms: &Terms, root: Term) -> Result<bool, UnknownReason> {
        if root == Terms::FALSE || root == Terms::TRUE {
            return Ok(root == Terms::TRUE);
        }
        match solve_strings(terms, root, &self.budget, &mut self.solver) {
            Ok(StringsAnswer::Sat(_)) => Ok(true),
            Ok(StringsAnswer::Unsat) => Ok(false),
            Ok(StringsAnswer::Unknown(reason)) => Err(reason),
            Err(error) => {
                Err(UnknownReason::Unsupported { what: error.to_string(), place: "the solver".to_owned() })
            }
        }
    }
}
