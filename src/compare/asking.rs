//! One formula about one caller's request: a request for which it holds, or a checked proof that there is none.

use super::binding::bindings;
use super::facts::OpenFacts;
use super::shape;
use super::standing::{ACCOUNT, Needs, Standing};
use super::ties::encode_ties;
use crate::engine::{Answer, Limits, Memory, solve};
use crate::solver::UnknownReason;
use gateproof_encodings::classes::Values;
use gateproof_encodings::compiled::Compiler;
use gateproof_encodings::encoder::Encoder;
use gateproof_encodings::field::Field;
use gateproof_encodings::proof::Proof;
use gateproof_encodings::scope::{Caller, Scope};
use gateproof_encodings::term::{Term, Terms};
use gateproof_model::catalogue::{ActionInfo, Catalogue};
use gateproof_model::evaluator::{Decision, World, evaluate};
use gateproof_model::policy::Document;
use gateproof_model::policy_set::PolicySet;
use gateproof_model::request::{Context, ContextValue, Principal, Request};
use gateproof_model::rules::Rules;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a formula comes to.
#[derive(Debug, Clone)]
pub(super) enum Asked {
    /// It holds of this request, as the judge says too.
    Request(Arc<Request>),
    /// It holds of none.
    Nothing(Proof),
    /// Neither is shown.
    Unknown(UnknownReason),
}

/// What all formulas share.
#[derive(Clone, Copy)]
pub(super) struct Tools<'t> {
    pub catalogue: &'static Catalogue,
    pub compiler: &'t Compiler,
    pub memory: &'t Memory,
    pub limits: &'t Limits,
    /// The resource policy that leaves every decision to the account's identity policies.
    pub delegation: &'t Arc<Document>,
    /// An identity policy that allows everything.
    pub permission: &'t Arc<Document>,
}

/// A caller, and the documents whose keys matter.
pub(super) struct Asking<'a> {
    pub tools: Tools<'a>,
    pub standing: &'a Standing,
    pub documents: [&'a Document; 2],
    /// The one action meant, where it is one; then requests carry only the keys that it supports, on resources that it is about.
    pub action: Option<ActionInfo<'a>>,
    /// One action without regard to what AWS could receive.
    pub any_request_of: Option<&'a str>,
}

type Goal<'g> = &'g dyn Fn(&mut Encoder<'_>) -> Term;
type Judge<'g> = &'g dyn Fn(&Request) -> bool;

impl<'a> Asking<'a> {
    /// About all requests of a caller.
    pub fn all(tools: Tools<'a>, standing: &'a Standing, documents: [&'a Document; 2]) -> Self {
        Self { tools, standing, documents, action: None, any_request_of: None }
    }

    fn action_name(&self) -> Option<&str> {
        self.action.map(|a| a.name()).or(self.any_request_of)
    }

    fn scope(&self) -> Scope {
        let name = self.action_name();
        Scope {
            action_beginning: None,
            among: None,
            caller: self.standing.caller.clone(),
            action: name.map(|a| a.to_ascii_lowercase().into()),
            action_id: name.and_then(|a| self.tools.catalogue.action(a)),
            resource: None,
            resource_beginning: None,
            resource_account: Some(self.standing.owner.clone()),
            rule: self.standing.rule,
            rcp_support: false.into(),
        }
    }

    /// Lets the formula be made, and gives what it is.
    pub fn encode<T>(
        &self,
        terms: &mut Terms,
        facts: &OpenFacts,
        make: impl FnOnce(&mut Encoder<'_>) -> T,
    ) -> (T, BTreeSet<Arc<str>>) {
        let scope = self.scope();
        let mut encoder = Encoder {
            terms,
            compiler: self.tools.compiler,
            scope: &scope,
            keys: facts,
            rules: Rules::default(),
            open_variables: BTreeSet::new(),
        };
        let made = make(&mut encoder);
        (made, encoder.open_variables)
    }

    /// What is known of the keys.
    pub fn facts(&self) -> OpenFacts {
        OpenFacts::of(self.tools.catalogue, self.documents, self.standing, self.action.map(|a| a.id()))
    }

    /// The proof that the goal holds of no request. None where it holds of some, or neither is shown.
    pub fn refute(&self, goal: Goal<'_>) -> Result<Proof, UnknownReason> {
        let facts = self.facts();
        match self.solve(&facts, goal, &mut |_, _| Ok(())).0 {
            Answer::Unsatisfiable(proof) => Ok(proof),
            Answer::Satisfiable(_) => Err(UnknownReason::Unsupported {
                what: "a part of the difference that no region covers".to_owned(),
                place: self.standing.label.clone(),
            }),
            Answer::Unknown(reason) => Err(reason),
        }
    }

    /// A request for which the goal holds and which the judge accepts.
    pub fn search(&self, goal: Goal<'_>, accept: Judge<'_>) -> Asked {
        let mut facts = self.facts();
        let mut found = None;
        let (answer, open) = self.solve(&facts, goal, &mut |values, exact| {
            let request = Arc::new(self.request(&facts, values));
            // A model of an over-approximation is a hint: the values for the variables are taken from it.
            if !exact || accept(&request) {
                found = Some(request);
                return Ok(());
            }
            Err("the reference evaluator differs".to_owned())
        });
        let hint = match (answer, found) {
            (Answer::Unsatisfiable(proof), _) => return Asked::Nothing(proof),
            (Answer::Unknown(reason), _) => return Asked::Unknown(reason),
            (Answer::Satisfiable(_), Some(request)) if open.is_empty() => return Asked::Request(request),
            (Answer::Satisfiable(_), hint) => hint,
        };
        for bound in bindings(&open, self.documents, hint.as_deref()) {
            facts.bindings = bound;
            let mut found = None;
            self.solve(&facts, goal, &mut |values, exact| {
                let request = Arc::new(self.request(&facts, values));
                if exact && accept(&request) {
                    found = Some(request);
                    return Ok(());
                }
                Err("the reference evaluator differs".to_owned())
            });
            if let Some(request) = found {
                return Asked::Request(request);
            }
        }
        let keys: Vec<&str> = open.iter().map(AsRef::as_ref).collect();
        let [first, _] = self.documents;
        Asked::Unknown(UnknownReason::Unsupported {
            what: format!("a policy variable whose value is open: {}", keys.join(", ")),
            place: first.source.policy.to_string(),
        })
    }

    /// Solves the formula; the keys of variables that stayed open, for which it is an over-approximation.
    fn solve(
        &self,
        facts: &OpenFacts,
        goal: Goal<'_>,
        judge: &mut dyn FnMut(&Values, bool) -> Result<(), String>,
    ) -> (Answer, BTreeSet<Arc<str>>) {
        let mut terms = Terms::default();
        let (root, open) = self.encode(&mut terms, facts, |encoder| {
            let around = shape::encode_request_form(encoder, self.standing, self.action);
            let goal = goal(encoder);
            let ties = match encoder.open_variables.is_empty() {
                true => Terms::TRUE,
                false => encode_ties(encoder, self.documents),
            };
            encoder.terms.and([around, goal, ties])
        });
        let exact = open.is_empty();
        let answer = solve(&terms, root, self.tools.memory, self.tools.limits, |values, combination| {
            let mut values = values.clone();
            shape::choose_values(terms.atoms(), combination, self.action, &mut values);
            judge(&values, exact)
        });
        (answer, open)
    }

    /// The request that the values stand for.
    fn request(&self, facts: &OpenFacts, values: &Values) -> Request {
        let text_of = |field: &Field| values.texts.get(field).cloned().flatten().map(|t| t.to_string());
        let mut context = Context::default();
        let spelled = |key: &str| {
            let known = self.tools.catalogue.key_name(key).filter(|name| name.eq_ignore_ascii_case(key));
            known.unwrap_or(key).to_owned()
        };
        for (field, text) in &values.texts {
            if let (Field::Key(key), Some(text)) = (field, text) {
                context.insert(&spelled(key), ContextValue::Single(text.to_string()));
            }
        }
        for (field, members) in &values.members {
            if let (Field::Key(key), Some(members)) = (field, members) {
                context.insert(
                    &spelled(key),
                    ContextValue::List(members.iter().map(|m| m.to_string()).collect()),
                );
            }
        }
        for (key, value) in facts.fixed() {
            context.insert(&spelled(&key), value);
        }
        Request {
            principal: principal_of(&self.standing.caller, &context),
            action: self
                .action_name()
                .map_or_else(|| text_of(&Field::Action).unwrap_or_default(), str::to_owned),
            resource: text_of(&Field::Resource).unwrap_or_else(|| "*".to_owned()),
            resource_account: Some(self.standing.owner.to_string()),
            context,
        }
    }
}

/// Who makes the request: of somebody of an account, the one that the key says.
fn principal_of(caller: &Caller, context: &Context) -> Principal {
    let account = caller.account().unwrap_or(ACCOUNT);
    let said = context.get("aws:principalarn").and_then(|value| value.values().first().cloned());
    match caller {
        Caller::Known(principal) => principal.clone(),
        Caller::RoleSession { .. } | Caller::Outsider { .. } => {
            let arn = said.unwrap_or_else(|| format!("arn:aws:iam::{account}:user/example"));
            let role = arn.split_once(":role/").and_then(|(_, path)| path.rsplit('/').next());
            let session = role.map(|name| format!("arn:aws:sts::{account}:assumed-role/{name}/gateproof"));
            Principal::from_arn(session.as_deref().unwrap_or(&arn), Some(account))
        }
    }
}

impl Tools<'_> {
    /// What the reference evaluator says of the caller's request where the document is what decides.
    pub fn decide(&self, document: &Arc<Document>, standing: &Standing, request: &Request) -> Decision {
        let mut policies = PolicySet { resource: Some(self.delegation.clone()), ..PolicySet::default() };
        if standing.permitted {
            policies.identity = vec![self.permission.clone()];
        }
        match standing.needs {
            Needs::Documents => policies.identity = vec![document.clone()],
            Needs::Control => policies.scps = vec![vec![document.clone()]],
            Needs::ResourceControl => policies.rcps = vec![vec![document.clone()]],
            Needs::AnyGrant | Needs::NoDeny | Needs::DirectGrant => {
                policies.resource = Some(document.clone())
            }
        }
        evaluate(&policies, request, &World::new(self.catalogue))
    }
}
