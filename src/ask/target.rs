//! What an action can be asked on: the resource cases of a caller.
//!
//! A known resource with a policy is a case of its own; all other resources of the caller's account are
//! one. Resources of other accounts without a known policy are no case: they would have to grant it
//! themselves (CONFORMANCE 1.4.2).

use super::caller::CallerEntity;
use super::estate::Estate;
use super::selection::glob_matches;
use crate::question::Selector;
use gateproof_encodings::scope::{ResourceRule, is_assume_action};
use gateproof_model::account::{PrincipalEntity, PrincipalEntityKind};
use gateproof_model::catalogue::ActionInfo;
use gateproof_model::resource::ResourceEntity;
use std::collections::BTreeSet;
use std::sync::Arc;

/// One resource case.
#[derive(Debug, Clone)]
pub struct Target<'a> {
    /// What it is.
    pub place: Place<'a>,
    /// The account that owns it.
    pub account: Option<Arc<str>>,
    /// How its policy counts.
    pub rule: ResourceRule,
}

/// Which resources a case is about.
#[derive(Debug, Clone, Copy)]
pub enum Place<'a> {
    /// The action has no resource level: `*`.
    Star,
    /// A resource whose policy, tags or grants are known, and what lies under it.
    Known(&'a ResourceEntity),
    /// A role, user or other principal as a resource.
    Principal(&'a PrincipalEntity),
    /// Any other resource of the account.
    Other,
}

/// The resource side of a question.
#[derive(Debug, Clone, Default)]
pub struct Resources {
    /// The globs; empty: all.
    pub globs: Vec<String>,
    /// The accounts, where the question names some.
    pub accounts: Option<BTreeSet<String>>,
}

impl Resources {
    /// Whether every resource counts.
    pub fn is_all(&self) -> bool {
        self.globs.is_empty() || self.globs.iter().any(|g| g == "*")
    }

    /// Whether resources of an account are asked about.
    pub(crate) fn in_account(&self, account: Option<&str>) -> bool {
        self.accounts.as_ref().is_none_or(|wanted| account.is_some_and(|a| wanted.contains(a)))
    }

    /// Whether some glob may match the resource or something under it. Errs towards yes.
    fn may_touch(&self, arn: &str) -> bool {
        self.is_all()
            || self.globs.iter().any(|glob| {
                let literal = glob.split(['*', '?']).next().unwrap_or_default();
                let shorter = literal.len().min(arn.len());
                literal.get(..shorter) == arn.get(..shorter)
                    && (literal.len() <= arn.len() || under(arn, literal))
            })
    }
}

/// Whether a text lies under an ARN: the ARN, then `/` or `:` and more.
fn under(arn: &str, text: &str) -> bool {
    text.strip_prefix(arn).is_some_and(|rest| rest.starts_with(['/', ':']))
}

impl Estate {
    /// The accounts of `--in`.
    pub(crate) fn accounts_of(
        &self,
        selectors: &[Selector],
        environments: &super::Environments,
    ) -> Result<Option<BTreeSet<String>>, super::AskError> {
        if selectors.is_empty() {
            return Ok(None);
        }
        let mut accounts = BTreeSet::new();
        for selector in selectors {
            match selector {
                Selector::Account(id) => {
                    accounts.insert(id.clone());
                }
                Selector::Environment(name) => match environments.accounts.get(name) {
                    Some(ids) => accounts.extend(ids.iter().cloned()),
                    None => return Err(super::AskError::NothingSelected { given: selector.to_string() }),
                },
                other => {
                    return Err(super::AskError::Misplaced {
                        given: other.to_string(),
                        why: "--in takes account:ID or env:NAME",
                    });
                }
            }
        }
        Ok(Some(accounts))
    }

    /// The cases of an action for a caller.
    pub(crate) fn targets<'a>(
        &'a self,
        caller: &CallerEntity,
        action: Option<ActionInfo<'a>>,
        resources: &Resources,
    ) -> Vec<Target<'a>> {
        let mut targets = Vec::new();
        let lower = action.map(|a| a.name().to_ascii_lowercase()).unwrap_or_default();
        if is_assume_action(&lower) {
            self.trust_targets(resources, &mut targets);
            return targets;
        }
        let may_lack = action.is_none_or(|a| a.may_lack_resource());
        if may_lack
            && resources.is_all()
            && caller.account.as_deref().is_some_and(|a| resources.in_account(Some(a)))
        {
            targets.push(Target {
                place: Place::Star,
                account: caller.account.clone(),
                rule: ResourceRule::Ordinary,
            });
        }
        if action.is_some_and(|a| a.is_checked_against_star()) {
            return targets;
        }
        let services: BTreeSet<&str> =
            action.iter().flat_map(|a| a.resource_types()).map(|r| r.resource_type.service()).collect();
        let is_iam = services.contains("iam");
        for resource in self.snapshot.resources() {
            let concerned = action.is_none() || services.contains(resource.service());
            if concerned
                && resources.in_account(Some(&resource.account))
                && resources.may_touch(&resource.arn)
            {
                let rule = if resource.service() == "kms" && lower.starts_with("kms:") {
                    ResourceRule::Key
                } else {
                    ResourceRule::Ordinary
                };
                targets.push(Target {
                    place: Place::Known(resource),
                    account: Some(resource.account.clone()),
                    rule,
                });
            }
        }
        if is_iam {
            self.named_principals_as_resources(caller, resources, &mut targets);
        }
        self.other_targets(caller, action, &lower, resources, &mut targets);
        targets
    }

    /// Principals that the question names by their very ARN: their tags are known.
    fn named_principals_as_resources<'a>(
        &'a self,
        caller: &CallerEntity,
        resources: &Resources,
        targets: &mut Vec<Target<'a>>,
    ) {
        for glob in resources.globs.iter().filter(|g| !g.contains(['*', '?'])) {
            if let Some(principal) = self.snapshot.principal(glob)
                && principal.kind != PrincipalEntityKind::Root
                && caller.account.as_ref() == Some(&principal.account)
                && resources.in_account(Some(&principal.account))
            {
                let rule = match principal.kind {
                    PrincipalEntityKind::Role => ResourceRule::Role,
                    PrincipalEntityKind::User | PrincipalEntityKind::Root => ResourceRule::Ordinary,
                };
                targets.push(Target {
                    place: Place::Principal(principal),
                    account: Some(principal.account.clone()),
                    rule,
                });
            }
        }
    }

    fn trust_targets<'a>(&'a self, resources: &Resources, targets: &mut Vec<Target<'a>>) {
        for role in self.snapshot.principals().iter().filter(|p| p.kind == PrincipalEntityKind::Role) {
            let asked = resources.is_all() || resources.globs.iter().any(|g| glob_matches(g, &role.arn));
            if asked && resources.in_account(Some(&role.account)) {
                targets.push(Target {
                    place: Place::Principal(role),
                    account: Some(role.account.clone()),
                    rule: ResourceRule::Trust,
                });
            }
        }
    }

    /// The resources of the caller's own account that aren't cases of their own.
    fn other_targets<'a>(
        &'a self,
        caller: &CallerEntity,
        action: Option<ActionInfo<'a>>,
        lower: &str,
        resources: &Resources,
        targets: &mut Vec<Target<'a>>,
    ) {
        let own = caller.account.as_deref().filter(|a| self.covers(a) && resources.in_account(Some(a)));
        if own.is_none() {
            return;
        }
        let account = caller.account.clone();
        let (mut keys, mut rest) = (action.is_none() && lower.starts_with("kms:"), action.is_none());
        for row in action.iter().flat_map(|a| a.resource_types()) {
            let key = row.resource_type.service() == "kms" && row.resource_type.name() == "key";
            if key && lower.starts_with("kms:") { keys = true } else { rest = true }
        }
        if rest {
            targets.push(Target {
                place: Place::Other,
                account: account.clone(),
                rule: ResourceRule::Ordinary,
            });
        }
        if keys {
            targets.push(Target { place: Place::Other, account, rule: ResourceRule::Key });
        }
    }
}
