//! What an action can be asked on: the resource cases of a caller.
//!
//! A known resource with a policy is a case of its own; all other resources of the caller's account are
//! one. Resources of other accounts without a known policy are no case: they would have to grant it
//! themselves (CONFORMANCE 1.4.2).

use super::caller::CallerEntity;
use super::estate::Estate;
use super::grantees::PlaceId;
use super::plan::Plan;
use crate::question::Selector;
use gateproof_encodings::scope::ResourceRule;
use gateproof_model::account::PrincipalEntity;
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
#[derive(Debug, Clone)]
pub enum Place<'a> {
    /// The action has no resource level: `*`.
    Star,
    /// A resource whose policy, tags or grants are known, and what lies under it.
    Known(&'a ResourceEntity),
    /// A role, user or other principal as a resource.
    Principal(&'a PrincipalEntity),
    /// Roles of one account with the same trust policy, to be assumed.
    Roles(Arc<[&'a PrincipalEntity]>),
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
    pub(crate) fn may_touch(&self, arn: &str) -> bool {
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

    /// The cases of an action for a caller, those left out that can't grant it anything. A long list of
    /// known resources comes last: whoever can use the action at all is then found sooner.
    pub(crate) fn targets<'a>(
        &self,
        caller: &CallerEntity,
        plan: &Plan<'a>,
        reach: Reach<'_>,
        resources: &Resources,
    ) -> Vec<Target<'a>> {
        let account = caller.account.as_ref();
        let case = |place: Place<'a>, rule: ResourceRule| Target { place, account: account.cloned(), rule };
        let mut targets = Vec::new();
        if reach.by_identity && plan.star && account.is_some_and(|a| resources.in_account(Some(a))) {
            targets.push(case(Place::Star, ResourceRule::Ordinary));
        }
        let own =
            reach.by_identity && account.is_some_and(|a| self.covers(a) && resources.in_account(Some(a)));
        let others = plan.others.iter().filter(|_| own).map(|rule| case(Place::Other, *rule));
        if plan.shared.len() > FEW {
            targets.extend(others);
            targets.extend(plan.relevant(caller, reach));
        } else {
            targets.extend(plan.relevant(caller, reach));
            targets.extend(others);
        }
        targets
    }
}

/// Up to so many known resources are tried before the others.
const FEW: usize = 8;

/// What is known beforehand of a caller and an action.
#[derive(Debug, Clone, Copy)]
pub struct Reach<'r> {
    /// Whether the caller's own policies can allow the action.
    pub by_identity: bool,
    /// The places whose policies may name the caller, sorted; `None`: any.
    pub named: Option<&'r [PlaceId]>,
}

impl<'a> Plan<'a> {
    /// The known resources that can matter to the caller: its own account's, where its own policies can
    /// allow the action; and those whose policies name it.
    fn relevant(&self, caller: &CallerEntity, reach: Reach<'_>) -> Vec<Target<'a>> {
        let Some(named) = reach.named else { return self.shared.clone() };
        let own = caller.account.as_ref().and_then(|a| self.own.get(a)).filter(|_| reach.by_identity);
        let mut found: Vec<usize> = own.into_iter().flatten().copied().collect();
        found.extend(named.iter().filter_map(|place| self.places.get(place)).copied());
        found.sort_unstable();
        found.dedup();
        found.into_iter().filter_map(|i| self.shared.get(i).cloned()).collect()
    }
}
