//! Which roles may let a caller in: read from whom their trust policies name, before any formula is made.

use super::caller::CallerEntity;
use super::estate::Estate;
use super::plan::Reach;
use super::prefilter::Asked;
use super::summary::Prepared;
use super::target::Place;
use rustc_hash::FxHashSet;
use std::sync::Arc;

impl Estate {
    /// The roles that may let the caller in by the first action of a question about all roles. Errs towards yes: each role
    /// that is not listed has a formula that is false as it stands.
    pub(crate) fn may_admit<'a>(
        &'a self,
        caller: &CallerEntity,
        prepared: &Prepared<'a>,
    ) -> FxHashSet<Arc<str>> {
        let Some((action, plan)) = self.first_plan(prepared) else { return FxHashSet::default() };
        let mut roles = FxHashSet::default();
        let mut take = |by_identity: bool, counts: &dyn Fn(&str) -> bool| {
            let reach = Reach { by_identity, narrowed: true, refuted: false };
            for target in plan.targets(self, caller, reach, &prepared.resources) {
                if let Place::Roles(listed) = &target.place {
                    roles.extend(listed.iter().filter(|role| counts(&role.arn)).map(|role| role.arn.clone()));
                }
            }
        };
        take(false, &|_| true);
        let allowed = prepared.prefilter.allowed(caller, &self.compiler);
        if allowed.by_identity.contains(action.id()) {
            // Those that leave it to the caller's own policies.
            let own = self.own_patterns(caller, &action);
            let asked = |arn: &str| Asked::of(arn);
            take(true, &|arn| own.iter().flatten().any(|(_, p)| asked(arn).may_match(p)) || own.is_none());
        }
        roles
    }
}
