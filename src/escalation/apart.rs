//! The resources whose policies tell two callers apart, which no other policy does.
//!
//! A thousand roles that the attacker wrote the policies of are allowed the same, but that a bucket or a trust policy names one
//! of them. Calls on other resources are decided for all of them as for the first.

use super::bind::Scene;
use super::fact::Fact;
use super::required::may_require;
use super::telling::Telling;
use crate::ask::{CallerEntity, Estate};
use gateproof_encodings::primitive::{Authorization, Binding, Primitive};
use gateproof_encodings::scope::is_assume_action;
use gateproof_model::arn::Arn;
use gateproof_model::policy::Document;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;

/// Resources whose policies tell two callers apart, or that are not what they were.
#[derive(Debug, Clone, Default)]
pub(super) struct Apart {
    /// By their own policies and grants, by service.
    resources: FxHashMap<Arc<str>, BTreeSet<Arc<str>>>,
    /// Roles, by their trust policies, which are about assuming them only.
    roles: BTreeSet<Arc<str>>,
    /// Whether it matters, too, which services those let in.
    services: bool,
    /// Facts that steps require.
    required: FxHashSet<Fact>,
}

impl Apart {
    /// None yet; roles count for the services that they let in, too.
    pub fn of_services_too() -> Self {
        Self { services: true, ..Self::default() }
    }

    /// Takes in a resource by its policy, or by what else calls on it depend on.
    pub fn add_resource(&mut self, arn: &Arc<str>) {
        let service = Arn::parse(arn).map_or("", |parsed| parsed.service);
        self.resources.entry(service.into()).or_default().insert(arn.clone());
    }

    /// Takes in a role by its trust policy.
    pub fn add_role(&mut self, arn: &Arc<str>) {
        self.roles.insert(arn.clone());
    }

    /// Takes in facts that steps require.
    pub fn add_required(&mut self, facts: FxHashSet<Fact>) {
        self.required.extend(facts);
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.roles.is_empty() && self.required.is_empty()
    }

    /// Whether some call of the step may be about one of them, whatever its variables are bound to.
    pub fn may_concern(&self, estate: &Estate, primitive: &Primitive) -> bool {
        let trusts = || primitive.bind.values().any(|binding| !binding.trusts.0.is_empty());
        !self.required.is_empty() && !primitive.facts.is_empty()
            || self.services && !self.roles.is_empty() && trusts()
            || calls_of_holder(primitive)
                .any(|call| self.among(estate, call).is_none_or(|sets| !sets.is_empty()))
    }

    /// Whether some call of the step, as far as its variables are bound, may be about one of them.
    pub fn concerns(&self, estate: &Estate, scene: &Scene<'_>, primitive: &Primitive) -> bool {
        let trusts = |(variable, binding): (&String, &Binding)| {
            let role = scene.object(variable).filter(|role| !role.fresh && !role.is_unnamed());
            !binding.trusts.0.is_empty() && role.is_none_or(|role| self.roles.contains(&role.arn))
        };
        may_require(&self.required, scene)
            || self.services && !self.roles.is_empty() && primitive.bind.iter().any(trusts)
            || calls_of_holder(primitive).any(|call| self.bears_on(estate, scene, call))
    }

    fn bears_on(&self, estate: &Estate, scene: &Scene<'_>, call: &Authorization) -> bool {
        let Some(among) = self.among(estate, call) else { return true };
        if among.is_empty() {
            return false;
        }
        let Some(template) = &call.resource else { return true };
        let globs = scene.globs(template);
        // A key goes by its aliases, too.
        globs.iter().any(|glob| glob.contains(":alias/") || among.iter().any(|arns| is_about(glob, arns)))
    }

    /// Those that the action of a call may be about; `None`: nobody knows.
    fn among(&self, estate: &Estate, call: &Authorization) -> Option<Vec<&BTreeSet<Arc<str>>>> {
        let action = estate.catalogue.find_action(&call.action)?;
        if is_assume_action(&call.action.to_ascii_lowercase()) {
            return Some(if self.roles.is_empty() { Vec::new() } else { vec![&self.roles] });
        }
        let types = action.resource_types();
        let others = types.map(|row| row.resource_type.service().to_owned());
        let services: BTreeSet<String> = others.chain([action.service().to_owned()]).collect();
        Some(services.iter().filter_map(|service| self.resources.get(service.as_str())).collect())
    }
}

/// The calls that a step's session makes itself.
fn calls_of_holder(primitive: &Primitive) -> impl Iterator<Item = &Authorization> {
    let calls = primitive.calls();
    calls.filter(|call| call.caller.as_deref().is_none_or(|caller| caller == "$me"))
}

/// Whether a glob may be about one of some resources, or about something that lies under one.
fn is_about(glob: &str, arns: &BTreeSet<Arc<str>>) -> bool {
    let head = glob.split(['*', '?']).next().unwrap_or_default();
    let next = arns.range::<str, _>((Bound::Included(head), Bound::Unbounded)).next();
    let above = head.match_indices(['/', ':']).filter_map(|(at, _)| head.get(..at));
    next.is_some_and(|arn| arn.starts_with(head) && (head.len() < glob.len() || arn.len() == head.len()))
        || above.into_iter().any(|arn| arns.contains(arn))
}

/// What the policies of each resource see of callers.
#[derive(Debug, Default)]
pub(super) struct Onlookers {
    all: Vec<Onlooker>,
    /// Those that only name callers, by whom they name.
    by_name: FxHashMap<Arc<str>, Vec<usize>>,
    /// The others.
    watchful: Vec<usize>,
}

#[derive(Debug)]
struct Onlooker {
    arn: Arc<str>,
    trusts: bool,
    telling: Arc<Telling>,
}

impl Onlookers {
    /// Those of an estate.
    pub fn of(estate: &Estate) -> Self {
        let mut known: FxHashMap<*const Document, Arc<Telling>> = FxHashMap::default();
        let mut read = |document: &Arc<Document>| {
            let telling = known.entry(Arc::as_ptr(document)).or_insert_with(|| {
                let mut telling = Telling::default();
                telling.read(document);
                Arc::new(telling)
            });
            telling.clone()
        };
        let mut onlookers = Self::default();
        for resource in estate.snapshot.resources() {
            if let Some(policy) = &resource.policy {
                onlookers.add(&resource.arn, false, read(policy));
            }
            if !resource.grants.is_empty() {
                let named = resource.grants.iter().map(|grant| grant.grantee.clone()).collect();
                onlookers.add(&resource.arn, false, Arc::new(Telling::naming(named)));
            }
        }
        for role in estate.snapshot.principals() {
            if let Some(trust) = &role.trust {
                onlookers.add(&role.arn, true, read(trust));
            }
        }
        onlookers
    }

    fn add(&mut self, arn: &Arc<str>, trusts: bool, telling: Arc<Telling>) {
        let place = self.all.len();
        if telling.only_names() {
            for named in &telling.named {
                self.by_name.entry(named.clone()).or_default().push(place);
            }
        } else {
            self.watchful.push(place);
        }
        self.all.push(Onlooker { arn: arn.clone(), trusts, telling });
    }

    /// The resources whose policies tell two callers apart.
    pub fn telling_apart(&self, one: &CallerEntity, other: &CallerEntity) -> Apart {
        let mut apart = Apart::default();
        let naming = [one, other].into_iter().filter_map(|caller| self.by_name.get(&caller.id)).flatten();
        for onlooker in naming.chain(&self.watchful).filter_map(|place| self.all.get(*place)) {
            let telling = &onlooker.telling;
            if one.id != other.id && telling.sight(one) != telling.sight(other) {
                match onlooker.trusts {
                    true => apart.add_role(&onlooker.arn),
                    false => apart.add_resource(&onlooker.arn),
                }
            }
        }
        apart
    }
}
