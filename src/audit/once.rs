//! What is the same for all pipelines of an audit, found out once.

use super::case::Case;
use super::controls::places_by_role;
use super::stacks::{Stack, pipelines_by_stack_role, stacks_by_role};
use crate::ask::Digested;
use crate::question::{Requests, Selector};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Things of each role.
type ByRole<T> = BTreeMap<Arc<str>, BTreeSet<T>>;

/// What controls of all pipelines share.
#[derive(Default)]
pub(super) struct Once {
    stacks: OnceLock<ByRole<Stack>>,
    pipelines: OnceLock<ByRole<Arc<str>>>,
    places: OnceLock<ByRole<(String, String)>>,
    /// By account, the first pipeline that works there.
    first: OnceLock<BTreeMap<Arc<str>, Arc<str>>>,
    /// The keys by their aliases' ARNs.
    keys: OnceLock<FxHashMap<Arc<str>, Arc<str>>>,
    calls: Mutex<FxHashMap<String, Arc<Digested>>>,
}

impl<'a> Case<'a> {
    /// The stacks that each role executes, of whatever pipeline.
    pub fn stacks_by_role(&self) -> &'a ByRole<Stack> {
        self.asked.once.stacks.get_or_init(|| stacks_by_role(self.map))
    }

    /// The pipelines whose stacks each role executes.
    pub fn pipelines_by_stack_role(&self) -> &'a ByRole<Arc<str>> {
        self.asked.once.pipelines.get_or_init(|| pipelines_by_stack_role(self.map))
    }

    /// The pipelines and stages in which each role does some work.
    pub fn places_by_role(&self) -> &'a ByRole<(String, String)> {
        self.asked.once.places.get_or_init(|| places_by_role(self.map))
    }

    /// The ARN of the first pipeline that works in an account.
    pub fn first_in(&self, account: &str) -> Option<&'a Arc<str>> {
        let first = self.asked.once.first.get_or_init(|| {
            let mut first: BTreeMap<Arc<str>, Arc<str>> = BTreeMap::new();
            for pipeline in &self.map.pipelines {
                for account in pipeline.accounts() {
                    first.entry(account).or_insert_with(|| pipeline.arn.clone());
                }
            }
            first
        });
        first.get(account)
    }

    /// The ARN of the key that an alias stands for.
    pub fn key_behind(&self, alias: &str) -> Option<&'a Arc<str>> {
        let keys = self.asked.once.keys.get_or_init(|| {
            let mut keys: FxHashMap<Arc<str>, Arc<str>> = FxHashMap::default();
            for key in self.estate.snapshot.resources() {
                for alias in &key.aliases {
                    keys.entry(alias.clone()).or_insert_with(|| key.arn.clone());
                }
            }
            keys
        });
        keys.get(alias)
    }

    /// Calls, on whatever resource, that a control lists for many pipelines: `rule` tells the list from the control's others.
    pub fn calls(&self, rule: &str, list: impl FnOnce() -> Vec<&'a str>) -> Arc<Digested> {
        self.listed(rule, Vec::new(), list)
    }

    /// The same on resources of some accounts.
    pub fn calls_in(
        &self,
        accounts: &BTreeSet<String>,
        rule: &str,
        list: impl FnOnce() -> Vec<&'a str>,
    ) -> Arc<Digested> {
        let rule = format!("{rule} in {accounts:?}");
        self.listed(&rule, accounts.iter().cloned().map(Selector::Account).collect(), list)
    }

    fn listed(
        &self,
        rule: &str,
        within: Vec<Selector>,
        list: impl FnOnce() -> Vec<&'a str>,
    ) -> Arc<Digested> {
        let rule = format!("{}: {rule}", self.control.id);
        let known = || self.asked.once.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(calls) = known().get(&rule) {
            return calls.clone();
        }
        let actions = list().into_iter().map(str::to_owned).collect();
        let calls = Arc::new(Digested::of(Requests { actions, within, ..Requests::default() }));
        known().entry(rule).or_insert(calls).clone()
    }
}
