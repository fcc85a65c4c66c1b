//! Which roles may let a caller in: read from whom their trust policies name, before any formula is made.

use super::caller::CallerEntity;
use super::estate::Estate;
use super::plan::Reach;
use super::summary::Prepared;
use super::target::Place;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Estate {
    /// The roles that may let the caller in by the first action of a question about all roles. Errs towards yes: each role
    /// that is not listed has a formula that is false as it stands.
    pub(crate) fn may_admit<'a>(
        &'a self,
        caller: &CallerEntity,
        prepared: &Prepared<'a>,
    ) -> BTreeSet<Arc<str>> {
        let Some((action, plan)) = self.first_plan(prepared) else { return BTreeSet::new() };
        let allowed = prepared.prefilter.allowed(caller, &self.compiler);
        let reach =
            Reach { by_identity: allowed.by_identity.contains(action.id()), narrowed: true, refuted: false };
        let mut roles = BTreeSet::new();
        for target in plan.targets(self, caller, reach, &prepared.resources) {
            if let Place::Roles(listed) = &target.place {
                roles.extend(listed.iter().map(|role| role.arn.clone()));
            }
        }
        roles
    }
}
