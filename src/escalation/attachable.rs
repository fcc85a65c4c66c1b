//! The managed policies that can be given to somebody: all of AWS's, those that the catalogue lists and those that only the snapshot
//! tells of, and the account's own.
//!
//! What a caller may attach, conditions on `iam:PolicyARN` and `iam:PermissionsBoundary` say. Policies whose ARNs no pattern of
//! those conditions tells apart are allowed or refused together, so they are asked about together.

use super::among::Among;
use super::bind::{List, Object, Objects, Scene};
use super::conditions::documents_of_all_versions;
use gateproof_encodings::language::matches;
use gateproof_model::catalogue::Catalogue;
use gateproof_model::pattern::Pattern;
use gateproof_model::policy::{Document, Operand};
use gateproof_model::snapshot::Snapshot;
use indexmap::{IndexMap, IndexSet};
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use std::sync::{Arc, Mutex, PoisonError};

const KEYS: [&str; 2] = ["iam:policyarn", "iam:permissionsboundary"];

const ADMINISTRATOR: &str = ":iam::aws:policy/AdministratorAccess";

/// Whether the policy allows everything, so that no other gives more.
pub(super) fn is_administrator(object: &Object) -> bool {
    allows_everything(&object.arn)
}

/// Whether the policy of this ARN allows everything.
pub(super) fn allows_everything(policy: &str) -> bool {
    policy.ends_with(ADMINISTRATOR)
}

/// AWS's policies, by partition and by what conditions compare their ARNs with.
pub(super) type OfAws = Mutex<FxHashMap<(Arc<str>, Tests), List>>;

/// The patterns that conditions compare policies' ARNs with; `None` where one holds a variable.
pub(super) type Tests = Option<Vec<Pattern>>;

/// Those of all policies of a snapshot, as they were before any step, and which policies they tell apart, by their ARNs.
#[derive(Debug)]
pub(super) struct Earlier {
    tests: Tests,
    known: Mutex<ByPair>,
}

/// Whether two policies are told apart, by their ARNs.
type ByPair = FxHashMap<(Arc<str>, Arc<str>), bool>;

impl Earlier {
    pub fn of(snapshot: &Snapshot) -> Self {
        let tests = tests_of(documents_of_all_versions(snapshot).map(AsRef::as_ref));
        Self { tests, known: Mutex::default() }
    }

    /// Whether they tell the policies apart; `tests` are theirs.
    fn tell_apart(&self, tests: &[Pattern], one: &Arc<str>, other: &Arc<str>) -> bool {
        let key = (one.clone(), other.clone());
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        known.unwrap_or_else(|| {
            let differ = differ(tests, one, other);
            self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, differ);
            differ
        })
    }
}

/// Whether a pattern matches one of the texts only, in either letter case.
fn differ(tests: &[Pattern], one: &str, other: &str) -> bool {
    let sees = |test: &Pattern, fold_case| matches(test, one, fold_case) != matches(test, other, fold_case);
    tests.iter().any(|test| sees(test, false) || sees(test, true))
}

/// Of some policies those that conditions tell apart from one of them: somebody may be allowed to give them before that one.
/// `documents` have a say now.
pub(super) fn told_apart<'d>(
    from: &Object,
    among: &[Arc<Object>],
    earlier: &Earlier,
    documents: impl Iterator<Item = &'d Document>,
) -> FxHashSet<Arc<str>> {
    let (Some(tests), Some(now)) = (&earlier.tests, tests_of(documents)) else {
        return among.iter().map(|object| object.arn.clone()).collect();
    };
    let is_told = |object: &&Arc<Object>| {
        let told = |arn: &Arc<str>| differ(&now, arn, &from.arn) || earlier.tell_apart(tests, &from.arn, arn);
        members(object).iter().any(told)
    };
    among.iter().filter(is_told).map(|object| object.arn.clone()).collect()
}

/// The policies, the one that allows everything first, then the caller's account's own among those `known`; AWS's that `documents`
/// don't tell apart as one.
pub(super) fn attachable<'d>(
    scene: &Scene<'_>,
    objects: &Objects<'_>,
    known: Vec<Arc<Object>>,
    documents: impl Iterator<Item = &'d Document>,
) -> Vec<Arc<Object>> {
    let administrator: Arc<str> = format!("arn:{}{ADMINISTRATOR}", scene.partition).into();
    let own = known.into_iter().filter(|object| {
        !is_of_aws(object) && object.account == scene.me.account && object.arn != administrator
    });
    let mut found = vec![Arc::new(aws_managed(&administrator))];
    found.extend(own);
    let key = (scene.partition.clone(), tests_of(documents));
    let known = objects.of_aws().lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
    let of_aws = known.unwrap_or_else(|| {
        let list = Arc::new(in_classes(objects, &administrator, &key));
        objects.of_aws().lock().unwrap_or_else(PoisonError::into_inner).insert(key, list.clone());
        list
    });
    found.extend(of_aws.iter().cloned());
    found
}

/// AWS's policies but for one, those that the patterns don't tell apart as one.
fn in_classes(
    objects: &Objects<'_>,
    but: &Arc<str>,
    (partition, tests): &(Arc<str>, Tests),
) -> Vec<Arc<Object>> {
    let told = objects.of_kind("iam.policy");
    let told = told.iter().filter(|object| is_of_aws(object)).map(|object| object.arn.clone());
    let mut seen: FxHashSet<Arc<str>> = [but.clone()].into_iter().collect();
    let all = of_aws(partition).into_iter().chain(told).filter(|arn| seen.insert(arn.clone()));
    let Some(tests) = tests else { return all.map(|arn| Arc::new(aws_managed(&arn))).collect() };
    let mut classes: IndexMap<Vec<bool>, Vec<Arc<str>>, FxBuildHasher> = IndexMap::default();
    for arn in all {
        let class = tests.iter().flat_map(|t| [matches(t, &arn, false), matches(t, &arn, true)]).collect();
        classes.entry(class).or_default().push(arn);
    }
    let one = |members: Vec<Arc<str>>| {
        let mut object = aws_managed(members.first()?);
        object.members = Some(objects.kept(members));
        Some(Arc::new(object))
    };
    classes.into_values().filter_map(one).collect()
}

fn is_of_aws(object: &Object) -> bool {
    object.field_is("managed-by", "aws")
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

fn tests_of<'d>(documents: impl Iterator<Item = &'d Document>) -> Tests {
    let mut tests = IndexSet::<Pattern, FxBuildHasher>::default();
    let conditions = documents.flat_map(|d| &d.statements).flat_map(|s| &s.conditions);
    for condition in conditions.filter(|c| KEYS.contains(&&*c.key)) {
        for operand in &condition.operands {
            if let Operand::Text(pattern) = operand {
                tests.insert(pattern.ground()?);
            }
        }
    }
    Some(tests.into_iter().collect())
}
