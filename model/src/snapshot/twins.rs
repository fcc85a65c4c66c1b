//! Entities that the files tell of twice: the same contents are one entity, other contents make it unknown.

use super::files::problem;
use crate::account::{Group, ManagedPolicy, Place, PrincipalEntity};
use crate::assumption::unknown_document;
use crate::policy::{Document, Source};
use crate::policy_parse::DocumentKind;
use crate::problem::Problem;
use std::sync::Arc;

/// Sorts by ARN and makes one entity of those that share an ARN; a conflict between them makes it unknown.
pub(super) fn merge_duplicates<T>(
    items: &mut Vec<T>,
    arn: impl Fn(&T) -> &Arc<str>,
    conflict: impl Fn(&mut T, &T) -> Option<Problem>,
    problems: &mut Vec<Problem>,
) {
    items.sort_by(|a, b| arn(a).cmp(arn(b)));
    items.dedup_by(|later, earlier| {
        let same = arn(later) == arn(earlier);
        if same {
            problems.extend(conflict(earlier, later));
        }
        same
    });
}

fn told_twice(arn: &str, place: &Place) -> Problem {
    *problem(
        &place.file,
        &place.pointer,
        format!("{arn} a second time, with other contents"),
        "each ARN once",
    )
}

fn unknown_twin(arn: &Arc<str>, place: &Place, kind: DocumentKind) -> Arc<Document> {
    let source = Source { policy: arn.clone(), file: place.file.clone(), pointer: place.pointer.clone() };
    Arc::new(unknown_document(source, kind))
}

fn statements_differ(a: &Document, b: &Document) -> bool {
    a.version != b.version || a.statements != b.statements
}

fn lists_differ(a: &[Arc<Document>], b: &[Arc<Document>]) -> bool {
    a.len() != b.len() || a.iter().zip(b).any(|(a, b)| statements_differ(a, b))
}

/// Merges a policy told of twice.
pub(super) fn policy_conflict(kept: &mut Arc<ManagedPolicy>, later: &ManagedPolicy) -> Option<Problem> {
    if !statements_differ(&kept.document, &later.document) {
        return None;
    }
    let mut merged = ManagedPolicy::clone(kept);
    merged.document = unknown_twin(&kept.arn, &later.place, DocumentKind::Identity);
    *kept = Arc::new(merged);
    Some(told_twice(&kept.arn, &later.place))
}

/// Merges a group told of twice.
pub(super) fn group_conflict(kept: &mut Arc<Group>, later: &Group) -> Option<Problem> {
    if !lists_differ(&kept.identity, &later.identity) {
        return None;
    }
    let mut merged = Group::clone(kept);
    merged.identity = vec![unknown_twin(&kept.arn, &later.place, DocumentKind::Identity)].into();
    *kept = Arc::new(merged);
    Some(told_twice(&kept.arn, &later.place))
}

/// Merges a user or role told of twice.
pub(super) fn principal_conflict(kept: &mut PrincipalEntity, later: &PrincipalEntity) -> Option<Problem> {
    let boundaries_differ = kept.boundary_arn != later.boundary_arn;
    let trusts_differ = match (&kept.trust, &later.trust) {
        (Some(a), Some(b)) => statements_differ(a, b),
        (a, b) => a.is_some() != b.is_some(),
    };
    let tags_differ = kept.tags != later.tags;
    if !(lists_differ(&kept.identity, &later.identity) || boundaries_differ || trusts_differ || tags_differ) {
        return None;
    }
    let unknown = |kind| unknown_twin(&kept.arn, &later.place, kind);
    if kept.trust.is_some() || later.trust.is_some() {
        kept.trust = Some(unknown(DocumentKind::Resource));
    }
    let identity = unknown(DocumentKind::Identity);
    if boundaries_differ {
        kept.boundary = Some(vec![identity.clone()]);
    }
    if tags_differ {
        kept.tags = None;
    }
    kept.identity = vec![identity].into();
    Some(told_twice(&kept.arn, &later.place))
}
