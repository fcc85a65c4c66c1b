//! Whether a set of facts holds all that another fact gives.

use crate::ask::{BOUNDARY, glob_matches};
use crate::escalation::{Fact, Session, has_condition_on, tells_names_apart};
use gateproof_model::catalogue::Catalogue;
use gateproof_model::json::Json;
use gateproof_model::policy::{Document, Effect, PatternClause, Source};
use gateproof_model::policy_parse::{DocumentKind, parse_document};
use gateproof_model::snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A set of facts, and the managed policies that it holds on users, roles and groups.
pub(super) struct Covers<'a> {
    facts: &'a BTreeSet<Fact>,
    attached: BTreeMap<&'a str, Policies>,
    bounded: BTreeMap<&'a str, Policies>,
    /// The principals of the attacker's making that stand for all of their kind.
    made: Vec<&'a Arc<str>>,
}

#[derive(Default)]
struct Policies {
    arns: BTreeSet<Arc<str>>,
    /// Whether one of them allows everything: no other gives more.
    everything: bool,
}

impl<'a> Covers<'a> {
    pub fn of(facts: &'a BTreeSet<Fact>, snapshot: &Snapshot) -> Self {
        let made =
            facts.iter().filter_map(|f| if let Fact::NewPrincipal(arn) = f { Some(arn) } else { None });
        let made = made.filter(|arn| tells_names_apart(snapshot, arn).is_none()).collect();
        let mut covers = Self { facts, attached: BTreeMap::new(), bounded: BTreeMap::new(), made };
        // Where conditions name boundaries, which one it is matters beside what it allows.
        let named = has_condition_on(snapshot, BOUNDARY);
        for fact in facts {
            let (holders, holder, policies) = match fact {
                Fact::Attached { policies, to } => (&mut covers.attached, to, policies),
                Fact::Bounded { of, policies } => (&mut covers.bounded, of, policies),
                _ => continue,
            };
            let held = holders.entry(holder).or_default();
            held.arns.extend(policies.iter().cloned());
            // Of several, one only is held.
            let told_apart = named && matches!(fact, Fact::Bounded { .. });
            if let ([one], false) = (&**policies, told_apart) {
                held.everything |= allows_everything(snapshot, holder, one);
            }
        }
        covers
    }

    /// The same of all facts of a step. One principal of the attacker's making is as good as another of its kind, where
    /// no policy tells apart the names that it could have been given.
    pub fn holds_all(&self, facts: &[Fact]) -> bool {
        let made = facts.iter().find_map(|f| if let Fact::NewPrincipal(arn) = f { Some(arn) } else { None });
        let Some(glob) = made.filter(|arn| arn.contains('*')) else {
            return facts.iter().all(|fact| self.holds(fact));
        };
        let instead = |arn: &Arc<str>| facts.iter().all(|fact| self.holds(&renamed(fact, glob, arn)));
        self.made.iter().any(|arn| glob_matches(glob, arn) && instead(arn))
    }

    /// Whether nothing can be done with the fact that can't be done without it. Of managed policies that can be given
    /// only what they allow counts, so each may be held by another fact.
    pub fn holds(&self, fact: &Fact) -> bool {
        let given = |holders: &BTreeMap<&str, Policies>, holder: &str, policies: &[Arc<str>]| {
            let held = holders.get(holder);
            held.is_some_and(|h| h.everything || policies.iter().all(|p| h.arns.contains(p)))
        };
        match fact {
            Fact::Attached { policies, to } => given(&self.attached, to, policies),
            Fact::Bounded { of, policies } => given(&self.bounded, of, policies),
            Fact::Granted { key, to, operations, .. } => {
                let granted = |operation: &Arc<str>| {
                    self.facts.iter().any(|known| match known {
                        Fact::Granted { key: k, to: t, operations, .. } => {
                            k == key && t == to && operations.contains(operation)
                        }
                        _ => false,
                    })
                };
                operations.iter().all(granted)
            }
            _ => self.facts.contains(fact),
        }
    }
}

/// The fact with another name for a principal.
fn renamed(fact: &Fact, from: &Arc<str>, to: &Arc<str>) -> Fact {
    match fact {
        Fact::NewPrincipal(of) if of == from => Fact::NewPrincipal(to.clone()),
        Fact::Unbounded(of) if of == from => Fact::Unbounded(to.clone()),
        Fact::Bounded { of, policies } if of == from => {
            Fact::Bounded { of: to.clone(), policies: policies.clone() }
        }
        Fact::Session(Session { principal, held }) if principal == from => {
            Fact::Session(Session { principal: to.clone(), held: held.clone() })
        }
        other => other.clone(),
    }
}

/// Whether the policy, as the holder's account sees it, has a statement that allows everything.
fn allows_everything(snapshot: &Snapshot, holder: &str, policy: &str) -> bool {
    let account = gateproof_model::arn::Arn::parse(holder).map(|a| a.account).unwrap_or_default();
    let document = match snapshot.managed_policy(account, policy) {
        Some(known) => Some(known.document.clone()),
        None => in_catalogue(policy),
    };
    let all = |clause: &PatternClause| {
        !clause.negated && clause.patterns.iter().any(|p| p.ground().is_some_and(|p| is_star(&p)))
    };
    document.is_some_and(|document| {
        document.statements.iter().any(|s| {
            s.effect == Effect::Allow
                && all(&s.action)
                && s.resource.as_ref().is_some_and(all)
                && s.conditions.is_empty()
                && s.assumption.is_none()
        })
    })
}

fn is_star(pattern: &gateproof_model::pattern::Pattern) -> bool {
    matches!(&**pattern, [gateproof_model::pattern::Token::AnyRun])
}

fn in_catalogue(arn: &str) -> Option<Arc<Document>> {
    let text = Catalogue::embedded().managed_document(arn)?;
    let source = Source { policy: arn.into(), file: "(catalogue)".into(), pointer: "".into() };
    let json = Json::parse(&text).ok()?;
    parse_document(&json, DocumentKind::Identity, source).ok().map(|(document, _)| Arc::new(document))
}
