//! Grants: what some statements of several layers allow (or deny) together.

use super::action_set::ActionSet;
use super::conditions::{Joined, Test, join};
use super::glob::{self, Glob};
use std::collections::BTreeSet;

/// A statement that a grant rests on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// The layer: `identity`, `boundary`, `SCP level 1`, `resource policy`, ….
    pub layer: String,
    /// The policy.
    pub policy: String,
    /// The statement's `Sid`, or its place.
    pub statement: String,
}

/// The resources of a grant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Resources {
    /// Whether it is `NotResource`.
    pub negated: bool,
    /// The patterns, sorted.
    pub globs: Vec<Glob>,
}

impl Resources {
    /// These patterns.
    pub fn of(globs: Vec<Glob>) -> Self {
        Self { negated: false, globs: glob::widest(globs) }
    }

    /// Whether every resource is meant.
    pub fn is_everything(&self) -> bool {
        if self.negated { self.globs.is_empty() } else { self.globs.iter().any(|g| glob::is_everything(g)) }
    }

    /// The resources of both, and whether that is exact. `None`: there are none.
    pub fn meet(&self, other: &Self) -> (Option<Self>, bool) {
        if other.is_everything() {
            return (Some(self.clone()), true);
        }
        if self.is_everything() {
            return (Some(other.clone()), true);
        }
        match (self.negated, other.negated) {
            (true, true) => {
                let globs = self.globs.iter().chain(&other.globs).cloned().collect();
                (Some(Self { negated: true, globs: glob::widest(globs) }), true)
            }
            (false, true) => self.without(&other.globs),
            (true, false) => other.without(&self.globs),
            (false, false) => {
                let mut exact = true;
                let mut common = Vec::new();
                for a in &self.globs {
                    for b in &other.globs {
                        match glob::intersect(a, b) {
                            Some(globs) => common.extend(globs),
                            None => {
                                exact = false;
                                common.push(a.clone());
                            }
                        }
                    }
                }
                ((!common.is_empty()).then(|| Self::of(common)), exact)
            }
        }
    }

    /// The patterns that are not excluded; one that is in part is kept, and that is not exact.
    fn without(&self, excluded: &[Glob]) -> (Option<Self>, bool) {
        let left: Vec<Glob> =
            self.globs.iter().filter(|g| !excluded.iter().any(|e| glob::includes(e, g))).cloned().collect();
        let exact = !left.iter().any(|g| excluded.iter().any(|e| glob::overlaps(g, e)));
        ((!left.is_empty()).then_some(Self { negated: false, globs: left }), exact)
    }

    /// Whether every resource of the other is one of these. Errs towards no.
    pub fn includes(&self, other: &Self) -> bool {
        match (self.negated, other.negated) {
            _ if self.is_everything() || self == other => true,
            (false, false) => {
                other.globs.iter().all(|g| self.globs.iter().any(|wide| glob::includes(wide, g)))
            }
            (true, false) => !other.globs.iter().any(|g| self.globs.iter().any(|e| glob::overlaps(g, e))),
            (true, true) => self.globs.iter().all(|g| other.globs.iter().any(|wide| glob::includes(wide, g))),
            (false, true) => false,
        }
    }

    /// Whether some resource may be of both. Errs towards yes.
    pub fn may_meet(&self, other: &Self) -> bool {
        match (self.negated, other.negated) {
            (false, false) => self.globs.iter().any(|a| other.globs.iter().any(|b| glob::overlaps(a, b))),
            (false, true) => self.without(&other.globs).0.is_some(),
            (true, false) => other.without(&self.globs).0.is_some(),
            (true, true) => true,
        }
    }
}

/// What is allowed, or denied, in one go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The actions.
    pub actions: ActionSet,
    /// The resources.
    pub resources: Resources,
    /// What must hold, sorted.
    pub tests: Vec<Test>,
    /// The statements that it rests on.
    pub origins: BTreeSet<Origin>,
    /// For a Deny on a place: the actions that can be about it, so that others don't matter. All where `None`.
    pub matters: Option<ActionSet>,
}

impl Grant {
    /// What both allow; `None`: nothing. Where a policy can't say it, more than that.
    pub fn meet(&self, other: &Self) -> Option<Self> {
        let actions = self.actions.and(&other.actions);
        if actions.is_empty() {
            return None;
        }
        let resources = self.resources.meet(&other.resources).0?;
        let tests = match join(&self.tests, &other.tests) {
            Joined::Tests(tests) | Joined::Weaker(tests) => tests,
            Joined::Never => return None,
        };
        let origins = self.origins.union(&other.origins).cloned().collect();
        Some(Self { actions, resources, tests, origins, matters: None })
    }

    /// The grant on resources of a case only.
    pub fn within(mut self, resources: &Resources) -> Option<Self> {
        self.resources = self.resources.meet(resources).0?;
        Some(self)
    }

    fn is_covered_by(&self, other: &Self) -> bool {
        other.tests.iter().all(|t| self.tests.contains(t))
            && self.actions.is_within(&other.actions)
            && other.resources.includes(&self.resources)
    }
}

/// So many grants are put together before it is given up.
pub const MOST_GRANTS: usize = 2_000;

/// There are more combinations of statements than are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany;

/// What both lists allow.
pub fn product(a: &[Grant], b: &[Grant]) -> Result<Vec<Grant>, TooMany> {
    let mut found = Vec::new();
    for x in a {
        for y in b {
            found.extend(x.meet(y));
            if found.len() > MOST_GRANTS {
                return Err(TooMany);
            }
        }
    }
    Ok(merged(found))
}

fn either(a: Option<ActionSet>, b: Option<ActionSet>) -> Option<ActionSet> {
    Some(a?.or(&b?))
}

/// The same in fewer grants: equal resources and conditions put together, then equal actions and conditions,
/// and those left out that another covers.
pub fn merged(grants: Vec<Grant>) -> Vec<Grant> {
    let mut by_resource: Vec<Grant> = Vec::new();
    for grant in grants.into_iter().filter(|g| !g.actions.is_empty()) {
        match by_resource.iter_mut().find(|g| g.resources == grant.resources && g.tests == grant.tests) {
            Some(known) => {
                known.actions = known.actions.or(&grant.actions);
                known.matters = either(known.matters.take(), grant.matters);
                known.origins.extend(grant.origins);
            }
            None => by_resource.push(grant),
        }
    }
    let mut by_action: Vec<Grant> = Vec::new();
    for grant in by_resource {
        let same = |g: &&mut Grant| {
            g.actions == grant.actions
                && g.tests == grant.tests
                && !g.resources.negated
                && !grant.resources.negated
        };
        match by_action.iter_mut().find(same) {
            Some(known) => {
                let globs = known.resources.globs.iter().chain(&grant.resources.globs).cloned().collect();
                known.resources = Resources::of(globs);
                known.matters = either(known.matters.take(), grant.matters);
                known.origins.extend(grant.origins);
            }
            None => by_action.push(grant),
        }
    }
    let covered: Vec<bool> = by_action
        .iter()
        .enumerate()
        .map(|(i, g)| {
            by_action
                .iter()
                .enumerate()
                .any(|(j, o)| i != j && g.is_covered_by(o) && !(o.is_covered_by(g) && j > i))
        })
        .collect();
    by_action.into_iter().zip(covered).filter(|(_, covered)| !covered).map(|(g, _)| g).collect()
}
