//! `edges`: what each principal can come to in one step.

use super::fact::{Fact, Session};
use super::gain::Gained;
use super::ground::Ground;
use super::guard::Allowed;
use super::kin::Kin;
use super::reach::{EscalationSettings, gains};
use super::remembered::Remembered;
use super::search::{Round, Search, actions_of};
use super::session::{Holder, Start};
use super::step::{Finder, Instance, Shared, Wanted, Ways};
use super::twins::First;
use crate::ask::Estate;
use crate::question::{Step, Undecided};
use gateproof_encodings::term::Terms;
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How many principals' steps are looked for before they are handed on.
const AT_ONCE: usize = 256;

/// What a session of a principal comes to in one step.
#[derive(Debug, Clone)]
pub(crate) struct FirstStep {
    /// The principal.
    pub from: Arc<str>,
    /// The primitive's id.
    pub technique: String,
    /// What it gives.
    pub facts: Vec<Fact>,
    /// The requests, each confirmed by the reference evaluator.
    pub requests: Vec<Step>,
    /// What the step takes for granted.
    pub assumptions: Vec<String>,
    /// Why it is not known whether the step can be made.
    pub undecided: Option<Undecided>,
}

/// One step that one principal can make.
#[derive(Debug, Clone)]
pub struct Edge {
    /// The ARN of the principal that makes it.
    pub from: Arc<str>,
    /// The principal whose sessions it gives; `None`: it changes policies or content.
    pub to: Option<Arc<str>>,
    /// The primitive's id.
    pub technique: String,
    /// What it gives, in words.
    pub gains: String,
    /// The requests, each confirmed by the reference evaluator; none where it is not known whether they are allowed.
    pub requests: Vec<Step>,
    /// What the step takes for granted.
    pub assumptions: Vec<String>,
    /// Why it is not known whether the step can be made.
    pub undecided: Option<Undecided>,
}

impl Estate {
    /// Every step that a user or role of the snapshot can make with the policies as they are: what it gives, each with one
    /// way that was shown. Steps are in the order of principals and techniques.
    pub fn edges(&self, settings: &EscalationSettings) -> Vec<Edge> {
        let mut all = Vec::new();
        self.each_edge(settings, |edge| edge, &mut |edges| {
            all.extend(edges);
            true
        });
        all
    }

    /// What is made of each of them, those of some principals at a time; ends where `take` is false. Whether all were looked
    /// for: where the time is up, what is not known yet is left out.
    pub fn each_edge<T: Send>(
        &self,
        settings: &EscalationSettings,
        make: impl Fn(Edge) -> T + Sync,
        take: &mut dyn FnMut(Vec<T>) -> bool,
    ) -> bool {
        let callers = self.callers().filter(|c| !c.id.ends_with(":root")).cloned().collect();
        let start = Start { callers, ..Start::default() };
        let make = |instance: Instance| settings.edges_of(instance).into_iter().map(&make).collect();
        self.survey(settings, &start, Wanted::EachFact, make, take)
    }

    /// What some principals' sessions come to in one step: one way to each fact, or every way.
    pub(crate) fn first_steps(
        &self,
        settings: &EscalationSettings,
        start: &Start,
        every_way: bool,
    ) -> (Vec<FirstStep>, bool) {
        let wanted = if every_way { Wanted::EveryWay } else { Wanted::EachFact };
        let mut all = Vec::new();
        let make = |instance: Instance| settings.first_step(instance).into_iter().collect();
        let looked_at_all = self.survey(settings, start, wanted, make, &mut |steps| {
            all.extend(steps);
            true
        });
        (all, looked_at_all)
    }

    fn survey<T: Send>(
        &self,
        settings: &EscalationSettings,
        start: &Start,
        wanted: Wanted<'_>,
        make: impl Fn(Instance) -> Vec<T> + Sync,
        take: &mut dyn FnMut(Vec<T>) -> bool,
    ) -> bool {
        let ground = Ground::of(self, &settings.ask);
        let search = Search {
            estate: self,
            ground: &ground,
            primitives: &settings.primitives,
            settings: &settings.ask,
            start,
            goal: None,
            every_way: true,
            walk: None,
        };
        let sessions: BTreeSet<Session> = start.sessions().collect();
        let facts: BTreeSet<Fact> = sessions.iter().cloned().map(Fact::Session).collect();
        let round = Round {
            estate: self,
            ground: &ground,
            allowance: &self.allowance(&settings.primitives.iter().flat_map(actions_of).collect()),
            objects: &ground.objects(),
            facts: &facts,
            kin: &Kin::of(&settings.primitives),
            naming: None,
            remembered: &Remembered::default(),
        };
        let sessions: Vec<(&Session, First)> = sessions.iter().map(|session| (session, First::ALL)).collect();
        settings.ask.progress.expect(sessions.len());
        let shown = |ways: Ways| -> Vec<Vec<T>> {
            let found = without_doubts(ways.instances).into_par_iter().with_max_len(AT_ONCE);
            let made = found.map_init(Showing::default, |showing, instance| {
                let instance = search.shown(showing, &round, instance);
                let is_known = instance.evidence.unknown.is_none() || !search.cancelled();
                if is_known { make(instance) } else { Vec::new() }
            });
            made.collect()
        };
        // While the steps of some are shown, those of the next are looked for.
        let mut found: Option<Ways> = None;
        for some in sessions.chunks(AT_ONCE).map(Some).chain([None]) {
            let (made, next) = rayon::join(
                || found.take().map(shown),
                || some.map(|some| search.ways(&round, wanted, some)),
            );
            found = next;
            some.iter().flat_map(|some| some.iter()).for_each(|_| settings.ask.progress.step());
            if let Some(made) = made
                && (!take(made.into_iter().flatten().collect()) || search.cancelled())
            {
                return false;
            }
        }
        true
    }
}

/// What showing one step leaves for the next, most often one of the same session.
#[derive(Default)]
struct Showing {
    terms: Terms,
    holder: Option<(Session, Holder)>,
}

impl Search<'_, '_> {
    /// The instance with requests of its own.
    fn shown(&self, showing: &mut Showing, round: &Round<'_, '_>, mut instance: Instance) -> Instance {
        if !instance.evidence.is_carried() || instance.evidence.unknown.is_some() {
            return instance;
        }
        let Showing { terms, holder } = showing;
        let holder = match holder {
            Some((of, holder)) if *of == instance.session => holder,
            _ => {
                let Some(held) = self.start.holder(self.estate, round.facts, &instance.session) else {
                    return instance;
                };
                &holder.insert((instance.session.clone(), held)).1
            }
        };
        let Some(primitive) = self.primitives.get(instance.primitive) else { return instance };
        if let Some(evidence) = instance.evidence.replayed(self.estate, holder) {
            instance.evidence = evidence;
            return instance;
        }
        let session = instance.session.clone();
        let finder = Finder {
            asker: &round.ground.steps,
            objects: round.objects,
            session: &session,
            holder,
            shared: &Shared::default(),
            wanted: Wanted::EveryWay,
            facts: round.facts,
            gained: &Gained::default(),
            naming: None,
            only_on: [None, None],
            made: &[],
            tests: None,
        };
        let again = finder.again(terms, &instance, primitive);
        instance.take(again);
        instance
    }
}

/// Without the ways that are not shown to give what others are shown to give.
fn without_doubts(instances: Vec<Instance>) -> Vec<Instance> {
    let is_shown = |i: &&Instance| i.evidence.unknown.is_none();
    if instances.iter().all(|i| is_shown(&i)) {
        return instances;
    }
    let key = |i: &Instance| (i.primitive, i.session.clone(), i.facts.clone());
    let mut seen: FxHashSet<_> = instances.iter().filter(is_shown).map(key).collect();
    instances.into_iter().filter(|i| i.evidence.unknown.is_none() || seen.insert(key(i))).collect()
}

impl EscalationSettings {
    fn first_step(&self, instance: Instance) -> Option<FirstStep> {
        let primitive = self.primitives.get(instance.primitive)?;
        let undecided = instance.evidence.unknown.clone();
        let Allowed { steps, mut assumptions } = instance.evidence.into_allowed();
        assumptions.extend(primitive.state.iter().chain(&primitive.external).cloned());
        Some(FirstStep {
            from: instance.session.principal,
            technique: primitive.id.clone(),
            facts: instance.facts,
            requests: steps,
            assumptions,
            undecided,
        })
    }

    /// What a way gives: a session of each principal, or changes.
    fn edges_of(&self, instance: Instance) -> Vec<Edge> {
        let gains = gains(&instance);
        let Some(step) = self.first_step(instance) else { return Vec::new() };
        let FirstStep { from, technique, facts, requests, assumptions, undecided } = step;
        let mut held = facts.iter().filter_map(Fact::session).map(|session| session.principal.clone());
        let first = Edge { from, to: held.next(), technique, gains, requests, assumptions, undecided };
        let others: Vec<Edge> = held.map(|to| Edge { to: Some(to), ..first.clone() }).collect();
        std::iter::once(first).chain(others).collect()
    }
}
