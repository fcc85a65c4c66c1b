//! Chains: steps in an order in which each can be made on the policies as the earlier ones leave them.
//!
//! The search says which facts can be had at all. Here each step that bears on the goal becomes a rule: the facts that it
//! cannot do without, and those that it adds. A shortest order is looked for among the rules, and replayed.

use super::bind::{Object, Objects};
use super::fact::Fact;
use super::gain::Gained;
use super::graph::Graph;
use super::guard::{Asker, Guard, Shown};
use super::policies::{Reading, changes_of};
use super::search::{Found, Goal, Search};
use super::step::{Evidence, Finder, Instance, Shared};
use crate::ask::Estate;
use gateproof_encodings::term::Terms;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// A chain that was replayed.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    /// The steps, with the requests of each.
    pub steps: Vec<(Instance, Evidence)>,
    /// The session in which the goal is met, and the request that meets it.
    pub end: (Fact, Arc<Shown>),
}

impl Chain {
    /// The policies that allow what comes after a step.
    fn policies_used_after(&self, n: usize) -> BTreeSet<Arc<str>> {
        let later = self.steps.iter().skip(n + 1).flat_map(|(_, evidence)| evidence.steps());
        let requests = later.chain(&self.end.1.steps);
        requests.flat_map(|step| &step.allowed_by).map(|evidence| evidence.policy.as_str().into()).collect()
    }
}

/// The policies that a step may give, where it is not settled which.
fn choices(instance: &Instance) -> Vec<Arc<str>> {
    let several = |policies: &Arc<[Arc<str>]>| (policies.len() > 1).then(|| policies.to_vec());
    let choices = instance.facts.iter().filter_map(|fact| match fact {
        Fact::Attached { policies, .. } | Fact::Bounded { policies, .. } => several(policies),
        _ => None,
    });
    choices.flatten().collect()
}

/// The same step with the policy chosen.
fn with_choice(instance: &Instance, policy: &Arc<str>) -> Instance {
    let mut chosen = instance.clone();
    let given: Arc<[Arc<str>]> = [policy.clone()].into();
    for fact in &mut chosen.facts {
        if let Fact::Attached { policies, .. } | Fact::Bounded { policies, .. } = fact {
            policies.clone_from(&given);
        }
    }
    for (_, object) in &mut chosen.binding {
        if object.fields.contains_key("members") {
            let name = policy.rsplit('/').next().unwrap_or_default();
            *object = Arc::new(Object::plain(policy, name, &object.account));
        }
    }
    chosen
}

/// How many policies are tried for one that a chain needs.
const MOST_CHOICES: usize = 16;

/// A step as a rule.
pub(super) struct Rule {
    pub needs: BTreeSet<Fact>,
    pub gives: Vec<Fact>,
    /// The step, by its place in the instances.
    pub instance: usize,
}

/// How many facts about policies a step may hang on at once.
const MOST_FACTS: usize = 3;
/// How many sets of facts are tried for a step: each takes policies made anew.
const MOST_TRIES: usize = 600;
/// How many sets of steps are looked at.
const MOST_SETS: usize = 60_000;

/// Makes chains from what a search found.
pub(super) struct Chains<'c, 'a> {
    pub search: &'c Search<'a>,
    pub found: &'c Found,
    pub goal: &'c Goal,
    objects: Objects<'c>,
    worlds: BTreeMap<Vec<Fact>, Arc<Estate>>,
    own: BTreeMap<Arc<str>, Arc<BTreeSet<Fact>>>,
}

impl<'c, 'a> Chains<'c, 'a> {
    pub fn of(search: &'c Search<'a>, found: &'c Found, goal: &'c Goal) -> Self {
        let objects = Objects::of(&search.estate.snapshot);
        Self { search, found, goal, objects, worlds: BTreeMap::new(), own: BTreeMap::new() }
    }

    /// Up to `most` chains, shortest first, each replayed; and the steps that bear on the goal as a graph.
    pub fn shortest(&mut self, most: usize) -> (Vec<Chain>, Graph) {
        let goals = self.goals();
        let rules = self.rules(&goals);
        let graph = Graph::of(
            &rules,
            &self.found.instances,
            self.search.primitives,
            self.search.start.sessions().map(Fact::Session),
            goals.iter().map(|(needs, _)| needs),
        );
        let start: BTreeSet<Fact> = self.search.start.sessions().map(Fact::Session).collect();
        let mut chains: Vec<Chain> = Vec::new();
        let mut tried: BTreeSet<Vec<usize>> = BTreeSet::new();
        let mut seen: BTreeSet<BTreeSet<Fact>> = BTreeSet::from([start.clone()]);
        let mut queue: VecDeque<(BTreeSet<Fact>, Vec<usize>)> = VecDeque::from([(start, Vec::new())]);
        let mut looked_at = 0;
        while let Some((facts, steps)) = queue.pop_front() {
            looked_at += 1;
            if chains.len() >= most || looked_at > MOST_SETS {
                break;
            }
            if let Some((_, session)) = goals.iter().find(|(needs, _)| needs.is_subset(&facts)) {
                if tried.insert(steps.clone()) {
                    let order: Vec<usize> =
                        steps.iter().filter_map(|n| rules.get(*n)).map(|r| r.instance).collect();
                    chains.extend(self.replay(&order, session));
                }
                continue;
            }
            for (n, rule) in rules.iter().enumerate() {
                if !rule.needs.is_subset(&facts) || rule.gives.iter().all(|f| facts.contains(f)) {
                    continue;
                }
                let mut more = facts.clone();
                more.extend(rule.gives.iter().cloned());
                if seen.insert(more.clone()) {
                    let mut steps = steps.clone();
                    steps.push(n);
                    queue.push_back((more, steps));
                }
            }
        }
        (chains, graph)
    }

    /// The sets of facts that the goal hangs on, smallest first, with the session that meets it.
    fn goals(&mut self) -> Vec<(BTreeSet<Fact>, Fact)> {
        let mut goals = Vec::new();
        for met in self.found.met.iter().filter(|m| m.unknown.is_none()) {
            let session = Fact::Session(met.session.clone());
            let related = self.related(&session, &[]);
            let sets = self.smallest(&related, |chains, facts| {
                let estate = chains.world(facts);
                let asker = Asker::new(&estate, chains.search.settings);
                let all: BTreeSet<Fact> = facts.iter().cloned().collect();
                let mut terms = Terms::default();
                let guard = chains.search.guard(&mut terms, &estate, &asker, &all, chains.goal, &met.session);
                matches!(guard, Guard::Holds(..))
            });
            for mut set in sets {
                set.insert(session.clone());
                goals.push((set, session.clone()));
            }
        }
        goals
    }

    /// The rules that bear on the goals, found backwards from them.
    fn rules(&mut self, goals: &[(BTreeSet<Fact>, Fact)]) -> Vec<Rule> {
        let start: BTreeSet<Fact> = self.search.start.sessions().map(Fact::Session).collect();
        let mut wanted: Vec<Fact> = goals.iter().flat_map(|(needs, _)| needs.iter().cloned()).collect();
        let mut seen: BTreeSet<Fact> = wanted.iter().cloned().collect();
        let mut done: BTreeSet<usize> = BTreeSet::new();
        let mut rules = Vec::new();
        while let Some(fact) = wanted.pop() {
            if start.contains(&fact) {
                continue;
            }
            let found = self.found;
            let giving = found.instances.iter().enumerate().filter(|(_, i)| i.facts.contains(&fact));
            for (n, instance) in giving {
                if instance.evidence.unknown.is_some() || !done.insert(n) {
                    continue;
                }
                for needs in self.needs_of(instance) {
                    for need in &needs {
                        if seen.insert(need.clone()) {
                            wanted.push(need.clone());
                        }
                    }
                    rules.push(Rule { needs, gives: instance.facts.clone(), instance: n });
                }
            }
        }
        rules.sort_by(|a, b| (a.instance, &a.needs).cmp(&(b.instance, &b.needs)));
        rules
    }

    /// The smallest sets of facts that a step can be made with.
    fn needs_of(&mut self, instance: &Instance) -> Vec<BTreeSet<Fact>> {
        let session = Fact::Session(instance.session.clone());
        let bound: Vec<Arc<str>> = instance.binding.iter().map(|(_, o)| o.arn.clone()).collect();
        let related = self.related(&session, &bound);
        let sets = self.smallest(&related, |chains, facts| chains.made(facts, instance).is_some());
        sets.into_iter()
            .map(|mut set| {
                set.insert(session.clone());
                set
            })
            .collect()
    }

    /// The facts about policies that may bear on a session's calls on some objects.
    fn related(&mut self, session: &Fact, objects: &[Arc<str>]) -> Vec<Fact> {
        let Some(session) = session.session() else { return Vec::new() };
        let own = self.own(&session.principal);
        let of_objects = |fact: &Fact| match fact {
            Fact::WritesTrust(of) | Fact::Tagged(of) | Fact::NewPrincipal(of) => {
                objects.is_empty() || objects.contains(of)
            }
            Fact::WritesResourcePolicy { of, .. } | Fact::Granted { key: of, .. } => {
                objects.is_empty() || objects.contains(of)
            }
            Fact::Uncontrolled(_) => true,
            Fact::Device(user) => *user == session.principal,
            _ => false,
        };
        let facts = self.found.facts.iter().filter(|f| f.session().is_none());
        facts.filter(|f| of_objects(f) || own.contains(f)).cloned().collect()
    }

    /// The facts that change what a principal holds.
    fn own(&mut self, principal: &Arc<str>) -> Arc<BTreeSet<Fact>> {
        if let Some(known) = self.own.get(principal) {
            return known.clone();
        }
        let snapshot = &self.search.estate.snapshot;
        let of_principal = |facts: &[&Fact]| {
            let mut changes = changes_of(snapshot, facts, Reading::AtMost);
            let made = changes.new_principals.remove(principal);
            (changes.principals.remove(principal), made)
        };
        let differs = |fact: &&Fact| {
            let beside = |f: &&Fact| {
                let gives = matches!(f, Fact::Member { .. } | Fact::Attached { .. } | Fact::NewPrincipal(_));
                gives && f != fact
            };
            let without: Vec<&Fact> = self.found.facts.iter().filter(beside).collect();
            let with: Vec<&Fact> = without.iter().copied().chain([*fact]).collect();
            of_principal(&with) != of_principal(&without)
        };
        let facts = self.found.facts.iter().filter(|f| f.session().is_none());
        let own = Arc::new(facts.filter(differs).cloned().collect::<BTreeSet<Fact>>());
        self.own.insert(principal.clone(), own.clone());
        own
    }

    /// The smallest subsets with a property that more facts never take away; up to [`MOST_FACTS`] large, otherwise one.
    fn smallest(
        &mut self,
        among: &[Fact],
        mut holds: impl FnMut(&mut Self, &[Fact]) -> bool,
    ) -> Vec<BTreeSet<Fact>> {
        let mut found: Vec<BTreeSet<Fact>> = Vec::new();
        let mut sets: Vec<Vec<usize>> = vec![Vec::new()];
        let mut tries = 0;
        'sizes: for size in 0..=MOST_FACTS.min(among.len()) {
            for set in &sets {
                tries += 1;
                if tries > MOST_TRIES {
                    break 'sizes;
                }
                let facts: Vec<Fact> = set.iter().filter_map(|n| among.get(*n)).cloned().collect();
                let as_set: BTreeSet<Fact> = facts.iter().cloned().collect();
                if !found.iter().any(|f| f.is_subset(&as_set)) && holds(self, &facts) {
                    found.push(as_set);
                }
            }
            if size == 0 && !found.is_empty() {
                return found;
            }
            sets = sets
                .iter()
                .flat_map(|set| {
                    let from = set.last().map_or(0, |n| n + 1);
                    (from..among.len()).map(move |n| set.iter().copied().chain([n]).collect())
                })
                .collect();
        }
        if found.is_empty() && holds(self, among) {
            found.push(self.without_superfluous(among, holds));
        }
        found
    }

    /// Facts with a property, those left out one after the other that it holds without.
    fn without_superfluous(
        &mut self,
        facts: &[Fact],
        mut holds: impl FnMut(&mut Self, &[Fact]) -> bool,
    ) -> BTreeSet<Fact> {
        let mut kept = facts.to_vec();
        for fact in facts {
            let fewer: Vec<Fact> = kept.iter().filter(|f| *f != fact).cloned().collect();
            if holds(self, &fewer) {
                kept = fewer;
            }
        }
        kept.into_iter().collect()
    }

    /// The estate after these facts, in this order.
    fn world(&mut self, facts: &[Fact]) -> Arc<Estate> {
        if let Some(known) = self.worlds.get(facts) {
            return known.clone();
        }
        let listed: Vec<&Fact> = facts.iter().collect();
        let changes = changes_of(&self.search.estate.snapshot, &listed, Reading::Exactly);
        let estate = Arc::new(self.search.estate.changed(&changes));
        self.worlds.insert(facts.to_vec(), estate.clone());
        estate
    }

    /// The requests of a step, on the policies as the facts leave them.
    fn made(&mut self, facts: &[Fact], instance: &Instance) -> Option<Evidence> {
        let estate = self.world(facts);
        let asker = Asker::new(&estate, self.search.settings);
        let all: BTreeSet<Fact> = facts.iter().cloned().collect();
        let holder = self.search.start.holder(&estate, &all, &instance.session)?;
        let primitive = self.search.primitives.get(instance.primitive)?;
        let finder = Finder {
            asker: &asker,
            objects: &self.objects,
            session: &instance.session,
            holder: &holder,
            shared: &Shared::default(),
            open: None,
            gained: &Gained::default(),
        };
        let evidence = finder.again(&mut Terms::default(), instance, primitive).ok()?;
        evidence.unknown.is_none().then_some(evidence)
    }

    /// The steps in order; where one gives one of several policies, one that the later steps come about with is chosen.
    fn replay(&mut self, order: &[usize], session: &Fact) -> Option<Chain> {
        let found = self.found;
        let mut instances: Vec<Instance> =
            order.iter().filter_map(|n| found.instances.get(*n)).cloned().collect();
        let mut chain = self.replay_steps(&instances, session)?;
        while let Some(n) = instances.iter().position(|i| !choices(i).is_empty()) {
            let used = chain.policies_used_after(n);
            let instance = instances.get(n)?.clone();
            let likely = choices(&instance).into_iter().filter(|p| used.contains(p));
            let chosen = likely.take(MOST_CHOICES).find_map(|policy| {
                let mut tried = instances.clone();
                *tried.get_mut(n)? = with_choice(&instance, &policy);
                let chain = self.replay_steps(&tried, session)?;
                Some((tried, chain))
            });
            (instances, chain) = chosen?;
        }
        Some(chain)
    }

    /// The steps in order, each on the state that the earlier ones made.
    fn replay_steps(&mut self, instances: &[Instance], session: &Fact) -> Option<Chain> {
        let mut facts: Vec<Fact> = Vec::new();
        let mut steps = Vec::new();
        for instance in instances {
            let evidence = self.made(&facts, instance)?;
            steps.push((instance.clone(), evidence));
            facts.extend(instance.facts.iter().filter(|f| f.session().is_none()).cloned());
        }
        let estate = self.world(&facts);
        let asker = Asker::new(&estate, self.search.settings);
        let all: BTreeSet<Fact> = facts.iter().cloned().collect();
        let met = session.session()?;
        match self.search.guard(&mut Terms::default(), &estate, &asker, &all, self.goal, met) {
            Guard::Holds(last) => Some(Chain { steps, end: (session.clone(), last) }),
            Guard::Never(_) | Guard::Unknown(_) => None,
        }
    }
}
