//! Whether one policy allows something: some access, or access of the public.

use super::asking::{Asked, Asking};
use super::kind::PolicyOf;
use super::part::{Part, Who, everything};
use super::standing::{Needs, Standing, standings};
use super::{Comparer, document};
use crate::ask::evidence;
use crate::question::Evidence;
use gateproof_encodings::encoder::{Encoder, Subject};
use gateproof_encodings::field::Field;
use gateproof_encodings::language::RangeSet;
use gateproof_encodings::scope::Caller;
use gateproof_encodings::term::{Atom, Term};
use gateproof_model::evaluator::{CONFINING_KEYS, Outcome, is_narrow};
use gateproof_model::operand::Scalar;
use gateproof_model::pattern::{Pattern, PatternText, Wildcards};
use gateproof_model::policy::{Document, Effect, Operand, PatternClause, Statement, Version};
use gateproof_model::request::{PrincipalKind, Request};
use gateproof_model::text::fold_text;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Some access: any of the actions on any of the resources.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Access {
    /// Action globs; empty: all.
    pub actions: Vec<String>,
    /// Resource globs; empty: all.
    pub resources: Vec<String>,
}

/// Whether a policy grants something.
#[derive(Debug, Clone)]
pub enum Granting {
    /// It does: to whom, this request, and what allows it.
    Granted(String, Arc<Request>, Vec<Evidence>),
    /// It doesn't.
    NotGranted,
    /// Neither is shown.
    Unknown(String),
}

impl Access {
    fn part(&self, source: &Document) -> Part {
        let clause = |globs: &[String], fold: bool| {
            let read = |glob: &String| {
                let text = if fold { fold_text(glob) } else { glob.clone() };
                PatternText::parse(&text, Version::V2008, Wildcards::Flat, false)
            };
            let patterns: Vec<PatternText> = globs.iter().map(read).collect();
            if patterns.is_empty() { everything() } else { PatternClause { negated: false, patterns } }
        };
        let statement = Statement {
            sid: None,
            effect: Effect::Allow,
            principal: None,
            action: clause(&self.actions, true),
            resource: Some(clause(&self.resources, false)),
            conditions: Vec::new(),
            pointer: "".into(),
            assumption: None,
        };
        Part::of(source, statement, Who::Anybody)
    }
}

impl Comparer {
    /// Whether the policy allows some of an access. Of a resource's policy: whether it grants it to anybody.
    pub fn grants(&self, policy: &Arc<Document>, of: &PolicyOf, access: &Access) -> Granting {
        let part = access.part(policy);
        let grants = |needs: Needs| needs != Needs::NoDeny;
        let all = standings(of, [policy, policy]);
        let standings = all.iter().filter(|standing| grants(standing.needs));
        self.first_granted(policy, standings, &|encoder, standing| part.encode(encoder, standing))
    }

    /// Whether a resource's policy lets in the public: unsigned callers, holders of anybody's tokens, or principals of an
    /// account that it doesn't name, with none of the values that it confines access to.
    ///
    /// Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage", "The meaning of 'public'".
    pub fn is_public(&self, policy: &Arc<Document>, of: &PolicyOf) -> Granting {
        let all = standings(of, [policy, policy]);
        let public = |standing: &&Standing| match &standing.caller {
            Caller::Outsider { .. } => standing.stranger && standing.needs == Needs::AnyGrant,
            Caller::Known(p) => matches!(p.kind, PrincipalKind::Anonymous | PrincipalKind::Federated(_)),
            Caller::RoleSession { .. } => false,
        };
        let confined = confining_values(policy);
        let narrow = narrow_networks(policy);
        let goal = |encoder: &mut Encoder<'_>, _: &Standing| encode_unconfined(encoder, &confined, &narrow);
        self.first_granted(policy, all.iter().filter(public), &goal)
    }

    fn first_granted<'s>(
        &self,
        policy: &Arc<Document>,
        standings: impl Iterator<Item = &'s Standing>,
        beside: &dyn Fn(&mut Encoder<'_>, &Standing) -> Term,
    ) -> Granting {
        let mut unknown = None;
        let nothing = Arc::new(document("nothing", Vec::new()));
        for standing in standings {
            let [stance, _] = self.stances([policy, &nothing], standing);
            let decide = |request: &Request| self.tools().decide(policy, standing, request);
            let goal = |encoder: &mut Encoder<'_>| {
                let parts = [stance.encode(encoder, standing), beside(encoder, standing)];
                encoder.terms.and(parts)
            };
            let asking = Asking::all(self.tools(), standing, [policy, policy]);
            match asking.search(&goal, &|request| decide(request).outcome == Outcome::Allowed) {
                Asked::Request(request) => {
                    let because = decide(&request).because.iter().map(evidence).collect();
                    return Granting::Granted(standing.label.clone(), request, because);
                }
                Asked::Nothing(_) => {}
                Asked::Unknown(reason) => unknown = Some(reason.to_string()),
            }
        }
        unknown.map_or(Granting::NotGranted, Granting::Unknown)
    }
}

/// The fixed values that the policy compares confining keys with.
fn confining_values(policy: &Document) -> BTreeMap<Arc<str>, Vec<Pattern>> {
    let mut values: BTreeMap<Arc<str>, Vec<Pattern>> = BTreeMap::new();
    let conditions = policy.statements.iter().flat_map(|s| &s.conditions);
    for condition in conditions.filter(|c| CONFINING_KEYS.contains(&&*c.key)) {
        for operand in &condition.operands {
            if let Operand::Text(text) = operand
                && let Some(pattern) = text.ground()
                && pattern.iter().all(|t| matches!(t, gateproof_model::pattern::Token::Char(_)))
            {
                values.entry(condition.key.clone()).or_default().push(pattern);
            }
        }
    }
    values
}

fn narrow_networks(policy: &Document) -> Arc<RangeSet> {
    let conditions = policy.statements.iter().flat_map(|s| &s.conditions);
    let operands = conditions.filter(|c| *c.key == *"aws:sourceip").flat_map(|c| &c.operands);
    let narrow = operands.filter_map(|operand| match operand {
        Operand::Network(first, last) if is_narrow(*first, *last) => Some((*first, *last)),
        _ => None,
    });
    Arc::new(RangeSet::new(Scalar::Ip, narrow.collect()))
}

/// The request has none of the values that access is confined to.
fn encode_unconfined(
    encoder: &mut Encoder<'_>,
    values: &BTreeMap<Arc<str>, Vec<Pattern>>,
    narrow: &Arc<RangeSet>,
) -> Term {
    let mut parts = Vec::new();
    for (key, patterns) in values {
        let set = encoder.compiler.languages.set(patterns.clone(), false);
        let inside = match encoder.keys.fact(key) {
            gateproof_encodings::scope::KeyFact::Open { multivalued: true } => {
                let field = Field::Key(key.clone());
                encoder.terms.atom_term(Atom::Member { field, set, inside: true })
            }
            gateproof_encodings::scope::KeyFact::Open { multivalued: false } => {
                encoder.in_set(&Subject::Open(Field::Key(key.clone())), &set)
            }
            _ => continue,
        };
        parts.push(encoder.terms.not(inside));
    }
    if !narrow.intervals.is_empty() {
        let field = Field::Key("aws:sourceip".into());
        let inside = encoder.terms.atom_term(Atom::Range(field, narrow.clone()));
        parts.push(encoder.terms.not(inside));
    }
    encoder.terms.and(parts)
}
