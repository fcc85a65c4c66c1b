//! Statements that a team could edit: whose document they stand in.

use crate::question::Evidence;
use gateproof_model::overlay::Holder;
use gateproof_model::policy::Document;
use gateproof_model::snapshot::Snapshot;
use std::sync::Arc;

/// A statement that allows something, and how it can be got at.
#[derive(Debug, Clone)]
pub(super) enum Editable {
    /// It stands in a document that the team writes.
    Statement {
        /// The document.
        holder: Holder,
        /// The statement's place in the document's list.
        index: usize,
    },
    /// It stands in a policy of AWS's, attached to a user, role or group.
    Attached {
        /// To whom.
        principal: Arc<str>,
        /// The policy.
        policy: Arc<str>,
    },
}

/// What can be edited about a statement that allows something to a principal.
pub(super) fn editable(snapshot: &Snapshot, evidence: &Evidence, principal: &str) -> Option<Editable> {
    let in_document = |document: &Arc<Document>| index_in(document, evidence);
    for policy in snapshot.managed_policies().iter().filter(|p| !p.is_aws_managed()) {
        if let Some(index) = in_document(&policy.document) {
            return Some(Editable::Statement { holder: Holder::Managed(policy.arn.to_string()), index });
        }
    }
    let inline = |arn: &Arc<str>, name: &Arc<str>| Holder::Inline {
        principal: arn.to_string(),
        name: name.to_string(),
    };
    for entity in snapshot.principals() {
        let trust = entity.trust.as_ref().and_then(in_document);
        if let Some(index) = trust {
            return Some(Editable::Statement { holder: Holder::Trust(entity.arn.to_string()), index });
        }
        for policy in &entity.inline {
            if let Some(index) = in_document(&policy.document) {
                return Some(Editable::Statement { holder: inline(&entity.arn, &policy.name), index });
            }
        }
    }
    for group in snapshot.groups() {
        for policy in &group.inline {
            if let Some(index) = in_document(&policy.document) {
                return Some(Editable::Statement { holder: inline(&group.arn, &policy.name), index });
            }
        }
    }
    let resource = snapshot.resources().iter().find_map(|resource| {
        let index = resource.policy.as_ref().and_then(in_document)?;
        Some(Editable::Statement { holder: Holder::Resource(resource.arn.to_string()), index })
    });
    resource.or_else(|| attached(snapshot, evidence, principal))
}

/// A policy of AWS's by which the principal has the statement.
fn attached(snapshot: &Snapshot, evidence: &Evidence, principal: &str) -> Option<Editable> {
    let entity = snapshot.principal(principal)?;
    let policy = |list: &[Arc<str>]| list.iter().find(|arn| ***arn == *evidence.policy).cloned();
    if let Some(policy) = policy(&entity.attached) {
        return Some(Editable::Attached { principal: entity.arn.clone(), policy });
    }
    let groups = snapshot.groups().iter().filter(|group| entity.groups.contains(&group.arn));
    let mut through = groups.filter_map(|group| Some((group.arn.clone(), policy(&group.attached)?)));
    through.next().map(|(principal, policy)| Editable::Attached { principal, policy })
}

/// Which of a document's statements the evidence names.
fn index_in(document: &Arc<Document>, evidence: &Evidence) -> Option<usize> {
    let source = &document.source;
    if *source.file != *evidence.file {
        return None;
    }
    let rest = evidence.pointer.strip_prefix(&*source.pointer)?;
    document.statements.iter().position(|statement| *statement.pointer == *rest)
}
