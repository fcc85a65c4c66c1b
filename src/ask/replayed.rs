//! A call of a witness on another object: decided anew by the reference evaluator, without a formula.

use super::caller::CallerEntity;
use super::created::tag_of_resource;
use super::estate::Estate;
use super::facts::Facts;
use super::resource_facts::{BOUNDARY, tells_boundary_of_target};
use super::target::{Place, Target};
use super::witness::{evidence, principal_of};
use crate::question::Step;
use crate::question::answer::ContextText;
use gateproof_encodings::scope::ResourceRule;
use gateproof_model::evaluator::{Outcome, World, evaluate};
use gateproof_model::request::{Context, ContextValue, Request};
use gateproof_model::resource::governing_arn;
use gateproof_model::text::fold_text;
use std::collections::BTreeMap;

impl Estate {
    /// The same request on another object of the same account and region, which itself says what its tags and its boundary are, other
    /// objects being `named` anew; `None` where that is not allowed, and where somebody else makes the request. Of a call that needs
    /// several authorizations this one only.
    pub(crate) fn replay_on(
        &self,
        caller: &CallerEntity,
        step: &Step,
        (object, account): (&str, &str),
        named: &[(&str, &str)],
    ) -> Option<Step> {
        let told = self.told_by(caller, &step.action, object, account);
        let kept = step.context.iter().filter(|(key, _)| !told.settles(key));
        let mut texts: BTreeMap<String, ContextText> =
            kept.map(|(key, text)| (key.clone(), text.renamed(named))).collect();
        texts.extend(told.keys);
        let mut context = Context::default();
        for (key, value) in &step.session {
            if let Some(value) = value {
                context.insert(key, ContextValue::Single(value.clone()));
            }
        }
        for (key, value) in &texts {
            context.insert(key, value.clone().into());
        }
        let mut policies = caller.policies.clone();
        policies.rcps = self.snapshot.organization().rcp_levels(account).to_vec();
        if let Some(resource) = self.snapshot.resource(governing_arn(object)) {
            policies.resource.clone_from(&resource.policy);
            policies.grants.clone_from(&resource.grants);
            policies.block_public_access = resource.block_public_access;
        }
        let principal = principal_of(caller, &context);
        if principal.id() != step.caller {
            return None;
        }
        let request = Request {
            principal,
            action: step.action.clone(),
            resource: object.to_owned(),
            resource_account: Some(account.to_owned()),
            context,
        };
        let nothing = |_: &str| false;
        let world = World { rules: self.rules, catalogue: self.catalogue, assume: &nothing };
        let decision = evaluate(&policies, &request, &world);
        (decision.outcome == Outcome::Allowed).then(|| Step {
            caller: step.caller.clone(),
            session: step.session.clone(),
            shape: step.shape.clone(),
            action: step.action.clone(),
            resource: object.to_owned(),
            context: texts,
            allowed_by: decision.because.iter().map(evidence).collect(),
            technique: step.technique.clone(),
            gains: step.gains.clone(),
            also_needs: Vec::new(),
        })
    }

    fn told_by(&self, caller: &CallerEntity, action: &str, object: &str, account: &str) -> Told {
        let Some(target) = self.object_target(object, account) else { return Told::default() };
        let action = self.catalogue.find_action(action);
        let facts = target.facts(self);
        let mut told = Told {
            tags: facts.contains_key("aws:resourcetag/"),
            boundary: facts.contains_key(BOUNDARY) && action.is_none_or(tells_boundary_of_target),
            keys: BTreeMap::new(),
        };
        let facts = Facts::under(self, caller, action, &target, &[], true);
        for (key, value) in facts.fixed_by_resource_of(|key| told.settles(key)) {
            told.keys.insert(self.spelled_by_catalogue(&key).unwrap_or(key), value.into());
        }
        told
    }

    /// A principal or a resource of which something is known.
    fn object_target(&self, object: &str, account: &str) -> Option<Target<'_>> {
        if let Some(principal) = self.snapshot.principal(object) {
            return Some(self.principal_target(principal));
        }
        let resource = self.snapshot.resource(governing_arn(object))?;
        Some(self.target(Place::Known(resource), Some(account.into()), ResourceRule::Ordinary))
    }
}

impl ContextText {
    /// The same value, objects being named anew.
    fn renamed(&self, named: &[(&str, &str)]) -> Self {
        let new = |text: &String| {
            let to = named.iter().find(|(from, _)| *from == *text).map(|(_, to)| (*to).to_owned());
            to.unwrap_or_else(|| text.clone())
        };
        match self {
            Self::One(text) => Self::One(new(text)),
            Self::Many(texts) => Self::Many(texts.iter().map(new).collect()),
        }
    }
}

/// What an object says of the requests that are about it.
#[derive(Debug, Default)]
struct Told {
    /// Whether its tags are known.
    tags: bool,
    /// Whether its boundary is known, and the requests tell it.
    boundary: bool,
    keys: BTreeMap<String, ContextText>,
}

impl Told {
    /// Whether the object alone says what a key's value is.
    fn settles(&self, key: &str) -> bool {
        let key = fold_text(key);
        self.tags && tag_of_resource(&key).is_some() || self.boundary && key == BOUNDARY
    }
}
