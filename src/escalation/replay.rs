//! Replay: the steps of a chain in their order, each on the policies and tags as the earlier ones leave them.

use super::among::Among;
use super::bind::Object;
use super::chain::Chains;
use super::fact::{Fact, Session};
use super::guard::{Allowed, Guard};
use super::policies::{Reading, changes_of};
use super::step::Instance;
use super::tags::{Shown, TagChange, Tagging, Wanted, all_gone, all_other, tagging, wanted};
use crate::ask::Estate;
use gateproof_encodings::primitive::Primitive;
use gateproof_model::account::{SessionTags, Tags};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A chain that was replayed.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    /// The steps as they were made, with the requests of each.
    pub steps: Vec<Instance>,
    /// The requests that meet the target, and what they take for granted.
    pub end: Arc<Allowed>,
    /// The session in which the target is met, or the fact that meets it.
    pub by: Fact,
    /// The target that is met, as the command line has it.
    pub target: String,
}

impl Chain {
    /// The policies that allow what comes after a step.
    fn policies_used_after(&self, n: usize) -> BTreeSet<Arc<str>> {
        let later = self.steps.iter().skip(n + 1).flat_map(|step| step.evidence.steps());
        let requests = later.chain(&self.end.steps);
        requests.flat_map(|step| &step.allowed_by).map(|evidence| evidence.policy.as_str().into()).collect()
    }
}

/// The ARNs of what a step makes.
fn new_objects<'i>(instance: &'i Instance, primitive: &'i Primitive) -> impl Iterator<Item = Arc<str>> + 'i {
    let is_new =
        |variable: &str| primitive.bind.get(variable).is_some_and(|b| b.kind == "fresh" && !b.existing);
    instance
        .binding
        .iter()
        .filter(move |(variable, _)| is_new(variable))
        .map(|(_, object)| object.arn.clone())
}

/// The policies of which a step gives one, where it is not settled which; the first such, where it gives several.
fn choices(instance: &Instance) -> Vec<Arc<str>> {
    let mut several = instance.facts.iter().filter_map(|fact| match fact {
        Fact::Attached { policies, .. } | Fact::Bounded { policies, .. } => {
            (policies.len() > 1).then(|| policies.to_vec())
        }
        _ => None,
    });
    several.next().unwrap_or_default()
}

/// The same step with one of these policies chosen.
fn with_choice(instance: &Instance, among: &[Arc<str>], policy: &Arc<str>) -> Instance {
    let mut chosen = instance.clone();
    let given = Among::from(vec![policy.clone()]);
    for fact in &mut chosen.facts {
        if let Fact::Attached { policies, .. } | Fact::Bounded { policies, .. } = fact
            && **policies == *among
        {
            policies.clone_from(&given);
        }
    }
    for (_, object) in &mut chosen.binding {
        if object.members.as_ref().is_some_and(|members| **members == *among) {
            let name = policy.rsplit('/').next().unwrap_or_default();
            *object = Arc::new(Object::plain(policy, name, &object.account));
        }
    }
    chosen
}

/// How many policies are tried for one that a chain needs.
const MOST_CHOICES: usize = 16;

/// What the steps so far have made of things.
#[derive(Default)]
struct State {
    facts: Vec<Fact>,
    /// The ARNs of what they made.
    made: Vec<Arc<str>>,
    /// Of principals whose tags a call changed.
    tags: BTreeMap<Arc<str>, Tags>,
    /// Of sessions, the tags that they were opened with.
    of_sessions: BTreeMap<Session, Tags>,
}

impl State {
    /// Notes what a step makes of tags.
    fn tag(&mut self, instance: &Instance, before: &Tags, change: &TagChange) {
        match tagging(instance) {
            Some(Tagging::Principal(of)) => {
                self.tags.insert(of.clone(), change.after(before, &instance.evidence));
            }
            Some(Tagging::Session(session)) => {
                let passed = change.after(&Tags::new(), &instance.evidence);
                self.of_sessions.insert(session.clone(), passed);
            }
            None => {}
        }
    }
}

/// What came of steps that were replayed in an order.
pub(super) enum Replayed {
    /// The chain.
    Chain(Chain),
    /// They come to the goal only if tags have several values at once.
    Torn(Torn),
    /// They don't come to it.
    Never,
}

/// Steps that come to the goal if tags that they change have several values at once.
pub(super) struct Torn {
    pub instances: Vec<Instance>,
    /// The chain with such tags.
    pub chain: Chain,
    /// The place of the first step that is not made with one value of each.
    pub place: usize,
}

impl Chains<'_, '_, '_> {
    /// The steps in order; where one gives one of several policies, one that the later steps come about with is chosen, and
    /// where one changes tags, those that the later steps show are set.
    pub fn replay(&mut self, order: &[usize], by: &Fact) -> Replayed {
        let Some((instances, chain)) = self.with_any_tags(order, by) else { return Replayed::Never };
        match self.with_tags_set(&instances, &chain, by) {
            Ok(chain) => Replayed::Chain(chain),
            Err(place) => Replayed::Torn(Torn { instances, chain, place }),
        }
    }

    /// The steps in order, where tags that a step can change are any.
    fn with_any_tags(&mut self, order: &[usize], by: &Fact) -> Option<(Vec<Instance>, Chain)> {
        let found = self.found;
        let mut instances: Vec<Instance> =
            order.iter().filter_map(|n| found.all().instances.get(*n)).cloned().collect();
        let mut chain = self.replay_steps(&instances, by, &Wanted::new()).ok()?;
        while let Some(n) = instances.iter().position(|i| !choices(i).is_empty()) {
            let used = chain.policies_used_after(n);
            let instance = instances.get(n)?.clone();
            let among = choices(&instance);
            let likely: Vec<&Arc<str>> = among.iter().filter(|p| used.contains(*p)).collect();
            self.left_out |= likely.len() > MOST_CHOICES;
            let chosen = likely.into_iter().take(MOST_CHOICES).find_map(|policy| {
                let mut tried = instances.clone();
                *tried.get_mut(n)? = with_choice(&instance, &among, policy);
                let chain = self.replay_steps(&tried, by, &Wanted::new()).ok()?;
                Some((tried, chain))
            });
            (instances, chain) = chosen?;
        }
        Some((instances, chain))
    }

    /// The same where each step that changes tags sets those that the later ones show; otherwise the place of the first that is not made
    /// then, where of several values that they show the first is set.
    pub fn with_tags_set(
        &mut self,
        instances: &[Instance],
        chain: &Chain,
        by: &Fact,
    ) -> Result<Chain, usize> {
        let wanted = wanted(chain);
        if wanted.is_empty() {
            return Ok(chain.clone());
        }
        let set = self.replay_steps(instances, by, &wanted);
        let gone = all_gone(chain, &wanted, &self.search.estate.snapshot);
        set.or_else(|place| {
            let gone_or_other = self
                .replay_steps(instances, by, &gone)
                .or_else(|_| self.replay_steps(instances, by, &all_other(&gone)));
            gone_or_other.map_err(|_| place)
        })
    }

    /// The steps in order, each on the state that the earlier ones made; or the place of the first that is not made. Tags are those that are
    /// wanted; where no step is said to set any, they may be any once a step can change them.
    pub fn replay_steps(
        &mut self,
        instances: &[Instance],
        by: &Fact,
        wanted: &Wanted,
    ) -> Result<Chain, usize> {
        let mut state = State::default();
        let mut steps = Vec::new();
        for (n, instance) in instances.iter().enumerate() {
            steps.push(self.replay_step(&mut state, instance, wanted.get(&n)).ok_or(n)?);
        }
        let Fact::Session(session) = by else {
            let target = self.goal.words_of(by);
            return Ok(Chain { steps, end: Arc::default(), by: by.clone(), target });
        };
        let world = self.world_for(&state, session);
        match self.meets(world.as_deref(), &state.facts, session) {
            (Guard::Holds(end), target) => Ok(Chain { steps, end, by: by.clone(), target }),
            (Guard::Never(_) | Guard::Unknown(_), _) => Err(instances.len()),
        }
    }

    /// A step as it is made in a state, and what it leaves of it.
    fn replay_step(
        &mut self,
        state: &mut State,
        instance: &Instance,
        shown: Option<&Shown>,
    ) -> Option<Instance> {
        let world = self.world_for(state, &instance.session);
        let primitive = self.search.primitives.get(instance.primitive)?;
        self.spend(&state.facts);
        // Whoever is there is not made again, under another boundary.
        let made = instance.facts.iter().find(|fact| fact.made().is_some());
        if made.is_some_and(|made| state.facts.contains(made)) {
            return None;
        }
        let change = match shown {
            Some(shown) => self.tag_change(state, instance, shown)?,
            None => None,
        };
        let narrowed = match &change {
            Some((_, change)) => Some(change.made_by(primitive)?),
            None => None,
        };
        let primitive = narrowed.as_ref().unwrap_or(primitive);
        let made = self.made_in(world.as_deref(), &state.facts, instance, primitive, &state.made)?;
        if let Some((before, change)) = change {
            state.tag(&made, &before, &change);
        }
        state.made.extend(new_objects(&made, primitive));
        state.facts.extend(made.facts.iter().filter(|f| f.session().is_none()).cloned());
        Some(made)
    }

    /// The tags before a step and what it is to make of them; `None` within: tags that the snapshot doesn't tell stay open.
    fn tag_change(
        &self,
        state: &State,
        instance: &Instance,
        shown: &Shown,
    ) -> Option<Option<(Tags, TagChange)>> {
        let Some(tagging) = tagging(instance) else { return Some(None) };
        let Some(before) = self.tags_of(state, tagging.of()) else { return Some(None) };
        Some(Some((before.clone(), TagChange::between(before, shown)?)))
    }

    /// The tags of a principal in a state; `None`: they aren't known.
    fn tags_of<'s>(&'s self, state: &'s State, of: &Arc<str>) -> Option<&'s Tags> {
        let before = || self.search.estate.snapshot.principal(of).and_then(|p| p.tags.as_ref());
        state.tags.get(of).or_else(before)
    }

    /// The policies and tags as a session's calls meet them.
    fn world_for(&mut self, state: &State, session: &Session) -> Option<Arc<Estate>> {
        if state.tags.is_empty() && state.of_sessions.is_empty() {
            return self.world(&state.facts, Reading::Exactly, None);
        }
        let snapshot = &self.search.estate.snapshot;
        let listed: Vec<&Fact> = state.facts.iter().collect();
        let mut changes = changes_of(snapshot, &listed, Reading::Exactly);
        for (principal, tags) in &state.tags {
            let change = changes.principals.entry(principal.clone()).or_default();
            change.tags = Some(Some(tags.clone()));
        }
        for role in state.of_sessions.keys().map(|tagged| &tagged.principal) {
            let passed = state.of_sessions.get(session).filter(|_| session.principal == *role);
            let own = self.tags_of(state, role);
            let tags = passed.zip(own).map(|(passed, own)| SessionTags::These(overridden(own, passed)));
            let change = changes.principals.entry(role.clone()).or_default();
            change.session_tags = Some(tags.unwrap_or(SessionTags::Own));
        }
        Some(Arc::new(self.search.estate.changed(&changes)))
    }
}

/// A role's tags where sessions were opened with others.
fn overridden(own: &Tags, passed: &Tags) -> Tags {
    let is_passed = |key: &str| passed.iter().any(|(other, _)| other.eq_ignore_ascii_case(key));
    let left = own.iter().filter(|(key, _)| !is_passed(key));
    left.chain(passed).cloned().collect()
}
