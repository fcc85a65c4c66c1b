//! The least fixpoint: all facts that steps can add, round by round.

use super::bind::Objects;
use super::fact::{Fact, Session};
use super::guard::{Asker, Guard, Refuted};
use super::meet::Met;
use super::needs::calls_of;
use super::policies::{Reading, about_policies, changes_of};
use super::session::Start;
use super::step::{Finder, Identity, Instance, Shared, Ways};
pub(super) use super::target::Goal;
use crate::ask::{Allowance, CrossCheck, Estate, MayDo, Settings};
use gateproof_encodings::primitive::{Need, Primitive};
use gateproof_encodings::term::Terms;
use gateproof_model::arn::Arn;
use gateproof_model::snapshot::Changes;
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is looked at, and with what.
pub(super) struct Search<'a> {
    pub estate: &'a Estate,
    pub primitives: &'a [Primitive],
    pub settings: &'a Settings,
    pub start: &'a Start,
    pub goal: Option<&'a Goal>,
}

/// All that was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub facts: BTreeSet<Fact>,
    pub instances: Vec<Instance>,
    known: FxHashSet<Identity>,
    /// How the goal is met; none: it is out of reach.
    pub met: Vec<Met>,
    /// The kinds of object of the inventory that steps were looked for with, and the accounts.
    pub kinds: BTreeSet<(String, Arc<str>)>,
    /// Fields of such objects that no file tells.
    pub untold: BTreeSet<String>,
    /// How many rounds of steps were made.
    pub rounds: usize,
    /// Whether nothing can be added: then what is not in `facts` can't be reached.
    pub complete: bool,
    pub refuted: Refuted,
}

/// What is asked about next.
struct Round<'r> {
    estate: &'r Estate,
    allowance: &'r Allowance,
    asker: &'r Asker<'r>,
    objects: &'r Objects<'r>,
    facts: &'r BTreeSet<Fact>,
}

impl Search<'_> {
    /// Adds facts until the goal has been met for so many rounds as `enough` says, or nothing can be added.
    pub fn run(&self, enough: impl Fn(&Found, usize) -> bool) -> Found {
        let mut found = Found::default();
        found.facts.extend(self.start.sessions().map(Fact::Session));
        let mut pending: BTreeSet<Session> = self.start.sessions().collect();
        let mut changes = Changes::default();
        let actions: BTreeSet<String> = self.primitives.iter().flat_map(actions_of).collect();
        let steps = self.for_steps();
        for round in 0.. {
            let changed = (!changes.is_empty()).then(|| self.estate.changed(&changes));
            let estate = changed.as_ref().unwrap_or(self.estate);
            let asker = Asker::new(estate, &steps);
            let goals = Asker::new(estate, self.settings);
            let facts = found.facts.clone();
            let allowance = estate.allowance(&actions);
            let objects = Objects::of(&estate.snapshot);
            let view =
                Round { estate, allowance: &allowance, asker: &asker, objects: &objects, facts: &facts };
            self.look_for_goal(&view, &goals, &pending, &mut found);
            found.rounds = round;
            if self.cancelled() || enough(&found, round) {
                return found;
            }
            let added = self.step(&view, &pending, &mut found);
            found.kinds.extend(objects.kinds_asked_for());
            found.untold.extend(objects.untold());
            if added.is_empty() {
                found.complete = true;
                return found;
            }
            let policies = about_policies(&found.facts);
            let next = changes_of(&self.estate.snapshot, &policies, Reading::AtMost);
            pending = pending_after(&found.facts, &added, &changes, &next);
            changes = next;
        }
        found
    }

    /// Steps are asked about by the thousand: of a sample of answers, those about the goal and those of the chain that is
    /// shown are seconded.
    fn for_steps(&self) -> Settings {
        let cross_check = match self.settings.cross_check {
            CrossCheck::Always => CrossCheck::Always,
            CrossCheck::Sample | CrossCheck::Never => CrossCheck::Never,
        };
        Settings { cross_check, realistic: true, ..self.settings.clone() }
    }

    /// What the starting sessions can do in one step, each way with requests of its own.
    pub fn once_replayed(&self) -> Vec<Instance> {
        let mut found = Found::default();
        let pending: BTreeSet<Session> = self.start.sessions().collect();
        found.facts.extend(pending.iter().cloned().map(Fact::Session));
        let objects = Objects::of(&self.estate.snapshot);
        let steps = self.for_steps();
        let asker = Asker::new(self.estate, &steps);
        let allowance = self.estate.allowance(&self.primitives.iter().flat_map(actions_of).collect());
        let facts = found.facts.clone();
        let view = Round {
            estate: self.estate,
            allowance: &allowance,
            asker: &asker,
            objects: &objects,
            facts: &facts,
        };
        self.step(&view, &pending, &mut found);
        found.instances.par_iter_mut().filter(|i| i.carried && i.unknown.is_none()).for_each_init(
            Terms::default,
            |terms, instance| {
                let holder = self.start.holder(self.estate, &facts, &instance.session);
                let primitive = self.primitives.get(instance.primitive);
                let (Some(holder), Some(primitive)) = (holder, primitive) else { return };
                let shared = Shared::default();
                let session = instance.session.clone();
                let finder = Finder {
                    asker: &asker,
                    objects: &objects,
                    session: &session,
                    holder: &holder,
                    shared: &shared,
                };
                instance.take(finder.again(terms, instance, primitive));
            },
        );
        found.instances
    }

    fn cancelled(&self) -> bool {
        self.settings.effort.cancellation().is_cancelled()
    }

    /// Lets each session make every kind of step; the facts that are new.
    fn step(&self, round: &Round<'_>, pending: &BTreeSet<Session>, found: &mut Found) -> BTreeSet<Fact> {
        let sessions: Vec<&Session> = pending.iter().collect();
        let ways: Vec<Ways> = sessions
            .par_iter()
            .flat_map(|session| {
                let holder = self.start.holder(round.estate, round.facts, session);
                let may = holder.as_ref().map(|h| round.allowance.of(round.estate, &h.entity));
                let possible = |primitive: &Primitive| {
                    may.as_ref().is_some_and(|may| is_possible(round.estate, may, &primitive.needs))
                };
                let each: Vec<(usize, &Primitive)> =
                    self.primitives.iter().enumerate().filter(|(_, p)| possible(p)).collect();
                let (shared, holder) = (Shared::default(), holder.as_ref());
                let (shared, objects) = (&shared, round.objects);
                each.into_par_iter()
                    .map_init(Terms::default, move |terms, (n, primitive)| {
                        let Some(holder) = holder else { return Ways::default() };
                        let finder = Finder { asker: round.asker, objects, session, holder, shared };
                        finder.ways(terms, n, primitive)
                    })
                    .collect::<Vec<_>>()
            })
            .collect();
        let mut added = BTreeSet::new();
        for ways in ways {
            found.refuted.add(&ways.refuted);
            for instance in ways.instances {
                if found.has_made_one(&instance) || !found.known.insert(instance.identity()) {
                    continue;
                }
                for fact in &instance.facts {
                    if found.facts.insert(fact.clone()) {
                        added.insert(fact.clone());
                    }
                }
                found.instances.push(instance);
            }
        }
        added
    }

    fn look_for_goal(
        &self,
        round: &Round<'_>,
        asker: &Asker<'_>,
        pending: &BTreeSet<Session>,
        found: &mut Found,
    ) {
        let Some(goal) = self.goal else { return };
        found.note_facts_that_meet(goal);
        let met = |s: &Session| found.met.iter().any(|m| m.by.session() == Some(s) && m.unknown.is_none());
        let sessions: Vec<&Session> = pending.iter().filter(|s| !met(s)).collect();
        let guards: Vec<(&Session, Guard)> = sessions
            .par_iter()
            .map_init(Terms::default, |terms, session| {
                (*session, self.guard(terms, round.estate, asker, round.facts, goal, session).0)
            })
            .collect();
        for (session, guard) in guards {
            let unknown = match guard {
                Guard::Holds(..) => None,
                Guard::Unknown(reason) => Some(reason),
                Guard::Never(refuted) => {
                    found.refuted.add(&refuted);
                    continue;
                }
            };
            let by = Fact::Session(session.clone());
            found.met.retain(|m| m.by != by);
            found.met.push(Met { by, unknown });
        }
    }
}

impl Found {
    /// Whether the step makes a principal such as it made already in that account, with the same boundary: one is as good as
    /// many ([`super::made`]).
    fn has_made_one(&self, instance: &Instance) -> bool {
        let Some(made) = instance.facts.iter().find_map(made_in) else { return false };
        let same = |known: &&Instance| {
            known.primitive == instance.primitive && boundaries(known).eq(boundaries(instance))
        };
        self.instances.iter().filter(same).any(|known| known.facts.iter().find_map(made_in) == Some(made))
    }
}

/// The boundaries that a step sets.
fn boundaries(instance: &Instance) -> impl Iterator<Item = &Arc<[Arc<str>]>> {
    instance.facts.iter().filter_map(|fact| match fact {
        Fact::Bounded { policies, .. } => Some(policies),
        _ => None,
    })
}

/// The account of a principal that a fact makes.
fn made_in(fact: &Fact) -> Option<&str> {
    match fact {
        Fact::NewPrincipal(arn) => Arn::parse(arn).map(|a| a.account),
        _ => None,
    }
}

/// The actions of a step's calls.
fn actions_of(primitive: &Primitive) -> Vec<String> {
    primitive.needs.iter().flat_map(calls_of).map(|call| call.action.clone()).collect()
}

/// Whether every need may be allowed by what statements list.
fn is_possible(estate: &Estate, may: &MayDo, needs: &[Need]) -> bool {
    needs.iter().all(|need| match need {
        Need::Call(call) => {
            call.caller.as_deref().is_some_and(|c| c != "$me") || may.action(estate, &call.action)
        }
        Need::Any(any) => any.any.iter().any(|one| is_possible(estate, may, std::slice::from_ref(one))),
        Need::All(all) => is_possible(estate, may, &all.all),
    })
}

/// The sessions that a round's facts give something to ask anew: the new ones; those whose policies changed; all, where
/// something changed that is not of one principal.
fn pending_after(
    facts: &BTreeSet<Fact>,
    added: &BTreeSet<Fact>,
    before: &Changes,
    after: &Changes,
) -> BTreeSet<Session> {
    let sessions = || facts.iter().filter_map(Fact::session);
    let trust = |changes: &Changes, arn: &str| changes.principals.get(arn).is_some_and(|c| c.trust.is_some());
    let told = |changes: &Changes, arn: &str| {
        changes.principals.get(arn).map_or((None, None), |c| (c.tags.clone(), c.named_boundary.clone()))
    };
    let everywhere = before.resources != after.resources
        || before.new_principals != after.new_principals
        || before.without_controls != after.without_controls
        || after
            .principals
            .keys()
            .any(|arn| trust(before, arn) != trust(after, arn) || told(before, arn) != told(after, arn));
    if everywhere {
        return sessions().cloned().collect();
    }
    let changed = |arn: &Arc<str>| before.principals.get(arn) != after.principals.get(arn);
    let enrolled = |arn: &Arc<str>| added.contains(&Fact::Device(arn.clone()));
    let concerned = |s: &&Session| {
        added.contains(&Fact::Session((*s).clone())) || changed(&s.principal) || enrolled(&s.principal)
    };
    sessions().filter(concerned).cloned().collect()
}
