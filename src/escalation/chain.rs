//! Chains: steps in an order in which each can be made on the policies as the earlier ones leave them.
//!
//! The search says which facts can be had at all. Here each step that bears on the goal becomes a rule: the facts that it
//! cannot do without, and those that it adds. A smallest set of steps is looked for among the rules ([`super::plan`]), and
//! replayed in an order in which each can be made ([`super::replay`]).

use super::bearing::{Bearing, On, may_take};
use super::bind::Objects;
use super::bound::{Early, may_be_had};
use super::fact::{Fact, Session};
use super::few::few;
use super::found::Found;
use super::gain::Gained;
use super::graph::Graph;
use super::guard::{Asker, Guard};
use super::minimal::{Minimal, minimal_sets};
use super::outdone::outdone;
use super::plan::Steps;
use super::policies::{Reading, changes_among, changes_of};
use super::required::{has_all_required, required_by};
use super::search::Search;
use super::step::{Finder, Instance, Shared, Wanted};
use super::target::Goal;
use super::under::Under;
use super::visible::Visible;
use super::worlds::{World, WorldKey};
use crate::ask::Estate;
use gateproof_encodings::primitive::Primitive;
use gateproof_encodings::term::Terms;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher;
use std::sync::Arc;

/// A step as a rule.
pub(super) struct Rule {
    pub needs: BTreeSet<Fact>,
    pub gives: Vec<Fact>,
    /// The step, by its place in the instances.
    pub instance: usize,
}

/// How many sets of facts are tried for a step: each takes policies made anew.
const MOST_TRIES: usize = 600;
/// How many sets are tried with facts beside those that a step cannot do without.
const MOST_BESIDE: usize = 200;
/// Of so many facts all pairs are among them.
const MOST_PAIRED: usize = 16;
/// How many principals the policies that are remembered may be about, all in all.
const MOST_REMEMBERED: usize = 400_000;
/// After how many sets of facts the policies are looked at.
const MOST_WORLDS: usize = 3_000;
/// How much is asked about them: [`Chains::spend`].
const MOST_ASKED: usize = 2_500_000;
/// What a question about a state of the policies takes, counted in facts that make up the state.
const EACH_ASKED: usize = 100;

/// Makes chains from what a search found.
pub(super) struct Chains<'c, 'a, 'w> {
    pub search: &'c Search<'a, 'w>,
    pub found: &'c Found,
    pub goal: &'c Goal,
    objects: Objects<'w>,
    pub bearing: Bearing<'c>,
    visible: Visible,
    pub steps: Steps,
    worlds: FxHashMap<WorldKey, World>,
    /// Which facts were read, by their hashes.
    read: FxHashSet<u64>,
    /// How much was asked about states of the policies.
    asked: usize,
    /// Whether something was left out since there was too much to try: then a chain that is not found may be there.
    pub left_out: bool,
    /// The boundaries that new principals are made under.
    under: Arc<Under>,
    /// What steps need, by their places.
    pub needed: BTreeMap<usize, Needs>,
    /// What sessions need that meet the goal, by their places.
    pub goals: BTreeMap<usize, Needs>,
}

/// What something needs, as far as it can be had early enough.
#[derive(Clone)]
pub(super) struct Needs {
    /// After so many steps at most.
    pub latest: usize,
    /// The facts that were left out: they can be had later only, if at all.
    pub late: Arc<[usize]>,
    /// Whether sets were left out of facts each of which can be had by then.
    pub cut: bool,
    /// The facts that may have a say, by number.
    pub among: Arc<[usize]>,
    /// The smallest sets of them with which it holds, the session among them.
    pub sets: Arc<Vec<Vec<usize>>>,
}

impl<'c, 'a, 'w> Chains<'c, 'a, 'w> {
    /// Of all steps that were found.
    pub fn of(search: &'c Search<'a, 'w>, found: &'c Found, goal: &'c Goal) -> Self {
        let all: Vec<usize> = (0..found.all().instances.len()).collect();
        Self::among(search, found, goal, &all)
    }

    /// Of a few of them ([`super::few`]); `None` where there are no more than these.
    pub fn of_few(search: &'c Search<'a, 'w>, found: &'c Found, goal: &'c Goal) -> Option<Self> {
        let few = few(&found.all().instances);
        (few.len() < found.all().instances.len()).then(|| Self::among(search, found, goal, &few))
    }

    fn among(search: &'c Search<'a, 'w>, found: &'c Found, goal: &'c Goal, places: &[usize]) -> Self {
        let (facts, objects) = (&found.all().facts, search.ground.objects());
        let bearing = Bearing::of(facts);
        Self {
            search,
            found,
            goal,
            visible: Visible::of(&search.estate.snapshot, facts, objects.names_boundaries()),
            objects,
            steps: Steps::of(&found.all().instances, places, &bearing, search.start.sessions()),
            bearing,
            worlds: FxHashMap::default(),
            read: FxHashSet::default(),
            asked: 0,
            left_out: false,
            under: Arc::new(Under::of(&found.all().instances)),
            needed: BTreeMap::new(),
            goals: BTreeMap::new(),
        }
    }

    /// The steps that bear on the goal as a graph.
    pub fn graph(&mut self) -> Graph {
        let mut goals: Vec<BTreeSet<Fact>> = Vec::new();
        for n in 0..self.found.aimed.met.len() {
            goals.extend(self.goals_of(n, usize::MAX).sets.iter().map(|needs| self.named(needs)));
        }
        let rules = self.rules(&goals);
        let instances = &self.found.all().instances;
        let start = self.search.start.sessions().map(Fact::Session);
        let graph = Graph::of(&rules, instances, self.search.primitives, start, goals.iter());
        let may_lack_ways = self.left_out || self.is_spent() || self.search.cancelled();
        Graph { may_lack_ways, ..graph }
    }

    fn named(&self, facts: &[usize]) -> BTreeSet<Fact> {
        facts.iter().filter_map(|n| self.bearing.fact(*n)).cloned().collect()
    }

    /// The smallest sets of facts with which the goal is met in the `n`th session that meets it, of those that can be had after
    /// `latest` steps at most.
    pub fn goals_of(&mut self, n: usize, latest: usize) -> Needs {
        let known = self.goals.get(&n).cloned();
        let needs = match self.found.aimed.met.get(n) {
            Some(met) if met.unknown.is_none() => match &met.by {
                Fact::Session(session) => {
                    let related = || self.related_to_goal(session);
                    let among = known.as_ref().map_or_else(related, |known| known.among.clone());
                    let holds =
                        |chains: &mut Self, facts: &[Fact], reading| chains.is_met(facts, reading, session);
                    self.needs_among(among, known, latest, session, &holds)
                }
                fact => Needs::only(self.bearing.number(fact).map(|n| vec![n])),
            },
            _ => Needs::only(None),
        };
        self.goals.insert(n, needs.clone());
        needs
    }

    /// The facts that may have a say in whether the goal is met in a session.
    fn related_to_goal(&self, session: &Session) -> Arc<[usize]> {
        let requests = self.goal.requests();
        let on = requests.as_ref().map_or(On::Anything, |requests| On::Requests(requests));
        match requests.as_ref().is_some_and(Vec::is_empty) {
            true => Arc::default(),
            false => self.bearing.on(&self.search.estate.snapshot, session, &on).into(),
        }
    }

    /// The smallest sets of facts that a step can be made with, of those that can be had after `latest` steps at most.
    pub fn needs_of(&mut self, n: usize, latest: usize) -> Needs {
        let known = self.needed.get(&n).cloned();
        if let Some(known) = known.clone().filter(|known| known.latest == latest || !self.is_more_of(known)) {
            return known;
        }
        let found = self.found;
        let needs = match found.all().instances.get(n) {
            Some(instance) if instance.evidence.unknown.is_none() => {
                let related = || self.related_to(instance);
                let among = known.as_ref().map_or_else(related, |known| known.among.clone());
                let holds = |chains: &mut Self, facts: &[Fact], reading| {
                    chains.made(facts, reading, instance).is_some()
                };
                self.needs_among(among, known, latest, &instance.session, &holds)
            }
            _ => Needs::only(None),
        };
        self.needed.insert(n, needs.clone());
        needs
    }

    /// The facts that may have a say in whether a step can be made.
    fn related_to(&self, instance: &Instance) -> Arc<[usize]> {
        let bound: Vec<Arc<str>> = instance.binding.iter().map(|(_, o)| o.arn.clone()).collect();
        let snapshot = &self.search.estate.snapshot;
        let primitive = self.search.primitives.get(instance.primitive);
        let visible = primitive.map_or(self.visible, |primitive| self.visible.by(primitive));
        let mut related = self.bearing.on(snapshot, &instance.session, &On::Objects(&bound, visible));
        let required = primitive.map(|p| required_by(instance, p)).unwrap_or_default();
        related.extend(required.iter().filter_map(|fact| self.bearing.number(fact)));
        related.sort_unstable();
        related.dedup();
        related.into()
    }

    /// What something needs of some facts, where it may be `known` of those that can be had earlier.
    fn needs_among(
        &mut self,
        among: Arc<[usize]>,
        known: Option<Needs>,
        latest: usize,
        session: &Session,
        holds: &dyn Fn(&mut Self, &[Fact], Reading) -> bool,
    ) -> Needs {
        let (now, late): (Vec<usize>, Vec<usize>) =
            among.iter().copied().partition(|fact| self.steps.level(*fact) <= latest);
        let is_same = |known: &Needs| {
            let nothing = known.sets.iter().any(|set| set.len() == 1);
            nothing || *known.late == *late && (known.latest == latest || !known.cut)
        };
        let (sets, cut) = match known.filter(is_same) {
            Some(known) => (known.sets, known.cut),
            None => {
                let Minimal { sets, more, .. } = self.needed_of(&now, session, latest, holds);
                (Arc::new(sets), more)
            }
        };
        Needs { latest, late: late.into(), cut, among, sets }
    }

    /// Whether sets were left out that can be had later.
    pub fn is_more_of(&self, needs: &Needs) -> bool {
        needs.cut || needs.late.iter().any(|fact| self.steps.level(*fact) < usize::MAX)
    }

    /// The smallest sets among some facts with which something holds that holds with all of them at most, with the session; those that can't
    /// be had after `latest` steps are left out.
    fn needed_of(
        &mut self,
        among: &[usize],
        session: &Session,
        latest: usize,
        holds: &dyn Fn(&mut Self, &[Fact], Reading) -> bool,
    ) -> Minimal {
        let of = session.principal.clone();
        let Some(session) = self.bearing.number(&Fact::Session(session.clone())) else {
            return Minimal::default();
        };
        let with_session = |mut set: Vec<usize>| {
            set.push(session);
            set.sort_unstable();
            set
        };
        if holds(self, &[], Reading::Exactly) {
            return Minimal { sets: vec![with_session(Vec::new())], ..Minimal::default() };
        }
        if among.is_empty() {
            return Minimal::default();
        }
        let early: Vec<Early> = among.iter().map(|fact| self.steps.early(*fact)).collect();
        let (held, most_given) = (self.steps.early(session), self.steps.most_given);
        let too_late = |set: &[usize]| {
            let all: Vec<Early> = set.iter().filter_map(|n| early.get(*n)).copied().chain([held]).collect();
            !may_be_had(&all, &[], most_given, latest)
        };
        let fits_beside = |set: &[usize], more: usize| {
            let others = early.iter().enumerate().filter(|(n, _)| !set.contains(n)).map(|(_, early)| early);
            let Some(level) = others.map(|early| early.level).min() else { return false };
            let of_set = set.iter().filter_map(|n| early.get(*n)).copied();
            let any = std::iter::repeat_n(Early { level, alone: false }, more);
            may_be_had(&of_set.chain(any).chain([held]).collect::<Vec<_>>(), &[], most_given, latest)
        };
        let facts: Vec<Fact> = among.iter().filter_map(|n| self.bearing.fact(*n)).cloned().collect();
        let (Minimal { sets: necessary, mut more, unfinished }, strict) =
            self.necessary(&facts, &of, &too_late, holds);
        self.left_out |= unfinished;
        let under = self.under.clone();
        let plain = |set: &[usize]| chosen(&facts, set);
        let pick = |set: &[usize]| under.with_boundaries(&plain(set), &strict);
        let mut found: Vec<Vec<usize>> = Vec::new();
        for set in necessary {
            if self.is_spent() {
                self.left_out = true;
                break;
            }
            let settled = !plain(&set).iter().any(may_take);
            if settled || holds(self, &pick(&set), Reading::Exactly) {
                found.push(set);
                continue;
            }
            // What is taken away, others must give again: one or two, as far as there are not too many.
            let others = facts.len() - set.len();
            self.left_out |= fits_beside(&set, 3) || others > MOST_PAIRED && fits_beside(&set, 2);
            let mut tries = 0;
            for with_more in beside(&set, facts.len()) {
                if too_late(&with_more) {
                    more = true;
                    continue;
                }
                let superfluous = found.iter().any(|known| known.iter().all(|n| with_more.contains(n)));
                tries += 1;
                if tries > MOST_BESIDE {
                    self.left_out = true;
                    break;
                }
                if !superfluous && holds(self, &pick(&with_more), Reading::Exactly) {
                    found.push(with_more);
                }
            }
        }
        let numbers = |set: Vec<usize>| set.iter().filter_map(|n| among.get(*n)).copied().collect();
        Minimal { sets: found.into_iter().map(|set| with_session(numbers(set))).collect(), more, unfinished }
    }

    /// The smallest sets of facts with which something holds at most for a principal; and the new users and roles of which it must be told
    /// under which boundary they are, since it doesn't hold under each of those that they can be made under.
    fn necessary(
        &mut self,
        facts: &[Fact],
        principal: &Arc<str>,
        too_late: &dyn Fn(&[usize]) -> bool,
        holds: &dyn Fn(&mut Self, &[Fact], Reading) -> bool,
    ) -> (Minimal, BTreeSet<Fact>) {
        let (under, named) = (self.under.clone(), self.objects.names_boundaries());
        let outdone = outdone(&self.search.estate.snapshot, principal, facts);
        let mut strict: BTreeSet<Fact> = BTreeSet::new();
        loop {
            let minimal = minimal_sets(&outdone, MOST_TRIES, too_late, |set| {
                let some = under.with_boundaries(&chosen(facts, set), &strict);
                !self.is_spent() && holds(self, &some, Reading::AtMost)
            });
            let mut differing: BTreeSet<Fact> = BTreeSet::new();
            for set in &minimal.sets {
                let all = chosen(facts, set);
                for (made, boundary) in under.left_open(&all, facts) {
                    let matters = named || made.made() == Some(principal);
                    if self.is_spent() || !matters || strict.contains(made) || differing.contains(made) {
                        continue;
                    }
                    let with = [under.with_boundaries(&all, &strict).as_slice(), boundary].concat();
                    if !holds(self, &with, Reading::AtMost) {
                        differing.insert(made.clone());
                    }
                }
            }
            if differing.is_empty() {
                return (minimal, strict);
            }
            strict.extend(differing);
        }
    }

    /// The rules that bear on the goals, found backwards from them.
    fn rules(&mut self, goals: &[BTreeSet<Fact>]) -> Vec<Rule> {
        let mut wanted: Vec<usize> = goals.iter().flatten().filter_map(|f| self.bearing.number(f)).collect();
        let mut seen: BTreeSet<usize> = wanted.iter().copied().collect();
        let mut done: BTreeSet<usize> = BTreeSet::new();
        let mut rules = Vec::new();
        while let Some(fact) = wanted.pop() {
            if self.steps.is_given(fact) {
                continue;
            }
            for n in self.steps.giving(fact).to_vec() {
                let Some(instance) = self.found.all().instances.get(n).filter(|_| done.insert(n)) else {
                    continue;
                };
                for needs in self.needs_of(n, usize::MAX).sets.iter() {
                    wanted.extend(needs.iter().copied().filter(|need| seen.insert(*need)));
                    rules.push(Rule { needs: self.named(needs), gives: instance.facts.clone(), instance: n });
                }
            }
        }
        rules.sort_by(|a, b| (a.instance, &a.needs).cmp(&(b.instance, &b.needs)));
        rules
    }

    /// Whether as many states of the policies were made, or as much was asked about them, as may be: then no chain is looked for any longer.
    pub fn is_spent(&self) -> bool {
        self.read.len() > MOST_WORLDS || self.asked > MOST_ASKED
    }

    /// Counts a question about the policies after some facts: whether a step can be made, or the goal is met.
    pub fn spend(&mut self, facts: &[Fact]) {
        self.asked += EACH_ASKED + facts.len();
    }

    /// The policies after these facts, in this order, of all users and roles or of those that are given; `None`: they are unchanged.
    pub fn world(
        &mut self,
        facts: &[Fact],
        reading: Reading,
        of: Option<Arc<[Arc<str>]>>,
    ) -> Option<Arc<Estate>> {
        let key = WorldKey { facts: in_one_order(facts), reading, of };
        if let Some(known) = self.worlds.get(&key) {
            return known.clone();
        }
        self.read.insert(FxBuildHasher.hash_one((&key.facts, key.reading)));
        let estate = self.search.ground.world(&key, || {
            let listed: Vec<&Fact> = key.facts.iter().collect();
            let snapshot = &self.search.estate.snapshot;
            let changes = match &key.of {
                None => changes_of(snapshot, &listed, reading),
                Some(some) => {
                    let principals = some.iter().filter_map(|arn| snapshot.principal(arn));
                    changes_among(snapshot, principals, &listed, reading)
                }
            };
            (!changes.is_empty()).then(|| Arc::new(self.search.estate.changed(&changes)))
        });
        if self.worlds.len() * self.search.estate.snapshot.principals().len() > MOST_REMEMBERED {
            self.worlds.clear();
        }
        self.worlds.insert(key, estate.clone());
        estate
    }

    /// A step as it is made on the policies as the facts leave them.
    pub fn made(&mut self, facts: &[Fact], reading: Reading, instance: &Instance) -> Option<Instance> {
        self.spend(facts);
        let world = self.world(facts, reading, Some(self.concerned(instance)));
        let primitive = self.search.primitives.get(instance.primitive)?;
        self.made_in(world.as_deref(), facts, instance, primitive, &[])
    }

    /// The users and roles whose policies, tags and boundaries have a say in whether a step can be made: whoever makes it, and those that it is about.
    fn concerned(&self, instance: &Instance) -> Arc<[Arc<str>]> {
        let objects = instance.binding.iter().map(|(_, object)| object);
        let told = objects.flat_map(|object| object.fields.values().flatten().chain([&object.arn]));
        let mut all: Vec<Arc<str>> = told.chain([&instance.session.principal]).cloned().collect();
        all.retain(|arn| self.search.estate.snapshot.principal(arn).is_some());
        all.sort_unstable();
        all.dedup();
        all.into()
    }

    /// A step as it is made in an estate, or with policies as they are.
    pub fn made_in(
        &self,
        world: Option<&Estate>,
        facts: &[Fact],
        instance: &Instance,
        primitive: &Primitive,
        made: &[Arc<str>],
    ) -> Option<Instance> {
        match world {
            None => self.made_by(&self.search.ground.goals, facts, (instance, primitive), made),
            Some(estate) => {
                self.made_by(&Asker::new(estate, self.search.settings), facts, (instance, primitive), made)
            }
        }
    }

    fn made_by(
        &self,
        asker: &Asker<'_>,
        facts: &[Fact],
        (instance, primitive): (&Instance, &Primitive),
        made: &[Arc<str>],
    ) -> Option<Instance> {
        let all: BTreeSet<Fact> = facts.iter().cloned().collect();
        if !self.is_there(&all, instance, primitive) || !has_all_required(&all, instance, primitive) {
            return None;
        }
        let holder = self.search.start.holder(asker.estate, &all, &instance.session)?;
        let finder = Finder {
            asker,
            objects: &self.objects,
            session: &instance.session,
            holder: &holder,
            shared: &Shared::default(),
            wanted: Wanted::EveryWay,
            facts: &all,
            gained: &Gained::default(),
            naming: None,
            only_on: [None, None],
            made,
            tests: None,
        };
        let made = finder.again(&mut Terms::default(), instance, primitive).ok()?;
        made.evidence.unknown.is_none().then_some(made)
    }

    /// Whether the users and roles that a step is about have been made, but for one that it makes.
    fn is_there(&self, facts: &BTreeSet<Fact>, instance: &Instance, primitive: &Primitive) -> bool {
        let known = |variable: &String| primitive.bind.get(variable).is_some_and(|b| b.kind != "fresh");
        let mut others = instance.binding.iter().filter(|(variable, _)| known(variable));
        others.all(|(_, object)| {
            let made = Fact::NewPrincipal(object.arn.clone());
            facts.contains(&made) || !self.found.all().facts.contains(&made)
        })
    }

    /// Whether the goal is shown to be met in a session on the policies as the facts leave them.
    pub fn is_met(&mut self, facts: &[Fact], reading: Reading, session: &Session) -> bool {
        self.spend(facts);
        let world = self.world(facts, reading, None);
        matches!(self.meets(world.as_deref(), facts, session), (Guard::Holds(..), _))
    }

    /// Whether the goal is met in a session, in an estate or with policies as they are.
    pub fn meets(&self, world: Option<&Estate>, facts: &[Fact], session: &Session) -> (Guard, String) {
        let all: BTreeSet<Fact> = facts.iter().cloned().collect();
        let (search, goal) = (self.search, self.goal);
        let meets =
            |asker: &Asker<'_>| search.guard(&mut Terms::default(), asker.estate, asker, &all, goal, session);
        match world {
            None => meets(&self.search.ground.goals),
            Some(estate) => meets(&Asker::new(estate, search.settings)),
        }
    }
}

impl Needs {
    /// One set, or none, however late.
    fn only(set: Option<Vec<usize>>) -> Self {
        let sets = Arc::new(set.into_iter().collect());
        Self { latest: usize::MAX, late: Arc::default(), cut: false, among: Arc::default(), sets }
    }
}

/// The same facts, in the same order for all orders that make no difference.
fn in_one_order(facts: &[Fact]) -> Vec<Fact> {
    let (ordered, mut others): (Vec<Fact>, Vec<Fact>) =
        facts.iter().cloned().partition(Fact::is_replaced_by_later);
    others.sort_unstable();
    others.dedup();
    others.extend(ordered);
    others
}

/// Some of the facts, by their places.
fn chosen(facts: &[Fact], set: &[usize]) -> Vec<Fact> {
    set.iter().filter_map(|n| facts.get(*n)).cloned().collect()
}

/// A set with one or two more of the first `n` numbers.
fn beside(set: &[usize], n: usize) -> Vec<Vec<usize>> {
    let others: Vec<usize> = (0..n).filter(|e| !set.contains(e)).collect();
    let with = |more: &[usize]| {
        let mut all = [set, more].concat();
        all.sort_unstable();
        all
    };
    let one = others.iter().map(|e| with(&[*e]));
    let two =
        others.iter().enumerate().flat_map(|(i, e)| others.iter().skip(i + 1).map(move |other| [*e, *other]));
    one.chain(two.take(MOST_BESIDE).map(|pair| with(&pair))).collect()
}
