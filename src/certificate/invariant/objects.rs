//! The objects that a step's variables may be bound to, read from the snapshot for the verifier alone: what
//! `docs/primitives-format.md`, `bind`, says of kinds and constraints.

use crate::certificate::refusal::Fault;
use crate::escalation::{GRANT_OPERATIONS, Object, Scene, Sorts, has_condition_on};
use gateproof_encodings::primitive::{Binding, Reference, Template};
use gateproof_model::account::PrincipalEntityKind;
use gateproof_model::inventory::Inventory;
use gateproof_model::snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// The objects of a snapshot.
pub(super) struct Objects<'a> {
    pub snapshot: &'a Snapshot,
    /// One for all new principals of each kind.
    new: Vec<Object>,
    /// By kind, once looked at.
    listed: Mutex<BTreeMap<String, Arc<[Arc<Object>]>>>,
    /// The kinds that some step's objects were asked for of.
    asked: Mutex<BTreeSet<String>>,
}

/// What any object of the inventory has.
const ALWAYS_TOLD: [&str; 4] = ["arn", "name", "account", "region"];

impl<'a> Objects<'a> {
    /// With new principals of these kinds.
    pub fn of(snapshot: &'a Snapshot, sorts: &Sorts) -> Self {
        let new = sorts.kinds().map(Object::unnamed).collect();
        Self { snapshot, new, listed: Mutex::default(), asked: Mutex::default() }
    }

    /// The kinds that were asked for.
    pub fn kinds(&self) -> BTreeSet<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All objects that fit a variable, but for the trust that its role must have.
    pub fn fitting(&self, scene: &Scene<'_>, binding: &Binding) -> Result<Vec<Arc<Object>>, Fault> {
        if binding.kind == "fresh" {
            return Ok(new_objects(scene, binding));
        }
        let values = |reference: &Option<Reference>| -> Result<Option<Vec<Arc<str>>>, Fault> {
            let Some(reference) = reference else { return Ok(None) };
            must_tell(scene, reference)?;
            Ok(Some(scene.values(reference)))
        };
        let (is, profiles) = (values(&binding.is)?, values(&binding.profile)?);
        let accounts = match &binding.account {
            Some(template) => {
                template.references().try_for_each(|r| must_tell(scene, r))?;
                Some(scene.globs(template))
            }
            None => None,
        };
        let holder = |reference: &Option<Reference>| match reference {
            Some(reference) => scene.object(&reference.variable).map(|o| Some(o.arn.clone())),
            None => Some(None),
        };
        let (Some(of), Some(bounded)) = (holder(&binding.of), holder(&binding.boundary_of)) else {
            return Ok(Vec::new());
        };
        let told_by = Inventory::told_by(&binding.kind).map(str::to_owned);
        let kinds = told_by.into_iter().chain([binding.kind.clone()]);
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).extend(kinds);
        let mut fitting = Vec::new();
        for object in self.of_kind(&binding.kind).iter() {
            let fits = accounts.as_ref().is_none_or(|a| a.iter().any(|id| **id == *object.account))
                && is.as_ref().is_none_or(|arns| arns.contains(&object.arn))
                && profiles.as_ref().is_none_or(|wanted| in_some_profile(object, wanted))
                && binding.fields.iter().all(|(name, value)| object.field_is(name, value))
                && of.as_ref().is_none_or(|of| self.holds(of, &object.arn))
                && bounded.as_ref().is_none_or(|of| self.is_bounded_by(of, &object.arn));
            if fits {
                fitting.push(object.clone());
            }
        }
        Ok(fitting)
    }

    /// All objects of a kind.
    pub fn of_kind(&self, kind: &str) -> Arc<[Arc<Object>]> {
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        let made = || self.list(kind).into_iter().map(Arc::new).collect();
        listed.entry(kind.to_owned()).or_insert_with(made).clone()
    }

    fn list(&self, kind: &str) -> Vec<Object> {
        let snapshot = self.snapshot;
        match kind {
            "iam.role" => self.principals(&[PrincipalEntityKind::Role]),
            "iam.user" => self.principals(&[PrincipalEntityKind::User]),
            "iam.principal" => self.principals(&[PrincipalEntityKind::User, PrincipalEntityKind::Role]),
            "iam.root" => self.principals(&[PrincipalEntityKind::Root]),
            "iam.group" => {
                snapshot.groups().iter().map(|g| Object::plain(&g.arn, &g.name, &g.account)).collect()
            }
            "iam.policy" => {
                let policies = snapshot.managed_policies().iter();
                let with_owner = |p: &Arc<gateproof_model::account::ManagedPolicy>| {
                    let owner = if p.is_aws_managed() { "aws" } else { "customer" };
                    with_field(Object::plain(&p.arn, &p.name, &p.account), "managed-by", vec![owner.into()])
                };
                policies.map(with_owner).collect()
            }
            "iam.instance-profile" => {
                let roles = snapshot.principals().iter();
                let of_role = roles.flat_map(|p| p.instance_profiles.iter().map(|arn| (arn, &p.account)));
                let all: BTreeSet<(&Arc<str>, &Arc<str>)> = of_role.collect();
                all.into_iter().map(|(arn, account)| Object::plain(arn, last_part(arn), account)).collect()
            }
            "kms.operation" => {
                let operation = |name: &str| Object::plain(&name.into(), name, &"".into());
                let each = GRANT_OPERATIONS.iter().map(|name| operation(name));
                if has_condition_on(snapshot, "kms:grantoperations") {
                    return each.collect();
                }
                let members: Vec<_> = each.map(|o| o.arn).collect();
                vec![Object { members: Some(members.into()), ..operation("*") }]
            }
            "account" => {
                let management: Vec<Arc<str>> =
                    snapshot.organization().management_account.iter().cloned().collect();
                let accounts = snapshot.accounts().iter();
                let plain = accounts.map(|a| Object::plain(&a.id, &a.id, &a.id));
                plain.map(|object| with_field(object, "management", management.clone())).collect()
            }
            _ => self.things(kind),
        }
    }

    fn principals(&self, kinds: &[PrincipalEntityKind]) -> Vec<Object> {
        let chosen = self.snapshot.principals().iter().filter(|p| kinds.contains(&p.kind));
        let is_role = |object: &Object| object.arn.ends_with(":role/*");
        let kind_of = |object: &Object| match is_role(object) {
            true => PrincipalEntityKind::Role,
            false => PrincipalEntityKind::User,
        };
        let new = self.new.iter().filter(|object| kinds.contains(&kind_of(object))).cloned();
        chosen
            .map(|p| {
                let object = Object::plain(&p.arn, &p.name, &p.account);
                let object = with_field(object, "path", vec![p.path.clone()]);
                with_field(object, "instance-profile", p.instance_profiles.clone())
            })
            .chain(new)
            .collect()
    }

    fn things(&self, kind: &str) -> Vec<Object> {
        let listed = self.snapshot.inventory().of_kind(kind).iter();
        listed
            .map(|thing| {
                let mut object = Object::plain(&thing.arn, &thing.name, &thing.account);
                object.told = true;
                object.fields.clone_from(&thing.fields);
                object.fields.extend(thing.region.iter().map(|r| ("region".to_owned(), vec![r.clone()])));
                object
            })
            .collect()
    }

    /// Whether a user, role or group has the policy attached, or a user is in the group.
    fn holds(&self, holder: &str, held: &Arc<str>) -> bool {
        let principal = self.snapshot.principal(holder);
        let group = self.snapshot.groups().iter().find(|g| *g.arn == *holder);
        principal.is_some_and(|p| p.attached.contains(held) || p.groups.contains(held))
            || group.is_some_and(|g| g.attached.contains(held))
    }

    fn is_bounded_by(&self, principal: &str, policy: &Arc<str>) -> bool {
        self.snapshot.principal(principal).is_some_and(|p| p.boundary_arn.as_ref() == Some(policy))
    }
}

/// That a reference is of nothing that no file tells.
pub(super) fn must_tell(scene: &Scene<'_>, reference: &Reference) -> Result<(), Fault> {
    let (Some(object), field) = (scene.object(&reference.variable), &reference.field) else { return Ok(()) };
    let told = !object.told || ALWAYS_TOLD.contains(&&**field) || object.fields.contains_key(field);
    if told { Ok(()) } else { Err(Fault::BlindSpot(format!("not known: the {field} of {}", object.arn))) }
}

/// The new things that the attacker may make; nobody without an account can.
fn new_objects(scene: &Scene<'_>, binding: &Binding) -> Vec<Arc<Object>> {
    let account = scene.me.account.clone();
    let globs = |template: &Template| scene.globs(template);
    let arns = binding.arn.as_ref().filter(|_| !account.is_empty()).map(globs).unwrap_or_default();
    let made = arns.iter().map(|arn| {
        let mut object = Object::plain(&arn.as_str().into(), "*", &account);
        object.fresh = true;
        Arc::new(object)
    });
    made.collect()
}

fn with_field(mut object: Object, name: &str, values: Vec<Arc<str>>) -> Object {
    object.fields.insert(name.to_owned(), values);
    object
}

/// Profiles are named by ARN or by name.
fn in_some_profile(role: &Object, wanted: &[Arc<str>]) -> bool {
    let profiles = role.field("instance-profile");
    profiles.iter().any(|have| wanted.iter().any(|w| have == w || last_part(have) == &**w))
}

fn last_part(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or_default()
}
