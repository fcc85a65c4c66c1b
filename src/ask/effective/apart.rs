//! A request that tells documents and policies apart, where there is one: action by action, on resources and with
//! keys that AWS could send, decided by the reference evaluator on both sides.

use super::compare::{Comparison, Differs, Side};
use crate::ask::candidates::beautify;
use crate::ask::estate::Estate;
use crate::ask::facts::Facts;
use crate::ask::known::KnownCases;
use crate::ask::piece::{Piece, known_resource};
use crate::ask::plan::{Plan, Reach};
use crate::ask::target::{Place, Resources, Target};
use crate::engine::{Answer, solve};
use crate::question::{Quantifier, Step};
use crate::solver::UnknownReason;
use gateproof_encodings::classes::Values;
use gateproof_encodings::scope::{Caller, ResourceRule};
use gateproof_encodings::term::{Term, Terms};
use gateproof_model::catalogue::ActionInfo;
use gateproof_model::evaluator::{Decision, Outcome, World, evaluate};
use gateproof_model::json::Json;
use gateproof_model::policy::{Document, Source};
use gateproof_model::policy_parse::{DocumentKind, parse_document};
use gateproof_model::policy_set::PolicySet;
use gateproof_model::request::Request;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A request that one side allows and the other refuses.
#[derive(Debug, Clone)]
pub struct Difference {
    /// Which side allows it.
    pub differs: Differs,
    /// The request; `allowed_by` holds what the real policies say of it.
    pub step: Step,
}

/// What looking for such a request comes to.
pub enum Found {
    /// There is none, with a checked proof.
    None,
    /// This one.
    Request(Box<Difference>),
    /// It is not known.
    Unknown(String),
}

impl<'e> Comparison<'e> {
    /// Looks at one action in a case.
    pub fn apart(
        &self,
        terms: &mut Terms,
        action: ActionInfo<'e>,
        case: &Target<'e>,
        differs: Differs,
        spots: &BTreeSet<Arc<str>>,
        known: &KnownCases<'e>,
    ) -> Found {
        let plan = self.estate.plan(Some(action), &[], &Resources::default(), known);
        let mut unknown = None;
        for target in self.realistic(&plan, case, spots) {
            match self.apart_in(terms, &plan, &target, differs) {
                Found::None => {}
                found @ Found::Request(_) => return found,
                Found::Unknown(why) => unknown = Some(why),
            }
        }
        unknown.map_or(Found::None, Found::Unknown)
    }

    fn apart_in(&self, terms: &mut Terms, plan: &Plan<'e>, target: &Target<'e>, differs: Differs) -> Found {
        let mut facts = Facts::under(self.estate, self.caller, plan.action, target, self.when, true);
        let (root, open) = self.encode_apart(terms, plan, target, &facts, differs);
        if root != Terms::FALSE && facts.must_split() {
            return self.split(terms, plan, target, differs);
        }
        if open.is_empty() {
            return self.search(terms, root, plan, target, &facts, differs);
        }
        // Over-approximated variables: refuted is refuted, otherwise each is bound to a value of its own.
        match solve(terms, root, &self.estate.memory, &self.effort.limits, |_, _| Ok(())) {
            Answer::Unsatisfiable(_) => return Found::None,
            Answer::Unknown(why) => return Found::Unknown(self.named(why)),
            Answer::Satisfiable(_) => {}
        }
        let keys: Vec<&str> = open.iter().map(AsRef::as_ref).collect();
        let why = format!("policy variables whose values are open: {}", keys.join(", "));
        facts.bindings = open.iter().map(|key| (key.clone(), self.example(key))).collect();
        let (root, still_open) = self.encode_apart(terms, plan, target, &facts, differs);
        if !still_open.is_empty() {
            return Found::Unknown(why);
        }
        match self.search(terms, root, plan, target, &facts, differs) {
            found @ Found::Request(_) => found,
            Found::None | Found::Unknown(_) => Found::Unknown(why),
        }
    }

    fn split(&self, terms: &mut Terms, plan: &Plan<'e>, target: &Target<'e>, differs: Differs) -> Found {
        let mut unknown = None;
        for single in self.estate.split(plan, target) {
            match self.apart_in(terms, plan, &single, differs) {
                Found::None => {}
                found @ Found::Request(_) => return found,
                Found::Unknown(why) => unknown = Some(why),
            }
        }
        unknown.map_or(Found::None, Found::Unknown)
    }

    fn named(&self, why: UnknownReason) -> String {
        self.effort.named(why).to_string()
    }

    fn example(&self, key: &str) -> String {
        match (&self.caller.caller, key) {
            (Caller::RoleSession { unique_id, .. }, "aws:userid") => format!("{unique_id}:gateproof"),
            _ => "example".to_owned(),
        }
    }

    fn encode_apart(
        &self,
        terms: &mut Terms,
        plan: &Plan<'e>,
        target: &Target<'e>,
        facts: &Facts<'_>,
        differs: Differs,
    ) -> (Term, BTreeSet<Arc<str>>) {
        terms.clear();
        let Some(action) = plan.action else { return (Terms::FALSE, BTreeSet::new()) };
        let side = Side { target, action, resource: known_resource(target), facts };
        let resources = Resources::default();
        let piece = self.piece(plan, target, &resources);
        self.encode_difference(terms, &side, differs, |encoder| {
            self.estate.surroundings(encoder, &piece, facts)
        })
    }

    fn piece<'p>(
        &'p self,
        plan: &'p Plan<'p>,
        target: &'p Target<'p>,
        resources: &'p Resources,
    ) -> Piece<'p> {
        let (caller, when, effort) = (self.caller, self.when, self.effort);
        Piece {
            for_all: true,
            caller,
            plan,
            target,
            resources,
            when,
            quantifier: Quantifier::Some,
            second: false,
            effort,
            only: None,
        }
    }

    fn search(
        &self,
        terms: &Terms,
        root: Term,
        plan: &Plan<'e>,
        target: &Target<'e>,
        facts: &Facts<'_>,
        differs: Differs,
    ) -> Found {
        let resources = Resources::default();
        let piece = self.piece(plan, target, &resources);
        let mut found = None;
        let answer = solve(terms, root, &self.estate.memory, &self.effort.limits, |values, combination| {
            let mut values = values.clone();
            beautify(&piece, facts, terms.atoms(), combination, &mut values);
            let request = self.estate.request(&piece, facts, &values);
            let policies = self.estate.policies(&piece, &request);
            let truth = self.estate.replay(&policies, &request, &values);
            let derived = self.replay_documents(&request, &values);
            let wanted = differs == Differs::Wider;
            if (truth.outcome == Outcome::Allowed) == wanted
                || (derived.outcome == Outcome::Allowed) != wanted
            {
                return Err(format!("policies: {:?}, documents: {:?}", truth.outcome, derived.outcome));
            }
            let step = self.estate.step(&piece, &request, &truth);
            found = Some(Box::new(Difference { differs, step }));
            Ok(())
        });
        match (answer, found) {
            (Answer::Satisfiable(_), Some(difference)) => Found::Request(difference),
            (Answer::Satisfiable(_), None) => Found::Unknown("no request was made".to_owned()),
            (Answer::Unsatisfiable(_), _) => Found::None,
            (Answer::Unknown(why), _) => Found::Unknown(self.named(why)),
        }
    }

    /// Lets the reference evaluator decide the request by the documents alone.
    fn replay_documents(&self, request: &Request, values: &Values) -> Decision {
        let mut request = request.clone();
        if let Caller::Known(holder) = &self.holder {
            request.principal = holder.clone();
        }
        request.resource_account = Some(self.account.to_string());
        let assume = |name: &str| values.free.get(name).copied().unwrap_or(false);
        let world = World { rules: self.estate.rules, catalogue: self.estate.catalogue, assume: &assume };
        evaluate(&alone(&self.documents, &self.account), &request, &world)
    }
}

/// The documents as the only policies: keys and roles leave everything to the identity policies of the account.
pub fn alone(documents: &[Arc<Document>], account: &str) -> PolicySet {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{account}"}},"Action":"*","Resource":"*"}}]}}"#
    );
    let source = Source { policy: "delegation".into(), file: "(derived)".into(), pointer: "".into() };
    let parsed =
        Json::parse(&text).ok().and_then(|j| parse_document(&j, DocumentKind::Resource, source).ok());
    PolicySet {
        identity: documents.to_vec(),
        resource: parsed.map(|(document, _)| Arc::new(document)),
        ..PolicySet::default()
    }
}

impl<'e> Comparison<'e> {
    /// The cases of an action that lie in a compared one.
    fn realistic(&self, plan: &Plan<'e>, case: &Target<'e>, spots: &BTreeSet<Arc<str>>) -> Vec<Target<'e>> {
        if !matches!(case.place, Place::Other) {
            return vec![case.clone()];
        }
        let everything = Reach { by_identity: true, narrowed: false, refuted: false };
        let all = plan.targets(self.estate, self.caller, everything, &Resources::default());
        all.into_iter()
            .filter(|t| t.account == case.account)
            // On known keys, too, other services' actions are up to the caller's own policies.
            .filter(|t| {
                t.rule == case.rule
                    || t.rule == ResourceRule::Ungoverned && case.rule == ResourceRule::Ordinary
            })
            .filter(|t| match &t.place {
                Place::Star => case.rule == ResourceRule::Ordinary,
                Place::Other => true,
                Place::Known(resource) => !spots.contains(&resource.arn),
                Place::Principal(_) | Place::Roles(_) => false,
            })
            .map(std::borrow::Cow::into_owned)
            .collect()
    }
}

impl Estate {
    /// What the documents of an answer amount to as the only policies of a principal of the account.
    pub fn only_policies(documents: &[Arc<Document>], account: &str) -> PolicySet {
        alone(documents, account)
    }
}
