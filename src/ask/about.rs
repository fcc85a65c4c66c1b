//! Whether a question is about anything.

use super::caller::{CallerEntity, own_policies};
use super::estate::Estate;
use super::{AskError, CrossCheck, Settings};
use crate::question::{Quantifier, Requests, Verdict};
use gateproof_encodings::term::Terms;
use gateproof_model::policy_set::PolicySet;
use std::collections::BTreeMap;

impl Estate {
    /// Whether a principal whose policies allow everything could make some request of a question, or some known resource is meant, which
    /// may refuse even that one. Conditions are left out: who is asked about may not fulfil them.
    ///
    /// # Errors
    /// Where the action globs name nothing.
    pub(crate) fn is_about_something(
        &self,
        requests: &Requests,
        settings: &Settings,
    ) -> Result<bool, AskError> {
        let requests = Requests { when: Vec::new(), ..requests.clone() };
        let settings = Settings { cross_check: CrossCheck::Never, realistic: true, ..settings.clone() };
        let prepared = self.prepare(&requests, Quantifier::Some, &settings)?;
        let mut terms = Terms::default();
        let mut could = |caller: &CallerEntity| {
            let policies = PolicySet { identity: own_policies(), ..PolicySet::default() };
            let answer = self.ask(&mut terms, &caller.with_policies(policies), &prepared);
            answer.verdict != Verdict::Impossible
        };
        if self.one_of_each_account().into_iter().any(&mut could) {
            return Ok(true);
        }
        Ok(prepared.actions.known.iter().any(|action| {
            let plan = self.plan(Some(*action), &[], &prepared.resources, &prepared.cases);
            !plan.known.targets.is_empty()
        }))
    }

    /// A principal of each account, the root user only where there is no other.
    fn one_of_each_account(&self) -> Vec<&CallerEntity> {
        let mut each: BTreeMap<Option<&str>, &CallerEntity> = BTreeMap::new();
        for caller in self.callers() {
            let one = each.entry(caller.account.as_deref()).or_insert(caller);
            if one.is_root() {
                *one = caller;
            }
        }
        each.into_values().collect()
    }
}
