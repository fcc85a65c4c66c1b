//! What solvers of strings say of the pairs.

use gateproof::compare::{Comparer, Relation};
use gateproof::solver::strings::StringsAnswer;
use gateproof::solver::{Budget, ChildProcess, SmtSolver, SolverError, UnknownReason, Z3};
use gateproof_model::policy::Document;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A solver of strings that gives a second opinion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Solver {
    /// Strings in Z3.
    Z3,
    /// Strings in cvc5, a process a formula.
    Cvc5,
}

/// So much of a message tells one reason from another.
const MESSAGE: usize = 60;

/// Which pairs are put to a solver, and how long it may take for one formula.
#[derive(Debug, Clone, Copy)]
pub struct Seconding {
    /// Whom to ask.
    pub solver: Solver,
    /// Every so manieth pair.
    pub every: usize,
    /// For one formula. A pair has two: what is gained, and what is lost.
    pub patience: Duration,
}

/// The answers of one solver.
#[derive(Debug, Default)]
pub struct Opinions {
    agreed: usize,
    /// How often it said neither, by why.
    silent: BTreeMap<String, usize>,
    contradicted: usize,
}

impl Seconding {
    /// Whether the pair of this number is one of them.
    pub fn is_of(&self, n: usize) -> bool {
        n.is_multiple_of(self.every.max(1))
    }

    /// Asks the solver for both directions of a pair; what it contradicts is named.
    pub fn ask(
        &self,
        comparer: &Comparer,
        [old, new]: [&Arc<Document>; 2],
        relation: Relation,
        opinions: &mut Opinions,
    ) -> Vec<String> {
        let is = |more: Relation| relation == more || relation == Relation::Incomparable;
        let mut wrong = Vec::new();
        for (first, second, wanted, side) in
            [(new, old, is(Relation::Wider), "gained"), (old, new, is(Relation::Narrower), "lost")]
        {
            let Some(mut solver) = self.solver.started() else {
                opinions.say_nothing("not installed");
                continue;
            };
            let budget = Budget::of_wall(self.patience);
            let holds = match comparer.ask_strings(first, second, &budget, solver.as_mut()) {
                Ok(Some(StringsAnswer::Sat(_))) => true,
                Ok(Some(StringsAnswer::Unsat)) => false,
                silent => {
                    opinions.say_nothing(&why(&silent));
                    continue;
                }
            };
            if relation == Relation::Undecided {
                opinions.say_nothing("nothing to compare with");
            } else if holds == wanted {
                opinions.agreed += 1;
            } else {
                opinions.contradicted += 1;
                wrong.push(format!(
                    "{} says that {}thing is {side}",
                    self.solver.name(),
                    if holds { "some" } else { "no" }
                ));
            }
        }
        wrong
    }
}

impl Solver {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Z3 => "strings in Z3",
            Self::Cvc5 => "strings in cvc5",
        }
    }

    fn started(self) -> Option<Box<dyn SmtSolver>> {
        Some(match self {
            Self::Z3 => Box::new(Z3::new().ok()?),
            Self::Cvc5 => Box::new(ChildProcess::installed_cvc5()?),
        })
    }
}

impl Opinions {
    fn say_nothing(&mut self, why: &str) {
        *self.silent.entry(why.to_owned()).or_default() += 1;
    }

    /// The counts.
    pub fn render(&self, solver: Solver) -> String {
        let silent: Vec<String> = self.silent.iter().map(|(why, n)| format!("{why} {n}")).collect();
        format!(
            "{}: agrees {}, says neither {} ({}), contradicts {}\n",
            solver.name(),
            self.agreed,
            self.silent.values().sum::<usize>(),
            silent.join(", "),
            self.contradicted,
        )
    }
}

fn why(answer: &Result<Option<StringsAnswer>, SolverError>) -> String {
    match answer {
        Ok(None) => "open variable".to_owned(),
        Ok(Some(StringsAnswer::Unknown(UnknownReason::Timeout { .. }))) => "out of time".to_owned(),
        Ok(Some(StringsAnswer::Unknown(reason))) => reason.to_string().chars().take(MESSAGE).collect(),
        Ok(Some(_)) => "answered".to_owned(),
        Err(error) => error.to_string().chars().take(MESSAGE).collect(),
    }
}
