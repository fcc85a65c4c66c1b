//! The facts that a step adds.

use super::among::Among;
use super::attachable::members;
use super::bind::Scene;
use super::fact::{Fact, Held, Session};
use super::policies::denies;
use super::session::Holder;
use gateproof_encodings::primitive::{Control, Effect, Reference, Via};
use gateproof_model::arn::Arn;
use gateproof_model::snapshot::Snapshot;
use std::sync::Arc;

/// The facts of a step's effects; `device`: whether its calls were made with an MFA device.
pub(crate) fn facts_of(snapshot: &Snapshot, scene: &Scene<'_>, holder: &Holder, device: bool) -> Vec<Fact> {
    let mut facts = Vec::new();
    for effect in &scene.primitive.effects {
        let arns = |reference: &Reference| scene.values(reference);
        let account = |reference: &Reference| scene.object(&reference.variable).map(|o| o.account.clone());
        let each = |reference: &Reference, make: &dyn Fn(Arc<str>) -> Fact| -> Vec<Fact> {
            arns(reference).into_iter().map(make).collect()
        };
        let added: Vec<Fact> = match effect {
            Effect::Control(control) => sessions(scene, holder, control, device),
            Effect::NewPrincipal(e) => each(&e.of, &Fact::NewPrincipal),
            Effect::WriteIdentity(e) => each(&e.of, &Fact::WritesIdentity),
            Effect::AddIdentity(e) => each(&e.of, &Fact::AddsIdentity),
            Effect::Attach(e) => {
                let policies = given(scene, &e.policy);
                each(&e.to, &|to| Fact::Attached { policies: policies.clone(), to })
            }
            Effect::Join(e) => {
                pairs(&arns(&e.user), &arns(&e.group), |user, group| Fact::Member { user, group })
            }
            Effect::WritePolicy(e) => each(&e.of, &Fact::WritesPolicy),
            Effect::SetVersion(e) => {
                arns(&e.of).iter().flat_map(|policy| versions(snapshot, policy)).collect()
            }
            Effect::DropPolicy(e) => match &e.policy {
                Some(policy) => pairs(&arns(&e.of), &arns(policy), |of, policy| Fact::Dropped { of, policy }),
                None => arns(&e.of).iter().flat_map(|of| inline_denies(snapshot, of)).collect(),
            },
            Effect::Leave(e) => {
                pairs(&arns(&e.user), &arns(&e.group), |user, group| Fact::Left { user, group })
            }
            Effect::DropBoundary(e) => each(&e.of, &Fact::Unbounded),
            Effect::SetBoundary(e) => {
                let policies = given(scene, &e.policy);
                each(&e.to, &|of| Fact::Bounded { of, policies: policies.clone() })
            }
            Effect::WriteTrust(e) => each(&e.of, &Fact::WritesTrust),
            Effect::WriteResourcePolicy(e) => {
                let account = account(&e.of).unwrap_or_default();
                each(&e.of, &|of| Fact::WritesResourcePolicy { of, account: account.clone() })
            }
            Effect::Grant(e) => {
                let (account, to) = (account(&e.of).unwrap_or_default(), scene.me.arn.clone());
                let operations = given(scene, &e.operations);
                each(&e.of, &|key| Fact::Granted {
                    key,
                    account: account.clone(),
                    to: to.clone(),
                    operations: operations.clone(),
                })
            }
            Effect::TagPrincipal(e) => each(&e.of, &Fact::Tagged),
            Effect::TagSession(e) => each(&e.of, &Fact::TaggedSession),
            Effect::EnrolDevice(e) => each(&e.of, &Fact::Device),
            Effect::LiftControls(e) => each(&e.of, &Fact::Uncontrolled),
            Effect::Read(e) => each(&e.of, &Fact::Reads),
            Effect::Write(e) => each(&e.of, &Fact::Writes),
            Effect::Satisfy(e) => each(&e.of, &Fact::Passes),
        };
        facts.extend(added);
    }
    facts
}

/// The policies or operations that a variable stands for.
fn given(scene: &Scene<'_>, policy: &Reference) -> Among {
    scene.object(&policy.variable).map(|o| members(o)).unwrap_or_default()
}

fn pairs(left: &[Arc<str>], right: &[Arc<str>], make: impl Fn(Arc<str>, Arc<str>) -> Fact) -> Vec<Fact> {
    left.iter().flat_map(|l| right.iter().map(|r| make(l.clone(), r.clone()))).collect()
}

fn sessions(scene: &Scene<'_>, holder: &Holder, control: &Control, device: bool) -> Vec<Fact> {
    let service = || Arc::from(control.service.as_deref().unwrap_or("a service"));
    let held = match control.via {
        // A service that makes the call keeps the credentials.
        Via::Assume | Via::Root if holder.api => return Vec::new(),
        Via::Assume => match holder.entity.account {
            Some(_) => Held::Assumed { device },
            None => Held::Federated,
        },
        Via::Root => Held::Root(control.task.as_deref().unwrap_or_default().into()),
        Via::Key => Held::Credentials,
        Via::Console => Held::Console,
        Via::Code => Held::Code(service()),
        Via::Api => Held::Api(service()),
    };
    let principals = scene.values(&control.principal).into_iter();
    principals.map(|principal| Fact::Session(Session { principal, held: held.clone() })).collect()
}

/// The facts of a step, those apart that a step gives one of: a call deletes one inline policy, and sets one version.
pub(super) fn alternatives(facts: Vec<Fact>) -> Vec<Vec<Fact>> {
    let chosen = |fact: &Fact| matches!(fact, Fact::Version { .. } | Fact::Dropped { .. });
    if facts.iter().all(chosen) { facts.into_iter().map(|fact| vec![fact]).collect() } else { vec![facts] }
}

/// The inline policies of a user, role or group that deny something. Without the others nobody could do more.
fn inline_denies(snapshot: &Snapshot, of: &Arc<str>) -> Vec<Fact> {
    let principal = snapshot.principal(of).map(|p| &p.inline);
    let group = snapshot.groups().iter().find(|g| g.arn == *of).map(|g| &g.inline);
    let inline = principal.or(group).into_iter().flatten().filter(|i| denies(&i.document));
    inline.map(|i| Fact::Dropped { of: of.clone(), policy: i.document.source.policy.clone() }).collect()
}

/// The versions of a customer managed policy beside the one in force.
fn versions(snapshot: &Snapshot, policy: &Arc<str>) -> Vec<Fact> {
    let account = Arn::parse(policy).map(|arn| arn.account);
    let known = account.and_then(|account| snapshot.managed_policy(account, policy));
    let others = known.into_iter().flat_map(|p| p.versions.iter().filter(|v| v.id != p.default_version));
    others.map(|v| Fact::Version { policy: policy.clone(), version: v.id.clone() }).collect()
}
