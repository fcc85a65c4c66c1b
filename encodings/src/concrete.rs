//! One concrete request as a formula.
//!
//! Resource and context keys stay open fields, tied to their values by equations, so that deciding the
//! formula exercises the whole encoding; only keys that a policy variable names, or that
//! are compared as numbers, dates or addresses (a text and a point at once), are put in at once.

use crate::authorize::Authorization;
use crate::compiled::Compiler;
use crate::encoder::Encoder;
use crate::field::Field;
use crate::layers::CompiledPolicies;
use crate::scope::{Caller, KeyFact, KeyFacts, Scope, resource_rule};
use crate::term::{Atom, Term, Terms};
use gateproof_model::arn::Arn;
use gateproof_model::evaluator::World;
use gateproof_model::operator::Comparison;
use gateproof_model::pattern::PatternText;
use gateproof_model::policy::{Document, Operand};
use gateproof_model::policy_set::PolicySet;
use gateproof_model::request::{ContextValue, Request};
use gateproof_model::text::fold_text;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The formulas of one concrete request.
#[derive(Debug, Clone, Copy)]
pub struct ConcreteTerms {
    /// The fields have the request's values.
    pub request: Term,
    /// The decision.
    pub authorization: Authorization,
}

/// Encodes the decision on a request.
pub fn encode_request(
    terms: &mut Terms,
    compiler: &Compiler,
    policies: &PolicySet,
    request: &Request,
    world: &World<'_>,
) -> ConcreteTerms {
    let action = fold_text(&request.action);
    let service = action.split_once(':').map_or("", |(service, _)| service);
    let owner = request.resource_account.as_deref().map(Arc::from);
    let scope = Scope {
        action_beginning: None,
        among: None,
        caller: Caller::Known(request.principal.clone()),
        action: Some(action.as_str().into()),
        action_id: None,
        resource: None,
        resource_beginning: None,
        resource_account: owner.or_else(|| resource_owner(request)),
        rule: resource_rule(&action, &request.resource),
        rcp_support: world.catalogue.rcp_supported(service).into(),
    };
    let facts = Facts::of(policies, request, world);
    let mut encoder = Encoder {
        terms,
        compiler,
        scope: &scope,
        keys: &facts,
        rules: world.rules,
        open_variables: BTreeSet::new(),
    };
    let policies = CompiledPolicies::of(policies, compiler);
    let authorization = encoder.authorize(&policies.layers());
    let request = facts.equations(&mut encoder, &request.resource);
    ConcreteTerms { request, authorization }
}

/// The owner that the ARN names; otherwise the caller's own account.
fn resource_owner(request: &Request) -> Option<Arc<str>> {
    let named = Arn::parse(&request.resource).and_then(|a| a.account_id()).map(Arc::from);
    named.or_else(|| request.principal.account.clone())
}

struct Facts {
    values: BTreeMap<String, ContextValue>,
    /// The names of the keys as the request spells them, by their lower-case form.
    spellings: BTreeMap<String, String>,
    /// The keys that are put in at once.
    settled: BTreeSet<Arc<str>>,
}

impl Facts {
    fn of(policies: &PolicySet, request: &Request, world: &World<'_>) -> Self {
        let values = request
            .context
            .iter()
            .map(|(key, value)| {
                let key = fold_text(key);
                let value = settle(value, world.catalogue.key_type(&key).map(|t| t.multivalued));
                (key, value)
            })
            .collect();
        let spellings = request.context.iter().map(|(key, _)| (fold_text(key), key.to_owned())).collect();
        let mut settled = BTreeSet::new();
        for document in documents(policies) {
            collect_variables(document, &mut settled);
            collect_compared(document, &mut settled);
        }
        Self { values, spellings, settled }
    }

    fn equations(&self, encoder: &mut Encoder<'_>, resource: &str) -> Term {
        let literal = encoder.compiler.languages.literal(resource);
        let mut parts = vec![encoder.terms.atom_term(Atom::Text(Field::Resource, literal))];
        for (key, value) in &self.values {
            let field = Field::Key(key.as_str().into());
            parts.push(encoder.terms.atom_term(Atom::Present(field.clone())));
            match value {
                ContextValue::Single(text) => {
                    let literal = encoder.compiler.languages.literal(text);
                    parts.push(encoder.terms.atom_term(Atom::Text(field, literal)));
                }
                ContextValue::List(texts) => {
                    let mut listed = Vec::new();
                    for text in texts {
                        let set = encoder.compiler.languages.literal(text);
                        listed.extend(set.patterns.iter().cloned());
                        parts.push(encoder.terms.atom_term(Atom::Member {
                            field: field.clone(),
                            set,
                            inside: true,
                        }));
                    }
                    let set = encoder.compiler.languages.set(listed, false);
                    let other = encoder.terms.atom_term(Atom::Member { field, set, inside: false });
                    parts.push(encoder.terms.not(other));
                }
            }
        }
        encoder.terms.and(parts)
    }
}

/// How a value counts: a set if the catalogue or, for keys that it doesn't know, the request says so
/// (CONFORMANCE 3.1).
fn settle(value: &ContextValue, multivalued: Option<bool>) -> ContextValue {
    match (multivalued, value) {
        (Some(true), value) => ContextValue::List(value.values().to_vec()),
        (Some(false), ContextValue::List(values)) => match values.as_slice() {
            [single] => ContextValue::Single(single.clone()),
            several => ContextValue::List(several.to_vec()),
        },
        (_, value) => value.clone(),
    }
}

impl KeyFacts for Facts {
    fn fact(&self, key: &str) -> KeyFact {
        match self.values.get(key) {
            None => KeyFact::Absent,
            Some(value) if self.settled.contains(key) => KeyFact::Fixed(value.clone()),
            Some(ContextValue::Single(_)) => KeyFact::Open { multivalued: false },
            Some(ContextValue::List(_)) => KeyFact::Open { multivalued: true },
        }
    }

    fn mentioned(&self, prefix: &str) -> Vec<Arc<str>> {
        self.values.keys().filter(|k| k.starts_with(prefix)).map(|k| k.as_str().into()).collect()
    }

    fn spelling(&self, key: &str) -> Option<&str> {
        self.spellings.get(key).map(String::as_str)
    }
}

/// All documents of all layers.
pub fn documents(policies: &PolicySet) -> impl Iterator<Item = &Arc<Document>> {
    policies
        .identity
        .iter()
        .chain(policies.boundary.iter().flatten())
        .chain(policies.session.iter().flatten())
        .chain(&policies.resource)
        .chain(policies.scps.iter().flatten())
        .chain(policies.rcps.iter().flatten())
        .chain(policies.endpoint.iter().flatten())
}

/// Adds the keys of all policy variables of a document.
pub fn collect_variables(document: &Document, keys: &mut BTreeSet<Arc<str>>) {
    let mut of = |pattern: &PatternText| keys.extend(pattern.variables().map(|v| v.key.clone()));
    for statement in &document.statements {
        statement.resource.iter().flat_map(|c| &c.patterns).for_each(&mut of);
        for operand in statement.conditions.iter().flat_map(|c| &c.operands) {
            if let Operand::Text(pattern) = operand {
                of(pattern);
            }
        }
    }
}

/// Adds the keys that a document compares as numbers, dates or addresses.
fn collect_compared(document: &Document, keys: &mut BTreeSet<Arc<str>>) {
    for condition in document.statements.iter().flat_map(|s| &s.conditions) {
        if matches!(
            condition.operator.comparison,
            Comparison::Numeric(_) | Comparison::Date(_) | Comparison::IpAddress
        ) {
            keys.insert(condition.key.clone());
        }
    }
}
