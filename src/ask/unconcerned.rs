//! Callers whom a question doesn't concern: nothing of their own policies lists one of its actions on what it asks about, and no policy
//! of a resource grants them one. Asking them would make no formula, so that those of an account share an answer.

use super::authorizations::needs;
use super::caller::CallerEntity;
use super::estate::Estate;
use super::plan::{Plan, Reach};
use super::summary::{Prepared, Tally};
use crate::question::{Answer, Quantifier};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The plans of so many actions are looked through for each caller.
const MOST_ACTIONS: usize = 64;

/// What is told of a question beforehand, once for all callers.
pub(super) struct Unconcerned<'p, 'a> {
    estate: &'a Estate,
    prepared: &'p Prepared<'a>,
    plans: Vec<&'p Plan<'a>>,
    by_account: FxHashMap<Option<Arc<str>>, Arc<Answer>>,
}

impl<'p, 'a> Unconcerned<'p, 'a> {
    /// `None`: each caller is to be asked.
    ///
    /// Not where whoever is asked says something of the question's actions without a formula of their own (those that need no permission,
    /// those that the catalogue doesn't know, calls of several authorizations, requests that AWS could receive).
    pub fn of(estate: &'a Estate, prepared: &'p Prepared<'a>) -> Option<Self> {
        let known = &prepared.actions.known;
        let plain = prepared.quantifier == Quantifier::Some
            && !prepared.exhaustive
            && !prepared.realistic
            && prepared.actions.open.is_empty()
            && known.len() <= MOST_ACTIONS
            && prepared.prefilter.needs_permission();
        let several = || known.iter().any(|a| needs(*a).is_some_and(|needs| !needs.each.is_empty()));
        if !plain || several() {
            return None;
        }
        let plans = (0..known.len()).filter_map(|n| estate.plan_at(prepared, n)).collect();
        Some(Self { estate, prepared, plans, by_account: FxHashMap::default() })
    }

    /// The answer of a caller whom nothing concerns.
    pub fn answer(&mut self, caller: &CallerEntity) -> Option<Arc<Answer>> {
        let Self { estate, prepared, plans, by_account } = self;
        if !prepared.prefilter.lists_nothing(caller, &estate.compiler) {
            return None;
        }
        let reach = Reach { by_identity: false, narrowed: true, refuted: false };
        if plans.iter().any(|plan| !plan.targets(estate, caller, reach, &prepared.resources).is_empty()) {
            return None;
        }
        let settled = || Arc::new(estate.settle(caller, prepared, Tally::default()));
        Some(by_account.entry(caller.account.clone()).or_insert_with(settled).clone())
    }
}
