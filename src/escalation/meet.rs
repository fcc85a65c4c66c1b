//! Whether a target is met: in a session, or by a fact.

use super::fact::{Fact, Session};
use super::found::Aimed;
use super::guard::{Allowed, Asker, Guard, Joined, Refuted};
use super::one_call::bound;
use super::search::{Goal, Search};
use super::step::{Evidence, Instance};
use super::target::{Aim, Asked, Gains, Way};
use crate::ask::{Bond, Estate};
use crate::question::{Constraint, Requests, Undecided};
use gateproof_encodings::term::Terms;
use std::borrow::Cow;
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
    let evidence = allowed_each(terms, asker, &way.asks, &[]).and_then(|evidence| match way.bond {
        Some(bond) if evidence.unknown.is_none() => together(terms, asker, &way, bond, evidence),
        _ => Ok(evidence),
    });
    let evidence = match evidence {
        Ok(evidence) => evidence,
        Err(refuted) => return Guard::Never(refuted),
    };
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

/// Everything that is asked, each by itself, with what some of it must have beside.
fn allowed_each(
    terms: &mut Terms,
    asker: &Asker<'_>,
    asks: &[Asked<'_>],
    seen: &[Constraint],
) -> Result<Evidence, Refuted> {
    let mut evidence = Evidence::default();
    for Asked { entity, requests, .. } in asks {
        let mut asked = Cow::Borrowed(requests);
        if !seen.is_empty() {
            asked.to_mut().when.extend(seen.iter().cloned());
        }
        evidence.add(asker.question(terms, entity, &asked))?;
    }
    Ok(evidence)
}

/// What was found of each by itself, if it hangs together; else what does, or that nothing does.
fn together(
    terms: &mut Terms,
    asker: &Asker<'_>,
    way: &Way<'_>,
    bond: Bond,
    evidence: Evidence,
) -> Result<Evidence, Refuted> {
    let Some(Asked { entity, .. }) = way.asks.first() else { return Ok(evidence) };
    if let Some(bound) = bound(asker.estate, entity, &evidence, bond) {
        return Ok(bound);
    }
    let asked: Vec<Requests> = way.asks.iter().map(|asked| asked.requests.clone()).collect();
    let again = match asker.questions(entity, &asked, bond) {
        Joined::Never(refuted) => return Err(refuted),
        Joined::Unknown => None,
        Joined::Seen(seen) => allowed_each(terms, asker, &way.asks, &seen).ok(),
    };
    let again = again.filter(|again| again.unknown.is_none());
    let bound = again.and_then(|again| bound(asker.estate, entity, &again, bond));
    Ok(bound.unwrap_or_else(|| Evidence {
        unknown: Some(Undecided {
            reason:
                "the calls are allowed each, and none were found that are allowed in one session at one time"
                    .to_owned(),
            place: entity.id.to_string(),
        }),
        ..evidence
    }))
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
