//! On which resources a caller may be allowed an action: read from the patterns of its own Allow statements and from whom the
//! policies of resources name, before any formula is made.

use super::caller::CallerEntity;
use super::estate::Estate;
use super::plan::Reach;
use super::prefilter::{Asked, is_unlimited, literal_head, needs_no_permission};
use super::summary::Prepared;
use super::target::Place;
use gateproof_model::arn::is_account_id;
use gateproof_model::catalogue::ActionInfo;
use gateproof_model::pattern::PatternText;
use gateproof_model::policy::Effect;
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// The resources on which a caller may be allowed an action. Errs towards yes: on others the formulas are false as they stand.
#[derive(Debug)]
pub(crate) struct Within {
    /// The caller's account, where it has one.
    pub account: Option<Arc<str>>,
    /// What its own statements list, by what it begins with; `None`: whichever resource.
    pub own: Option<Vec<(String, PatternText)>>,
    /// Resources of other accounts whose policies may let it do what its own statements list.
    pub shared: FxHashSet<Arc<str>>,
    /// Resources whose policies or grants may allow it by themselves.
    pub granted: FxHashSet<Arc<str>>,
}

impl Within {
    /// Whether an account's resource of an ARN, or one whose ARN begins with it, may be among them; `tail`: what follows it,
    /// up to a wildcard, if anything does.
    pub fn may_include(&self, account: &str, arn: &str, tail: Option<&str>) -> bool {
        let own = || self.is_own(account) || is_among(&self.shared, arn);
        // A key goes by its aliases, too.
        own() && self.is_listed(arn, tail) || is_among(&self.granted, arn) || goes_by_alias(arn)
    }

    /// Whether the caller's own statements suffice for resources of the account; nobody is of no account.
    pub fn is_own(&self, account: &str) -> bool {
        !is_account_id(account) || self.account.as_deref().is_none_or(|own| own == account)
    }

    /// Whether the caller's own statements list it.
    fn is_listed(&self, arn: &str, tail: Option<&str>) -> bool {
        let Some(own) = &self.own else { return true };
        let meets = |head: &str| match arn.len() < head.len() {
            true => tail.is_some() && head.starts_with(arn),
            false => arn.starts_with(head),
        };
        let mut near = own.iter().filter(|(head, _)| meets(head)).peekable();
        near.peek().is_some() && {
            let asked = Asked::of(&tail.map_or_else(|| arn.to_owned(), |tail| format!("{arn}{tail}*")));
            near.any(|(_, pattern)| asked.may_match(pattern))
        }
    }

    /// Whether they are all that there are, as far as this tells.
    pub fn is_everything(&self) -> bool {
        self.own.is_none() && self.account.is_none()
    }
}

/// Whether the resource, something under it or something that it lies under is listed.
fn is_among(listed: &FxHashSet<Arc<str>>, arn: &str) -> bool {
    listed.contains(arn) || listed.iter().any(|one| one.starts_with(arn) || arn.starts_with(&**one))
}

/// Whether the ARN is of another name of a KMS key.
pub(crate) fn goes_by_alias(arn: &str) -> bool {
    arn.contains(":alias/")
}

impl Estate {
    /// Those of the first action of a question about all resources; `None` where that is not known.
    pub(crate) fn within<'a>(&'a self, caller: &CallerEntity, prepared: &Prepared<'a>) -> Option<Within> {
        let (action, plan) = self.first_plan(prepared)?;
        if plan.opens_root_sessions() {
            return None;
        }
        let reach = Reach { by_identity: false, narrowed: true, refuted: false };
        let mut granted = FxHashSet::default();
        for target in plan.targets(self, caller, reach, &prepared.resources) {
            match &target.place {
                Place::Known(resource) => {
                    granted.insert(resource.arn.clone());
                }
                Place::Principal(principal) => {
                    granted.insert(principal.arn.clone());
                }
                Place::Roles(roles) => granted.extend(roles.iter().map(|role| role.arn.clone())),
                Place::Star | Place::Other => return None,
            }
        }
        let shared = plan.shared_with(caller).map(|resource| resource.arn.clone()).collect();
        Some(Within {
            account: caller.account.clone(),
            own: self.own_patterns(caller, &action),
            shared,
            granted,
        })
    }

    /// The resources that the caller's Allow statements on the action list; `None`: whichever.
    pub(super) fn own_patterns(
        &self,
        caller: &CallerEntity,
        action: &ActionInfo<'_>,
    ) -> Option<Vec<(String, PatternText)>> {
        if is_unlimited(caller) || needs_no_permission(action.name()) {
            return None;
        }
        let mut own = Vec::new();
        for document in &caller.prepared(&self.compiler).identity {
            let listed = document.actions(&self.compiler.actions).statements();
            for (statement, listed) in document.document.statements.iter().zip(listed) {
                if statement.effect != Effect::Allow || !listed.contains(action.id()) {
                    continue;
                }
                let clause = statement.resource.as_ref().filter(|clause| !clause.negated)?;
                own.extend(clause.patterns.iter().map(|p| (literal_head(&p.text).to_owned(), p.clone())));
            }
        }
        // What matches a call without a resource counts as matching anything.
        own.iter().all(|(head, _)| !head.is_empty()).then_some(own)
    }
}
