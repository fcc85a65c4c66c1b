//! The objects of one state of a snapshot, made once for all searches that begin there.

use super::among::Among;
use super::attachable::OfAws;
use super::bind::{ByAccount, List, Object};
use super::by_arn::Index;
use gateproof_model::account::{Group, ManagedPolicy, PrincipalEntity, PrincipalEntityKind};
use gateproof_model::inventory::Thing;
use gateproof_model::snapshot::Snapshot;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The field of a role that names the instance profiles which it is in.
pub(super) const PROFILE: &str = "instance-profile";

/// The objects of a snapshot; nothing here tells who asked for which.
pub(super) struct Stock {
    pub roles: List,
    pub users: List,
    pub groups: List,
    pub policies: List,
    pub accounts: List,
    /// Users and roles, root users, and instance profiles, made when first asked for.
    pub principals: OnceLock<List>,
    pub roots: OnceLock<List>,
    pub profiles: OnceLock<List>,
    /// The roles that are in instance profiles, by the ARNs and the names of these.
    pub by_profile: OnceLock<FxHashMap<Arc<str>, Vec<Arc<str>>>>,
    /// Of the inventory, by kind, made when first asked for.
    things: Mutex<BTreeMap<String, List>>,
    /// All of them, by kind and account.
    pub by_account: Mutex<BTreeMap<String, ByAccount>>,
    pub by_arn: Mutex<BTreeMap<String, Arc<Index>>>,
    /// AWS's managed policies, as attachable as each other.
    pub of_aws: OfAws,
    /// Lists of what objects stand for.
    pub lists: Mutex<FxHashSet<Among>>,
    /// Whether some policy's condition is about the boundaries that users and roles have.
    pub names_boundaries: OnceLock<bool>,
    /// The operations that grants are for, made when first asked for: it takes a look at every policy.
    pub operations: OnceLock<List>,
}

impl Stock {
    pub fn of(snapshot: &Snapshot) -> Self {
        let principals = |kind: PrincipalEntityKind| -> List {
            let of_kind = snapshot.principals().iter().filter(|p| p.kind == kind);
            Arc::new(of_kind.map(|p| Arc::new(principal_object(p))).collect())
        };
        let groups = snapshot.groups().iter().map(|g| Arc::new(group_object(g))).collect();
        let policies = snapshot.managed_policies().iter().map(|p| Arc::new(policy_object(p))).collect();
        let accounts =
            snapshot.accounts().iter().map(|a| Arc::new(account_object(&a.id, snapshot))).collect();
        Self {
            roles: principals(PrincipalEntityKind::Role),
            users: principals(PrincipalEntityKind::User),
            groups: Arc::new(groups),
            policies: Arc::new(policies),
            accounts: Arc::new(accounts),
            principals: OnceLock::new(),
            roots: OnceLock::new(),
            profiles: OnceLock::new(),
            by_profile: OnceLock::new(),
            things: Mutex::default(),
            by_account: Mutex::default(),
            by_arn: Mutex::default(),
            of_aws: OfAws::default(),
            lists: Mutex::default(),
            names_boundaries: OnceLock::new(),
            operations: OnceLock::new(),
        }
    }

    /// The things of a kind of the inventory.
    pub fn things(&self, kind: &str, snapshot: &Snapshot) -> List {
        let mut known = self.things.lock().unwrap_or_else(PoisonError::into_inner);
        let things = || snapshot.inventory().of_kind(kind).iter().map(|t| Arc::new(thing_object(t)));
        known.entry(kind.to_owned()).or_insert_with(|| Arc::new(things().collect())).clone()
    }
}

fn principal_object(p: &PrincipalEntity) -> Object {
    let mut object = Object::plain(&p.arn, &p.name, &p.account);
    object.fields.insert("path".to_owned(), vec![p.path.clone()]);
    object.fields.insert(PROFILE.to_owned(), p.instance_profiles.clone());
    object
}

/// An account; its field `management` is the management account of its organization.
fn account_object(id: &Arc<str>, snapshot: &Snapshot) -> Object {
    let mut object = Object::plain(id, id, id);
    let management = snapshot.organization().management_account.iter().cloned().collect();
    object.fields.insert("management".to_owned(), management);
    object
}

fn thing_object(t: &Thing) -> Object {
    let mut object = Object::plain(&t.arn, &t.name, &t.account);
    object.fields.clone_from(&t.fields);
    object.told = true;
    if let Some(region) = &t.region {
        object.fields.insert("region".to_owned(), vec![region.clone()]);
    }
    object
}

fn group_object(g: &Group) -> Object {
    Object::plain(&g.arn, &g.name, &g.account)
}

fn policy_object(p: &ManagedPolicy) -> Object {
    let mut object = Object::plain(&p.arn, &p.name, &p.account);
    let managed_by = if p.is_aws_managed() { "aws" } else { "customer" };
    object.fields.insert("managed-by".to_owned(), vec![managed_by.into()]);
    object
}
