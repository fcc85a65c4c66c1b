//! The rounds of a search, which are the same whatever its goal: searches that differ in their goals only share them.
//!
//! Between two rounds is asked whether the goal is met, which says when to stop. What a round adds doesn't depend on it, but where a step
//! may meet it by itself ([`super::target::Goal::may_end_rounds`]): those searches share nothing. They alone leave kinds of step out, too.

use super::gathered::Gathered;
use super::kin::Kin;
use super::pending::Pending;
use super::remembered::Remembered;
use super::required::Requirable;
use super::sorts::Sorts;
use super::target::Goal;
use super::twins::Seers;
use crate::ask::Estate;
use crate::question::{Constraint, Selector};
use gateproof_model::snapshot::Changes;
use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// So many walks are kept, those that were asked for last: each of their stages may have an estate of its own.
const KEPT: usize = 32;

/// Where a search stands before a round, or at its end.
#[derive(Clone)]
pub(super) struct Stage {
    pub all: Gathered,
    /// The sessions that are asked about.
    pub pending: Pending,
    /// What the facts make of the policies.
    pub changes: Changes,
    /// The estate as it is then; `None`: nothing changes.
    pub changed: Option<Arc<Estate>>,
    /// Who can see what of callers there.
    pub seers: Arc<OnceLock<Arc<Seers>>>,
    /// The sorts of names that new principals were given.
    pub sorts: Option<Sorts>,
    pub requirable: Option<Arc<Requirable>>,
    pub remembered: Remembered,
    /// What the last round left for later, where it only went ahead ([`super::ahead`]).
    pub left: Option<Pending>,
    pub own: Arc<Own>,
    /// Whether no round follows.
    pub ended: bool,
}

/// What is the same for all rounds.
pub(super) struct Own {
    /// The actions that steps ask about.
    pub actions: BTreeSet<String>,
    pub kin: Kin,
    /// Who opens a session that is the target, as policies are at the start; looked for when first needed.
    pub openers: OnceLock<Option<Goal>>,
    /// Whether a round went ahead in vain.
    pub in_vain: AtomicBool,
}

impl Own {
    pub fn of(actions: BTreeSet<String>, kin: Kin) -> Self {
        Self { actions, kin, openers: OnceLock::new(), in_vain: AtomicBool::new(false) }
    }
}

impl Stage {
    /// Before the first round.
    pub fn first(all: Gathered, pending: Pending, own: Arc<Own>) -> Self {
        Self {
            all,
            pending,
            changes: Changes::default(),
            changed: None,
            seers: Arc::default(),
            sorts: None,
            requirable: None,
            remembered: Remembered::default(),
            left: None,
            own,
            ended: false,
        }
    }
}

/// The stages of a search, as far as somebody came.
#[derive(Default)]
pub(super) struct Walk(Mutex<Vec<Arc<Stage>>>);

impl Walk {
    /// The stage before a round, if it is known; else it is made, and kept if it is `whole` then: what was cut short says nothing to others.
    /// It is made outside of the lock: whoever makes it may meanwhile do other work of its pool, which may ask for the same.
    pub fn stage(
        &self,
        round: usize,
        make: impl FnOnce() -> Stage,
        whole: impl FnOnce() -> bool,
    ) -> Arc<Stage> {
        if let Some(known) = self.known().get(round) {
            return known.clone();
        }
        let made = Arc::new(make());
        if !whole() {
            return made;
        }
        let mut all = self.known();
        match all.get(round) {
            Some(earlier) => earlier.clone(),
            None => {
                if all.len() == round {
                    all.push(made.clone());
                }
                made
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, Vec<Arc<Stage>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// From where an attack starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct From {
    pub selectors: Vec<Selector>,
    pub when: Vec<Constraint>,
    /// Which of the principals is meant, by place; `None`: all of them together.
    pub place: Option<usize>,
}

/// All that rounds on one ground depend on.
#[derive(Debug, PartialEq, Eq)]
struct Key {
    from: From,
    every_way: bool,
}

/// The walks on one ground, the one asked for last at the end.
#[derive(Default)]
pub(super) struct Walks(Mutex<VecDeque<(Key, Arc<Walk>)>>);

impl Walks {
    /// The one of an attack.
    pub fn of(&self, from: &From, every_way: bool) -> Arc<Walk> {
        let key = Key { from: from.clone(), every_way };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.iter().position(|(known, _)| *known == key).and_then(|at| kept.remove(at));
        let (key, walk) = known.unwrap_or_else(|| (key, Arc::default()));
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back((key, walk.clone()));
        walk
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(rounds: usize) -> Stage {
        let own = Own::of(BTreeSet::new(), Kin::default());
        let mut stage = Stage::first(Gathered::default(), Pending::default(), Arc::new(own));
        stage.all.rounds = rounds;
        stage
    }

    #[test]
    fn a_stage_is_made_once() {
        let walk = Walk::default();
        let stage = |round, rounds| walk.stage(round, || made(rounds), || true).all.rounds;
        assert_eq!(stage(0, 0), 0);
        assert_eq!(stage(0, 7), 0);
        assert_eq!(stage(1, 1), 1);
        let make = || {
            stage(2, 2);
            made(8)
        };
        let from_within = walk.stage(2, make, || true);
        assert_eq!(from_within.all.rounds, 2, "what was there first is what all look at");
    }

    #[test]
    fn a_stage_that_was_cut_short_is_made_again() {
        let walk = Walk::default();
        assert_eq!(walk.stage(0, || made(3), || false).all.rounds, 3);
        assert_eq!(walk.stage(0, || made(0), || true).all.rounds, 0);
    }

    #[test]
    fn walks_are_of_the_same_start_only() {
        let from = |place| From { selectors: Vec::new(), when: Vec::new(), place };
        let walks = Walks::default();
        let first = walks.of(&from(Some(0)), false);
        assert!(Arc::ptr_eq(&first, &walks.of(&from(Some(0)), false)));
        for (other, every_way) in [(from(Some(1)), false), (from(None), false), (from(Some(0)), true)] {
            assert!(!Arc::ptr_eq(&first, &walks.of(&other, every_way)));
        }
    }
}
