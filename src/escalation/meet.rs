//! Whether a target is met: in a session, or by a fact.

use super::fact::{Fact, Session};
use super::guard::{Allowed, Asker, Guard, Refuted};
use super::search::{Aimed, Goal, Search};
use super::step::{Evidence, Instance};
use super::target::{Aim, Gains, Way};
use crate::ask::Estate;
use crate::question::Undecided;
use gateproof_encodings::term::Terms;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A session in which a target is met, in the most that the attacker may have made of the policies; or a fact that meets it.
#[derive(Debug, Clone)]
pub(super) struct Met {
    pub by: Fact,
    /// Why that is not shown, where it isn't.
    pub unknown: Option<Undecided>,
}

impl Search<'_, '_> {
    /// Whether some target is met in a session, and which.
    pub fn guard(
        &self,
        terms: &mut Terms,
        estate: &Estate,
        asker: &Asker<'_>,
        facts: &BTreeSet<Fact>,
        goal: &Goal,
        session: &Session,
    ) -> (Guard, String) {
        let mut refuted = Refuted::default();
        let mut unknown = None;
        let Some(holder) = self.start.holder(estate, facts, session) else {
            return (Guard::Never(refuted), String::new());
        };
        for aim in &goal.aims {
            for way in aim.ways(self.estate, &session.principal, &session.held, &holder) {
                match by_way(terms, asker, way) {
                    holds @ Guard::Holds(..) => return (holds, aim.words.clone()),
                    Guard::Never(more) => refuted.add(&more),
                    Guard::Unknown(reason) => unknown = unknown.or(Some(reason)),
                }
            }
        }
        (unknown.map_or(Guard::Never(refuted), Guard::Unknown), String::new())
    }
}

fn by_way(terms: &mut Terms, asker: &Asker<'_>, way: Way<'_>) -> Guard {
    let mut evidence = Evidence::default();
    for asked in &way.asks {
        if let Err(refuted) = evidence.add(asker.question(terms, &asked.entity, &asked.requests)) {
            return Guard::Never(refuted);
        }
    }
    let (mut steps, mut assumptions) = match evidence.into_guard() {
        Guard::Holds(allowed) => (allowed.steps.clone(), allowed.assumptions.clone()),
        other => return other,
    };
    let gains = match way.gains {
        Gains::Requests => None,
        Gains::Content => steps.first().map(|first| format!("the content of {}", first.resource)),
        Gains::Administration(account) => Some(format!("administrative access to account {account}")),
    };
    if let Some(last) = steps.last_mut() {
        last.gains = gains;
    }
    assumptions.extend(way.granted);
    Guard::Holds(Arc::new(Allowed { steps, assumptions }))
}

impl Aimed {
    /// Takes note of the facts that meet a target by themselves.
    pub fn note_facts_that_meet(&mut self, goal: &Goal, facts: &BTreeSet<Fact>, instances: &[Instance]) {
        let known = |fact: &Fact| self.met.iter().any(|m| m.by == *fact && m.unknown.is_none());
        let meeting: Vec<Fact> =
            facts.iter().filter(|fact| goal.met_by(fact).is_some() && !known(fact)).cloned().collect();
        for by in meeting {
            let mut giving = instances.iter().filter(|i| i.facts.contains(&by));
            let doubt = giving.clone().find_map(|i| i.evidence.unknown.clone());
            let unknown = if giving.any(|i| i.evidence.unknown.is_none()) { None } else { doubt };
            self.met.retain(|m| m.by != by);
            self.met.push(Met { by, unknown });
        }
    }
}

impl Goal {
    /// Whether a step is shown to give what meets a target by itself.
    pub(super) fn is_met_by_step(&self, instance: &Instance) -> bool {
        let is_met =
            |fact: &Fact| self.met_by(fact).is_some() || fact.session().is_some_and(|s| self.is_session(s));
        instance.evidence.unknown.is_none() && instance.facts.iter().any(is_met)
    }

    /// The target that a fact by itself meets, in the words of the command line.
    pub fn words_of(&self, fact: &Fact) -> String {
        self.met_by(fact).map(|aim: &Aim| aim.words.clone()).unwrap_or_default()
    }
}
