//! One concrete request about the snapshot, decided by the reference evaluator with its reasons.

use super::AskError;
use super::effort::Effort;
use super::estate::Estate;
use super::facts::Facts;
use super::known::KnownCases;
use super::piece::Piece;
use super::target::{Place, Resources};
use crate::question::{Quantifier, Untold};
use gateproof_encodings::classes::Values;
use gateproof_encodings::field::Field;
use gateproof_encodings::scope::resource_rule;
use gateproof_model::arn::Arn;
use gateproof_model::decide::decide_whatever_is_assumed;
use gateproof_model::evaluator::{Decision, World};
use gateproof_model::policy_set::PolicySet;
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
    /// What was not collected about caller and resource and is taken to be neutral.
    pub assumptions: Vec<String>,
    /// What the decision turns on and nobody knows: then it says what becomes of the request if nothing of
    /// that allows or denies, and is no decision.
    pub unknown: Vec<String>,
}

impl Explained {
    /// The decision, or `Undecided` where it turns on what nobody knows.
    pub fn outcome(&self) -> String {
        match self.unknown.is_empty() {
            true => self.decision.outcome.to_string(),
            false => "Undecided".to_owned(),
        }
    }
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
        let listed = self.callers().find(|c| &*c.id == principal);
        let elsewhere = listed.is_none().then(|| self.elsewhere(principal)).flatten();
        let caller = listed.or(elsewhere.as_ref()).ok_or_else(missing)?;
        let resources = Resources { globs: vec![resource.to_owned()], accounts: None };
        let plan = self.plan(self.catalogue.find_action(action), &[], &resources, &KnownCases::default());
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
        let target = self.target(place, account, rule);
        let piece = Piece {
            for_all: true,
            caller,
            plan: &plan,
            target: &target,
            resources: &resources,
            when: &[],
            quantifier: Quantifier::Some,
            second: false,
            effort: &Effort::default(),
            only: None,
        };
        let facts = Facts::of(self, &piece, true);
        let mut values = Values::default();
        values.texts.insert(Field::Resource, Some(resource.into()));
        let mut request = self.request(&piece, &facts, &values);
        request.action = plan.action.map_or(action, |a| a.name()).to_owned();
        request.resource = resource.to_owned();
        for (key, value) in context {
            request.context.insert(key, value.clone());
        }
        let mut policies = self.policies(&piece, &request);
        if rule == gateproof_encodings::scope::ResourceRule::Ungoverned {
            policies.resource = None;
        }
        let decision = self.replay(&policies, &request, &values);
        let assumptions = self.not_collected(&request, caller.account.as_deref());
        let unknown = self.unknown(&policies, &request, &decision);
        Ok(Explained { request, decision, assumptions, unknown })
    }

    /// What the decision turns on: unreadable documents, unless it is the same whatever they say, and parts
    /// of the accounts concerned that could not be read.
    fn unknown(&self, policies: &PolicySet, request: &Request, decision: &Decision) -> Vec<String> {
        let world = World { rules: self.rules, catalogue: self.catalogue, assume: &|_| false };
        let mut unknown = Vec::new();
        if decide_whatever_is_assumed(policies, request, &world).is_err() {
            unknown.extend(decision.assumed.iter().map(|(name, _)| format!("whether {name}")));
        }
        let service = request.action.split_once(':').map_or("", |(service, _)| service);
        let accounts = accounts_of(request);
        let spots = self.snapshot.blind_spots().iter();
        let concerned = spots.filter(|spot| accounts.iter().any(|a| spot.touches(a, service)));
        unknown.extend(concerned.map(|spot| format!("{} ({})", spot.what, spot.file)));
        unknown
    }

    /// What was never collected and touches caller, resource and service of the request.
    fn not_collected(&self, request: &Request, caller: Option<&str>) -> Vec<String> {
        let service = request.action.split_once(':').map_or("", |(service, _)| service);
        let about = |resource: &str| self.snapshot.assumptions_about(resource).cloned().collect::<Vec<_>>();
        let mut found = about(&request.resource);
        let owner = request.resource_account.as_deref();
        for assumption in self.snapshot.assumptions() {
            let touches = &assumption.touches;
            let account = touches.account.as_deref();
            let in_account = account.is_none() || account == caller || account == owner;
            let of_service = touches.service.as_deref().is_none_or(|s| s == service || s == "organizations");
            if touches.resource.is_none() && in_account && of_service && !found.contains(assumption) {
                found.push(assumption.clone());
            }
        }
        found.iter().map(|assumption| Untold::from(assumption).to_string()).collect()
    }
}

/// The accounts of caller and resource.
fn accounts_of(request: &Request) -> Vec<&str> {
    request.principal.account.as_deref().into_iter().chain(request.resource_account.as_deref()).collect()
}
