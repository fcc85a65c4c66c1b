//! Two identity policies compared: does one allow a request that the other does not?
//!
//! The question is about the documents alone: a user has one of them, nothing else limits or grants, and
//! every context key is open. *Wider* comes with a request that the reference evaluator allows under the one
//! and refuses under the other; *not wider* with a proof that the checker has accepted. What no policy decides
//! is left out: `sts:GetCallerIdentity`, `sts:GetSessionToken`, and edits of what AWS keeps to itself.

mod exhibit;
mod facts;
pub(crate) mod same;

pub use crate::ask::{EstateComparison, Formulas, PrincipalComparison, Region, Relation, compare_estates};
pub use exhibit::Exhibits;

use crate::engine::{Answer, Limits, Memory, solve};
use crate::solver::UnknownReason;
use facts::OpenFacts;
use gateproof_encodings::authorize::FREE_ACTIONS;
use gateproof_encodings::classes::Values;
use gateproof_encodings::compiled::Compiler;
use gateproof_encodings::encoder::{Encoder, Subject};
use gateproof_encodings::field::Field;
use gateproof_encodings::proof::Proof;
use gateproof_encodings::scope::{Caller, ResourceRule, Scope};
use gateproof_encodings::term::{Term, Terms};
use gateproof_model::catalogue::{ActionId, Catalogue};
use gateproof_model::evaluator::{Outcome, World, evaluate};
use gateproof_model::json::Json;
use gateproof_model::pattern::{PatternText, Wildcards};
use gateproof_model::policy::{Document, Source, Version};
use gateproof_model::policy_parse::{DocumentKind, parse_document};
use gateproof_model::policy_set::PolicySet;
use gateproof_model::request::{Context, ContextValue, Principal, Request};
use gateproof_model::rules::Rules;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The account that user and resources belong to.
const ACCOUNT: &str = "111122223333";
/// The user that has the policies.
const USER: &str = "arn:aws:iam::111122223333:user/example";
/// Values tried for policy variables whose value is open.
const VARIABLE_VALUES: [&str; 2] = ["example", "other"];

/// Whether the first document allows what the second does not.
#[derive(Debug, Clone)]
pub enum Comparison {
    /// It does: this request.
    Wider(Arc<Request>),
    /// It doesn't: the proof.
    NotWider(Proof),
    /// Neither is shown.
    Undecided(UnknownReason),
}

/// Compares documents; what is prepared once is shared by all comparisons and threads.
pub struct Comparer {
    catalogue: &'static Catalogue,
    /// The catalogue's actions, by their place in a bit set.
    actions: Box<[ActionId]>,
    compiler: Compiler,
    memory: Memory,
    /// The resource policy that leaves every decision to the account's identity policies.
    delegation: Option<Arc<Document>>,
}

impl Default for Comparer {
    fn default() -> Self {
        Self {
            catalogue: Catalogue::embedded(),
            actions: Catalogue::embedded().actions().map(|action| action.id()).collect(),
            compiler: Compiler::default(),
            memory: Memory::default(),
            delegation: delegation(),
        }
    }
}

impl Comparer {
    /// Whether `first` allows a request that `second` doesn't. `action`: only requests of this action.
    pub fn compare(&self, first: &Arc<Document>, second: &Arc<Document>, action: Option<&str>) -> Comparison {
        let accept = |request: &Request| self.allows(first, request) && !self.allows(second, request);
        self.find(first, Some(second), action, &accept)
    }

    /// Some request, of the action where one is given, that the document allows.
    pub fn exhibit(&self, document: &Arc<Document>, action: Option<&str>) -> Comparison {
        self.find(document, None, action, &|request| self.allows(document, request))
    }

    /// What the reference evaluator says of a request of somebody who has this policy alone.
    pub fn allows(&self, document: &Arc<Document>, request: &Request) -> bool {
        let policies = PolicySet {
            identity: vec![document.clone()],
            resource: self.delegation.clone(),
            ..PolicySet::default()
        };
        evaluate(&policies, request, &World::new(self.catalogue)).outcome == Outcome::Allowed
    }

    fn find(
        &self,
        first: &Arc<Document>,
        second: Option<&Arc<Document>>,
        action: Option<&str>,
        accept: &dyn Fn(&Request) -> bool,
    ) -> Comparison {
        let mut facts = OpenFacts::of(self.catalogue, first, second);
        let mut found = None;
        let (answer, open) = self.solve(&facts, first, second, action, &mut |values, exact| {
            let request = Arc::new(request(&facts, action, values));
            // A model of an over-approximation is a hint: the values for the variables are taken from it.
            if !exact || accept(&request) {
                found = Some(request);
                return Ok(());
            }
            Err("the reference evaluator differs".to_owned())
        });
        let hint = match (answer, found) {
            (Answer::Unsatisfiable(proof), _) => return Comparison::NotWider(proof),
            (Answer::Unknown(reason), _) => return Comparison::Undecided(reason),
            (Answer::Satisfiable(_), Some(request)) if open.is_empty() => return Comparison::Wider(request),
            (Answer::Satisfiable(_), hint) => hint,
        };
        for round in 0..=VARIABLE_VALUES.len() {
            facts.bind(&open, |key| match VARIABLE_VALUES.get(round) {
                Some(value) => Some((*value).to_owned()),
                None => hint.as_ref()?.context.get(key)?.values().first().cloned(),
            });
            let mut found = None;
            self.solve(&facts, first, second, action, &mut |values, exact| {
                let request = Arc::new(request(&facts, action, values));
                if exact && accept(&request) {
                    found = Some(request);
                    return Ok(());
                }
                Err("the reference evaluator differs".to_owned())
            });
            if let Some(request) = found {
                return Comparison::Wider(request);
            }
        }
        let keys: Vec<&str> = open.iter().map(AsRef::as_ref).collect();
        Comparison::Undecided(UnknownReason::Unsupported {
            what: format!("a policy variable whose value is open: {}", keys.join(", ")),
            place: first.source.policy.to_string(),
        })
    }

    /// Solves the formula; the keys of variables that stayed open, for which it is an over-approximation.
    fn solve(
        &self,
        facts: &OpenFacts,
        first: &Arc<Document>,
        second: Option<&Arc<Document>>,
        action: Option<&str>,
        judge: &mut dyn FnMut(&Values, bool) -> Result<(), String>,
    ) -> (Answer, BTreeSet<Arc<str>>) {
        let mut terms = Terms::default();
        let scope = Scope {
            action_beginning: None,
            among: None,
            caller: Caller::Known(Principal::from_arn(USER, None)),
            action: action.map(|a| a.to_ascii_lowercase().into()),
            action_id: action.and_then(|a| self.catalogue.action(a)),
            resource: None,
            resource_beginning: None,
            resource_account: Some(ACCOUNT.into()),
            rule: ResourceRule::Ordinary,
            rcp_support: false.into(),
        };
        let mut encoder = Encoder {
            terms: &mut terms,
            compiler: &self.compiler,
            scope: &scope,
            keys: facts,
            rules: Rules::default(),
            open_variables: BTreeSet::new(),
        };
        let mut parts = vec![encode_policy_decides(&mut encoder), encode_allowed(&mut encoder, first)];
        if let Some(second) = second {
            let allowed = encode_allowed(&mut encoder, second);
            parts.push(encoder.terms.not(allowed));
        }
        let open = std::mem::take(&mut encoder.open_variables);
        let root = terms.and(parts);
        let exact = open.is_empty();
        let answer = solve(&terms, root, &self.memory, &Limits::default(), |values, _| judge(values, exact));
        (answer, open)
    }
}

/// The document allows the request: some Allow applies, and no Deny.
fn encode_allowed(encoder: &mut Encoder<'_>, document: &Arc<Document>) -> Term {
    let compiled = [encoder.compiler.compile(document)];
    let allowed = encoder.identity_allows(&compiled);
    let denies = encoder.denies(&compiled);
    let denied = encoder.terms.or(denies);
    let not_denied = encoder.terms.not(denied);
    encoder.terms.and([allowed, not_denied])
}

/// The action has the form of one, and neither succeeds nor fails whatever policies say.
fn encode_policy_decides(encoder: &mut Encoder<'_>) -> Term {
    let action = match &encoder.scope.action {
        Some(action) => Subject::Known(action.clone()),
        None => Subject::Open(Field::Action),
    };
    let mut among = |texts: &[&str]| {
        let parsed = texts
            .iter()
            .filter_map(|text| PatternText::parse(text, Version::V2008, Wildcards::Flat, true).ground());
        let set = encoder.compiler.languages.set(parsed.collect(), true);
        encoder.in_set(&action, &set)
    };
    let formed = among(&["?*:?*"]);
    let free = among(&FREE_ACTIONS);
    let not_free = encoder.terms.not(free);
    let editable = match &encoder.scope.action {
        Some(_) => encoder.editable(),
        None => encoder.editable_by_open_action(),
    };
    encoder.terms.and([formed, not_free, editable])
}

/// The request that the values stand for.
fn request(facts: &OpenFacts, action: Option<&str>, values: &Values) -> Request {
    let text_of = |field: &Field| values.texts.get(field).cloned().flatten().map(|t| t.to_string());
    let mut context = Context::default();
    for (field, text) in &values.texts {
        if let (Field::Key(key), Some(text)) = (field, text) {
            context.insert(key, ContextValue::Single(text.to_string()));
        }
    }
    for (field, members) in &values.members {
        if let (Field::Key(key), Some(members)) = (field, members) {
            context.insert(key, ContextValue::List(members.iter().map(|m| m.to_string()).collect()));
        }
    }
    for (key, value) in facts.bindings() {
        context.insert(key, ContextValue::Single(value.clone()));
    }
    Request {
        principal: Principal::from_arn(USER, None),
        action: action.map_or_else(|| text_of(&Field::Action).unwrap_or_default(), str::to_owned),
        resource: text_of(&Field::Resource).unwrap_or_else(|| "*".to_owned()),
        resource_account: Some(ACCOUNT.to_owned()),
        context,
    }
}

/// What every resource has here: a policy that hands all decisions to the account's identity policies.
///
/// IAM User Guide, "AWS JSON policy elements: Principal", AWS account principals. CONFORMANCE 1.4.3.
fn delegation() -> Option<Arc<Document>> {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{ACCOUNT}"}},"Action":"*","Resource":"*"}}]}}"#
    );
    parse_policy(&text, "delegation to the account", DocumentKind::Resource).map(Arc::new)
}

/// An identity policy from its text; `None` where it is none.
pub fn parse_identity_policy(text: &str, name: &str) -> Option<Arc<Document>> {
    parse_policy(text, name, DocumentKind::Identity).map(Arc::new)
}

fn parse_policy(text: &str, name: &str, kind: DocumentKind) -> Option<Document> {
    let json = Json::parse(text).ok()?;
    let source = Source { policy: name.into(), file: "".into(), pointer: "".into() };
    parse_document(&json, kind, source).ok().map(|(document, _)| document)
}

/// Values by key, in lower case.
type Bindings = BTreeMap<Arc<str>, String>;
