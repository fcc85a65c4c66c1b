//! Proving a change: the gap was open and is closed, what is needed still works, and nothing new was opened.
//!
//! Every part is a verdict by itself: a property decided before and after ([`crate::check`]), a comparison of all principals
//! ([`crate::compare`]), or a search for other ways to the same ([`siblings`]). *Holds* needs all of them.

mod claim;
mod difference;
mod equivalents;
pub mod fix;
mod gap;
mod idle;
mod keep;
mod siblings;
mod vacuous;

pub use claim::Claim;
pub use difference::{ChangedStatement, Difference, Part};
pub use gap::{Closed, GapAnswer};
pub use idle::Idle;
pub use keep::Kept;
pub use siblings::{Sibling, Siblings};

use crate::ask::{AskError, Estate};
use crate::check::{DecideError, Judgement, Property};
use crate::compare::{EstateComparison, PrincipalComparison, compare_estates};
use crate::escalation::EscalationSettings;
use crate::question::Selector;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is claimed of a change.
#[derive(Debug, Clone, Default)]
pub struct Claims {
    /// What is violated before and must hold after.
    pub gap: Vec<Property>,
    /// What must hold before and after.
    pub keep: Vec<Property>,
    /// Whose new access is meant.
    pub may_gain: Vec<Selector>,
}

/// What was found out about a change.
#[derive(Debug, Clone)]
pub struct Proved {
    /// Each gap, in order.
    pub gaps: Vec<GapAnswer>,
    /// Each thing that is needed, in order.
    pub kept: Vec<Kept>,
    /// What anybody gains and loses.
    pub comparison: EstateComparison,
    /// Who gains what nobody meant: places among the comparison's principals.
    pub opened: Vec<usize>,
    /// The statements that came and went.
    pub difference: Difference,
    /// Statements of the change that do nothing.
    pub idle: Vec<Idle>,
    /// Accounts whose principals only the old snapshot tells of: whoever is missing there may still be there.
    pub uncovered: Vec<Arc<str>>,
}

/// Why a claim can't be looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProveError {
    /// A property can't be decided.
    #[error("{name}: {error}")]
    Decide {
        /// The property.
        name: String,
        /// Why not.
        error: DecideError,
    },
    /// A question can't be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
}

/// Looks at a change from one estate to another.
///
/// # Errors
/// Where a property names nobody or nothing before the change.
pub fn prove(
    (old, new): (&Estate, &Estate),
    claims: &Claims,
    settings: &EscalationSettings,
) -> Result<Proved, ProveError> {
    let gaps =
        claims.gap.iter().map(|gap| gap::close((old, new), gap, settings)).collect::<Result<_, _>>()?;
    let kept =
        claims.keep.iter().map(|keep| keep::keep((old, new), keep, settings)).collect::<Result<_, _>>()?;
    let comparison = compare_estates(old, new, &[], &settings.ask)?;
    let opened = opened(&comparison, (old, new), &claims.may_gain, settings)?;
    let difference = Difference::between(old, new);
    let idle = idle::idle((old, new), &difference, &settings.ask)?;
    let uncovered = uncovered(old, new);
    Ok(Proved { gaps, kept, comparison, opened, difference, idle, uncovered })
}

/// The accounts with principals of which the new snapshot has none.
fn uncovered(old: &Estate, new: &Estate) -> Vec<Arc<str>> {
    let accounts = |estate: &Estate| -> BTreeSet<Arc<str>> {
        let principals = estate.snapshot.principals().iter();
        principals.filter(|p| !p.arn.ends_with(":root")).map(|p| p.account.clone()).collect()
    };
    accounts(old).difference(&accounts(new)).cloned().collect()
}

/// Who gains something that isn't meant.
fn opened(
    comparison: &EstateComparison,
    (old, new): (&Estate, &Estate),
    may_gain: &[Selector],
    settings: &EscalationSettings,
) -> Result<Vec<usize>, AskError> {
    let mut meant = BTreeSet::new();
    for estate in [old, new] {
        for selector in may_gain {
            match estate.select(std::slice::from_ref(selector), &settings.ask.environments) {
                Ok(callers) => meant.extend(callers.into_iter().map(|caller| caller.id)),
                Err(AskError::NothingSelected { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
    let principals = comparison.principals.iter().enumerate();
    let gain = principals.filter(|(_, p)| !p.gained.is_empty() && !meant.contains(&p.id));
    Ok(gain.map(|(n, _)| n).collect())
}

impl Proved {
    /// Who gains what nobody meant.
    pub fn opened(&self) -> impl Iterator<Item = &PrincipalComparison> {
        self.opened.iter().filter_map(|place| self.comparison.principals.get(*place))
    }

    /// How much the change takes away: the actions, or services, of each principal's losses.
    pub fn takes_away(&self) -> usize {
        let lost = self.comparison.principals.iter().flat_map(|principal| &principal.lost);
        lost.map(|region| region.actions.len() * region.resources.len().max(1)).sum()
    }

    /// Whether nothing new was opened.
    pub fn nothing_opened(&self) -> Judgement {
        let certain = self.opened().any(|p| p.gained.iter().any(|region| region.certain));
        let meant = self.opened.len();
        let unknown = !self.comparison.undecided.is_empty()
            || self.comparison.principals.iter().any(|p| !p.undecided.is_empty());
        match (certain, meant > 0 || unknown) {
            (true, _) => Judgement::Violated,
            (false, true) => Judgement::Undecided,
            (false, false) => Judgement::Holds,
        }
    }
}

impl Proved {
    /// Whether the change does what is claimed.
    pub fn judgement(&self) -> Judgement {
        let parts = self.gaps.iter().map(GapAnswer::judgement).chain(self.kept.iter().map(Kept::judgement));
        let known = if self.uncovered.is_empty() { Judgement::Holds } else { Judgement::Undecided };
        worst(parts.chain([self.nothing_opened(), known]))
    }

    /// How many inputs were not collected, of those that something is taken for: after the change, or on one side of it.
    pub fn inputs_taken(&self) -> usize {
        let gaps =
            self.gaps.iter().flat_map(|gap| [Some(&gap.after), gap.through_escalation.as_ref()]).flatten();
        let after = gaps.chain(self.kept.iter().map(|kept| &kept.after));
        let decided = after.filter_map(|closed| match closed {
            Closed::Decided(decided) => Some(decided),
            Closed::Gone(_) => None,
        });
        let of_answers = decided.flat_map(|decided| decided.untold.iter().map(ToString::to_string));
        let all: BTreeSet<String> = of_answers.chain(self.comparison.assumptions.iter().cloned()).collect();
        all.len()
    }

    /// Why it doesn't, or why that isn't known: a sentence each.
    pub fn reasons(&self) -> Vec<String> {
        let gaps = self.gaps.iter().flat_map(GapAnswer::reasons);
        let kept = self.kept.iter().filter_map(Kept::reason);
        let opened = self.opened().map(|principal| {
            let first = principal.gained.first();
            let what = first
                .map(|region| format!("{} on {}", region.actions.join(", "), region.resources.join(", ")));
            format!("{} gains {}", principal.id, what.unwrap_or_default())
        });
        let unknown = self.comparison.principals.iter().filter_map(|principal| {
            let why = principal.undecided.first()?;
            Some(format!("what {} gains is not known: {}", principal.id, why.reason))
        });
        let blind = self.comparison.undecided.iter().map(|why| why.reason.clone());
        let uncovered = self.uncovered.iter().map(|account| {
            format!(
                "the new snapshot tells of nobody in account {account}: whether they are gone is not known"
            )
        });
        gaps.chain(kept).chain(opened).chain(unknown).chain(blind).chain(uncovered).collect()
    }
}

/// Violated if one is, else undecided if one is.
fn worst(parts: impl Iterator<Item = Judgement>) -> Judgement {
    let rank = |judgement: &Judgement| match judgement {
        Judgement::Holds => 0,
        Judgement::Undecided => 1,
        Judgement::Violated => 2,
    };
    parts.max_by_key(rank).unwrap_or(Judgement::Holds)
}
