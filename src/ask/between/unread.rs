//! Policies that could not be read in either snapshot: what they say is not known, and taken to be the same.

use crate::ask::estate::Estate;
use gateproof_model::policy::Document;
use gateproof_model::snapshot::{Changes, PrincipalChange, ResourceChange};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Whether a document stands for one that could not be read.
fn is_unread(document: &Document) -> bool {
    !document.statements.is_empty() && document.statements.iter().all(|s| s.assumption.is_some())
}

/// The old document, where both stand for what could not be read of the same policy at different places.
fn same_unread<'d>(old: &'d Arc<Document>, new: &Arc<Document>) -> Option<&'d Arc<Document>> {
    let same = is_unread(old) && is_unread(new) && old.source.policy == new.source.policy;
    (same && old != new).then_some(old)
}

/// A list of documents with those of the old that stand for the same.
fn replaced(old: &[Arc<Document>], new: &[Arc<Document>]) -> Option<Vec<Arc<Document>>> {
    let like = |document: &Arc<Document>| old.iter().find_map(|known| same_unread(known, document)).cloned();
    new.iter()
        .any(|document| like(document).is_some())
        .then(|| new.iter().map(|document| like(document).unwrap_or_else(|| document.clone())).collect())
}

/// What of the new snapshot is to stand for the same as in the old.
pub(super) fn unread_in_both(old: &Estate, new: &Estate) -> Changes {
    let mut changes = Changes::default();
    for after in new.snapshot.resources() {
        let before = old.snapshot.resource(&after.arn);
        if let (Some(old), Some(new)) = (before.and_then(|r| r.policy.as_ref()), &after.policy)
            && let Some(policy) = same_unread(old, new)
        {
            let change = ResourceChange { policy: Some(policy.clone()), ..ResourceChange::default() };
            changes.resources.insert(after.arn.clone(), change);
        }
    }
    let mut principals: BTreeMap<Arc<str>, PrincipalChange> = BTreeMap::new();
    for after in new.snapshot.principals() {
        let Some(before) = old.snapshot.principal(&after.arn) else { continue };
        let trust = before.trust.as_ref().zip(after.trust.as_ref());
        let boundary = before.boundary.as_ref().zip(after.boundary.as_ref());
        let change = PrincipalChange {
            identity: replaced(&before.identity, &after.identity).map(Into::into),
            boundary: boundary.and_then(|(old, new)| replaced(old, new)).map(Some),
            trust: trust.and_then(|(old, new)| same_unread(old, new)).cloned(),
            ..PrincipalChange::default()
        };
        if change != PrincipalChange::default() {
            principals.insert(after.arn.clone(), change);
        }
    }
    changes.principals = principals;
    changes
}
