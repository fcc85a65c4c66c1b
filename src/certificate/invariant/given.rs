//! The managed policies that a step may give to somebody: the account's own, and all of AWS's.
//!
//! A policy comes into formulas only as the value of the context keys that the step names it in. Policies that no
//! condition on these keys tells apart have the same formulas, so one stands for all.

use crate::escalation::{Holder, Object, Scene};
use gateproof_encodings::language::matches;
use gateproof_encodings::primitive::{Authorization, Need, Primitive};
use gateproof_model::account::is_aws_managed;
use gateproof_model::catalogue::Catalogue;
use gateproof_model::pattern::Pattern;
use gateproof_model::policy::{Document, Operand};
use gateproof_model::snapshot::Snapshot;
use gateproof_model::text::fold_text;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The policies that a step may give, told apart as far as its calls can.
pub(super) struct Given {
    /// Each with what stands for all of it; where each is looked at by itself, that is the policy.
    groups: Vec<(Arc<Object>, Vec<Arc<Object>>)>,
}

impl Given {
    /// The policies of a variable.
    pub fn of(snapshot: &Snapshot, scene: &Scene<'_>, variable: &str, holder: &Holder) -> Self {
        let all = givable(snapshot, scene);
        let Some(tests) = tests(snapshot, scene.primitive, variable, holder) else {
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

    /// Those of which none is `settled` already; each group is one object with `members`.
    pub fn open(&self, settled: impl Fn(&Arc<Object>) -> bool) -> Vec<Arc<Object>> {
        let mut found = Vec::new();
        for (whole, group) in &self.groups {
            // What is settled of one of several, whichever, is settled of each.
            if settled(whole) {
                continue;
            }
            let open: Vec<Arc<Object>> = group.iter().filter(|object| !settled(object)).cloned().collect();
            if open.len() == group.len() {
                found.push(whole.clone());
            } else {
                found.extend(merged(&open));
            }
        }
        found
    }
}

/// One object for several.
fn merged(group: &[Arc<Object>]) -> Option<Arc<Object>> {
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

/// The patterns that the policy's ARN is compared with; `None` where it may be compared with more.
fn tests(
    snapshot: &Snapshot,
    primitive: &Primitive,
    variable: &str,
    holder: &Holder,
) -> Option<Vec<Pattern>> {
    let mut keys = BTreeSet::new();
    for call in primitive.needs.iter().flat_map(calls) {
        let named =
            |t: &gateproof_encodings::primitive::Template| t.references().any(|r| r.variable == variable);
        if call.resource.as_ref().is_some_and(named) {
            return None;
        }
        let carrying = call.context.iter().filter(|(_, demand)| demand.0.iter().any(named));
        keys.extend(carrying.map(|(key, _)| fold_text(key)));
    }
    // What a later variable's objects are depends on the policy: then each is looked at by itself.
    let depends = |r: &Option<gateproof_encodings::primitive::Reference>| {
        r.as_ref().is_some_and(|r| r.variable == variable)
    };
    if primitive.bind.values().any(|b| depends(&b.is) || depends(&b.of) || depends(&b.boundary_of)) {
        return None;
    }
    let mut tests = BTreeSet::new();
    for document in documents(snapshot, holder) {
        let conditions = document.statements.iter().flat_map(|s| &s.conditions);
        for operand in conditions.filter(|c| keys.contains(&*c.key)).flat_map(|c| &c.operands) {
            if let Operand::Text(pattern) = operand {
                tests.insert(pattern.ground()?);
            }
        }
    }
    Some(tests.into_iter().collect())
}

fn calls(need: &Need) -> Vec<&Authorization> {
    match need {
        Need::Call(call) => vec![call],
        Need::Any(any) => any.any.iter().flat_map(calls).collect(),
        Need::All(all) => all.all.iter().flat_map(calls).collect(),
    }
}

/// Every document that may have a say about the holder's calls.
fn documents<'d>(snapshot: &'d Snapshot, holder: &'d Holder) -> impl Iterator<Item = &'d Arc<Document>> {
    let own = &holder.entity.policies;
    let capping = own.boundary.iter().chain(&own.session).flatten();
    let own = own.identity.iter().chain(capping).chain(own.scps.iter().flatten());
    let resources = snapshot.resources().iter().filter_map(|r| r.policy.as_ref());
    let trusts = snapshot.principals().iter().filter_map(|p| p.trust.as_ref());
    let accounts = snapshot.accounts().iter();
    let rcps = accounts.flat_map(|a| snapshot.organization().rcp_levels(&a.id)).flatten();
    own.chain(resources).chain(trusts).chain(rcps)
}
