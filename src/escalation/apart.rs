//! The resources whose policies tell two callers apart, which no other policy does.
//!
//! A thousand roles that the attacker wrote the policies of are allowed the same, but that a bucket or a trust policy names one
//! of them. Calls on other resources are decided for all of them as for the first.

use super::bind::Scene;
use super::needs::calls_of;
use super::telling::Telling;
use crate::ask::{CallerEntity, Estate};
use gateproof_encodings::primitive::{Authorization, Binding, Primitive};
use gateproof_encodings::scope::is_assume_action;
use gateproof_model::arn::Arn;
use gateproof_model::policy::Document;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// Resources whose policies tell two callers apart, or that are not what they were.
#[derive(Debug, Default)]
pub(super) struct Apart {
    /// By their own policies and grants.
    resources: FxHashSet<Arc<str>>,
    /// Roles, by their trust policies, which are about assuming them only.
    roles: FxHashSet<Arc<str>>,
    /// Whether it matters, too, which services those let in.
    services: bool,
}

impl Apart {
    /// None yet; roles count for the services that they let in, too.
    pub fn of_services_too() -> Self {
        Self { services: true, ..Self::default() }
    }

    /// Takes in resources by their policies, or by what else calls on them depend on.
    pub fn add_resources<'r>(&mut self, arns: impl Iterator<Item = &'r Arc<str>>) {
        self.resources.extend(arns.cloned());
    }

    /// Takes in roles by their trust policies.
    pub fn add_roles<'r>(&mut self, arns: impl Iterator<Item = &'r Arc<str>>) {
        self.roles.extend(arns.cloned());
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.roles.is_empty()
    }

    /// Whether some call of the step, as far as its variables are bound, may be about one of them.
    pub fn concerns(&self, estate: &Estate, scene: &Scene<'_>, primitive: &Primitive) -> bool {
        let trusts = |(variable, binding): (&String, &Binding)| {
            let role = scene.object(variable).filter(|role| !role.fresh && !role.is_unnamed());
            !binding.trusts.0.is_empty() && role.is_none_or(|role| self.roles.contains(&role.arn))
        };
        if self.services && !self.roles.is_empty() && primitive.bind.iter().any(trusts) {
            return true;
        }
        let mut calls = primitive.needs.iter().flat_map(calls_of);
        calls.any(|call| {
            call.caller.as_deref().is_none_or(|c| c == "$me") && self.bears_on(estate, scene, call)
        })
    }

    fn bears_on(&self, estate: &Estate, scene: &Scene<'_>, call: &Authorization) -> bool {
        let Some(action) = estate.catalogue.find_action(&call.action) else { return true };
        let among =
            if is_assume_action(&call.action.to_ascii_lowercase()) { &self.roles } else { &self.resources };
        let of_service = |arn: &&Arc<str>| {
            Arn::parse(arn).is_none_or(|a| a.service == action.service()) || action.accepts_resource(arn)
        };
        let mut possible = among.iter().filter(of_service).peekable();
        if possible.peek().is_none() {
            return false;
        }
        let Some(template) = &call.resource else { return true };
        let globs = scene.globs(template);
        // A key goes by its aliases, too.
        let heads: Vec<&str> = globs.iter().filter(|g| !g.contains(":alias/")).map(|g| head(g)).collect();
        heads.len() < globs.len()
            || possible.any(|arn| heads.iter().any(|head| head.starts_with(&**arn) || arn.starts_with(head)))
    }
}

/// What comes before the first wildcard.
fn head(glob: &str) -> &str {
    glob.split(['*', '?']).next().unwrap_or_default()
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
                let among = if onlooker.trusts { &mut apart.roles } else { &mut apart.resources };
                among.insert(onlooker.arn.clone());
            }
        }
        apart
    }
}
