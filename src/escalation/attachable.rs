//! The managed policies that can be given to somebody: all of AWS's, those that the catalogue lists and those that only the snapshot
//! tells of, and the account's own.
//!
//! What a caller may attach, conditions on `iam:PolicyARN` and `iam:PermissionsBoundary` say. Policies whose ARNs no pattern of
//! those conditions tells apart are allowed or refused together, so they are asked about together.

use super::among::Among;
use super::bind::{Object, Objects, Scene};
use gateproof_encodings::language::matches;
use gateproof_model::catalogue::Catalogue;
use gateproof_model::pattern::Pattern;
use gateproof_model::policy::{Document, Operand};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::sync::Arc;

const KEYS: [&str; 2] = ["iam:policyarn", "iam:permissionsboundary"];

const ADMINISTRATOR: &str = ":iam::aws:policy/AdministratorAccess";

/// Whether the policy allows everything, so that no other gives more.
pub(super) fn is_administrator(object: &Object) -> bool {
    object.arn.ends_with(ADMINISTRATOR)
}

/// The policies, the one that allows everything first; those that `documents` don't tell apart as one.
pub(super) fn attachable<'d>(
    scene: &Scene<'_>,
    objects: &Objects<'_>,
    known: Vec<Arc<Object>>,
    documents: impl Iterator<Item = &'d Document>,
) -> Vec<Arc<Object>> {
    let administrator = aws_managed(&format!("arn:{}{ADMINISTRATOR}", scene.partition));
    let mut found = vec![Arc::new(administrator)];
    let mut seen: BTreeSet<Arc<str>> = found.iter().map(|o| o.arn.clone()).collect();
    let mut of_aws: Vec<Arc<str>> = of_aws(&scene.partition);
    for object in known {
        if object.field_is("managed-by", "aws") {
            of_aws.push(object.arn.clone());
        } else if object.account == scene.me.account && seen.insert(object.arn.clone()) {
            found.push(object);
        }
    }
    let tests = tests_of(documents);
    let mut classes: FxHashMap<Vec<bool>, Vec<Arc<str>>> = FxHashMap::default();
    let mut order: Vec<Vec<bool>> = Vec::new();
    for arn in of_aws {
        if !seen.insert(arn.clone()) {
            continue;
        }
        let Some(tests) = &tests else {
            found.push(Arc::new(aws_managed(&arn)));
            continue;
        };
        let class: Vec<bool> =
            tests.iter().flat_map(|t| [matches(t, &arn, false), matches(t, &arn, true)]).collect();
        if !classes.contains_key(&class) {
            order.push(class.clone());
        }
        classes.entry(class).or_default().push(arn);
    }
    for class in order {
        let Some(members) = classes.remove(&class) else { continue };
        let Some(first) = members.first() else { continue };
        let mut object = aws_managed(first);
        object.members = Some(objects.kept(members));
        found.push(Arc::new(object));
    }
    found
}

/// The policies that the catalogue lists, as the partition names them.
fn of_aws(partition: &str) -> Vec<Arc<str>> {
    let policies = Catalogue::embedded().managed_policies();
    let named = policies.map(|policy| match policy.arn().strip_prefix("arn:aws:") {
        Some(rest) => format!("arn:{partition}:{rest}").into(),
        None => policy.arn().into(),
    });
    named.collect()
}

/// The policies that an object stands for.
pub(super) fn members(object: &Object) -> Among {
    object.members.clone().unwrap_or_else(|| vec![object.arn.clone()].into())
}

fn aws_managed(arn: &str) -> Object {
    Object::plain(&arn.into(), arn.rsplit('/').next().unwrap_or_default(), &"aws".into())
}

/// The patterns that conditions compare policies' ARNs with; `None` where one holds a variable.
fn tests_of<'d>(documents: impl Iterator<Item = &'d Document>) -> Option<Vec<Pattern>> {
    let mut tests = Vec::new();
    let conditions = documents.flat_map(|d| &d.statements).flat_map(|s| &s.conditions);
    for condition in conditions.filter(|c| KEYS.contains(&&*c.key)) {
        for operand in &condition.operands {
            if let Operand::Text(pattern) = operand {
                tests.push(pattern.ground()?);
            }
        }
    }
    Some(tests)
}
