//! Which of many actions a caller may be allowed at all: read from the actions that statements list, before any
//! formula is made. Errs towards yes; an action that is ruled out here has formulas that are false as they stand.

use super::caller::CallerEntity;
use super::estate::Estate;
use super::prefilter::Prefilter;
use super::target::Resources;
use super::universe::Actions;
use gateproof_encodings::actions::ActionRanges;
use gateproof_model::catalogue::ActionInfo;
use gateproof_model::policy::Effect;
use std::collections::BTreeSet;

/// Some actions, and which of them policies of resources grant to anybody.
pub(crate) struct Allowance {
    filter: Prefilter,
    granted: ActionRanges,
}

/// What one caller may be allowed of them.
pub(crate) struct MayDo {
    by_identity: ActionRanges,
    granted: ActionRanges,
}

impl MayDo {
    /// Whether the action may be allowed; of one that the catalogue doesn't know nothing is said.
    pub fn action(&self, estate: &Estate, name: &str) -> bool {
        let Some(action) = estate.catalogue.action(name) else { return true };
        self.by_identity.contains(action) || self.granted.contains(action)
    }
}

impl Estate {
    /// Prepares the question for actions by name.
    pub(crate) fn allowance(&self, names: &BTreeSet<String>) -> Allowance {
        let known: Vec<ActionInfo<'_>> =
            names.iter().filter_map(|name| self.catalogue.find_action(name)).collect();
        let actions = Actions { known, open: Vec::new() };
        Allowance {
            filter: Prefilter::of(&actions, &Resources::default()),
            granted: self.granted_by_resources(),
        }
    }

    /// What Allow statements of resource and trust policies list, and what grants may be of.
    fn granted_by_resources(&self) -> ActionRanges {
        let resources = self.snapshot.resources().iter().filter_map(|r| r.policy.as_ref());
        let trusts = self.snapshot.principals().iter().filter_map(|p| p.trust.as_ref());
        let keys = self.default_key_policies.iter().map(|(_, document)| document);
        let documents: Vec<_> =
            resources.chain(trusts).chain(keys).map(|document| self.compiler.compile(document)).collect();
        let table = &self.compiler.actions;
        let listed = documents.iter().map(|d| d.actions(table).of_effect(Effect::Allow));
        let mut granted = ActionRanges::union(listed);
        if self.snapshot.resources().iter().any(|r| !r.grants.is_empty()) {
            let kms = self.catalogue.actions_matching("kms:*").map(|a| a.id());
            granted = ActionRanges::union([&granted, &ActionRanges::of(kms)]);
        }
        granted
    }
}

impl Allowance {
    /// What a caller may be allowed.
    pub fn of(&self, estate: &Estate, caller: &CallerEntity) -> MayDo {
        let allowed = self.filter.allowed(caller, &estate.compiler);
        MayDo { by_identity: allowed.by_identity, granted: self.granted.clone() }
    }
}
