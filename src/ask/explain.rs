//! One concrete request about the snapshot, decided by the reference evaluator with its reasons.

use super::AskError;
use super::effort::Effort;
use super::estate::Estate;
use super::facts::Facts;
use super::piece::Piece;
use super::target::{Place, Resources, Target};
use crate::question::Quantifier;
use gateproof_encodings::classes::Values;
use gateproof_encodings::field::Field;
use gateproof_encodings::scope::resource_rule;
use gateproof_model::arn::Arn;
use gateproof_model::evaluator::Decision;
use gateproof_model::request::{ContextValue, Request};
use gateproof_model::text::fold_text;
use std::sync::Arc;

/// A request, its decision, and why.
#[derive(Debug, Clone)]
pub struct Explained {
    /// The request, with what principal, resource and organization fix filled in.
    pub request: Request,
    /// The decision and its reasons.
    pub decision: Decision,
    /// What was not collected about the resource and is taken to be neutral.
    pub assumptions: Vec<String>,
}

impl Estate {
    /// Decides one request of a principal of the snapshot.
    ///
    /// # Errors
    /// Where the snapshot has no such principal.
    pub fn explain(
        &self,
        principal: &str,
        action: &str,
        resource: &str,
        context: &[(String, ContextValue)],
    ) -> Result<Explained, AskError> {
        let missing = || AskError::NothingSelected { given: principal.to_owned() };
        let caller = self.callers.iter().find(|c| &*c.id == principal).ok_or_else(missing)?;
        let resources = Resources { globs: vec![resource.to_owned()], accounts: None };
        let plan = self.plan(self.catalogue.find_action(action), &resources);
        let rule = resource_rule(&fold_text(action), resource);
        let governing = self.snapshot.governing_resource(resource);
        let named = Arn::parse(resource).and_then(|a| a.account_id()).map(Arc::from);
        let place = match (governing, self.snapshot.principal(resource)) {
            (Some(known), _) => Place::Known(known),
            (None, Some(principal)) => Place::Roles([principal].into()),
            (None, None) if resource == "*" => Place::Star,
            (None, None) => Place::Other,
        };
        let account = match &place {
            Place::Known(known) => Some(known.account.clone()),
            _ => named.or_else(|| caller.account.clone()),
        };
        let target = Target { place, account, rule };
        let piece = Piece {
            caller,
            plan: &plan,
            open_actions: &[],
            target: &target,
            resources: &resources,
            when: &[],
            quantifier: Quantifier::Some,
            second: false,
            effort: &Effort::default(),
        };
        let facts = Facts::of(self, caller, plan.action, &target, &[], true);
        let mut values = Values::default();
        values.texts.insert(Field::Resource, Some(resource.into()));
        let mut request = self.request(&piece, &facts, &values);
        request.action = plan.action.map_or(action, |a| a.name()).to_owned();
        request.resource = resource.to_owned();
        for (key, value) in context {
            request.context.insert(key, value.clone());
        }
        let mut policies = self.policies(&piece);
        if rule == gateproof_encodings::scope::ResourceRule::Role {
            policies.resource = None;
        }
        let decision = self.replay(&policies, &request, &values);
        let assumptions = self
            .snapshot
            .assumptions_about(resource)
            .map(|a| format!("{} (to supply it: {})", a.text, a.cli_command))
            .collect();
        Ok(Explained { request, decision, assumptions })
    }
}
