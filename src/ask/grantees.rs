//! Which policies of resources and roles name a caller, looked up from the caller's side.
//!
//! Errs towards naming: what is listed here is encoded and decided, what isn't can't grant anything.

use super::caller::CallerEntity;
use gateproof_encodings::scope::Caller;
use gateproof_model::account::PrincipalEntity;
use gateproof_model::arn::{Arn, is_account_id};
use gateproof_model::policy::{Document, Effect, PrincipalEntry};
use gateproof_model::request::PrincipalKind;
use gateproof_model::resource::ResourceEntity;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// A resource, or a role by its trust policy, by its place in the snapshot's lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PlaceId {
    /// The n-th resource.
    Resource(u32),
    /// The n-th principal.
    Principal(u32),
}

/// Places by whom their policies name.
#[derive(Debug, Default)]
pub struct Grantees {
    everyone: Vec<PlaceId>,
    /// By account id, ARN, service principal or provider.
    by_name: FxHashMap<Arc<str>, Vec<PlaceId>>,
    /// By account and role name, for role and session ARNs.
    by_role: FxHashMap<(Arc<str>, Arc<str>), Vec<PlaceId>>,
}

impl Grantees {
    /// The index over all resources and roles.
    pub fn of(resources: &[ResourceEntity], principals: &[PrincipalEntity]) -> Self {
        let mut index = Self::default();
        for (i, resource) in resources.iter().enumerate() {
            let place = PlaceId::Resource(u32::try_from(i).unwrap_or(u32::MAX));
            if let Some(policy) = &resource.policy {
                index.add_policy(policy, place);
            }
            for grant in &resource.grants {
                index.add_name(&grant.grantee, place);
                if let Some(retiring) = &grant.retiring {
                    index.add_name(retiring, place);
                }
            }
        }
        for (i, principal) in principals.iter().enumerate() {
            let place = PlaceId::Principal(u32::try_from(i).unwrap_or(u32::MAX));
            if let Some(trust) = &principal.trust {
                index.add_policy(trust, place);
            }
        }
        index
    }

    fn add_policy(&mut self, policy: &Document, place: PlaceId) {
        for statement in policy.statements.iter().filter(|s| s.effect == Effect::Allow) {
            let Some(clause) = &statement.principal else { continue };
            if clause.negated {
                self.everyone.push(place);
            }
            for entry in &clause.entries {
                match entry {
                    // Which account a canonical id stands for is not known.
                    PrincipalEntry::Everyone | PrincipalEntry::CanonicalUser(_) => self.everyone.push(place),
                    PrincipalEntry::Account(name)
                    | PrincipalEntry::Arn(name)
                    | PrincipalEntry::Service(name)
                    | PrincipalEntry::Federated(name) => self.add_name(name, place),
                    PrincipalEntry::Nobody(_) => {}
                }
            }
        }
    }

    fn add_name(&mut self, name: &Arc<str>, place: PlaceId) {
        let push = |list: &mut Vec<PlaceId>| {
            if list.last() != Some(&place) {
                list.push(place);
            }
        };
        push(self.by_name.entry(name.clone()).or_default());
        let Some(arn) = Arn::parse(name).filter(|a| is_account_id(a.account)) else { return };
        if arn.resource == "root" {
            push(self.by_name.entry(arn.account.into()).or_default());
        }
        let role = match arn.resource.split_once('/') {
            Some(("role", path)) => path.rsplit('/').next(),
            Some(("assumed-role", rest)) => rest.split('/').next(),
            _ => None,
        };
        if let Some(role) = role {
            push(self.by_role.entry((arn.account.into(), role.into())).or_default());
        }
    }

    /// The places whose policies may name the caller, sorted; `None` where that is not narrowed down.
    pub fn naming(&self, caller: &CallerEntity) -> Option<Vec<PlaceId>> {
        let mut places = self.everyone.clone();
        let mut add = |list: Option<&Vec<PlaceId>>| places.extend(list.into_iter().flatten());
        match &caller.caller {
            Caller::Outsider { .. } => return None,
            Caller::RoleSession { role, account, .. } => {
                let name: Arc<str> = role.rsplit('/').next().unwrap_or_default().into();
                add(self.by_role.get(&(account.clone(), name)));
                add(self.by_name.get(account));
            }
            Caller::Known(principal) => {
                add(self.by_name.get(principal.id().as_str()));
                if let Some(account) = &principal.account {
                    add(self.by_name.get(account));
                }
                if let PrincipalKind::Role(_) | PrincipalKind::RoleSession(_) = principal.kind {
                    return None;
                }
            }
        }
        places.sort_unstable();
        places.dedup();
        Some(places)
    }
}
