//! What some policy of a snapshot has a condition on.

use gateproof_model::policy::{Condition, Document};
use gateproof_model::snapshot::Snapshot;
use std::sync::Arc;

/// Whether some policy of the snapshot has a condition on a key, in lower case.
pub(crate) fn has_condition_on(snapshot: &Snapshot, key: &str) -> bool {
    conditions_in(documents(snapshot).chain(of_aws(snapshot)), key).next().is_some()
}

/// The conditions on a key, in lower case, of all policies of the snapshot, and of other versions of them.
pub(super) fn conditions_on<'s>(snapshot: &'s Snapshot, key: &str) -> impl Iterator<Item = &'s Condition> {
    conditions_in(documents_of_all_versions(snapshot).chain(of_aws(snapshot)), key)
}

fn conditions_in<'s>(
    documents: impl Iterator<Item = &'s Arc<Document>>,
    key: &str,
) -> impl Iterator<Item = &'s Condition> {
    let conditions = documents.flat_map(|d| &d.statements).flat_map(|s| &s.conditions);
    conditions.filter(move |condition| *condition.key == *key)
}

fn of_aws(snapshot: &Snapshot) -> impl Iterator<Item = &Arc<Document>> {
    snapshot.managed_policies().iter().filter(|p| p.is_aws_managed()).map(|p| &p.document)
}

/// The policies of a snapshot, and other versions of them, which steps can bring in force.
pub(super) fn documents_of_all_versions(snapshot: &Snapshot) -> impl Iterator<Item = &Arc<Document>> {
    let versions = snapshot.managed_policies().iter().flat_map(|p| &p.versions).map(|v| &v.document);
    documents(snapshot).chain(versions)
}

fn documents(snapshot: &Snapshot) -> impl Iterator<Item = &Arc<Document>> {
    let principals = snapshot.principals().iter();
    let own = principals.flat_map(|p| p.identity.iter().chain(p.boundary.iter().flatten()).chain(&p.trust));
    let groups = snapshot.groups().iter().flat_map(|g| g.identity.iter());
    let managed = snapshot.managed_policies().iter().filter(|p| !p.is_aws_managed()).map(|p| &p.document);
    let resources = snapshot.resources().iter().filter_map(|r| r.policy.as_ref());
    let members = snapshot.organization().members.values();
    let controls = members.flat_map(|m| m.scps.iter().chain(&m.rcps)).flatten();
    own.chain(groups).chain(managed).chain(resources).chain(controls)
}
