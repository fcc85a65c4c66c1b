//! The managed policies that a step may give to somebody: the account's own, and all of AWS's.
//!
//! A policy comes into formulas only as the value of the context keys that the step names it in. Policies that no
//! condition on these keys tells apart have the same formulas, so one stands for all.

use crate::escalation::{Holder, Object, Scene};
use gateproof_encodings::language::matches;
use gateproof_encodings::primitive::{Authorization, Need, Primitive, Reference, Template};
use gateproof_model::account::is_aws_managed;
use gateproof_model::catalogue::Catalogue;
use gateproof_model::pattern::{Pattern, PatternText};
use gateproof_model::policy::{Document, Operand};
use gateproof_model::snapshot::Snapshot;
use gateproof_model::text::fold_text;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// The policies that steps may give, found once for callers who are told the same.
#[derive(Default)]
pub(super) struct Givable {
    /// By the keys that steps name policies in, what the policies of resources, roles and organizations compare them with.
    tests: Mutex<FxHashMap<BTreeSet<String>, Option<Arc<Tests>>>>,
    /// By account and partition, and what tells policies apart.
    given: Mutex<FxHashMap<Case, Arc<Given>>>,
}

type Case = (Arc<str>, Arc<str>, Option<Tests>);

/// The patterns that a policy's ARN is compared with.
type Tests = BTreeSet<Pattern>;

/// The policies that a step may give, told apart as far as its calls can.
pub(super) struct Given {
    /// Each with what stands for all of it; where each is looked at by itself, that is the policy.
    pub groups: Vec<(Arc<Object>, Vec<Arc<Object>>)>,
}

impl Givable {
    /// The policies of a variable.
    pub fn of(&self, snapshot: &Snapshot, scene: &Scene<'_>, variable: &str, holder: &Holder) -> Arc<Given> {
        let tests = self.tests(snapshot, scene.primitive, variable, holder);
        let case = (scene.me.account.clone(), scene.partition.clone(), tests);
        let known = self.given.lock().unwrap_or_else(PoisonError::into_inner).get(&case).cloned();
        known.unwrap_or_else(|| {
            let given = Arc::new(Given::of(givable(snapshot, scene), case.2.as_ref()));
            self.given.lock().unwrap_or_else(PoisonError::into_inner).insert(case, given.clone());
            given
        })
    }

    /// The patterns that the policy's ARN is compared with; `None` where it may be compared with more.
    fn tests(
        &self,
        snapshot: &Snapshot,
        primitive: &Primitive,
        variable: &str,
        holder: &Holder,
    ) -> Option<Tests> {
        let keys = keys_naming(primitive, variable)?;
        let known = self.tests.lock().unwrap_or_else(PoisonError::into_inner).get(&keys).cloned();
        let by_all = known.unwrap_or_else(|| {
            let tests = patterns(everybodys(snapshot), &keys).map(Arc::new);
            self.tests.lock().unwrap_or_else(PoisonError::into_inner).insert(keys.clone(), tests.clone());
            tests
        })?;
        let own = patterns(of_holder(holder), &keys)?;
        Some(by_all.union(&own).cloned().collect())
    }
}

impl Given {
    fn of(all: Vec<Arc<Object>>, tests: Option<&Tests>) -> Self {
        let Some(tests) = tests else {
            return Self { groups: all.into_iter().map(|one| (one.clone(), vec![one])).collect() };
        };
        let mut groups: BTreeMap<Vec<bool>, Vec<Arc<Object>>> = BTreeMap::new();
        for object in all {
            let outcome = tests.iter().flat_map(|t| [false, true].map(|fold| matches(t, &object.arn, fold)));
            groups.entry(outcome.collect()).or_default().push(object);
        }
        let whole = |group: Vec<Arc<Object>>| Some((merged(&group)?, group));
        Self { groups: groups.into_values().filter_map(whole).collect() }
    }
}

/// One object for several.
pub(super) fn merged(group: &[Arc<Object>]) -> Option<Arc<Object>> {
    let mut whole = Object::clone(group.first()?);
    whole.members = Some(group.iter().map(|o| o.arn.clone()).collect::<Vec<_>>().into());
    Some(Arc::new(whole))
}

/// Customer managed policies can be given in their own account, AWS's everywhere.
fn givable(snapshot: &Snapshot, scene: &Scene<'_>) -> Vec<Arc<Object>> {
    let known = snapshot.managed_policies().iter();
    let own = known.filter(|p| p.account == scene.me.account || p.is_aws_managed()).map(|p| p.arn.clone());
    let partition = &scene.partition;
    let of_aws = Catalogue::embedded().managed_policies().map(|p| match p.arn().strip_prefix("arn:aws:") {
        Some(rest) => Arc::from(format!("arn:{partition}:{rest}")),
        None => Arc::from(p.arn()),
    });
    let arns: BTreeSet<Arc<str>> = own.chain(of_aws).collect();
    let object = |arn: &Arc<str>| {
        let account = if is_aws_managed(arn) { Arc::from("aws") } else { scene.me.account.clone() };
        Arc::new(Object::plain(arn, arn.rsplit('/').next().unwrap_or_default(), &account))
    };
    arns.iter().map(object).collect()
}

/// The keys in which a step's calls name the policy of a variable; `None` where they, or later variables, depend on it otherwise.
fn keys_naming(primitive: &Primitive, variable: &str) -> Option<BTreeSet<String>> {
    let mut keys = BTreeSet::new();
    for call in primitive.needs.iter().flat_map(calls) {
        let named = |t: &Template| t.references().any(|r| r.variable == variable);
        if call.resource.as_ref().is_some_and(named) {
            return None;
        }
        let carrying = call.context.iter().filter(|(_, demand)| demand.values.iter().any(named));
        keys.extend(carrying.map(|(key, _)| fold_text(key)));
    }
    // What a later variable's objects are depends on the policy: then each is looked at by itself.
    let depends = |r: &Option<Reference>| r.as_ref().is_some_and(|r| r.variable == variable);
    let mut later = primitive.bind.values();
    (!later.any(|b| depends(&b.is) || depends(&b.of) || depends(&b.boundary_of))).then_some(keys)
}

/// The patterns that conditions on some keys compare with; `None` where one holds a variable.
fn patterns<'d>(
    documents: impl Iterator<Item = &'d Arc<Document>>,
    keys: &BTreeSet<String>,
) -> Option<Tests> {
    let conditions = documents.flat_map(|d| &d.statements).flat_map(|s| &s.conditions);
    let operands = conditions.filter(|c| keys.contains(&*c.key)).flat_map(|c| &c.operands);
    let texts = operands.filter_map(|operand| match operand {
        Operand::Text(pattern) => Some(pattern),
        _ => None,
    });
    texts.map(PatternText::ground).collect()
}

fn calls(need: &Need) -> Vec<&Authorization> {
    match need {
        Need::Call(call) => vec![call],
        Need::Any(any) => any.any.iter().flat_map(calls).collect(),
        Need::All(all) => all.all.iter().flat_map(calls).collect(),
    }
}

/// The documents that may have a say about the holder's calls: those that bind it itself.
fn of_holder(holder: &Holder) -> impl Iterator<Item = &Arc<Document>> {
    let own = &holder.entity.policies;
    let capping = own.boundary.iter().chain(&own.session).flatten();
    own.identity.iter().chain(capping).chain(own.scps.iter().flatten())
}

/// The others.
fn everybodys(snapshot: &Snapshot) -> impl Iterator<Item = &Arc<Document>> {
    let resources = snapshot.resources().iter().filter_map(|r| r.policy.as_ref());
    let trusts = snapshot.principals().iter().filter_map(|p| p.trust.as_ref());
    let accounts = snapshot.accounts().iter();
    let rcps = accounts.flat_map(|a| snapshot.organization().rcp_levels(&a.id)).flatten();
    resources.chain(trusts).chain(rcps)
}
