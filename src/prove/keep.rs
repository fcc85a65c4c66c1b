//! What is needed: there before, and still there after.

use super::ProveError;
use super::gap::{Closed, decide_after, doubt};
use crate::ask::Estate;
use crate::check::{Decided, Judgement, Property, decide};
use crate::escalation::EscalationSettings;

/// What became of something that is needed.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The property.
    pub name: String,
    /// Before.
    pub before: Decided,
    /// After.
    pub after: Closed,
}

impl Kept {
    /// Holds: it was there, and still is.
    pub fn judgement(&self) -> Judgement {
        let after = match &self.after {
            Closed::Decided(decided) => decided.judgement,
            Closed::Gone(_) => Judgement::Violated,
        };
        super::worst([self.before.judgement, after].into_iter())
    }

    /// Why it isn't shown to be kept.
    pub(super) fn reason(&self) -> Option<String> {
        let name = &self.name;
        let said = |what: &str, decided: &Decided| match decided.judgement {
            Judgement::Holds => None,
            Judgement::Violated => Some(format!("`{name}` {what}: {}", decided.message)),
            Judgement::Undecided => Some(format!("whether `{name}` {what} is undecided: {}", doubt(decided))),
        };
        said("did not hold before", &self.before).or_else(|| match &self.after {
            Closed::Gone(what) => Some(format!("`{name}` is lost: {what}")),
            Closed::Decided(after) => said("is lost", after),
        })
    }
}

pub(super) fn keep(
    (old, new): (&Estate, &Estate),
    needed: &Property,
    settings: &EscalationSettings,
) -> Result<Kept, ProveError> {
    let failed = |error| ProveError::Decide { name: needed.name.clone(), error };
    let before = decide(needed, old, settings).map_err(failed)?;
    let after = decide_after(needed, new, settings).map_err(failed)?;
    Ok(Kept { name: needed.name.clone(), before, after })
}
