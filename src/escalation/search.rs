//! The least fixpoint: all facts that steps can add, round by round.

use super::aside::Aside;
use super::bind::Objects;
use super::fact::{Fact, Held, Session};
use super::found::{Aimed, Found};
use super::gain::Gained;
use super::gathered::Gathered;
use super::ground::Ground;
use super::guard::Guard;
use super::kin::Kin;
use super::meet::Met;
use super::open::{Lists, Open};
use super::pending::Pending;
use super::policies::{Reading, about_policies, changes_of};
use super::remembered::Remembered;
use super::required::Requirable;
use super::session::{Holder, Start};
use super::sorts::Sorts;
use super::step::{Finder, Instance, Naming, Shared, Wanted, Ways};
pub(super) use super::target::Goal;
use super::twins::{First, Granting, Look, Twins};
use super::unnamed::{about_unnamed, not_shown};
use super::walk::{Own, Stage, Walk};
use crate::ask::{Allowance, CrossCheck, Estate, MayDo, Settings};
use gateproof_encodings::primitive::{Need, Primitive};
use gateproof_encodings::term::Terms;
use gateproof_model::arn::Arn;
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What is looked at, and with what.
pub(super) struct Search<'a, 'w> {
    pub estate: &'a Estate,
    /// What searches of the estate as it is share.
    pub ground: &'a Ground<'w>,
    pub primitives: &'a [Primitive],
    pub settings: &'a Settings,
    pub start: &'a Start,
    pub goal: Option<&'a Goal>,
    /// Whether every way is wanted, also those that give nothing new ([`super::gain`]).
    pub every_way: bool,
    /// Where its rounds are shared with searches that differ in their goals only.
    pub walk: Option<Arc<Walk>>,
}

/// Sessions, and which steps each makes.
type InOrder<'s> = Vec<(&'s Session, First)>;

/// What is seen of sessions.
type LookedAt = Aside<Vec<(Holder, Look)>>;

/// What is asked about next.
#[derive(Clone, Copy)]
pub(super) struct Round<'r, 'w> {
    pub estate: &'r Estate,
    pub ground: &'r Ground<'w>,
    pub allowance: &'r Allowance,
    pub objects: &'r Objects<'r>,
    pub facts: &'r BTreeSet<Fact>,
    pub kin: &'r Kin,
    pub naming: Option<Naming<'r>>,
    pub remembered: &'r Remembered,
}

impl Search<'_, '_> {
    /// Adds facts until `enough` says so, or nothing can be added.
    ///
    /// At first a new principal is given one name. Where that leads no further, it is given one of each sort
    /// ([`super::sorts`]), and looked at as one of whatever name.
    pub fn run(&self, enough: impl Fn(&Aimed, &Gathered) -> bool) -> Found {
        let mut found = Found { stage: self.stage(0, || self.first()), round: 0, aimed: Aimed::default() };
        self.aim(&found.stage, &mut found.aimed);
        self.further(found, enough)
    }

    /// The same from where a search like this one stopped.
    pub fn further(&self, found: Found, enough: impl Fn(&Aimed, &Gathered) -> bool) -> Found {
        let Found { mut stage, mut round, mut aimed } = found;
        while !stage.ended && !self.cancelled() && !enough(&aimed, &stage.all) {
            round += 1;
            stage = match self.walk {
                Some(_) => self.stage(round, || self.next(Stage::clone(&stage))),
                None => Arc::new(self.next(Arc::unwrap_or_clone(stage))),
            };
            if !stage.ended {
                self.aim(&stage, &mut aimed);
            }
        }
        Found { stage, round, aimed }
    }

    fn stage(&self, round: usize, make: impl FnOnce() -> Stage) -> Arc<Stage> {
        match &self.walk {
            Some(walk) => walk.stage(round, make, || !self.cancelled()),
            None => Arc::new(make()),
        }
    }

    fn first(&self) -> Stage {
        let snapshot = &self.estate.snapshot;
        let all = Gathered::at_the_start(snapshot, self.start.facts(snapshot));
        let actions = self.primitives.iter().flat_map(actions_of).collect();
        let own = Own::of(actions, Kin::of(self.primitives));
        let pending = Pending::all(all.facts.iter().filter_map(Fact::session).cloned());
        let changes = changes_of(snapshot, &about_policies(&all.facts), Reading::AtMost);
        let mut stage = Stage::first(all, pending, Arc::new(own));
        if !changes.is_empty() {
            stage.changed = Some(Arc::new(self.estate.changed(&changes)));
            stage.changes = changes;
        }
        stage
    }

    /// Looks for the goal before a round.
    fn aim(&self, stage: &Stage, aimed: &mut Aimed) {
        match &stage.changed {
            Some(changed) => self.look_for_goal(&self.ground_of(changed, stage), stage, aimed),
            None => self.look_for_goal(self.ground, stage, aimed),
        }
        if aimed.met_in.is_none() && aimed.is_met() {
            aimed.met_in = Some(stage.all.rounds);
        }
    }

    /// One round.
    fn next(&self, mut stage: Stage) -> Stage {
        let added = match stage.changed.clone() {
            Some(changed) => self.advance(&self.ground_of(&changed, &stage), &mut stage),
            None => self.advance(self.ground, &mut stage),
        };
        if stage.ended || added.is_empty() {
            stage.pending = Pending::default();
            return stage;
        }
        let Stage { all, changes, requirable, .. } = &stage;
        let next = changes_of(&self.estate.snapshot, &about_policies(&all.facts), Reading::AtMost);
        let required = requirable.as_ref().map(|requirable| requirable.among(&added)).unwrap_or_default();
        stage.pending =
            Pending::after(&all.facts, &added, changes, &next).with_required(&all.facts, required);
        if next != stage.changes {
            stage.changed = Some(Arc::new(self.estate.changed(&next)));
            stage.changes = next;
            stage.seers = Arc::default();
        }
        stage
    }

    fn ground_of<'g>(&'g self, changed: &'g Estate, stage: &Stage) -> Ground<'g> {
        Ground::of(changed, self.settings).seen_by(&stage.seers)
    }

    /// What a round adds.
    fn advance(&self, ground: &Ground<'_>, stage: &mut Stage) -> BTreeSet<Fact> {
        let estate = ground.estate;
        let Stage { all, pending, sorts, own, requirable, remembered, left, .. } = stage;
        let facts = all.facts.clone();
        let allowance = estate.allowance(&own.actions);
        let earlier = sorts.take();
        let by_sorts = earlier.is_some();
        if by_sorts {
            *sorts = Some(Sorts::of(&self.estate.snapshot, &estate.snapshot, &facts));
        }
        let objects = match sorts {
            Some(sorts) => Objects::with_unnamed(&estate.snapshot, sorts),
            None => ground.objects(),
        };
        requirable.get_or_insert_with(|| Arc::new(Requirable::of(self.primitives, &objects)));
        let naming = |only| sorts.as_ref().map(|sorts| Naming { sorts, only });
        let (allowance, objects, kin, naming_all) = (&allowance, &objects, &own.kin, naming(false));
        let view =
            Round { estate, ground, allowance, objects, facts: &facts, kin, naming: naming_all, remembered };
        let mut added = BTreeSet::new();
        if let (Some(earlier), Some(sorts)) = (&earlier, &*sorts)
            && !sorts.are_within(earlier)
        {
            let each = Pending::all(facts.iter().filter_map(Fact::session).cloned());
            self.step_all(&Round { naming: naming(true), ..view }, &each, all, &mut added);
        }
        let ended = left.take().is_some_and(|earlier| {
            let ended = self.is_met_ahead(&view, pending, all, &mut added);
            if !ended {
                // What went ahead was no round.
                all.rounds -= 1;
                own.in_vain.store(true, Ordering::Relaxed);
                *pending = std::mem::take(pending).with(earlier);
            }
            ended
        });
        if !ended && self.step(&view, own, pending, all, &mut added) {
            *left = Some(pending.clone());
        }
        all.spread(&mut added);
        if self.cancelled() {
            stage.ended = true;
            return added;
        }
        all.kinds.extend(objects.kinds_asked_for());
        all.untold.extend(objects.untold());
        if !added.is_empty() {
            all.rounds += 1;
            return added;
        }
        let makes = all.facts.iter().any(|fact| matches!(fact, Fact::NewPrincipal(_)));
        if by_sorts || !makes {
            all.note_told(sorts.as_ref());
            all.complete = true;
            stage.ended = true;
            return added;
        }
        all.gained.tell_sorts_apart();
        all.by_sorts = true;
        all.rounds = 0;
        *sorts = Some(Sorts::default());
        added
    }

    pub fn cancelled(&self) -> bool {
        self.settings.effort.cancellation().is_cancelled()
    }

    /// Lets each session make every kind of step; the facts that are new are `added`. Whether the round only went ahead ([`super::ahead`]).
    fn step(
        &self,
        round: &Round<'_, '_>,
        own: &Own,
        pending: &Pending,
        found: &mut Gathered,
        added: &mut BTreeSet<Fact>,
    ) -> bool {
        let goal = self.goal_of_sessions().filter(|_| !self.every_way);
        let Some(goal) = goal else {
            self.step_all(round, pending, found, added);
            return false;
        };
        let (leaders, followers) = self.in_order(round, pending);
        if self.at_once(round, goal, &leaders, found, added) {
            return false;
        }
        let openers = self.openers(own, found);
        let went_ahead = |openers| self.at_once(round, openers, &leaders, found, added) && !added.is_empty();
        if openers.is_some_and(went_ahead) {
            return true;
        }
        self.step_by_step(round, (&leaders, followers), found, added);
        false
    }

    /// The same, whatever the target.
    fn step_all(
        &self,
        round: &Round<'_, '_>,
        pending: &Pending,
        found: &mut Gathered,
        added: &mut BTreeSet<Fact>,
    ) {
        if self.every_way {
            let all: Vec<(&Session, First)> =
                pending.sessions().into_iter().map(|s| (s, First::ALL)).collect();
            let ways = self.ways(round, Wanted::EveryWay, &all);
            return self.add_all(ways, round.naming, found, added);
        }
        let (leaders, followers) = self.in_order(round, pending);
        self.step_by_step(round, (&leaders, followers), found, added);
    }

    /// The sessions that make steps before the others, and the others.
    pub fn in_order<'s>(&self, round: &Round<'_, '_>, pending: &'s Pending) -> (InOrder<'s>, InOrder<'s>) {
        let (mut sessions, others) = self.one_of_each(round, pending);
        sessions.extend(others);
        let mut twins = Twins::of(round.ground.seers());
        let (sessions, looked_at) = self.looked_at(&twins, (round.estate, round.facts), sessions);
        let meet = |(session, (holder, look)): (_, &(Holder, Look))| {
            (session, First { since: pending.only_on(session), ..twins.meet(holder, look) })
        };
        let sessions: Vec<(&Session, First)> = sessions.into_iter().zip(looked_at.iter()).map(meet).collect();
        let (mut leaders, followers): (Vec<_>, Vec<_>) = sessions.into_iter().partition(|(_, f)| f.leads());
        // What the attacker can do from the beginning makes the shortest chains.
        leaders.sort_by_key(|(session, _)| !matches!(session.held, Held::Start(_)));
        (leaders, followers)
    }

    /// What some sessions gain the next ones needn't look for: first one of each sort, then ever more at once.
    fn step_by_step(
        &self,
        round: &Round<'_, '_>,
        (leaders, followers): (&[(&Session, First)], InOrder<'_>),
        found: &mut Gathered,
        added: &mut BTreeSet<Fact>,
    ) {
        let mut granted = Granting::default();
        if self.in_batches(round, leaders, &mut granted, found, added) {
            return;
        }
        let snapshot = &self.estate.snapshot;
        let may_gain = |(session, first): &(&Session, First)| {
            granted.may_count(first, found.gained.is_free(snapshot, &session.principal))
        };
        let followers: Vec<_> = followers.into_iter().filter(may_gain).collect();
        self.in_batches(round, &followers, &mut Granting::default(), found, added);
    }

    /// Sessions with what is seen of them, each by itself; without those of whom it isn't known who holds them.
    fn looked_at<'s>(
        &self,
        twins: &Twins,
        (estate, facts): (&Estate, &BTreeSet<Fact>),
        sessions: Vec<&'s Session>,
    ) -> (Vec<&'s Session>, LookedAt) {
        let each = sessions.into_par_iter().filter_map(|session| {
            let holder = self.start.holder(estate, facts, session)?;
            let look = twins.look(&holder);
            Some((session, (holder, look)))
        });
        let (sessions, looked_at): (Vec<_>, Vec<_>) = each.collect::<Vec<_>>().into_iter().unzip();
        (sessions, looked_at.into())
    }

    /// Lets sessions make their steps, ever more of them at once, until what they come to meets the goal; whether it does. What the
    /// others could do takes no fewer steps.
    fn in_batches(
        &self,
        round: &Round<'_, '_>,
        mut sessions: &[(&Session, First)],
        granted: &mut Granting,
        found: &mut Gathered,
        added: &mut BTreeSet<Fact>,
    ) -> bool {
        let snapshot = &self.estate.snapshot;
        let mut lists = Lists::default();
        let mut size = 1;
        while !sessions.is_empty() && !self.cancelled() {
            let (now, later) = sessions.split_at(size.min(sessions.len()));
            let sorts = round.naming.map(|naming| naming.sorts.with(added));
            let naming = sorts.as_ref().zip(round.naming).map(|(sorts, n)| Naming { sorts, ..n });
            let round = &Round { naming, ..*round };
            let open = Open::of(&found.gained, round.objects, snapshot, round.kin, lists);
            let ways = self.ways(round, Wanted::Open(&open), now);
            lists = open.into_lists();
            for (session, first) in now.iter().filter(|(_, first)| first.of_others) {
                let free = found.gained.is_free(snapshot, &session.principal);
                let own = ways.instances.iter().filter(|instance| instance.session == **session);
                let mut facts = own.flat_map(|instance| &instance.facts);
                let counts = facts.any(|fact| found.gained.grant_counts(snapshot, fact));
                granted.note(first, free, counts);
            }
            let meets = |goal: &Goal| ways.instances.iter().any(|instance| goal.is_met_by_step(instance));
            let is_met = self.goal.is_some_and(meets);
            self.add_all(ways, round.naming, found, added);
            if is_met {
                return true;
            }
            (sessions, size) = (later, size * 2);
        }
        false
    }

    pub fn add_all(
        &self,
        ways: Ways,
        naming: Option<Naming<'_>>,
        found: &mut Gathered,
        added: &mut BTreeSet<Fact>,
    ) {
        found.refuted.add(&ways.refuted);
        for instance in ways.instances {
            self.add(instance, naming.map(|naming| naming.sorts), found, added);
        }
    }

    fn add(
        &self,
        instance: Instance,
        sorts: Option<&Sorts>,
        found: &mut Gathered,
        added: &mut BTreeSet<Fact>,
    ) {
        let unsettled = |fact: &Fact| matches!(fact, Fact::NewPrincipal(arn) if arn.contains('*'));
        if instance.facts.iter().any(unsettled) {
            found.untried = found.untried.take().or(instance.evidence.unknown);
            return;
        }
        let adds = self.every_way || found.gained.adds_some(&self.estate.snapshot, &instance.facts);
        if !adds || found.has_made_one(&instance, sorts) {
            return;
        }
        // Where only what is new is taken, the same step again gives nothing, unless it makes somebody.
        let may_be_known = self.every_way || instance.facts.iter().any(|fact| fact.made().is_some());
        if may_be_known && !found.known.insert(instance.identity()) {
            return;
        }
        for fact in &instance.facts {
            // What was only supposed of it is shown now.
            let new = !found.gained.holds(fact);
            found.take(fact);
            if new && about_unnamed(fact).is_none() {
                added.insert(fact.clone());
            }
        }
        found.gained.insert_all(&instance.facts);
        found.instances.push(instance);
    }

    /// One session each of those that are held alike by principals with equal policies; and the others.
    fn one_of_each<'s>(
        &self,
        round: &Round<'_, '_>,
        pending: &'s Pending,
    ) -> (Vec<&'s Session>, Vec<&'s Session>) {
        let mut seen = FxHashSet::default();
        pending.sessions().into_iter().partition(|session| {
            let policies = round.estate.caller(&session.principal).map(|caller| {
                let documents =
                    caller.policies.identity.iter().chain(caller.policies.boundary.iter().flatten());
                documents.map(Arc::as_ptr).collect::<Vec<_>>()
            });
            let account = Arn::parse(&session.principal).map(|a| a.account);
            seen.insert((policies, account, std::mem::discriminant(&session.held)))
        })
    }

    /// The ways of each session's steps, in the order of sessions and steps.
    pub fn ways(&self, round: &Round<'_, '_>, wanted: Wanted<'_>, sessions: &[(&Session, First)]) -> Ways {
        let each = sessions.par_iter().enumerate().flat_map_iter(|(place, (session, first))| {
            let Some(holder) = self.start.holder(round.estate, round.facts, session) else {
                return Vec::new();
            };
            let may = round.allowance.of(round.estate, &holder.entity);
            let shared = Shared { shown: round.remembered.of(session), ..Shared::default() };
            let own = Arc::new((holder, shared));
            let possible = |n: &usize| {
                let primitive = self.primitives.get(*n).filter(|p| first.makes(p) && wanted.suits(*n))?;
                is_possible(round.estate, &may, &primitive.needs).then_some((*n, primitive))
            };
            let groups =
                round.kin.groups.iter().map(|group| group.iter().filter_map(possible).collect::<Vec<_>>());
            // Where everything is looked for, no step makes another of its kin needless.
            let apart = groups.flat_map(|group| match wanted {
                Wanted::Open(_) => vec![group],
                Wanted::EveryWay | Wanted::EachFact => group.into_iter().map(|one| vec![one]).collect(),
            });
            apart.map(|group| (place, (*session, first), own.clone(), group)).collect()
        });
        let mut each: Vec<_> = each.collect();
        // Some of them take as long as hundreds of others, most often those of many kinds of step: they begin first.
        each.sort_by_key(|(.., group)| Reverse(group.len()));
        let found: Vec<Ways> = each
            .par_iter()
            .with_max_len(1)
            .map_init(Terms::default, |terms, (_, (session, first), own, group)| {
                let (holder, shared) = &**own;
                let mut all = Ways::default();
                let mut gained = match wanted {
                    Wanted::Open(open) => open.nothing_gained(),
                    Wanted::EveryWay | Wanted::EachFact => Gained::default(),
                };
                for (n, primitive) in group {
                    // A search that is cut short says nothing of what it left out.
                    if self.goal.is_some() && self.cancelled() {
                        break;
                    }
                    let objects = round.objects;
                    let finder = Finder {
                        asker: &round.ground.steps,
                        objects,
                        session,
                        holder,
                        shared,
                        wanted,
                        facts: round.facts,
                        gained: &gained,
                        naming: round.naming,
                        only_on: first.only_on(primitive),
                        made: &[],
                        tests: Some(self.ground.tests()).filter(|_| self.every_way),
                    };
                    let ways = finder.ways(terms, *n, primitive);
                    let sure = ways.instances.iter().filter(|i| i.evidence.unknown.is_none());
                    let given: Vec<Vec<Fact>> = sure.map(|i| i.facts.clone()).collect();
                    given.iter().for_each(|facts| gained.insert_all(facts));
                    all.refuted.add(&ways.refuted);
                    all.instances.extend(ways.instances);
                }
                all
            })
            .collect();
        let mut whole = Ways::default();
        let mut placed = Vec::new();
        for ((place, ..), ways) in each.iter().zip(found) {
            whole.refuted.add(&ways.refuted);
            placed.extend(ways.instances.into_iter().map(|instance| (*place, instance)));
        }
        placed.sort_by_key(|(place, instance)| (*place, instance.primitive));
        whole.instances.extend(placed.into_iter().map(|(_, instance)| instance));
        whole
    }

    fn look_for_goal(&self, ground: &Ground<'_>, stage: &Stage, aimed: &mut Aimed) {
        let Some(goal) = self.goal else { return };
        let Gathered { facts, instances, gained, .. } = &stage.all;
        aimed.note_facts_that_meet(goal, facts, instances);
        let known: BTreeSet<&Session> =
            aimed.met.iter().filter(|m| m.unknown.is_none()).filter_map(|m| m.by.session()).collect();
        let shared = !self.every_way && goal.is_alike_for_twins();
        let pending = stage.pending.sessions().into_iter();
        let mut sessions: Vec<&Session> =
            pending.filter(|s| !known.contains(s) && goal.may_be_met_in(s)).collect();
        if shared {
            let mut twins = Twins::of(ground.seers());
            let (all, looked_at) = self.looked_at(&twins, (ground.estate, facts), sessions);
            let first = all.into_iter().zip(looked_at.iter());
            let first = first.filter(|(_, (holder, look))| twins.meet(holder, look).of_others);
            sessions = first.map(|(session, _)| session).collect();
        }
        let guards: Vec<(&Session, Guard)> = sessions
            .par_iter()
            .map_init(Terms::default, |terms, session| {
                (*session, self.guard(terms, ground.estate, &ground.goals, facts, goal, session).0)
            })
            .collect();
        for (session, guard) in guards {
            let supposed = !gained.holds(&Fact::Session(session.clone()));
            let unknown = match guard {
                Guard::Holds(..) => supposed.then(|| not_shown(&session.principal)),
                Guard::Unknown(reason) => Some(reason),
                Guard::Never(refuted) => {
                    aimed.refuted.add(&refuted);
                    continue;
                }
            };
            let by = Fact::Session(session.clone());
            aimed.met.retain(|m| m.by != by);
            aimed.met.push(Met { by, unknown });
        }
    }
}

/// Steps are asked about by the thousand: of a sample of answers, those about the goal and those of the chain that is
/// shown are seconded.
pub(super) fn for_steps(settings: &Settings) -> Settings {
    let cross_check = match settings.cross_check {
        CrossCheck::Always => CrossCheck::Always,
        CrossCheck::Sample | CrossCheck::Never => CrossCheck::Never,
    };
    Settings { cross_check, realistic: true, ..settings.clone() }
}

/// The actions of a step's calls.
pub(super) fn actions_of(primitive: &Primitive) -> Vec<String> {
    primitive.calls().map(|call| call.action.clone()).collect()
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
