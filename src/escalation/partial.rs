//! Plans that are not whole yet: some steps, and facts that others must still give, before certain steps.

use super::bound::{Early, may_be_had};
use super::plan::Steps;
use std::collections::{BTreeMap, BTreeSet};

/// A plan that is not whole yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Partial {
    /// The facts that are still to be given.
    pub open: BTreeMap<usize, Before>,
    pub steps: BTreeSet<usize>,
}

/// What a fact must be given before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Before {
    /// The steps that need it, and those that come after them because they need what these give.
    pub steps: BTreeSet<usize>,
    /// How many steps must come after, at least.
    pub later: usize,
}

impl Partial {
    /// Has a fact given before some steps. If a step of the plan gives it that is none of these, it is.
    pub fn ask_for(&mut self, steps: &Steps, fact: usize, before: &Before) {
        let gives = |step: &usize| steps.gives(*step).contains(&fact) && !before.steps.contains(step);
        if !steps.is_given(fact) && !self.steps.iter().any(gives) {
            let known = self.open.entry(fact).or_default();
            known.steps.extend(&before.steps);
            known.later = known.later.max(before.later).max(known.steps.len());
        }
    }

    /// Whether it may come to at most so many steps.
    pub fn fits(&self, steps: &Steps, longest: usize) -> bool {
        let path =
            |(fact, before): (&usize, &Before)| steps.level(*fact).saturating_add(before.later) <= longest;
        if !self.open.iter().all(path) {
            return false;
        }
        let open: Vec<Early> = self.open.keys().map(|fact| steps.early(*fact)).collect();
        let made: Vec<usize> = self.steps.iter().map(|step| steps.after(*step)).collect();
        may_be_had(&open, &made, steps.most_given, longest)
    }
}
