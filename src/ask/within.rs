//! On which resources a caller may be allowed an action: read from the patterns of its own Allow statements and from whom the
//! policies of resources name, before any formula is made.

use super::caller::CallerEntity;
use super::estate::Estate;
use super::plan::Reach;
use super::prefilter::{Asked, is_unlimited, literal_head, needs_no_permission};
use super::summary::Prepared;
use super::target::Place;
use gateproof_model::catalogue::ActionInfo;
use gateproof_model::pattern::PatternText;
use gateproof_model::policy::Effect;
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// The resources on which a caller may be allowed an action. Errs towards yes: on others the formulas are false as they stand.
#[derive(Debug)]
pub(crate) struct Within {
    /// What its own statements list, by what it begins with; `None`: whichever resource.
    own: Option<Vec<(String, PatternText)>>,
    /// Resources whose policies or grants may allow it by themselves.
    granted: FxHashSet<Arc<str>>,
}

impl Within {
    /// Whether the resource of an ARN, or one whose ARN begins with it, may be among them; `tail`: what follows it, up to a
    /// wildcard, if anything does.
    pub fn may_include(&self, arn: &str, tail: Option<&str>) -> bool {
        let Some(own) = &self.own else { return true };
        let meets = |head: &str| match arn.len() < head.len() {
            true => tail.is_some() && head.starts_with(arn),
            false => arn.starts_with(head),
        };
        let mut near = own.iter().filter(|(head, _)| meets(head)).peekable();
        if near.peek().is_some() {
            let asked = Asked::of(&tail.map_or_else(|| arn.to_owned(), |tail| format!("{arn}{tail}*")));
            if near.any(|(_, pattern)| asked.may_match(pattern)) {
                return true;
            }
        }
        // A key goes by its aliases, too.
        self.granted.contains(arn)
            || self.granted.iter().any(|granted| granted.starts_with(arn) || arn.starts_with(&**granted))
            || arn.contains(":alias/")
    }

    /// Whether they are all that there are, as far as this tells.
    pub fn is_everything(&self) -> bool {
        self.own.is_none()
    }
}

impl Estate {
    /// Those of the first action of a question about all resources; `None` where that is not known.
    pub(crate) fn within<'a>(&'a self, caller: &CallerEntity, prepared: &Prepared<'a>) -> Option<Within> {
        let (action, plan) = self.first_plan(prepared)?;
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
        Some(Within { own: self.own_patterns(caller, &action), granted })
    }

    /// The resources that the caller's Allow statements on the action list; `None`: whichever.
    fn own_patterns(
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
