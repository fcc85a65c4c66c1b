//! What a question may cost.

use super::opinions::{MakeSolver, Opinions};
use super::reproducer::Reproducers;
use crate::engine::Limits;
use crate::question::Undecided;
use crate::solver::{Cancellation, UnknownReason, Z3};
use std::time::Duration;

/// What a question may cost.
///
/// The time is kept from outside: whoever asks raises the flag of [`Effort::cancellation`] when it is over
/// (see [`crate::watchdog`]), and what is not decided by then is undecided.
#[derive(Debug, Clone)]
pub struct Effort {
    /// The time for the whole question, as the reason for an *undecided* names it.
    pub timeout: Duration,
    /// Budgets of the engine for one formula, and the flag that ends the question.
    pub limits: Limits,
    /// What decides.
    pub encoding: Encoding,
    /// The time of each solver of strings for one formula.
    pub strings: Duration,
    /// Whether a witness may take nothing for granted that the snapshot can't tell.
    pub strict: bool,
    /// The solver of strings for second opinions.
    pub second: MakeSolver,
    /// Those that it gave.
    pub opinions: Opinions,
    /// Takes the formulas about which solvers disagree.
    pub reproducers: Reproducers,
}

/// Which encoding decides. An *impossible* rests on a proof of the classes encoding in either case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// Classes of texts; where the engine gives up, strings in Z3 and in cvc5 are asked for a request.
    #[default]
    Classes,
    /// Strings in Z3.
    Strings,
}

impl Default for Effort {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(60),
            limits: Limits::default(),
            encoding: Encoding::default(),
            strings: Duration::from_secs(10),
            strict: false,
            second: || Ok(Box::new(Z3::new()?)),
            opinions: Opinions::default(),
            reproducers: Reproducers::default(),
        }
    }
}

impl Effort {
    /// The flag that ends the question.
    pub fn cancellation(&self) -> &Cancellation {
        &self.limits.search.cancellation
    }

    /// The reason as the answer names it: what was ended from outside ran out of time.
    pub(crate) fn named(&self, reason: UnknownReason) -> UnknownReason {
        match reason {
            UnknownReason::Cancelled => UnknownReason::Timeout { limit: self.timeout },
            other => other,
        }
    }

    /// Why `--strict` takes no witness that hangs on this.
    pub(crate) fn unsettled(granted: &str, place: String) -> Undecided {
        Undecided { reason: format!("strict: a witness would take for granted that {granted}"), place }
    }

    /// Why nothing is known of what comes from `place` on.
    pub(crate) fn ended(&self, place: &str) -> Undecided {
        let reason = self.named(UnknownReason::Cancelled).to_string();
        Undecided { reason, place: place.to_owned() }
    }
}
