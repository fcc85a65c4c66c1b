//! Two snapshots that know the same resources: one that only the other knows is there without a policy.

use crate::ask::estate::Estate;
use gateproof_model::resource::ResourceEntity;
use gateproof_model::snapshot::{Changes, ResourceChange};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A snapshot, with the resources that only the other one knows.
pub(super) struct Aligned {
    /// The estate with these resources; none where it knows them all.
    pub estate: Option<Estate>,
    /// Their ARNs.
    pub added: BTreeSet<Arc<str>>,
}

impl Aligned {
    /// The estate as if the resources of another that it doesn't know were there and had no policy; a KMS key has the
    /// default one.
    /// `changes`: what else it is to differ by.
    pub fn with(estate: &Estate, other: &Estate, mut changes: Changes) -> Self {
        let unknown = other.snapshot.resources().iter();
        let unknown = unknown.filter(|r| estate.snapshot.resource(&r.arn).is_none());
        let resources: BTreeMap<Arc<str>, ResourceChange> =
            unknown.map(|r| (r.arn.clone(), without_policy(estate, r))).collect();
        let added = resources.keys().cloned().collect();
        changes.resources.extend(resources);
        let estate = (!changes.is_empty()).then(|| estate.changed(&changes));
        Self { estate, added }
    }
}

fn without_policy(estate: &Estate, resource: &ResourceEntity) -> ResourceChange {
    let key = resource.is_kms_key();
    let mut defaults = estate.default_key_policies.iter().filter(|_| key);
    let policy = defaults.find(|(owner, _)| *owner == resource.account).map(|(_, policy)| policy.clone());
    ResourceChange { account: Some(resource.account.clone()), policy, grants: Vec::new() }
}
