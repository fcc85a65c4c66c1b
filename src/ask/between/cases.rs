//! What of resources differs between two snapshots, and which actions that touches.

use super::touched::Touched;
use crate::ask::estate::Estate;
use crate::ask::target::{Place, Target};
use gateproof_model::account::{PrincipalEntity, PrincipalEntityKind};
use gateproof_model::catalogue::ActionInfo;
use gateproof_model::policy::Document;
use gateproof_model::resource::ResourceEntity;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The changed resources, roles and accounts.
pub(super) struct CaseChanges {
    by_arn: FxHashMap<Arc<str>, Touched>,
    by_account: FxHashMap<Arc<str>, Touched>,
    /// All that they touch.
    pub all: Touched,
}

impl CaseChanges {
    /// What differs between two snapshots that know the same resources.
    pub fn of(old: &Estate, new: &Estate) -> Self {
        let mut changes = Self {
            by_arn: FxHashMap::default(),
            by_account: FxHashMap::default(),
            all: Touched::nothing(old.catalogue),
        };
        for before in old.snapshot.resources() {
            if let Some(after) = new.snapshot.resource(&before.arn) {
                changes.take(&before.arn, of_resource(old, before, after));
            }
        }
        let roles = |estate: &Estate| -> BTreeSet<Arc<str>> {
            let roles = estate.snapshot.principals().iter();
            roles.filter(|p| p.kind != PrincipalEntityKind::Root).map(|p| p.arn.clone()).collect()
        };
        for arn in roles(old).union(&roles(new)) {
            let (before, after) = (old.snapshot.principal(arn), new.snapshot.principal(arn));
            changes.take(arn, of_principal(old, before, after));
        }
        let accounts = |estate: &Estate| -> BTreeSet<Arc<str>> {
            estate.snapshot.accounts().iter().map(|a| a.id.clone()).collect()
        };
        for account in accounts(old).union(&accounts(new)) {
            let touched = of_account(old, new, account);
            if !touched.is_nothing() {
                changes.all.add(&touched);
                changes.by_account.insert(account.clone(), touched);
            }
        }
        changes
    }

    fn take(&mut self, arn: &Arc<str>, touched: Touched) {
        if !touched.is_nothing() {
            self.all.add(&touched);
            self.by_arn.insert(arn.clone(), touched);
        }
    }

    /// Whether a case differs for an action.
    pub fn touch(&self, target: &Target<'_>, action: Option<ActionInfo<'_>>) -> bool {
        let holds = |touched: Option<&Touched>| touched.is_some_and(|t| t.holds(action));
        let of = |arn: &Arc<str>| holds(self.by_arn.get(arn));
        let own = match &target.place {
            Place::Known(resource) => of(&resource.arn),
            Place::Roles(roles) => roles.iter().any(|role| of(&role.arn)),
            Place::Principal(principal) => of(&principal.arn),
            Place::Star | Place::Other => false,
        };
        own || target.account.as_ref().is_some_and(|account| holds(self.by_account.get(account)))
    }

    /// The actions of the statements of resources' and roles' policies that turn on some keys.
    pub fn mentioning(old: &Estate, new: &Estate, keys: &BTreeSet<String>) -> Touched {
        let mut touched = Touched::nothing(old.catalogue);
        for estate in [old, new] {
            let policies = estate.snapshot.resources().iter().filter_map(|r| r.policy.clone());
            let trusts = estate.snapshot.principals().iter().filter_map(|p| p.trust.clone());
            let members = estate.snapshot.organization().members.values();
            let rcps = members.flat_map(|m| &m.rcps).flatten().cloned();
            let documents: Vec<Arc<Document>> = policies.chain(trusts).chain(rcps).collect();
            touched.add_mentioning(&documents, keys);
        }
        touched
    }
}

fn of_resource(estate: &Estate, before: &ResourceEntity, after: &ResourceEntity) -> Touched {
    let mut touched = Touched::nothing(estate.catalogue);
    let policy = |r: &ResourceEntity| r.policy.iter().cloned().collect::<Vec<_>>();
    touched.add_documents(&policy(before), &policy(after));
    // Tags that one of them doesn't tell are taken to be the other's.
    let retagged = before.tags.is_some() && after.tags.is_some() && before.tags != after.tags;
    // Where there is no policy, another one counts: that of a key hands all decisions to the account's identity policies.
    let otherwise = before.policy.is_some() != after.policy.is_some()
        || before.grants != after.grants
        || before.aliases != after.aliases
        || before.account != after.account
        || before.aws_managed != after.aws_managed
        || before.block_public_access != after.block_public_access;
    if retagged || otherwise {
        touched.add_service(before.service());
    }
    touched
}

/// Of a role its trust policy; of users and roles as resources their tags and boundaries.
fn of_principal(
    estate: &Estate,
    before: Option<&PrincipalEntity>,
    after: Option<&PrincipalEntity>,
) -> Touched {
    let mut touched = Touched::nothing(estate.catalogue);
    let trust = |p: Option<&PrincipalEntity>| p.iter().filter_map(|p| p.trust.clone()).collect::<Vec<_>>();
    touched.add_documents(&trust(before), &trust(after));
    if trust(before).is_empty() != trust(after).is_empty() {
        touched.add_service("sts");
    }
    if let (Some(before), Some(after)) = (before, after)
        && (before.tags != after.tags || before.named_boundary() != after.named_boundary())
    {
        touched.add_service("iam");
        touched.add_service("sts");
    }
    touched
}

fn of_account(old: &Estate, new: &Estate, account: &Arc<str>) -> Touched {
    if !old.covers(account)
        || !new.covers(account)
        || old.account_facts.get(account) != new.account_facts.get(account)
        || old.snapshot.organization().id != new.snapshot.organization().id
    {
        return Touched::everything(old.catalogue);
    }
    let mut touched = Touched::nothing(old.catalogue);
    let rcps = |estate: &Estate| estate.snapshot.organization().rcp_levels(account).to_vec();
    touched.add_levels(&rcps(old), &rcps(new));
    let openers = |estate: &Estate| -> Vec<Arc<str>> {
        let organization = estate.snapshot.organization();
        organization.root_session_openers().into_iter().cloned().collect()
    };
    if openers(old) != openers(new) {
        touched.add_service("sts");
    }
    let changed = |p: &PrincipalEntity| {
        let after = new.snapshot.principal(&p.arn);
        p.account == *account
            && after.is_some_and(|a| a.tags != p.tags || a.named_boundary() != p.named_boundary())
    };
    if old.snapshot.principals().iter().any(changed) {
        touched.add_service("iam");
    }
    let providers = |estate: &Estate| -> Vec<_> {
        let all = estate.snapshot.providers().iter().filter(|p| p.account == *account);
        all.map(|p| (p.arn.clone(), p.kind.clone())).collect()
    };
    if providers(old) != providers(new) {
        touched.add_service("sts");
    }
    touched
}
