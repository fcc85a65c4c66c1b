//! A call of a witness on another object: decided anew by the reference evaluator, without a formula.

use super::caller::CallerEntity;
use super::estate::Estate;
use super::witness::{evidence, principal_of};
use crate::question::Step;
use crate::question::answer::ContextText;
use gateproof_model::evaluator::{Outcome, World, evaluate};
use gateproof_model::request::{Context, ContextValue, Request};

impl Estate {
    /// The same request on another object of the same account; `None` where it is not allowed, where its context may say
    /// something of the object, and where it is one of several authorizations of a call.
    pub(crate) fn replay_on(
        &self,
        caller: &CallerEntity,
        step: &Step,
        object: &str,
        account: &str,
    ) -> Option<Step> {
        let of_object = |key: &String| key.to_ascii_lowercase().contains("resourcetag");
        if !step.also_needs.is_empty() || step.context.keys().any(of_object) {
            return None;
        }
        let mut context = Context::default();
        for (key, value) in &step.session {
            if let Some(value) = value {
                context.insert(key, ContextValue::Single(value.clone()));
            }
        }
        for (key, value) in &step.context {
            context.insert(
                key,
                match value {
                    ContextText::One(text) => ContextValue::Single(text.clone()),
                    ContextText::Many(texts) => ContextValue::List(texts.clone()),
                },
            );
        }
        let mut policies = caller.policies.clone();
        policies.rcps = self.snapshot.organization().rcp_levels(account).to_vec();
        if let Some(resource) = self.snapshot.resource(object) {
            policies.resource.clone_from(&resource.policy);
            policies.grants.clone_from(&resource.grants);
            policies.block_public_access = resource.block_public_access;
        }
        let request = Request {
            principal: principal_of(caller, &context),
            action: step.action.clone(),
            resource: object.to_owned(),
            resource_account: Some(account.to_owned()),
            context,
        };
        let nothing = |_: &str| false;
        let world = World { rules: self.rules, catalogue: self.catalogue, assume: &nothing };
        let decision = evaluate(&policies, &request, &world);
        (decision.outcome == Outcome::Allowed).then(|| Step {
            resource: object.to_owned(),
            allowed_by: decision.because.iter().map(evidence).collect(),
            ..step.clone()
        })
    }
}
